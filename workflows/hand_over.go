package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// handOver makes the model ours before anybody is told that it is registered: ManageModel owns it from now on. It is
// the point of no return, so a cancellation that comes meanwhile is too late.
func (r *registration) handOver(ctx workflow.Context) error {
	if err := r.commit(ctx); err != nil {
		return err
	}
	r.enter(ctx, schemas.StageHandOver)
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	r.mayBeOwned = true
	return r.handTo(ctx, "Hand "+plain(r.manifest.Name, 80)+" over to ManageModel", r.ownership(ctx))
}

func (r *registration) handTo(ctx workflow.Context, summary string, o schemas.Ownership) error {
	return r.execute(ctx, schemas.HandOverActivity, summary,
		schemas.HandOverInput{Ownership: o, Label: plain(r.manifest.Name, 80)}, nil)
}

// handBack has ManageModel own the model as it did before a change whose hand-over did not succeed, and may have
// happened nevertheless.
func (r *registration) handBack(ctx workflow.Context) {
	o := *r.previous
	o.Since = workflow.Now(ctx).UTC() // an earlier hand-over would be refused
	err := r.handTo(ctx, "Have ManageModel own "+plain(r.manifest.Name, 80)+" as before", o)
	if err != nil {
		r.result.Reason = fmt.Sprintf("%s; and %s may own the new payload: %s", r.result.Reason,
			schemas.ManageModelWorkflowID(r.manifest.Name), explain(err).Message)
	}
}

// commit makes it too late to cancel, unless the operation has been cancelled already: what follows cannot be undone.
func (r *registration) commit(ctx workflow.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.committed = true
	return nil
}

// ownership is the record of what this registration leaves.
func (r *registration) ownership(ctx workflow.Context) schemas.Ownership {
	o := schemas.Ownership{
		Name: r.manifest.Name, ModelID: r.result.ModelID, PayloadHash: r.payload.Hash, Payload: r.payload,
		Manifest: r.manifest, State: schemas.ModelActive, Operation: r.operation,
		WorkflowID: r.result.WorkflowID, RunID: r.result.RunID, JobID: r.result.JobID, Requester: r.requester,
		Since: workflow.Now(ctx).UTC(),
	}
	if a := r.result.Approval; a != nil {
		o.Approvals = a.Approvals
	}
	o.Authorization = r.authorization()
	if r.restore && r.previous != nil { // what is put back was approved before
		o.Approvals = r.previous.Approvals
	}
	return o
}

// takeBack has ManageModel give up a model whose hand-over did not succeed, and may have happened nevertheless.
func (r *registration) takeBack(ctx workflow.Context) {
	if r.result.Status == schemas.Completed || !r.mayBeOwned {
		return
	}
	err := r.execute(ctx, schemas.ReleaseModelActivity, "Take the hand-over of "+plain(r.manifest.Name, 80)+" back",
		schemas.ReleaseInput{Name: r.manifest.Name, RunID: r.result.RunID, Reason: "the registration did not complete"},
		nil)
	if err != nil {
		r.result.Reason = fmt.Sprintf("%s; and %s may still own it: %s", r.result.Reason,
			schemas.ManageModelWorkflowID(r.manifest.Name), explain(err).Message)
	}
}

// unchanged ends a registration of what is registered already, and says what was seen when.
func (r *registration) unchanged(found schemas.Submission) error {
	reason := fmt.Sprintf("the gateway had %s as model %s with this payload", plain(r.manifest.Name, 80), found.ModelID)
	if found.State != "" {
		reason += ", " + plain(found.State, 40)
	}
	reason += ", at " + found.SeenAt.UTC().Format("2006-01-02 15:04:05 MST")
	if o := found.Owner; o != nil {
		reason += fmt.Sprintf("; it is owned since %s, by %s run %s", o.Since.UTC().Format("2006-01-02 15:04:05 MST"),
			o.Operation, o.RunID)
	}
	return verdict{schemas.Unchanged, reason + "; nothing was changed"}
}

// existed reports whether the model of this name was there before this registration and is left as it is.
func (r *registration) existed() bool {
	if r.operation != schemas.RegisterModelWorkflow && (r.result.Status == schemas.Completed || r.drifted()) {
		return false // it is not as it was
	}
	return r.result.Status == schemas.Unchanged || r.result.ExistingModelID != ""
}

// existingModel is the model that a submission's error says was there before.
func existingModel(err error) string {
	var app *temporal.ApplicationError
	var d schemas.ErrorDetails
	if errors.As(err, &app) && app.Details(&d) == nil {
		return d.ModelID
	}
	return ""
}

// findExisting learns, for a registration that made no model, whether there is one of that name nevertheless. What is
// said of this attempt must not be taken for news of that model.
func (r *registration) findExisting(ctx workflow.Context) error {
	made := r.result.ModelID != "" || r.result.JobID != ""
	misnamed := r.result.ErrorType == schemas.ErrWrongWorkflowID // no activity serves it
	if r.result.Status == schemas.Completed || r.existed() || made || misnamed {
		return nil
	}
	var out schemas.FoundOwner
	err := r.execute(ctx, schemas.FindOwnerActivity, "See whether "+plain(r.manifest.Name, 80)+" is registered already",
		schemas.FindOwnerInput{Name: r.manifest.Name}, &out)
	if err == nil && out.Owner != nil {
		r.result.ExistingModelID = out.Owner.ModelID
	}
	return err
}
