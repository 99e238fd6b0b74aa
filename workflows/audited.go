package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// Windows of WriteAudit: a few attempts, after which people are told that something is wrong, and then longer windows
// for ever, since nothing may end unrecorded.
const (
	firstAuditAttempts = 4
	firstAuditWindow   = 2 * time.Minute // wide, since the task may wait for a worker
)

// writeAudit appends an entry to the audit trail and does not return before it is there, unless the entry can never be
// written or ctx is cancelled. While the trail cannot be written, waiting is told why.
func writeAudit(ctx workflow.Context, e schemas.AuditEntry, waiting func(reason string)) (schemas.AuditReceipt, error) {
	o := activityTable[schemas.WriteAuditActivity]
	o.Summary = unlinked(auditSummary(e))
	later := o
	o.RetryPolicy, o.ScheduleToCloseTimeout = atMost(firstAuditAttempts, o.RetryPolicy), firstAuditWindow
	for {
		var receipt schemas.AuditReceipt
		err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, o), schemas.WriteAuditActivity, e).Get(ctx,
			&receipt)
		if err == nil {
			err = answered(schemas.WriteAuditActivity, e, &receipt)
		}
		var final *temporal.ApplicationError
		switch {
		case err == nil, temporal.IsCanceledError(err), errors.As(err, &final) && final.NonRetryable():
			return receipt, err
		}
		waiting(explain(err).Message)
		o = later
	}
}

func auditSummary(e schemas.AuditEntry) string {
	switch e.Event {
	case schemas.AuditEnded:
		return "Record " + string(e.Outcome) + " in the audit trail"
	case schemas.AuditDecision:
		verb := "refused"
		if e.Decision.Accepted {
			verb = "accepted"
		}
		return "Record the " + verb + " decision of " + plain(e.Decision.Approver, 60) + " in the audit trail"
	case schemas.AuditCancel:
		return "Record in the audit trail who cancels"
	case schemas.AuditRefusals:
		return "Record in the audit trail how many decisions were refused"
	case schemas.AuditModelState:
		return "Record in the audit trail that the model is " + string(e.State)
	case schemas.AuditWebhook:
		return "Record the webhook's delivery in the audit trail"
	}
	return "Record the start in the audit trail"
}
