package manifest

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// only parses a text that holds one manifest.
func only(t testing.TB, file, text string) Document {
	t.Helper()
	docs, err := Parse(file, []byte(text))
	require.NoError(t, err)
	require.Len(t, docs, 1)
	return docs[0]
}

func example(t testing.TB, file string) Document {
	t.Helper()
	raw, err := os.ReadFile("../../examples/" + file)
	require.NoError(t, err)
	return only(t, file, string(raw))
}

// tutorial returns the tutorial's manifest.
func tutorial(t testing.TB) schemas.Manifest {
	t.Helper()
	doc := example(t, "tutorial.json")
	require.Empty(t, doc.Violations)
	return doc.Manifest
}
