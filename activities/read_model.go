package activities

import (
	"cmp"
	"context"
	"time"

	"model-registrar/internal/creation"
	"model-registrar/internal/gateway"
	"model-registrar/schemas"
)

// ReadModel reads whose the model of a name is and how the gateway has it. With Until it reads again, with growing
// gaps, until the owned model has the wanted payload or the read lag is over.
func (a *Activities) ReadModel(ctx context.Context, in schemas.ReadModelInput) (schemas.ReadModel, error) {
	defer keepAlive(ctx)()
	var want *schemas.Payload
	if in.Want != nil {
		payload, err := unsealed(*in.Want)
		if err != nil {
			return schemas.ReadModel{}, err
		}
		want = &payload
	}
	began := time.Now()
	for {
		out, err := a.readModel(ctx, in.Name, want)
		if err != nil || !in.Until || out.Owner == nil {
			return out, err
		}
		live := out.Find(cmp.Or(in.ModelID, out.Owner.ModelID))
		since := time.Since(began)
		if live != nil && len(live.Changes) == 0 || since >= a.ReadLag || !pause(ctx, creation.Gap(since, a.ReadLag)) {
			return out, ctx.Err()
		}
	}
}

func (a *Activities) readModel(ctx context.Context, name string, want *schemas.Payload) (schemas.ReadModel, error) {
	owner, err := a.owner(ctx, name)
	if err != nil {
		return schemas.ReadModel{}, err
	}
	found, err := a.find(ctx, name, owner)
	if err != nil {
		return schemas.ReadModel{}, platformError(ctx, err)
	}
	out := schemas.ReadModel{Owner: owner, At: time.Now().UTC(), Replaces: a.ReplaceModels}
	for _, m := range found.Models {
		live := schemas.LiveModel{ID: m.ID, State: m.State}
		live.Hash, _ = m.Payload.Hash() // one that has none is compared by its values
		if want != nil {
			live.Changes = m.Payload.Changes(*want)
		}
		if owner != nil && owner.ModelID == m.ID {
			live.Drift = owner.Payload.Value.Changes(m.Payload)
		}
		out.Live = append(out.Live, live)
	}
	return out, nil
}

// find returns the models of a name. One that is owned and that the list does not show is asked for by its id before it
// counts as gone.
func (a *Activities) find(ctx context.Context, name string, owner *schemas.Ownership) (gateway.Found, error) {
	found, err := a.Gateway.FindModels(ctx, name)
	if err != nil || owner == nil || shows(found, owner.ModelID) {
		return found, err
	}
	m, err := a.Gateway.GetModel(ctx, owner.ModelID)
	if err == nil && m != nil && m.Payload.Name == name {
		found.Models = append(found.Models, *m)
	}
	return found, err
}
