package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/probe"
	"model-registrar/schemas"
)

// SyntheticProbe prompts the endpoint and reports what came back. A bad answer is a result (FAIL), not an error. An
// endpoint that may be starting is an error, EndpointUnready, which is retried within the probe's time; it carries the
// report that it becomes when that time is up.
func (a *Activities) SyntheticProbe(
	ctx context.Context, sealed schemas.Sealed[schemas.ProbeInput],
) (schemas.ProbeReport, error) {
	defer keepAlive(ctx)()
	in, err := unsealed(sealed)
	if err != nil {
		return schemas.ProbeReport{}, err
	}
	report, err := a.Prober.Run(ctx, in)
	var unready *probe.RetryableError
	switch {
	case err == nil:
		return *report, nil
	case errors.As(err, &unready):
		return schemas.ProbeReport{}, temporal.NewApplicationErrorWithOptions(unready.Error(),
			string(schemas.ErrEndpointUnready), temporal.ApplicationErrorOptions{
				NextRetryDelay: unready.RetryAfter, Category: temporal.ApplicationErrorCategoryBenign,
				Details: []any{unready.Report()},
			})
	case ctx.Err() != nil:
		return schemas.ProbeReport{}, ctx.Err()
	}
	return schemas.ProbeReport{}, fatal(schemas.ErrInternal, err.Error())
}
