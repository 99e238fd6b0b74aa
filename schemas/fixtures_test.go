package schemas

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// tutorial returns the tutorial's manifest.
func tutorial(t testing.TB) Manifest {
	t.Helper()
	raw, err := os.ReadFile("../examples/tutorial.json")
	require.NoError(t, err)
	var m Manifest
	require.NoError(t, json.Unmarshal(raw, &m))
	return m
}
