package retryafter

import (
	"net/http"
	"testing"
	"time"
)

func TestRetryAfterIsSecondsOrADate_AndAtMostAnHour(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, " 90 ": 90 * time.Second, "3600": time.Hour, "3601": time.Hour,
		"99999999999999999999999": time.Hour, "-5": 0, "soon": 0, "1.5": 1500 * time.Millisecond, "1e300": time.Hour, "1e999": time.Hour, "NaN": 0,
		now.Add(42 * time.Second).Format(http.TimeFormat): 42 * time.Second,
		now.Add(-time.Minute).Format(http.TimeFormat):     0,
		now.Add(48 * time.Hour).Format(http.TimeFormat):   time.Hour,
	} {
		if got := Parse(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

func TestMillisecondsComeBeforeSeconds(t *testing.T) {
	for ms, want := range map[string]time.Duration{"7250": 7250 * time.Millisecond, "1e300": time.Hour, "soon": 8 * time.Second, "-1": 8 * time.Second} {
		if got := Parse(http.Header{"Retry-After": {"8"}, "Retry-After-Ms": {ms}}, time.Now()); got != want {
			t.Errorf("%q: %s, want %s", ms, got, want)
		}
	}
}
