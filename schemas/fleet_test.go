package schemas

import (
	"fmt"
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

func registrations(n, size int) (all []FleetItem) {
	for _, m := range manifests(n, size) {
		all = append(all, FleetItem{Operation: RegisterModelWorkflow, Manifest: &m})
	}
	return all
}

func manifests(n, size int) (all []Manifest) {
	for i := range n {
		all = append(all, Manifest{Name: fmt.Sprintf("model-%d", i), EndpointURL: strings.Repeat("x", size)})
	}
	return all
}

func TestPartsHoldAllManifestsInTheirOrderWithinBothBounds(t *testing.T) {
	for _, c := range []struct{ n, size, most, bytes, parts int }{
		{1, 10, 5, 1000, 1}, {5, 10, 5, 10000, 1}, {6, 10, 5, 10000, 2}, {10, 1000, 100, 3500, 4}, {3, 5000, 100, 100, 3},
	} {
		all := registrations(c.n, c.size)
		parts, err := FleetParts("f", all, c.most, c.bytes)
		require.NoError(t, err)
		require.Len(t, parts, c.parts, "%+v", c)
		var back []FleetItem
		for i, p := range parts {
			require.Equal(t, i, p.Part)
			require.Equal(t, len(back), p.First)
			require.LessOrEqual(t, len(p.Manifests), c.most)
			require.Empty(t, p.Items, "a worker that knows registrations alone can do these")
			back = append(back, p.All()...)
		}
		require.Equal(t, all, back)
	}
}
