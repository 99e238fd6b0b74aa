package activities

import (
	"context"

	"model-registrar/internal/creation"
	"model-registrar/internal/quota"
	"model-registrar/schemas"
)

// FindTwins looks for models of the name beside the one that an operation keeps, after an answer to a creation was
// lost. Extras that are proven to be the operation's own are deleted, all others are named.
func (a *Activities) FindTwins(ctx context.Context, in schemas.TwinsInput) (schemas.Twins, error) {
	payload, err := unsealed(in.Payload)
	if err != nil {
		return schemas.Twins{}, err
	}
	ctx, attempt := a.begin(quota.Finishing(ctx), nil)
	defer attempt.end()
	found, err := a.Gateway.FindModels(ctx, payload.Name)
	if err != nil {
		return schemas.Twins{}, platformError(ctx, err)
	}
	extras, named := creation.Twins(in.Creation, in.ModelID, payload, found.Models)
	for _, m := range extras {
		if _, err := a.Gateway.DeleteModel(ctx, m.ID); err != nil {
			return schemas.Twins{}, platformError(ctx, err)
		}
	}
	return schemas.Twins{Deleted: shown(extras, payload), Named: shown(named, payload)}, nil
}
