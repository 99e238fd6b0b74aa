package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/internal/follow"
	"model-registrar/schemas"
)

// resultOf reads the result that a failed or cancelled workflow carries in its error.
func resultOf(t *testing.T, err error) schemas.Result {
	t.Helper()
	end := follow.EndOf(schemas.Result{}, err)
	require.NotNil(t, end.Result, err)
	return *end.Result
}
