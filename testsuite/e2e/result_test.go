package e2e

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// resultOf reads the result that a failed or cancelled workflow carries in its error.
func resultOf(t *testing.T, err error) (result schemas.Result) {
	t.Helper()
	var app *temporal.ApplicationError
	var cancelled *temporal.CanceledError
	switch {
	case errors.As(err, &app):
		require.NoError(t, app.Details(&result))
	case errors.As(err, &cancelled):
		require.NoError(t, cancelled.Details(&result))
	default:
		require.NoError(t, err)
	}
	return result
}
