package activities

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// HandOver hands a model over to ManageModel, which is started if need be, and returns once the record can be read.
// Repeating it changes nothing.
func (a *Activities) HandOver(ctx context.Context, in schemas.HandOverInput) (schemas.ModelStatus, error) {
	defer keepAlive(ctx)()
	status, err := HandOver(ctx, a.Temporal, a.TaskQueue, updateID(ctx, schemas.HandOverHandler), in)
	return status, updateError(ctx, "ManageModel did not take "+in.Name, err)
}

// HandOver is what the activity does, for whoever needs many models that are owned. Of calls with the same update's id
// one has an effect.
func HandOver(
	ctx context.Context, c client.Client, taskQueue, id string, in schemas.HandOverInput,
) (status schemas.ModelStatus, err error) {
	operation := c.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: schemas.ManageModelWorkflowID(in.Name), TaskQueue: taskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:            fmt.Sprintf("Own %s (%s)", in.Label, in.Manifest.ModelArchitecture),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			keyword(schemas.ModelNameAttribute).ValueSet(in.Label),
			keyword(schemas.ModelArchitectureAttribute).ValueSet(string(in.Manifest.ModelArchitecture)),
			keyword(schemas.PayloadHashAttribute).ValueSet(in.PayloadHash),
			keyword(schemas.ModelStateAttribute).ValueSet(string(in.State)),
		),
	}, schemas.ManageModelWorkflow, schemas.ManageModelInput{Name: in.Name})
	handle, err := c.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: operation,
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: schemas.ManageModelWorkflowID(in.Name), // to which an encrypted argument is bound
			UpdateID:   id, UpdateName: schemas.HandOverHandler, Args: []any{in.Ownership},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = handle.Get(ctx, &status)
	}
	return status, err
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
