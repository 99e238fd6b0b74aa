package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/creation"
	"model-registrar/internal/gateway"
	"model-registrar/internal/quota"
	"model-registrar/schemas"
)

// DeleteModel deletes a model that is retired, or that is to be created anew, and returns once it was seen to be
// gone: at once after a deletion that the gateway acknowledged, otherwise when it is still absent after the read lag.
// A model of another name is left alone.
func (a *Activities) DeleteModel(ctx context.Context, in schemas.DeleteInput) error {
	if err := a.authorizeDeletion(ctx, in); err != nil {
		return err
	}
	ctx, attempt := a.begin(quota.Finishing(ctx), nil)
	defer attempt.end()
	began, asked, acknowledged := time.Now(), false, false
	for {
		live, err := a.Gateway.GetModel(ctx, in.ModelID)
		switch {
		case err != nil:
			return platformError(ctx, err)
		case live != nil && live.Payload.Name != in.Name:
			return fatal(schemas.ErrModelMoved, fmt.Sprintf("model %s is not named %s any more, and was not deleted",
				in.ModelID, in.Name))
		case live != nil && !asked && in.From != "" && !hasHash(live, in.From):
			return fatal(schemas.ErrModelMoved,
				fmt.Sprintf("somebody has changed model %s of %s in the gateway meanwhile, and it was not "+
					"deleted; make a new plan", in.ModelID, in.Name))
		case live == nil && (acknowledged || time.Since(began) >= a.ReadLag):
			return nil
		case !asked:
			existed, err := a.Gateway.DeleteModel(ctx, in.ModelID)
			if err != nil {
				return platformError(ctx, err)
			}
			asked, acknowledged = true, existed
			continue
		case live != nil && time.Since(began) >= a.ReadLag:
			return fatal(schemas.ErrNotConfirmed,
				fmt.Sprintf("the deletion of %s could not be confirmed: the gateway still shows model %s "+
					"after %s. Operator action required: look whether it is gone, and retire it again if not",
					in.Name, in.ModelID, a.ReadLag))
		}
		if !pause(ctx, creation.Gap(time.Since(began), a.ReadLag)) {
			return temporal.NewApplicationError("the deletion of "+in.Name+" goes on in another attempt",
				string(schemas.ErrTemporal))
		}
	}
}

func hasHash(m *gateway.Model, hash string) bool {
	is, err := m.Payload.Hash()
	return err == nil && is == hash
}

// authorizeDeletion verifies the approvals of a deletion: of a retirement those that name the payload that is owned
// or, of a model that is nobody's, the one that is there; of a change those of the payload that the model is created
// anew with.
func (a *Activities) authorizeDeletion(ctx context.Context, in schemas.DeleteInput) error {
	d := deed{name: in.Name, hash: in.For, auth: in.Authorization, needed: a.needsApproval()}
	if a.Approvers == nil {
		return nil
	}
	if d.hash == "" {
		owner, err := a.owner(ctx, in.Name)
		if err != nil {
			return err
		}
		if owner != nil {
			d.hash = owner.PayloadHash
		} else {
			live, err := a.Gateway.GetModel(ctx, in.ModelID)
			if err != nil {
				return platformError(ctx, err)
			}
			if live == nil {
				return nil // there is nothing to delete
			}
			d.hash, _ = live.Payload.Hash()
		}
	}
	return a.authorize(ctx, d)
}
