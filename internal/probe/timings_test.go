package probe

import (
	"strings"
	"testing"
)

// A time that has lost its monotonic reading prints without it, and differences between such times jump with the wall
// clock.
func TestLatencyIsMeasuredByTheMonotonicClock(t *testing.T) {
	if start := startTimings().start.String(); !strings.Contains(start, " m=") {
		t.Fatalf("the start %s has no monotonic reading", start)
	}
}
