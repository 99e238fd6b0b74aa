package workflows

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// ChangeModel changes a model that is ours to what its manifest says. What the new configuration is worth is proven
// before anything live changes, people approve the difference, and after the update the gateway is read back. An
// operation that does not complete puts the payload from before back. The input is a [schemas.ChangeModelInput].
func ChangeModel(ctx workflow.Context, raw converter.RawValue) (schemas.Result, error) {
	r := newOperation(ctx, schemas.ChangeModelWorkflow, raw)
	var in schemas.ChangeModelInput
	_ = json.Unmarshal(r.arrived, &in) // what is wrong with it is for ValidatePayload to say
	r.seen, r.restore = in.Seen, in.Restore
	return r.run(ctx, r.validate, r.compare, r.probeTheNew, r.waitForApproval, r.update, r.waitForUpdate, r.readBack,
		r.checkHealthOfChange, r.handOver)
}

// compare finds what would change, of what is live and of what was approved.
func (r *registration) compare(ctx workflow.Context) error {
	r.enter(ctx, schemas.StageComparing)
	found, err := r.readModel(ctx, &r.payload)
	if err != nil {
		return err
	}
	name, own := r.label(), found.Owner
	if own == nil {
		if len(found.Live) > 0 {
			return final(schemas.ErrModelNotOwned, "%s is in the gateway as %s and nobody's; "+
				"`starter adopt` makes it ours first", name, modelIDs(found.Live))
		}
		return final(schemas.ErrModelMissing,
			"no model named %s is owned, and the gateway has none; `starter register` makes it", name)
	}
	r.result.ExistingModelID, r.result.PreviousHash, r.previous = own.ModelID, own.PayloadHash, own
	live := found.Find(own.ModelID)
	if err := r.moved(found, live); err != nil {
		return err
	}
	if live == nil {
		return final(schemas.ErrModelMissing,
			"the gateway has no model %s any more, which is owned as %s; `starter register` makes it anew",
			own.ModelID, name)
	}
	r.result.ModelID, r.liveHash, r.result.Changes = own.ModelID, live.Hash, live.Changes
	r.replaces = found.Replaces && len(live.Changes) > 0
	r.settings = schemas.ChangedSettings(own.Manifest, r.manifest)
	r.result.ChangedSettings = r.settings
	switch {
	case r.restore && (own.PayloadHash != r.payload.Hash || len(r.settings) > 0):
		return final(schemas.ErrPlanOutdated, "%s is not what was approved (payload %s), so it cannot be restored "+
			"without approval; `starter change` asks for it", name, short(own.PayloadHash))
	case len(live.Changes) == 0 && len(r.settings) == 0 && own.PayloadHash == r.payload.Hash:
		return verdict{schemas.Unchanged, fmt.Sprintf("model %s has this payload, approved on %s; nothing was changed",
			own.ModelID, day(own.Since))}
	case r.restore:
		r.policy = schemas.ApproveNever
	}
	return nil
}

// day writes when something was approved.
func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

// unproven are the keys whose change says nothing about the endpoint: no probe could prove or disprove it.
var unproven = []string{"max_requests_per_minute", "max_tokens_per_minute", "webhook_callback_url"}

// probeTheNew proves the new configuration, unless nothing in it concerns the endpoint.
func (r *registration) probeTheNew(ctx workflow.Context) error {
	concerns := slices.ContainsFunc(r.result.Changes, func(c schemas.Change) bool {
		return !slices.Contains(unproven, c.Key)
	})
	if !concerns && !slices.Contains(r.settings, "probe") {
		r.unprobed = true
		return nil
	}
	return r.probe(ctx)
}

// update asks the gateway for the change. From here on it may have happened.
func (r *registration) update(ctx workflow.Context) error {
	if len(r.result.Changes) == 0 {
		return nil // only settings differ, which the gateway does not know
	}
	r.enter(ctx, schemas.StageUpdating)
	r.submittedAt = workflow.Now(ctx)
	out, err := r.sendUpdate(ctx, "Update model "+r.result.ModelID+": "+plain(changesLine(r.result.Changes), 120),
		func() schemas.UpdateInput {
			return schemas.UpdateInput{
				ModelID: r.result.ModelID, Payload: r.payload, From: r.liveHash, Before: &r.previous.Payload,
				Lost: r.lost, Authorization: r.authorization()}
		})
	r.mayBeChanged = err == nil && !out.Replace || r.lost > 0
	if err == nil && out.Replace {
		return r.replace(ctx)
	}
	r.result.JobID = out.JobID
	return err
}

