package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// Owners knows whose models are.
type Owners interface {
	// Owner is the record that the model of this name is ours; nil for a model that is nobody's. An error says that it
	// is not known.
	Owner(ctx context.Context, name string) (*schemas.Ownership, error)
	// LastApproved is what was approved last under the name, also of a model that was given up; nil if that is not
	// known.
	LastApproved(ctx context.Context, name string) (*schemas.Ownership, error)
}

// lastApprovedTime bounds the question for what was approved last, which is worth no waiting.
const lastApprovedTime = 2 * time.Second

// lastApproved is how a payload differs from what was approved last under its name. That it cannot be found out holds
// nothing up: it is for the eyes of approvers.
func (a *Activities) lastApproved(ctx context.Context, p schemas.SealedPayload) *schemas.LastApproved {
	if a.Owners == nil { // a worker has them once it has a connection
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lastApprovedTime)
	defer cancel()
	o, err := a.Owners.LastApproved(ctx, p.Value.Name)
	if err != nil {
		activity.GetLogger(ctx).Warn("what was approved last under the name cannot be found out", "error", err)
	}
	if err != nil || o == nil {
		return nil
	}
	return &schemas.LastApproved{PayloadHash: o.PayloadHash, Since: o.Since, Changes: o.Payload.Value.Changes(p.Value)}
}

// owner asks whose a model is. Its error is retried.
func (a *Activities) owner(ctx context.Context, name string) (*schemas.Ownership, error) {
	o, err := a.Owners.Owner(ctx, name)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, temporal.NewApplicationError("Temporal could not be asked whose "+name+" is: "+err.Error(),
			string(schemas.ErrTemporal))
	}
	return o, nil
}

// FindOwner asks whose a model is.
func (a *Activities) FindOwner(ctx context.Context, in schemas.FindOwnerInput) (schemas.FoundOwner, error) {
	o, err := a.owner(ctx, in.Name)
	return schemas.FoundOwner{Owner: o}, err
}
