package workflows

import (
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// recordStart writes the start to the audit trail, beside what goes on meanwhile. It is written even if the
// registration is cancelled at once.
func (r *registration) recordStart(ctx workflow.Context) workflow.Future {
	recorded, settle := workflow.NewFuture(ctx)
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	workflow.GoNamed(ctx, "record-start", func(ctx workflow.Context) {
		e := r.auditEntry(ctx, schemas.AuditStarted, "started")
		e.Reason = r.retirement.Retirement().Reason
		_, err := r.write(ctx, e)
		settle.Set(nil, err)
	})
	return recorded
}

// write appends an entry to the audit trail. While that is impossible it waits, and says so in the current details.
func (r *registration) write(ctx workflow.Context, e schemas.AuditEntry) (schemas.AuditReceipt, error) {
	receipt, err := writeAudit(ctx, e, func(reason string) {
		r.trailTrouble = reason
		r.describe(ctx)
	})
	if r.trailTrouble != "" {
		r.trailTrouble = ""
		r.describe(ctx)
	}
	return receipt, err
}

// auditEntry is what every entry about this registration holds, as far as it is known by now. The kind makes its id.
func (r *registration) auditEntry(ctx workflow.Context, event schemas.AuditEvent, kind string) schemas.AuditEntry {
	e := schemas.AuditEntry{
		EntryID: r.result.RunID + "/" + kind, Event: event, Timestamp: workflow.Now(ctx).UTC(),
		ModelID: r.result.ModelID, PayloadHash: r.result.PayloadHash, JobDurationMs: r.result.JobDurationMs,
		Compliance: schemas.RecordStored, Name: schemas.RecordedName(r.manifest.Name), JobID: r.result.JobID,
		Requester:  plain(r.requester, 200),
		WorkflowID: r.result.WorkflowID, RunID: r.result.RunID, Operation: r.named(),
		PreviousHash: r.result.PreviousHash,
		Changes:      r.result.Changes, ReplacedModelID: r.result.ReplacedModelID,
	}
	if v := r.result.Validation; v != nil {
		e.ValidationStatus, e.LatencyMs, e.Probe = v.Status, &v.LatencyMs, auditedProbe(v)
	}
	return e
}

func (r *registration) endingEntry(ctx workflow.Context) schemas.AuditEntry {
	e := r.auditEntry(ctx, schemas.AuditEnded, "ended")
	e.Outcome, e.Reason, e.ErrorType = r.result.Status, r.result.Reason, r.result.ErrorType
	e.Approval = r.result.Approval
	if b := r.result.Rollback; b != nil {
		if r.operation == schemas.RegisterModelWorkflow {
			e.Deregistered = &b.Deregistered
		} else {
			e.Restored = &b.Restored
		}
	}
	return e
}

// auditedProbe is the part of a probe's report that the trail keeps.
func auditedProbe(v *schemas.ProbeReport) *schemas.AuditedProbe {
	p := &schemas.AuditedProbe{Status: v.Status, ErrorCode: v.ErrorCode, ResponseCode: v.ResponseCode}
	if d := v.Details; d != nil {
		p.Samples, p.Latency, p.TTFT, p.TokensUsed = len(d.Warm), d.Latency, d.TTFT, d.TokensUsed
		p.Share, p.Remarks = d.Share(), d.Remarks
	}
	return p
}
