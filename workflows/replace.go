package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// A platform that updates no models has them replaced: the model is deleted, and created anew with the payload that was
// approved. It is gone meanwhile, and has another id afterwards. What is created is proven to be this operation's as a
// registration's is (package creation), and the undoing deletes what is proven and creates the payload from before.

// replacement is what a change that replaces its model has done so far.
type replacement struct {
	old     string    // the model that is deleted
	begun   time.Time // when the deletion was asked for
	deleted bool      // it is known to be gone
	creates bool      // its successor may exist
}

// replace deletes the model and creates it anew. A cancellation that comes between the two is heeded once both are
// done: stopping there would leave nothing.
func (r *registration) replace(ctx workflow.Context) error {
	r.replacing = &replacement{old: r.result.ModelID, begun: workflow.Now(ctx)}
	whole, _ := workflow.NewDisconnectedContext(ctx)
	err := r.deleteOld(whole, schemas.DeleteInput{From: r.liveHash, For: r.payload.Hash,
		Authorization: r.authorization()})
	if err != nil {
		r.mayBeChanged = !changedNothing(err)
		return err
	}
	r.replacing.creates = true
	err = r.create(whole, schemas.SubmitInput{Payload: r.payload, Replaces: r.replacing.old,
		Authorization: r.authorization()})
	if err != nil {
		r.replacing.creates = r.mayExist
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := r.waitForJob(ctx); err != nil {
		return err
	}
	r.isThereAgain(ctx)
	return r.lookForTwins(ctx)
}

// isThereAgain notes which model was replaced, and for how long there was none.
func (r *registration) isThereAgain(ctx workflow.Context) {
	r.result.ReplacedModelID = r.replacing.old
	r.result.GoneMs = workflow.Now(ctx).Sub(r.replacing.begun).Milliseconds()
}

// tellsOfReplacement reports whether an ending is news of the model although it has the payload from before: it was
// gone for a while, and has another id.
func (r *registration) tellsOfReplacement(ctx workflow.Context) bool {
	return r.result.ReplacedModelID != "" &&
		workflow.GetVersion(ctx, "announce-undone-replacement", workflow.DefaultVersion, 1) >= 1
}

// isMissing reports whether the model was deleted, and nothing is known to be in its place.
func (p *replacement) isMissing(id string) bool { return p != nil && p.deleted && id == "" }

// deleteOld deletes the model that is replaced.
func (r *registration) deleteOld(ctx workflow.Context, in schemas.DeleteInput) error {
	r.enter(ctx, schemas.StageDeleting)
	r.mayBeChanged = true
	in.Name, in.ModelID = r.manifest.Name, r.replacing.old
	err := r.execute(ctx, schemas.DeleteModelActivity, "Delete model "+in.ModelID+
		", to create it anew: it is gone meanwhile", in, nil)
	if err == nil {
		r.replacing.deleted, r.result.ModelID = true, ""
	}
	return err
}

// bringBack creates the payload from before anew, once what this operation has created is gone, and has ManageModel
// own that.
func (r *registration) bringBack(ctx workflow.Context) error {
	if r.replacing.creates {
		if err := r.deregister(ctx); err != nil {
			return err
		}
	}
	if !r.replacing.deleted { // or nobody knows: it is deleted for certain, before it is created anew
		err := r.deleteOld(ctx, schemas.DeleteInput{For: r.previous.Payload.Hash,
			Authorization: r.authorizationOfUndoing()})
		if err != nil {
			return err
		}
	}
	r.result.ModelID, r.result.JobID, r.result.Adopted = "", "", false
	err := r.create(ctx, schemas.SubmitInput{Payload: r.previous.Payload, Replaces: r.replacing.old,
		Authorization: r.authorizationOfUndoing()})
	if err != nil {
		return err
	}
	if err := r.waitForJob(ctx); err != nil {
		return err
	}
	changes, err := r.readUntil(ctx, r.previous.Payload)
	if err == nil && len(changes) > 0 {
		err = final(schemas.ErrReadBack, "the gateway has model %s otherwise than before (gateway → before: %s)",
			r.result.ModelID, changesLine(changes))
	}
	if err != nil {
		return err
	}
	o := *r.previous
	o.ModelID, o.JobID, o.Since = r.result.ModelID, r.result.JobID, workflow.Now(ctx).UTC()
	o.Operation, o.WorkflowID, o.RunID = r.operation, r.result.WorkflowID, r.result.RunID
	r.mayBeOwned = false // this hand-over is the one that counts
	r.result.ExistingModelID = r.result.ModelID
	r.isThereAgain(ctx)
	return r.handTo(ctx, "Have ManageModel own "+plain(r.manifest.Name, 80)+" as model "+r.result.ModelID+
		", with the payload from before", o)
}
