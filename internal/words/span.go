package words

import (
	"fmt"
	"time"
)

// Span writes a measured span as people do, with two or three significant figures.
func Span(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}

// Millis writes a number of milliseconds as people do.
func Millis(ms float64) string {
	if ms > 0 && ms < 10 {
		return fmt.Sprintf("%.1fms", ms)
	}
	return Span(time.Duration(ms * float64(time.Millisecond)))
}

// Exactly writes a span that somebody chose, such as a timeout, as people do: 72h, not 72h0m0s.
func Exactly(d time.Duration) string {
	switch {
	case d > 0 && d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d > 0 && d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
