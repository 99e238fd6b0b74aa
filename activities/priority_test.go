package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/internal/polling"
	"model-registrar/internal/quota"
)

// usedUp is a quota of five calls a second, all of which others need.
type usedUp struct{}

func (usedUp) Spare() int    { return 0 }
func (usedUp) Rate() float64 { return 5 }

func TestWhatAPersonWaitsForIsLookedAtSoonAlthoughAFleetUsesTheQuotaUp(t *testing.T) {
	jobs := polling.New(usedUp{})
	for range 40 {
		watch(quota.OfFleet, jobs, 0, 0)
	}
	first := func(waits quota.Priority) time.Duration {
		gap, _ := watch(waits, jobs, 0, 0).Next()
		return gap
	}
	require.Less(t, first(quota.OfPerson), 2*time.Second)
	require.Greater(t, first(quota.OfFleet), 20*time.Second)
}
