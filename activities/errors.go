package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/gateway"
	"model-registrar/schemas"
)

// fatal is an error that no retry repairs. Its message is cut to what a failure has room for.
func fatal(t schemas.ErrorType, message string, details ...any) error {
	return temporal.NewNonRetryableApplicationError(schemas.CutBytes(message, maxMessageBytes), string(t), nil,
		details...)
}

// The longest waits for which an activity keeps its place and is retried by the server. Those that are longer end it:
// the workflow sleeps on a timer and executes it again, so that the wait is seen and costs the activity none of its
// time. The quota's own waits, of which a large fleet has many, may be longer, since a retry costs less than a timer.
const (
	shortWait      = 5 * time.Second
	shortQuotaWait = 30 * time.Second
)

// platformError maps an error of the gateway. Retry-After becomes the delay before the next attempt; a long one
// ends the activity, and the workflow waits. A call that was cut short because the activity was cancelled is a
// cancellation, not an outage. Further details follow the platform's.
func platformError(ctx context.Context, err error, details ...any) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var e *gateway.Error
	if !errors.As(err, &e) {
		return fatal(schemas.ErrInternal, err.Error())
	}
	longest := shortWait
	if e.Status == 0 {
		longest = shortQuotaWait
	}
	category := temporal.ApplicationErrorCategoryUnspecified
	if e.Type == schemas.ErrRateLimited {
		category = temporal.ApplicationErrorCategoryBenign
	}
	return temporal.NewApplicationErrorWithOptions(schemas.CutBytes(e.Error(), maxMessageBytes), string(e.Type),
		temporal.ApplicationErrorOptions{
			NonRetryable: !e.Retryable() || e.RetryAfter > longest, NextRetryDelay: e.RetryAfter, Category: category,
			Details: append([]any{cutDetails(e.Details())}, details...),
		})
}

// unsealed checks that a sealed input is what was hashed, and known to this worker in full. What is not known is
// retried, so that a newer worker takes it.
func unsealed[T any](s schemas.Sealed[T]) (T, error) {
	err := s.Check()
	switch {
	case errors.Is(err, schemas.ErrSealUnknown):
		return s.Value, temporal.NewApplicationError(
			"the input has something that this worker's version does not know; a newer worker has to take it",
			string(schemas.ErrNewerWorker))
	case err != nil:
		return s.Value, fatal(schemas.ErrSealedInput,
			"the input of the activity is not what was validated and hashed; nothing was sent")
	}
	return s.Value, nil
}
