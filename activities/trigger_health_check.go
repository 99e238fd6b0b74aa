package activities

import (
	"context"
	"errors"
	"strings"
	"time"

	"model-registrar/internal/creation"
	"model-registrar/internal/gateway"
	"model-registrar/schemas"
)

// Bounds of waiting for the result of a health check.
const (
	healthTime    = time.Minute
	lastHealthGap = 5 * time.Second
)

// TriggerHealthCheck has the gateway check the model, and waits for the result for up to a minute where the platform
// tells results. When to look for it is what [polling.Jobs] knows of the checks before. A check that failed is a
// result, not an error. A 404 or 409 about a model that was just made is no answer yet: it is asked again for the read
// lag. A repeated attempt triggers one check more, which does no harm.
func (a *Activities) TriggerHealthCheck(ctx context.Context, in schemas.HealthCheckInput) (schemas.HealthCheck, error) {
	defer keepAlive(ctx)()
	var check schemas.HealthCheck
	err := a.settled(ctx, 0, func() (err error) {
		check, err = a.Gateway.TriggerHealthCheck(ctx, in.ModelID)
		return err
	}, schemas.ErrNotFound, schemas.ErrConflict)
	if err != nil {
		return schemas.HealthCheck{}, platformError(ctx, err)
	}
	check.Outcome = healthOutcome(check.Status)
	if check.Outcome == schemas.HealthUnfinished {
		return a.healthResult(ctx, in.ModelID, check)
	}
	return check, nil
}

// healthResult waits for the result of a health check that has begun.
func (a *Activities) healthResult(
	ctx context.Context, modelID string, check schemas.HealthCheck,
) (schemas.HealthCheck, error) {
	if check.ID == "" {
		check.Outcome = schemas.HealthNotOffered
		return check, nil
	}
	watched, began := watch(priorityOf(ctx), a.HealthChecks, 0, 0), time.Now()
	defer watched.Leave()
	for check.Outcome == schemas.HealthUnfinished {
		gap, _ := watched.Next()
		if time.Since(began) > healthTime || !pause(ctx, min(gap, lastHealthGap)) {
			return check, ctx.Err()
		}
		seen, offered, err := a.Gateway.GetHealthCheck(ctx, modelID, check.ID)
		switch {
		case err != nil:
			return schemas.HealthCheck{}, platformError(ctx, err)
		case !offered && a.healthTold.Load() && time.Since(began) < a.ReadLag:
			watched.Looked() // this platform tells results: it does not show this one yet
			continue
		case !offered:
			check.Outcome = schemas.HealthNotOffered
			return check, nil
		}
		a.healthTold.Store(true)
		check.Status, check.Reason, check.Outcome = seen.Status, seen.Reason, healthOutcome(seen.Status)
		if check.Outcome == schemas.HealthUnfinished {
			watched.Looked()
		} else {
			watched.Ended()
		}
	}
	return check, nil
}

// healthOutcome reads the platform's word, which no public source fixes.
func healthOutcome(status string) schemas.HealthOutcome {
	switch strings.ToLower(status) {
	case "completed", "succeeded", "success", "passed", "pass", "healthy", "ok":
		return schemas.HealthPassed
	case "failed", "failure", "fail", "unhealthy", "error":
		return schemas.HealthFailed
	}
	return schemas.HealthUnfinished
}

// settled makes a call about something that was made that long ago, and repeats it with growing gaps until the read lag
// is over while it fails in one of these ways.
func (a *Activities) settled(
	ctx context.Context, ago time.Duration, call func() error, unsettled ...schemas.ErrorType,
) error {
	began := time.Now().Add(-ago)
	for {
		err := call()
		var e *gateway.Error
		if !errors.As(err, &e) || !isOneOf(e.Type, unsettled) || time.Since(began) >= a.ReadLag ||
			!pause(ctx, creation.Gap(time.Since(began), a.ReadLag)) {
			return err
		}
	}
}

func isOneOf(t schemas.ErrorType, types []schemas.ErrorType) bool {
	for _, other := range types {
		if t == other {
			return true
		}
	}
	return false
}
