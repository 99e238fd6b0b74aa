package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/audit"
	"model-registrar/schemas"
)

// WriteAudit appends an entry to the audit trail; appending the same entry again changes nothing.
func (a *Activities) WriteAudit(ctx context.Context, in schemas.AuditEntry) error {
	err := a.Audit.Append(ctx, in)
	switch {
	case errors.Is(err, audit.ErrEntry):
		return fatal(schemas.ErrInternal, err.Error())
	case err != nil:
		return temporal.NewApplicationError(err.Error(), string(schemas.ErrAuditUnavailable))
	}
	return nil
}
