package activities

import (
	"context"
	"reflect"

	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/manifest"
	"model-registrar/schemas"
)

// ValidatePayload checks the manifest, since a workflow may be started by anything that can reach Temporal, and
// returns the payload with its hash and the approval policy that holds here. A manifest that is not valid is a
// PayloadValidationError with the list of violations: field paths, never values. So is one whose endpoint this worker
// can never probe, with the probe's reason code: better known before anything is made.
func (a *Activities) ValidatePayload(ctx context.Context, in schemas.ValidateInput) (schemas.ValidatedPayload, error) {
	if in.PolicyOnly {
		if in.Arrived != nil { // the input of a retirement
			if violations := manifest.ReadRetirement(in.Arrived); len(violations) > 0 {
				return schemas.ValidatedPayload{}, temporal.NewPayloadValidationError(cutViolations(violations))
			}
		}
		return a.policy(in.Manifest), nil
	}
	checked, violations := in.Manifest, []schemas.Violation(nil)
	if in.Arrived == nil {
		violations = manifest.Validate(checked)
	} else {
		var input schemas.RegisterModelInput
		input, violations = manifest.ReadInput(in.Operation, in.Arrived)
		checked = input.Manifest
	}
	if len(violations) == 0 {
		violations = a.Prober.Preflight(ctx, checked.ProbeInput())
	}
	if len(violations) > 0 {
		return schemas.ValidatedPayload{}, temporal.NewPayloadValidationError(cutViolations(violations))
	}
	payload, err := checked.Payload().Seal()
	if err != nil {
		return schemas.ValidatedPayload{}, fatal(schemas.ErrInternal, err.Error())
	}
	out := a.policy(checked)
	out.Payload = payload
	if in.Operation != schemas.ChangeModelWorkflow { // which compares with what it changes
		out.LastApproved = a.lastApproved(ctx, payload)
	}
	if !reflect.DeepEqual(checked, in.Manifest) {
		out.Manifest = &checked
	}
	return out, nil
}

// policy is who has to approve what the manifest asks for: the stricter of the manifest and the worker's floors.
func (a *Activities) policy(m schemas.Manifest) schemas.ValidatedPayload {
	return schemas.ValidatedPayload{
		Approval: a.ApprovalFloor.Stricter(m.Approval.Policy), Gate: a.GateFloor.Stricter(m.Approval.Gate),
		Required: max(1, a.RequiredFloor, m.Approval.Required),
	}
}
