package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// verdict ends a registration for a business reason.
type verdict struct {
	outcome schemas.Outcome
	reason  string
}

// Error returns the reason.
func (v verdict) Error() string { return v.reason }

// end turns what ended the story into the result's outcome, reason and error type.
func (r *registration) end(err error) {
	var v verdict
	switch {
	case err == nil:
		r.result.Status = schemas.Completed
	case errors.As(err, &v):
		r.result.Status, r.result.Reason = v.outcome, v.reason
	case temporal.IsCanceledError(err):
		r.result.Status = schemas.Cancelled
		r.result.Reason = fmt.Sprintf("cancelled at %s", r.stage())
	default:
		f := explain(err)
		r.result.Status, r.result.ErrorType = schemas.Failed, f.Type
		r.result.Reason = fmt.Sprintf("%s failed at %s: %s", r.manifest.Name, r.stage(), f.Message)
	}
}

// rollBack deletes the model of a registration that did not complete. If that cannot be done, the registration has
// failed, whatever ended it: somebody has to look.
func (r *registration) rollBack(ctx workflow.Context) {
	if r.result.Status == schemas.Completed || !r.mayExist {
		return
	}
	r.enter(ctx, schemas.StageRollingBack)
	err := r.execute(ctx, schemas.DeregisterModelActivity, "Delete the model, since "+plain(r.result.Reason, 80),
		schemas.DeregisterInput{
			Payload: r.payload, ModelID: r.result.ModelID, JobID: r.result.JobID, SubmittedAt: r.submittedAt,
		}, nil)
	r.result.Rollback = &schemas.RollbackReport{Deregistered: err == nil}
	if err == nil {
		return
	}
	f := explain(err)
	r.result.Rollback.Error = f.Message
	if r.result.ErrorType == "" {
		r.result.ErrorType = schemas.ErrRollbackFailed
	}
	r.result.Reason = fmt.Sprintf("%s; and the model could not be deleted, so it may still exist in the gateway: %s",
		r.result.Reason, f.Message)
	r.result.Status = schemas.Failed
}

// record announces the ending and writes it to the audit trail, side by side. A webhook that cannot be delivered is
// noted in the result; a trail that cannot be written fails the registration, since it must not end unrecorded.
func (r *registration) record(ctx workflow.Context) {
	r.enter(ctx, schemas.StageRecording)
	audit := r.start(ctx, schemas.WriteAuditActivity, "Record "+string(r.result.Status)+" in the audit trail",
		r.auditEntry(ctx))
	r.announce(ctx)
	if err := audit.Get(ctx, nil); err != nil {
		f := explain(err)
		unwritten := fmt.Sprintf("the ending of %s could not be written to the audit trail: %s", r.manifest.Name, f.Message)
		if r.result.Reason != "" {
			unwritten = r.result.Reason + "; and " + unwritten
		}
		r.result.Status, r.result.ErrorType, r.result.Reason = schemas.Failed, schemas.ErrAuditUnavailable, unwritten
	}
}

func (r *registration) announce(ctx workflow.Context) {
	if r.manifest.WebhookCallbackURL == "" {
		return
	}
	in := r.webhook(ctx)
	var out schemas.WebhookDelivery
	err := r.execute(ctx, schemas.NotifyWebhookActivity,
		"Tell "+plain(hostOf(r.manifest.WebhookCallbackURL), 80)+" that it is "+string(r.result.Status), in, &out)
	if err != nil {
		out = schemas.WebhookDelivery{MessageID: in.MessageID, Error: explain(err).Message}
	}
	r.result.Webhook = &out
}

// finish closes the workflow in the way that its outcome asks for.
func (r *registration) finish(ctx workflow.Context) (schemas.Result, error) {
	r.enter(ctx, schemas.Stage(r.result.Status))
	r.drainSignals()
	switch r.result.Status {
	case schemas.Failed:
		return r.result, temporal.NewApplicationErrorWithOptions(r.result.Reason, string(r.result.ErrorType),
			temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{r.result}})
	case schemas.Cancelled:
		return r.result, temporal.NewCanceledError(r.result)
	}
	return r.result, nil
}

func (r *registration) auditEntry(ctx workflow.Context) schemas.AuditEntry {
	e := schemas.AuditEntry{
		EntryID: r.result.RunID + "/ended", Event: schemas.AuditEnded,
		Timestamp: workflow.Now(ctx).UTC(), ModelID: r.result.ModelID, PayloadHash: r.result.PayloadHash,
		JobDurationMs: r.result.JobDurationMs, Compliance: schemas.RecordStored,
		Name: r.manifest.Name, Outcome: r.result.Status, Reason: r.result.Reason, ErrorType: r.result.ErrorType,
		JobID: r.result.JobID, Requester: r.requester, Approval: r.result.Approval,
		WorkflowID: r.result.WorkflowID, RunID: r.result.RunID,
	}
	if v := r.result.Validation; v != nil {
		e.ValidationStatus, e.LatencyMs = v.Status, &v.LatencyMs
	}
	if b := r.result.Rollback; b != nil {
		e.Deregistered = &b.Deregistered
	}
	return e
}

func (r *registration) webhook(ctx workflow.Context) schemas.WebhookInput {
	e := schemas.Event{
		Event: schemas.RegistrationUpdated, Timestamp: workflow.Now(ctx).UTC(), ModelID: r.result.ModelID,
		Status: string(r.result.Status), Metrics: schemas.EventMetrics{JobDurationMs: r.result.JobDurationMs},
		Name: r.manifest.Name, Reason: plain(r.result.Reason, 2000), PayloadHash: r.result.PayloadHash,
		WorkflowID: r.result.WorkflowID, RunID: r.result.RunID,
	}
	if v := r.result.Validation; v != nil {
		e.Metrics.ValidationLatencyMs = &v.LatencyMs
	}
	return schemas.WebhookInput{
		URL: r.manifest.WebhookCallbackURL, MessageID: "msg_" + r.result.RunID + "_ended", Event: e,
	}
}
