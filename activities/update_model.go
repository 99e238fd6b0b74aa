package activities

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"model-registrar/internal/gateway"
	"model-registrar/internal/genesys"
	"model-registrar/internal/quota"
	"model-registrar/schemas"
)

// UpdateModel gives a model another payload, and is safe to repeat: the update says the whole payload, so that one whose
// answer was lost and that is sent again changes nothing twice. Right before it is sent the model is read, and nothing is
// sent over values that are neither those that the caller saw nor those that are wanted: somebody else has changed the model
// then, which is ModelMoved.
func (a *Activities) UpdateModel(ctx context.Context, in schemas.UpdateInput) (schemas.Update, error) {
	want, err := unsealed(in.Payload)
	if err != nil {
		return schemas.Update{}, err
	}
	ctx, attempt := a.begin(quota.Finishing(ctx), nil)
	defer attempt.end()
	live, err := a.Gateway.GetModel(ctx, in.ModelID)
	switch {
	case err != nil:
		return schemas.Update{}, platformError(ctx, err)
	case live == nil || live.Payload.Name != want.Name:
		return schemas.Update{}, fatal(schemas.ErrModelMissing, fmt.Sprintf("the gateway has no model %s named %s any more", in.ModelID, want.Name))
	case live.Payload.Same(want):
		return schemas.Update{}, nil
	}
	if err := expected(in, live, want); err != nil {
		return schemas.Update{}, err
	}
	// An update that has begun is awaited whatever happens, so that its answer is known.
	jobID, err := a.Gateway.UpdateModel(context.WithoutCancel(ctx), in.ModelID, in.Payload)
	var refused *genesys.Error
	if errors.As(err, &refused) && (refused.Status == http.StatusMethodNotAllowed || refused.Status == http.StatusNotImplemented) {
		return schemas.Update{}, fatal(schemas.ErrUpdateUnsupported, fmt.Sprintf("the gateway does not update models (%s); set "+
			"GENESYS_UPDATE_METHOD to the method that it takes: PUT or PATCH", refused.Error()))
	}
	if err != nil {
		return schemas.Update{}, platformError(ctx, err)
	}
	return schemas.Update{JobID: jobID}, nil
}

// expected refuses to overwrite what neither the caller has seen nor an update of ours can have left.
func expected(in schemas.UpdateInput, live *gateway.Model, want schemas.Payload) error {
	changes := live.Payload.Changes(want)
	if in.Instead != nil {
		ours, err := unsealed(*in.Instead)
		if err != nil {
			return err
		}
		// Of an update that failed half-way some values are the new ones and all others those from before.
		foreign := live.Payload.Changes(ours)
		changes = slices.DeleteFunc(changes, func(c schemas.Change) bool {
			return !slices.ContainsFunc(foreign, func(f schemas.Change) bool { return f.Key == c.Key })
		})
		if len(changes) == 0 {
			return nil
		}
	} else if hash, err := live.Payload.Hash(); err == nil && hash == in.From {
		return nil
	}
	var keys []string
	for _, c := range changes {
		keys = append(keys, c.Key)
	}
	return fatal(schemas.ErrModelMoved, fmt.Sprintf("somebody has changed model %s of %s in the gateway meanwhile (%s), which is not "+
		"overwritten; make a new plan", in.ModelID, want.Name, strings.Join(keys, ", ")))
}
