package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// verdict ends a registration for a business reason.
type verdict struct {
	outcome schemas.Outcome
	reason  string
}

// Error returns the reason.
func (v verdict) Error() string { return v.reason }

// end turns what ended the story into the result's outcome, reason and error type. What went wrong while a cancellation
// was on its way is the reason of the cancellation, not an ending of its own: what the person asked for is the ending.
func (r *registration) end(err error, cancelled bool, now time.Time) {
	if r.stopped != nil {
		err = r.stopped
	}
	r.ended = true
	var v verdict
	switch {
	case err == nil:
		r.result.Status = schemas.Completed
	case errors.As(err, &v):
		r.result.Status, r.result.Reason = v.outcome, v.reason
	case temporal.IsCanceledError(err):
		r.cancelledPlainly(now)
	case cancelled && r.stopped == nil:
		r.cancelledPlainly(now)
		r.result.Reason = fmt.Sprintf("cancelled at %s, while this went wrong: %s", r.stage(), explain(err).Message)
	default:
		f := explain(err)
		r.result.Status, r.result.ErrorType = schemas.Failed, f.Type
		r.result.Reason = fmt.Sprintf("%s failed at %s: %s", r.label(), r.stage(), f.Message)
	}
}

func (r *registration) cancelledPlainly(now time.Time) {
	r.result.Status = schemas.Cancelled
	r.result.Cancellation = &schemas.Cancellation{Plain: true, At: now.UTC()}
	r.result.Reason = cancelledAt(r.stage(), *r.result.Cancellation)
}

// rollBack deletes the model of a registration that did not complete. If that cannot be done, the registration has
// failed, whatever ended it: operator action is required.
func (r *registration) rollBack(ctx workflow.Context) {
	if r.result.Status == schemas.Completed || !r.mayExist {
		return
	}
	r.enter(ctx, schemas.StageRollingBack)
	err := r.deregister(ctx)
	r.result.Rollback = &schemas.RollbackReport{Deregistered: err == nil}
	if err == nil {
		return
	}
	f := explain(err)
	r.result.Rollback.Error = f.Message
	r.result.Rollback.Remaining = remaining(err)
	switch {
	case f.Type == schemas.ErrModelNotProven || f.Type == schemas.ErrNotConfirmed:
		r.result.ErrorType = f.Type
	case r.result.ErrorType == "":
		r.result.ErrorType = schemas.ErrRollbackFailed
	}
	r.result.Reason = fmt.Sprintf("%s; and the model could not be deleted, so it may still exist in the gateway: %s",
		r.result.Reason, f.Message)
	r.result.Status = schemas.Failed
}

// deregister deletes what this operation is proven to have created.
func (r *registration) deregister(ctx workflow.Context) error {
	return r.do(ctx, step{
		activity: schemas.DeregisterModelActivity, summary: "Delete the model, since " + plain(r.result.Reason, 80),
		next: func() (workflow.ActivityOptions, any) {
			return activityTable[schemas.DeregisterModelActivity], schemas.DeregisterInput{
				Payload: r.payload, ModelID: r.result.ModelID, JobID: r.result.JobID, SubmittedAt: r.submittedAt,
				Adopted: r.result.Adopted, Creation: r.creation,
			}
		},
		wait: r.jobToWaitFor(ctx),
	}, nil)
}

// remaining are the models that a rollback's error names.
func remaining(err error) (models []schemas.FoundModel) {
	var app *temporal.ApplicationError
	var details schemas.ErrorDetails
	if errors.As(err, &app) && app.Details(&details, &models) != nil {
		return nil
	}
	return models
}

// jobToWaitFor has a rollback wait for the job that still runs and may yet make the model, in the rhythm of waitForJob:
// for as long as the job has time left, and then for one more hour.
func (r *registration) jobToWaitFor(ctx workflow.Context) func(error) schemas.Wait {
	began := workflow.Now(ctx)
	limit := began
	if r.jobDeadline.After(limit) {
		limit = r.jobDeadline
	}
	limit = limit.Add(activityTable[schemas.DeregisterModelActivity].ScheduleToCloseTimeout)
	return func(err error) schemas.Wait {
		now := workflow.Now(ctx)
		if explain(err).Type != schemas.ErrJobStillRunning || !now.Before(limit) {
			return schemas.Wait{}
		}
		gap := min(max(pollGap(now.Sub(r.submittedAt)), retryDelay(err)), limit.Sub(now))
		return schemas.Wait{For: schemas.WaitJob, Since: began, Until: now.Add(gap), Reason: explain(err).Message,
			Message: fmt.Sprintf("Job %s still runs and may yet make the model; look again in %s", r.result.JobID,
				words.Exactly(gap.Round(time.Second)))}
	}
}

// nameRemaining names what a failed rollback has left, as far as that is known, where its error does not.
func (r *registration) nameRemaining() {
	if b := r.result.Rollback; b != nil && !b.Deregistered && len(b.Remaining) == 0 && r.result.ModelID != "" {
		b.Remaining = []schemas.FoundModel{{ID: r.result.ModelID, JobID: r.result.JobID}}
	}
}

// record writes the ending to the audit trail, for as long as that takes, and announces it. A webhook that cannot be
// delivered is noted in the result.
func (r *registration) record(ctx workflow.Context) {
	r.nameRemaining()
	r.enter(ctx, schemas.StageRecording)
	r.settleDecisions(ctx)
	r.reportApprovals()
	r.summarizeRefusals(ctx)
	unknown := r.findExisting(ctx)
	if !r.existed() {
		r.result.ExistingModelID = ""
	}
	receipt, err := r.write(ctx, r.endingEntry(ctx))
	if err != nil {
		unwritten := fmt.Sprintf("the ending of %s could not be written to the audit trail: %s", r.label(),
			explain(err).Message)
		if r.result.Reason != "" {
			unwritten = r.result.Reason + "; and " + unwritten
		}
		r.result.Status, r.result.ErrorType, r.result.Reason = schemas.Failed, schemas.ErrAuditUnavailable, unwritten
	}
	switch {
	case r.existed() && !r.tellsOfReplacement(ctx): // an event of this attempt would be taken for news of that model
	case unknown != nil:
		r.result.Webhook = &schemas.WebhookDelivery{Error: "not sent, since it could not be found out whether the " +
			"event would be " +
			"taken for news of a model that is registered: " + explain(unknown).Message}
	default:
		r.announceEnding(ctx, receipt.Checkpoint)
	}
}

// finish closes the workflow in the way that its outcome asks for.
func (r *registration) finish(ctx workflow.Context) (schemas.Result, error) {
	r.enter(ctx, schemas.Stage(r.result.Status))
	r.tellEnded(ctx)
	// Whoever decided too late is told so, and it is recorded.
	if err := workflow.Await(ctx, func() bool { return r.heardEverybody(ctx) }); err != nil {
		return r.result, err
	}
	switch r.result.Status {
	case schemas.Failed:
		return r.result, temporal.NewApplicationErrorWithOptions(r.result.Reason, string(r.result.ErrorType),
			temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{r.result}})
	case schemas.Cancelled:
		return r.result, temporal.NewCanceledError(r.result)
	}
	return r.result, nil
}
