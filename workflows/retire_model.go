package workflows

import (
	"fmt"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/people"
	"model-registrar/schemas"
)

// RetireModel deletes a model that is ours, once it is approved, sees that it is gone, and gives it up. With keep it is
// given up and left in the gateway. A model that is nobody's can be retired too, if it is named by its id. The input is
// a [schemas.RetireModelInput].
func RetireModel(ctx workflow.Context, raw converter.RawValue) (schemas.Result, error) {
	in, arrived := retirementOf(ctx, raw)
	r := operationOn(ctx, schemas.RetireModelWorkflow, schemas.Manifest{Name: in.Name, Approval: in.Approval},
		in.Requester)
	r.seen, r.retirement, r.arrived = in.Seen, in, arrived
	return r.run(ctx, r.findRetiring, r.waitForApproval, r.delete, r.release)
}

// findRetiring finds the model and under which policy it may be retired. Beside that the start is recorded.
func (r *registration) findRetiring(ctx workflow.Context) error {
	r.begin(ctx)
	recorded := r.recordStart(ctx)
	err := r.checkRequester()
	var found schemas.ReadModel
	if err == nil {
		found, err = r.readModel(ctx, nil)
	}
	if err == nil {
		err = r.checkRetiring(found)
	}
	if err == nil {
		err = r.learnPolicy(ctx)
	}
	if recordErr := recorded.Get(ctx, nil); recordErr != nil {
		return recordErr
	}
	return err
}

// retires is what a retirement asks for; nil for another operation.
func (r *registration) retires() *schemas.Retirement {
	if r.operation != schemas.RetireModelWorkflow {
		return nil
	}
	return r.retirement.Retirement()
}

// checkRequester refuses a retirement that nobody, or somebody in disguise, asks for, and one that was not read.
// ValidatePayload does that for the operations that have a manifest.
func (r *registration) checkRequester() error {
	if len(r.arrived) > schemas.MaxInputBytes {
		return temporal.NewPayloadValidationError([]schemas.Violation{{Code: schemas.CodeLength, Message: fmt.Sprintf(
			"the input has more than %d KiB; no field needs that much", schemas.MaxInputBytes>>10)}})
	}
	if problem := people.RequesterProblem(r.retirement.Requester); problem != "" {
		return temporal.NewPayloadValidationError([]schemas.Violation{
			{Path: "requester", Code: schemas.CodeMissing, Message: problem}})
	}
	return nil
}

func (r *registration) checkRetiring(found schemas.ReadModel) error {
	name, own := r.label(), found.Owner
	id := r.retirement.ModelID
	if own != nil {
		if id != "" && id != own.ModelID {
			return final(schemas.ErrNameConflict, "%s is owned as model %s, not as %s", name, own.ModelID,
				plain(id, 80))
		}
		id = own.ModelID
		own.Manifest.Approval.Policy = own.Manifest.Approval.Policy.Stricter(r.manifest.Approval.Policy)
		own.Manifest.Approval.Required = max(own.Manifest.Approval.Required, r.manifest.Approval.Required)
		r.manifest, r.previous = own.Manifest, own
		r.result.PayloadHash = own.PayloadHash
	}
	live := found.Find(id)
	if err := r.moved(found, live); err != nil {
		return err
	}
	switch {
	case own == nil && len(found.Live) == 0:
		return final(schemas.ErrModelMissing, "no model named %s is owned, and the gateway has none: there is "+
			"nothing to retire", name)
	case own == nil && id == "":
		return final(schemas.ErrModelNotOwned, "%s is in the gateway as %s and nobody's; name the one that is meant "+
			"with --model",
			name, modelIDs(found.Live))
	case own == nil && live == nil:
		return final(schemas.ErrModelMissing, "the gateway has no model %s named %s; it has %s", plain(id, 80), name,
			modelIDs(found.Live))
	case own == nil && r.retirement.Keep:
		return final(schemas.ErrModelNotOwned, "model %s is nobody's already, and there is nothing to give up",
			plain(id, 80))
	case own == nil:
		r.result.PayloadHash = live.Hash
	}
	r.result.ModelID, r.result.ExistingModelID = id, id
	r.unprobed = true
	return nil
}

// learnPolicy learns who has to approve: the owned manifest's policy, the one that was asked for or the worker's floor,
// whichever is the strictest. What the input asks for and nobody understands is refused there.
func (r *registration) learnPolicy(ctx workflow.Context) error {
	var out schemas.ValidatedPayload
	err := executeLocally(ctx, schemas.ValidatePayloadActivity, "Learn who has to approve",
		schemas.ValidateInput{Manifest: r.manifest, PolicyOnly: true, Arrived: r.arrived}, &out)
	if err == nil {
		r.policy, r.gate.required = out.Approval, max(out.Required, r.gate.required)
	}
	return err
}

// delete deletes the model and sees that it is gone, unless it is to be kept. A cancellation that comes meanwhile is
// too late, since a model that is deleted must not stay owned.
func (r *registration) delete(ctx workflow.Context) error {
	if err := r.commit(ctx); err != nil || r.retirement.Keep {
		return err
	}
	r.enter(ctx, schemas.StageDeleting)
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	err := r.execute(ctx, schemas.DeleteModelActivity, "Delete model "+r.result.ModelID,
		schemas.DeleteInput{Name: r.manifest.Name, ModelID: r.result.ModelID, Authorization: r.authorization()}, nil)
	if err == nil {
		r.result.ExistingModelID = ""
	}
	return err
}

// release has ManageModel give the model up. What is deleted is given up whatever happens now.
func (r *registration) release(ctx workflow.Context) error {
	if r.previous == nil {
		return nil
	}
	r.enter(ctx, schemas.StageHandOver)
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	verb := "retired"
	if r.retirement.Keep {
		verb = "given up, and left in the gateway"
	}
	return r.execute(ctx, schemas.ReleaseModelActivity, "Release "+plain(r.manifest.Name, 80), schemas.ReleaseInput{
		Name: r.manifest.Name, RunID: r.previous.RunID,
		Reason: fmt.Sprintf("%s by %s: %s", verb, plain(r.requester, 100), r.retirement.Retirement().Reason),
	}, nil)
}
