package schemas

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFleetsIDCanBePartOfAWorkflowsID(t *testing.T) {
	for _, id := range []string{"a", "migration-1", "20261124-012926-nqosv", "A.b_c-9", strings.Repeat("x", 64)} {
		require.NoError(t, CheckFleetID(id), id)
	}
	for _, id := range []string{"", "a/b", "-a", ".a", "a b", "ä", "a\n", strings.Repeat("x", 65)} {
		require.Error(t, CheckFleetID(id), id)
	}
}

func TestABitSaysOfEachManifestWhetherItsModelIsRegistered(t *testing.T) {
	r := FleetResult{Registered: []byte{0b0000_0101, 0b1000_0000}}
	var registered []int
	for i := range 100 {
		if r.IsRegistered(i) {
			registered = append(registered, i)
		}
	}
	require.Equal(t, []int{0, 2, 15}, registered)
}

func TestOnlyModelsThatAreThereCountAsRegistered(t *testing.T) {
	var registered []Outcome
	for _, o := range FleetOutcomes {
		if o.Registered() {
			registered = append(registered, o)
		}
	}
	require.Equal(t, []Outcome{Completed, Unchanged}, registered)
	require.Equal(t, 6, FleetTally{Completed: 1, Duplicate: 2, Failed: 3}.Sum())
}
