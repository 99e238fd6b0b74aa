package words

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestEveryOperationHasWordsOfItsOwn(t *testing.T) {
	seen := map[string]bool{Operation("Other"): true, BeingDone("Other"): true}
	for _, o := range schemas.Operations {
		for _, text := range []string{Operation(o), BeingDone(o)} {
			require.False(t, seen[text], text)
			seen[text] = true
		}
	}
}