// sendUpdate executes UpdateModel, and keeps the record of what it may have sent without an answer: what one execution
// has sent, the next one knows by that alone.
func (r *registration) sendUpdate(
	ctx workflow.Context, summary string, next func() schemas.UpdateInput,
) (out schemas.Update, err error) {
	waitForJob := r.jobToWaitFor(ctx)
	err = r.do(ctx, step{
		activity: schemas.UpdateModelActivity, summary: summary,
		next: func() (workflow.ActivityOptions, any) { return activityTable[schemas.UpdateModelActivity], next() },
		wait: func(err error) schemas.Wait {
			r.lost = lostUpdates(err, r.lost)
			return waitForJob(err)
		},
	}, &out)
	if err == nil {
		r.lost = out.Lost
		return out, nil
	}
	r.lost = lostUpdates(err, r.lost) // also of one that was cancelled
	return out, err
}

// lostUpdates is how many updates may have been sent whose outcome is not known, by the record in an execution's error.
// Without a record one may have been sent, unless the error says that none was.
func lostUpdates(err error, before int) int {
	if sent := recordOf[schemas.SentUpdates](err); sent != nil {
		return sent.Lost
	}
	if neverStarted(err) || changedNothing(err) {
		return before
	}
	return max(before, 1)
}

// changedNothing reports whether an update's error says that nothing was sent, or that the gateway plainly refused it.
func changedNothing(err error) bool {
	switch explain(err).Type {
	case schemas.ErrBadRequest, schemas.ErrForbidden, schemas.ErrUnauthorized, schemas.ErrConflict,
		schemas.ErrModelMoved, schemas.ErrUpdateUnsupported, schemas.ErrModelMissing, schemas.ErrUnapproved,
		schemas.ErrCallerRefused, schemas.ErrSealedInput, schemas.ErrNewerWorker:
		return true
	}
	return false
}

// waitForUpdate waits for the update's job as a registration does for its own.
func (r *registration) waitForUpdate(ctx workflow.Context) error {
	if r.result.JobID == "" || r.replacing != nil {
		return nil
	}
	return r.waitForJob(ctx)
}

// readBack sees for itself that the gateway has what was approved, once its reads have caught up.
func (r *registration) readBack(ctx workflow.Context) error {
	if !r.mayBeChanged {
		return nil
	}
	r.enter(ctx, schemas.StageReadingBack)
	changes, err := r.readUntil(ctx, r.payload)
	if err == nil && len(changes) > 0 {
		err = final(schemas.ErrReadBack, "after its update the gateway has model %s otherwise than approved (gateway "+
			"→ approved: %s)",
			r.result.ModelID, changesLine(changes))
	}
	return err
}

// readUntil reads the model until it has the payload, for the read lag at most, and returns what differs then.
func (r *registration) readUntil(ctx workflow.Context, want schemas.SealedPayload) ([]schemas.Change, error) {
	var out schemas.ReadModel
	err := r.execute(ctx, schemas.ReadModelActivity, "Read back model "+r.result.ModelID,
		schemas.ReadModelInput{Name: r.manifest.Name, Want: &want, ModelID: r.result.ModelID, Until: true}, &out)
	if err != nil {
		return nil, err
	}
	live := out.Find(r.result.ModelID)
	if live == nil {
		return nil, final(schemas.ErrModelMissing, "the gateway has no model %s any more", r.result.ModelID)
	}
	return live.Changes, nil
}

// checkHealthOfChange has the gateway check a model that was updated.
func (r *registration) checkHealthOfChange(ctx workflow.Context) error {
	if !r.mayBeChanged {
		return nil
	}
	return r.checkHealth(ctx)
}

