package activities

import (
	"context"

	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/manifest"
	"model-registrar/schemas"
)

// ValidatePayload checks the manifest, since a workflow may be started by anything that can reach Temporal, and
// returns the payload with its hash and the approval policy that holds here. A manifest that is not valid is a
// PayloadValidationError with the list of violations: field paths, never values. So is one whose endpoint this worker can never
// probe, with the probe's reason code: better known before anything is made.
func (a *Activities) ValidatePayload(ctx context.Context, in schemas.ValidateInput) (schemas.ValidatedPayload, error) {
	violations := manifest.Validate(in.Manifest)
	if len(violations) == 0 {
		violations = a.Prober.Preflight(ctx, in.Manifest.ProbeInput())
	}
	if len(violations) > 0 {
		return schemas.ValidatedPayload{}, temporal.NewPayloadValidationError(violations)
	}
	payload, err := in.Manifest.Payload().Seal()
	if err != nil {
		return schemas.ValidatedPayload{}, fatal(schemas.ErrInternal, err.Error())
	}
	return schemas.ValidatedPayload{
		Payload: payload, Approval: a.ApprovalFloor.Stricter(in.Manifest.Approval.Policy),
		Required: max(1, a.RequiredFloor, in.Manifest.Approval.Required),
	}, nil
}
