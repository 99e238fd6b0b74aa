package activities

import (
	"errors"

	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/genesys"
	"model-registrar/schemas"
)

// fatal is an error that no retry mends.
func fatal(t schemas.ErrorType, message string, details ...any) error {
	return temporal.NewNonRetryableApplicationError(message, string(t), nil, details...)
}

// platformError maps an error of the Genesys client. Retry-After becomes the delay before the next attempt.
func platformError(err error) error {
	var e *genesys.Error
	if !errors.As(err, &e) {
		return err // the activity's context has ended
	}
	category := temporal.ApplicationErrorCategoryUnspecified
	if e.Type == schemas.ErrRateLimited {
		category = temporal.ApplicationErrorCategoryBenign
	}
	return temporal.NewApplicationErrorWithOptions(e.Error(), string(e.Type), temporal.ApplicationErrorOptions{
		NonRetryable: !e.Retryable(), NextRetryDelay: e.RetryAfter, Category: category, Details: []any{e.Details()},
	})
}
