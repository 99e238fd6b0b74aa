package activities

import (
	"context"

	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// WriteAudit appends an entry to the audit trail; appending the same entry again changes nothing.
func (a *Activities) WriteAudit(ctx context.Context, in schemas.AuditEntry) error {
	if err := a.Audit.Append(ctx, in); err != nil {
		return temporal.NewApplicationError(err.Error(), string(schemas.ErrAuditUnavailable))
	}
	return nil
}
