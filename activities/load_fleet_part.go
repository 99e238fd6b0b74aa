package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/codec"
	"model-registrar/internal/follow"
	"model-registrar/schemas"
)

// LoadFleetPart reads some of what a fleet is to do from the workflow that holds it. A part that is not there or cannot
// be used is FleetPartMissing; so are operations that no starter asks for.
func (a *Activities) LoadFleetPart(ctx context.Context, in schemas.LoadPartInput) (schemas.FleetPart, error) {
	p, err := follow.FleetPart(ctx, a.Temporal, a.Namespace, a.Data, in.FleetID, in.Part)
	switch {
	case ctx.Err() != nil:
		return p, ctx.Err()
	case errors.Is(err, follow.ErrNoPart), errors.Is(err, follow.ErrDamagedPart):
		return p, fatal(schemas.ErrFleetPart, err.Error()+"; start a fleet with the starter, which starts "+
			"its parts first")
	case errors.As(err, new(*codec.Error)):
		return p, temporal.NewApplicationError("this worker cannot read a part of the fleet: "+err.Error(),
			string(schemas.ErrTemporal))
	case err != nil:
		return p, temporal.NewApplicationError("Temporal could not be asked: "+err.Error(), string(schemas.ErrTemporal))
	}
	what := "manifest"
	if len(p.Items) > 0 {
		what = "operation"
	}
	for i, item := range p.All() {
		if problem := item.Problem(); problem != "" {
			return p, fatal(schemas.ErrFleetPart, fmt.Sprintf("%s %d of the fleet %s; start a fleet with the "+
				"starter, which checks what it is of",
				what, p.First+i+1, problem))
		}
	}
	return p, nil
}
