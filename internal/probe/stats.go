package probe

import (
	"math"
	"slices"
	"time"

	"model-registrar/schemas"
)

// distribution summarises values in milliseconds. The 95th percentile is by nearest rank, which for a handful of
// samples is the highest of them. It returns nil when there are none.
func distribution(values []float64) *schemas.Distribution {
	n := len(values)
	if n == 0 {
		return nil
	}
	v := slices.Sorted(slices.Values(values))
	median := v[n/2]
	if n%2 == 0 {
		median = (v[n/2-1] + v[n/2]) / 2
	}
	rank := int(math.Ceil(0.95 * float64(n)))
	return &schemas.Distribution{Min: v[0], Median: round(median), P95: v[rank-1], Max: v[n-1]}
}

// millis is a duration in milliseconds, to the microsecond.
func millis(d time.Duration) float64 { return round(float64(d) / float64(time.Millisecond)) }

func round(ms float64) float64 { return math.Round(ms*1000) / 1000 }
