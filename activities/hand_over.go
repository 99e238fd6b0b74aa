package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/ownership"
	"model-registrar/schemas"
)

// HandOver hands a model over to ManageModel, which is started if need be, and returns once the record can be read.
// Repeating it changes nothing.
func (a *Activities) HandOver(ctx context.Context, in schemas.HandOverInput) error {
	defer keepAlive(ctx)()
	_, err := HandOver(ctx, a.Temporal, a.TaskQueue, updateID(ctx, schemas.HandOverHandler), in)
	return updateError(ctx, "ManageModel did not take "+in.Name, err)
}

// HandOver is what the activity does, for whoever needs many models that are owned. Of calls with the same update's id
// one has an effect.
//
// A workflow that owns the model already is told by an update. Else it is started with the record, in its input and in
// its memo, so that the start alone makes the model ours: no task of the workflow, which costs both of them, has to be
// awaited.
func HandOver(
	ctx context.Context, c client.Client, taskQueue, id string, in schemas.HandOverInput,
) (status schemas.ModelStatus, err error) {
	if in.Operation != schemas.ChangeModelWorkflow { // of a model that has an owner, unless that was terminated
		var runs *serviceerror.WorkflowExecutionAlreadyStarted
		if status, err = startOwner(ctx, c, taskQueue, in); !errors.As(err, &runs) {
			return status, err
		}
	}
	start := ownerOf(in, taskQueue)
	start.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
	handle, err := c.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: c.NewWithStartWorkflowOperation(start, schemas.ManageModelWorkflow,
			schemas.ManageModelInput{Name: in.Name}),
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: start.ID, // to which an encrypted argument is bound
			UpdateID:   id, UpdateName: schemas.HandOverHandler, Args: []any{in.Ownership},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = handle.Get(ctx, &status)
	}
	return status, err
}

// startOwner starts the workflow that owns the model, if none runs. What that would refuse as an update is refused
// here.
func startOwner(
	ctx context.Context, c client.Client, taskQueue string, in schemas.HandOverInput,
) (status schemas.ModelStatus, err error) {
	if problem := ownership.Problem(in.Name, in.Ownership, time.Now()); problem != "" {
		return status, temporal.NewApplicationError(problem, string(schemas.ErrHandOverRefused))
	}
	status = schemas.ModelStatus{Ownership: in.Ownership, StateSince: in.Since, HandOvers: 1}
	status.State, status.LastCheck = schemas.ModelActive, nil
	start := ownerOf(in, taskQueue)
	start.WorkflowExecutionErrorWhenAlreadyStarted = true
	start.EnableEagerStart = true // this process most likely runs workflows as well
	start.Memo = map[string]any{
		schemas.OwnershipMemo: status.Ownership,
		schemas.LastCheckMemo: schemas.LastCheck{StateSince: status.StateSince},
	}
	_, err = c.ExecuteWorkflow(ctx, start, schemas.ManageModelWorkflow,
		schemas.ManageModelInput{Name: in.Name, Status: &status, Owned: true})
	return status, err
}

// ownerOf is how to start the workflow that owns a model.
func ownerOf(in schemas.HandOverInput, taskQueue string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID: schemas.ManageModelWorkflowID(in.Name), TaskQueue: taskQueue,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         fmt.Sprintf("Own %s (%s)", in.Label, in.Manifest.ModelArchitecture),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			keyword(schemas.ModelNameAttribute).ValueSet(in.Label),
			keyword(schemas.ModelArchitectureAttribute).ValueSet(string(in.Manifest.ModelArchitecture)),
			keyword(schemas.PayloadHashAttribute).ValueSet(in.PayloadHash),
			keyword(schemas.ModelStateAttribute).ValueSet(string(schemas.ModelActive)),
		),
	}
}

var keyword = temporal.NewSearchAttributeKeyKeyword

// ReleaseModel has ManageModel give a model up. One that is nobody's is done.
func (a *Activities) ReleaseModel(ctx context.Context, in schemas.ReleaseInput) error {
	defer keepAlive(ctx)()
	handle, err := a.Temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: schemas.ManageModelWorkflowID(in.Name), UpdateID: updateID(ctx, schemas.ReleaseHandler),
		UpdateName: schemas.ReleaseHandler, Args: []any{in}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return nil
	}
	return updateError(ctx, "ManageModel did not release "+in.Name, err)
}

// updateID is the same for every attempt of an activity, so that an update whose answer was lost is not made twice.
func updateID(ctx context.Context, handler string) string {
	info := activity.GetInfo(ctx)
	return handler + "/" + info.WorkflowExecution.RunID + "/" + info.ActivityID
}

// updateError maps what became of an update: a refusal is final, everything else is retried.
func updateError(ctx context.Context, what string, err error) error {
	var refused *temporal.ApplicationError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &refused):
		return fatal(schemas.ErrHandOverRefused, what+": "+refused.Message())
	}
	return temporal.NewApplicationError(what+": "+err.Error(), string(schemas.ErrTemporal))
}
