package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/fleetparts"
	"model-registrar/schemas"
)

// LoadFleetPart reads some of a fleet's manifests from the workflow that holds them. A part that is not there or cannot be
// used is FleetPartMissing; manifests with names under which nothing can be started are so too.
func (a *Activities) LoadFleetPart(ctx context.Context, in schemas.LoadPartInput) (schemas.FleetPart, error) {
	p, err := fleetparts.Read(ctx, a.Temporal, a.Namespace, a.Data, in.FleetID, in.Part)
	switch {
	case ctx.Err() != nil:
		return p, ctx.Err()
	case errors.Is(err, fleetparts.ErrMissing), errors.Is(err, fleetparts.ErrDamaged):
		return p, fatal(schemas.ErrFleetPart, err.Error()+"; start a fleet with the starter, which starts its parts first")
	case err != nil:
		return p, temporal.NewApplicationError("Temporal could not be asked: "+err.Error(), string(schemas.ErrTemporal))
	}
	for i, m := range p.Manifests {
		if n := len([]rune(m.Name)); n < 3 || n > 64 {
			return p, fatal(schemas.ErrFleetPart, fmt.Sprintf("manifest %d of the fleet has a name that no model can have; "+
				"start a fleet with the starter, which checks its manifests", p.First+i+1))
		}
	}
	return p, nil
}