// putBack puts the payload from before back, where the change may have taken effect and did not complete, and sees that
// it is there. What somebody else wrote meanwhile is not overwritten. If it cannot be put back, the model has drifted
// from what was approved, or is gone, and ManageModel is told so. Whatever it was handed is handed back first.
func (r *registration) putBack(ctx workflow.Context) {
	if r.result.Status == schemas.Completed {
		return
	}
	state, why := schemas.ModelMissing, r.result.Reason
	gone := r.result.ErrorType == schemas.ErrModelMissing && r.previous != nil
	if r.mayBeChanged {
		r.enter(ctx, schemas.StageRollingBack)
		err := r.writeBack(ctx)
		r.result.Rollback = &schemas.RollbackReport{Restored: err == nil}
		if err == nil && r.result.Status == schemas.Failed {
			r.result.Status, r.result.ErrorType = schemas.RolledBack, ""
			r.result.Reason += "; what was approved before is in the gateway again"
		}
		gone = err != nil
		if err != nil {
			state, why = r.notPutBack(err)
		}
	}
	if r.mayBeOwned {
		r.handBack(ctx)
	}
	if gone {
		r.observe(ctx, state, why)
	}
}

// notPutBack is the ending of a change that cannot be taken back, and how it leaves the model.
func (r *registration) notPutBack(err error) (state schemas.ModelState, why string) {
	f := explain(err)
	r.result.Rollback.Error = f.Message
	r.result.Status, r.result.ErrorType = schemas.Failed, schemas.ErrRollbackFailed
	r.result.Reason = fmt.Sprintf("%s; and the payload from before could not be put back, so that model %s is not as "+
		"it was approved: %s. Operator action required: `starter plan` shows the difference", r.result.Reason,
		r.previous.ModelID, f.Message)
	if f.Type == schemas.ErrModelMissing || r.replacing.isMissing(r.result.ModelID) {
		return schemas.ModelMissing, f.Message
	}
	return schemas.ModelDrifted, "a change did not complete and could not be taken back: " + f.Message
}

// drifted reports whether a change left the model otherwise than it was approved.
func (r *registration) drifted() bool {
	return r.operation == schemas.ChangeModelWorkflow && r.result.Rollback != nil && !r.result.Rollback.Restored
}

// writeBack writes the payload from before once the update's own job has ended, and reads it back.
func (r *registration) writeBack(ctx workflow.Context) error {
	if r.replacing != nil {
		return r.bringBack(ctx)
	}
	job := r.result.JobID
	out, err := r.sendUpdate(ctx, "Put the payload from before back, since "+plain(r.result.Reason, 80),
		func() schemas.UpdateInput {
			return schemas.UpdateInput{
				ModelID: r.result.ModelID, Payload: r.previous.Payload, Instead: &r.payload, After: job, Lost: r.lost,
				Authorization: r.authorizationOfUndoing()}
		})
	if err != nil {
		return err
	}
	if out.Replace { // it was updated by a worker that knows how to, and is put back by one that does not
		r.replacing = &replacement{old: r.result.ModelID, begun: workflow.Now(ctx)}
		return r.bringBack(ctx)
	}
	r.result.JobID = out.JobID
	if err := r.waitForUpdate(ctx); err != nil {
		return err
	}
	changes, err := r.readUntil(ctx, r.previous.Payload)
	if err == nil && len(changes) > 0 {
		err = final(schemas.ErrReadBack, "the gateway has model %s otherwise than before (gateway → before: %s)",
			r.result.ModelID, changesLine(changes))
	}
	return err
}

// observe tells ManageModel how a model was found to be. It is for people, and no reason to fail.
func (r *registration) observe(ctx workflow.Context, state schemas.ModelState, reason string) {
	err := r.execute(ctx, schemas.ObserveModelActivity, "Note that "+plain(r.manifest.Name, 80)+" is "+string(state),
		schemas.ObserveInput{Name: r.manifest.Name, State: state, Reason: plain(reason, 1000)}, nil)
	if err != nil {
		workflow.GetLogger(ctx).Error("ManageModel was not told how the model is", "error", err)
	}
}
