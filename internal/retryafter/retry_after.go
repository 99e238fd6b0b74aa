// Package retryafter reads the Retry-After header of an HTTP answer. Whoever waits for it needs a bound, since the
// other side can write anything, and the same bound everywhere.
package retryafter

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Max is the longest that anyone can ask the project to wait.
const Max = time.Hour

// Parse returns how long an answer received now asks to wait, from 0 to [Max]. The header is whole seconds or a date
// (RFC 9110, section 10.2.3); what cannot be read counts as absent, which is 0.
func Parse(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.Atoi(value)
		if err != nil || seconds > int(Max/time.Second) {
			return Max
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), Max)
}
