package activities

import (
	"context"

	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// Owners knows whose models are.
type Owners interface {
	// Owner is the record that the model of this name is ours; nil for a model that is nobody's. An error says that it is
	// not known.
	Owner(ctx context.Context, name string) (*schemas.Ownership, error)
}

// owner asks whose a model is. Its error is retried.
func (a *Activities) owner(ctx context.Context, name string) (*schemas.Ownership, error) {
	o, err := a.Owners.Owner(ctx, name)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, temporal.NewApplicationError("Temporal could not be asked whose "+name+" is: "+err.Error(), string(schemas.ErrTemporal))
	}
	return o, nil
}

// FindOwner asks whose a model is.
func (a *Activities) FindOwner(ctx context.Context, in schemas.FindOwnerInput) (schemas.FoundOwner, error) {
	o, err := a.owner(ctx, in.Name)
	return schemas.FoundOwner{Owner: o}, err
}
