package probe_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"model-registrar/internal/probe"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

func TestTheEndpointSaysHowLongToWait(t *testing.T) {
	inAMinute := time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)
	for _, test := range []struct {
		name    string
		headers map[string]string
		least   time.Duration
		most    time.Duration
	}{
		{"nothing", nil, 0, 0},
		{"seconds", map[string]string{"Retry-After": "7"}, 7 * time.Second, 7 * time.Second},
		{"milliseconds, which are more exact", map[string]string{"Retry-After": "8", "retry-after-ms": "7250"}, 7250 * time.Millisecond, 7250 * time.Millisecond},
		{"a date", map[string]string{"Retry-After": inAMinute}, 30 * time.Second, time.Minute},
		{"a date that is past", map[string]string{"Retry-After": "Mon, 02 Jan 2006 15:04:05 GMT"}, 0, 0},
		{"a year", map[string]string{"Retry-After": "31536000"}, time.Hour, time.Hour},
		{"more than fits", map[string]string{"Retry-After": "1e300"}, time.Hour, time.Hour},
		{"rubbish", map[string]string{"Retry-After": "soon", "retry-after-ms": "NaN"}, 0, 0},
		{"the past", map[string]string{"Retry-After": "-5"}, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			prober, in := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range test.headers {
					w.Header().Set(name, value)
				}
				w.WriteHeader(http.StatusTooManyRequests)
			})
			r, retry := outcome(t, prober, in)
			wantFail(t, r, schemas.ReasonRateLimited)
			if retry == nil || retry.RetryAfter < test.least || retry.RetryAfter > test.most {
				t.Fatalf("want a retry after %v to %v, got %+v", test.least, test.most, retry)
			}
			if retry.Code != r.ErrorCode || retry.Error() != r.Error || r.ResponseCode != 429 {
				t.Errorf("the retry %+v and its report %+v disagree", retry, r)
			}
		})
	}
}

func TestAnEndpointThatStartsPassesOnALaterTry(t *testing.T) {
	w := newWorld(t)
	w.orderRule(control.Fault{Times: 1, Action: control.Action{Status: 503, RetryAfterSeconds: 1}})
	in := input(w.url+"/providers/openai", schemas.OpenAI)
	if _, retry := outcome(t, w.prober, in); retry == nil || retry.RetryAfter != time.Second {
		t.Fatalf("the first try should ask for another one, got %+v", retry)
	}
	wantPass(t, report(t, w.prober, in))
}

func TestAWarmSampleThatFailsIsAResultAndNotRetried(t *testing.T) {
	w := newWorld(t)
	w.orderRule(control.Fault{Skip: 1, Action: control.Action{Status: 503}})
	r := report(t, w.prober, input(w.url+"/providers/openai", schemas.OpenAI))
	wantFail(t, r, schemas.ReasonOverloaded)
	if r.ResponseCode != 503 {
		t.Errorf("response code %d", r.ResponseCode)
	}
}

func TestACancelledProbeEndsWithTheContextsError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	prober, in := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if _, err := prober.Run(ctx, in); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

func TestTheTimeLimitLeavesRoomForEverySample(t *testing.T) {
	if got := probe.TimeLimit(schemas.ProbeSpec{}); got != 75*time.Second {
		t.Errorf("by default %v, want 5 times 15 s", got)
	}
	if got := probe.TimeLimit(schemas.ProbeSpec{Samples: 1, Timeout: schemas.Duration(time.Second)}); got != 3*time.Second {
		t.Errorf("for one warm sample of 1 s %v, want 3 s", got)
	}
}
