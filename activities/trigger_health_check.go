package activities

import (
	"context"

	"model-registrar/schemas"
)

// TriggerHealthCheck has the gateway check the model. A repeated attempt triggers one check more, which does no harm.
func (a *Activities) TriggerHealthCheck(ctx context.Context, in schemas.HealthCheckInput) (schemas.HealthCheck, error) {
	defer keepAlive(ctx)()
	check, err := a.Genesys.TriggerHealthCheck(ctx, in.ModelID)
	if err != nil {
		return schemas.HealthCheck{}, platformError(ctx, err)
	}
	return check, nil
}
