// Package retryafter reads how long an HTTP answer asks to wait. Whoever waits for it needs a bound, since the other
// side can write anything, and the same bound everywhere.
package retryafter

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Max is the longest that anyone can ask the project to wait.
const Max = time.Hour

// Parse returns how long an answer received now asks to wait, from 0 to [Max]. Retry-After is seconds or a date (RFC
// 9110, section 10.2.3); a fraction of a second is taken too, and Azure's Retry-After-Ms comes before it. What cannot
// be read counts as absent, which is 0.
func Parse(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if d := number(strings.TrimSpace(h.Get("Retry-After-Ms")), time.Millisecond); d > 0 {
		return d
	}
	if at, err := http.ParseTime(value); err == nil {
		return Bound(at.Sub(now))
	}
	return number(value, time.Second)
}

// number reads a number of units. One that is too large for its type is infinite, and so is bounded too.
func number(text string, unit time.Duration) time.Duration {
	n, _ := strconv.ParseFloat(text, 64)
	if !(n > 0) { // NaN included
		return 0
	}
	return Bound(time.Duration(min(n, float64(Max/unit)) * float64(unit)))
}

// Bound keeps what somebody asks to wait between 0 and [Max].
func Bound(d time.Duration) time.Duration { return min(max(d, 0), Max) }
