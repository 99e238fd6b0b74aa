package quota

import (
	"net/http"
	"testing"
	"time"
)

func FuzzHeaders(f *testing.F) {
	f.Add("300", "12", "48")
	f.Add("-1", "99999999999999999999", "1e9")
	f.Add("0", "0", "0")
	f.Fuzz(func(t *testing.T, allowed, count, reset string) {
		h := http.Header{"Inin-Ratelimit-Allowed": {allowed}, "Inin-Ratelimit-Count": {count}, "Inin-Ratelimit-Reset": {reset}}
		sent := time.Unix(1_000_000, 0)
		got, ok := headers.read(h, sent, sent.Add(time.Second))
		if !ok {
			return
		}
		if got.allowed < 1 || got.allowed > maxAllowed || got.count < 0 || got.count > maxAllowed || !got.lo.Before(got.hi) ||
			got.hi.After(sent.Add(maxReset+time.Second)) {
			t.Errorf("%+v", got)
		}
	})
}

func TestWithoutAllThreeHeadersNothingIsBelieved(t *testing.T) {
	now := time.Now()
	for _, h := range []http.Header{
		{}, {"Inin-Ratelimit-Allowed": {"300"}, "Inin-Ratelimit-Count": {"3"}},
		{"Inin-Ratelimit-Allowed": {"0"}, "Inin-Ratelimit-Count": {"3"}, "Inin-Ratelimit-Reset": {"3"}},
		{"Inin-Ratelimit-Allowed": {"many"}, "Inin-Ratelimit-Count": {"3"}, "Inin-Ratelimit-Reset": {"3"}},
	} {
		if got, ok := headers.read(h, now, now); ok {
			t.Errorf("%v is believed as %+v", h, got)
		}
	}
}
