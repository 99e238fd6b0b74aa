package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/audit"
	"model-registrar/schemas"
)

// auditConflicts counts the entries whose ids were taken by others with other content, repetitions included.
const auditConflicts = "registrar_audit_conflicts"

// WriteAudit appends an entry to the audit trail and returns where it stands; appending the same entry again changes
// nothing and returns the same place. For an ending it makes a checkpoint, signed if there is a key.
func (a *Activities) WriteAudit(ctx context.Context, in schemas.AuditEntry) (schemas.AuditReceipt, error) {
	receipt, err := a.appendEntry(ctx, in)
	if err == nil && in.Event == schemas.AuditEnded {
		receipt.Checkpoint, err = a.Checkpoints.Checkpoint(receipt, time.Now())
	}
	switch {
	case errors.Is(err, audit.ErrEntry):
		return receipt, fatal(schemas.ErrInternal, err.Error())
	case err != nil:
		return receipt, temporal.NewApplicationError(err.Error(), string(schemas.ErrAuditUnavailable))
	}
	return receipt, nil
}

// appendEntry appends an entry, and counts it if its id is taken.
func (a *Activities) appendEntry(ctx context.Context, in schemas.AuditEntry) (schemas.AuditReceipt, error) {
	receipt, err := a.Audit.Append(ctx, in)
	if receipt.Conflict {
		activity.GetMetricsHandler(ctx).Counter(auditConflicts).Inc(1)
	}
	return receipt, err
}
