package quota

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Bounds of what is believed: a header may hold anything.
const (
	maxAllowed = 1_000_000
	maxReset   = time.Hour
)

// Headers names those by which the platform tells of its window: the calls that it allows, those that were made, and
// the seconds until its end, rounded up.
type Headers struct{ Allowed, Count, Reset string }

// read reads the platform's account of the window from a reply to a call that was sent and answered at these
// times.
func (n Headers) read(h http.Header, sent, answered time.Time) (report, bool) {
	allowed, ok1 := number(h, n.Allowed)
	count, ok2 := number(h, n.Count)
	reset, ok3 := number(h, n.Reset)
	if !ok1 || !ok2 || !ok3 || allowed < 1 || allowed > maxAllowed {
		return report{}, false
	}
	left := min(time.Duration(min(reset, maxAllowed))*time.Second, maxReset)
	return report{allowed: allowed, count: min(count, maxAllowed), lo: sent.Add(left - time.Second),
		hi: answered.Add(left)}, true
}

func number(h http.Header, name string) (int, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(h.Get(name)), 10, 31)
	return int(n), err == nil
}
