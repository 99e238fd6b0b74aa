package probe_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

func TestLimitsOnLatencyNameTheFigureAndTheLimit(t *testing.T) {
	whole := false
	for _, test := range []struct {
		name  string
		spec  schemas.ProbeSpec
		code  string
		limit string
	}{
		{"total latency", schemas.ProbeSpec{LatencySLOMs: 20}, schemas.ReasonLatencySLO, "allows 20 ms"},
		{"first token", schemas.ProbeSpec{TTFTSLOMs: 30}, schemas.ReasonTTFTSLO, "allows 30 ms"},
		{"first token of what is not streamed", schemas.ProbeSpec{TTFTSLOMs: 30, Stream: &whole}, schemas.ReasonTTFTSLO, "cannot be measured"},
		{"both kept", schemas.ProbeSpec{LatencySLOMs: 5000, TTFTSLOMs: 5000}, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.order(control.Action{FirstTokenMS: 50})
			in := input(w.url+"/providers/openai", schemas.OpenAI)
			in.Spec = test.spec
			r := report(t, w.prober, in)
			if test.code == "" {
				wantPass(t, r)
				return
			}
			wantFail(t, r, test.code)
			if !strings.Contains(r.Error, test.limit) {
				t.Errorf("the sentence does not name the limit: %s", r.Error)
			}
		})
	}
}

func TestTheColdSampleCountsForNothingButItself(t *testing.T) {
	w := newWorld(t)
	w.orderRule(control.Fault{Times: 1, Action: control.Action{LatencyMS: 300}})
	in := input(w.url+"/providers/openai", schemas.OpenAI)
	in.Spec.LatencySLOMs = 250
	r := report(t, w.prober, in)
	wantPass(t, r)
	if r.Details.Cold.LatencyMs < 300 || r.Details.Latency.Max >= 250 {
		t.Errorf("cold %v ms, slowest warm %v ms", r.Details.Cold.LatencyMs, r.Details.Latency.Max)
	}
}

func TestAModelThatLoadsDuringTheColdSamplePasses(t *testing.T) {
	w := newWorld(t)
	w.orderRule(control.Fault{Times: 1, Action: control.Action{LatencyMS: 60_000}})
	in := input(w.url+"/providers/openai", schemas.OpenAI)
	in.Spec.Timeout = schemas.Duration(time.Second)
	r := report(t, w.prober, in)
	wantPass(t, r)
	if r.Details.Cold.ErrorCode != schemas.ReasonTimeout {
		t.Errorf("the cold sample does not say that it timed out: %+v", r.Details.Cold)
	}
}

func TestMinSuccessIsTheShareOfTheWarmSamples(t *testing.T) {
	for _, test := range []struct {
		minSuccess float64
		wrong      int // among the 4 warm ones
		code       string
	}{
		{1, 0, ""}, {1, 1, schemas.ReasonMinSuccess}, {0.75, 1, ""}, {0.75, 2, schemas.ReasonMinSuccess}, {0.5, 2, ""}, {0, 3, ""}, {0, 4, schemas.ReasonAnswerMismatch}, {0.01, 4, schemas.ReasonAnswerMismatch},
	} {
		t.Run(fmt.Sprintf("%v with %d of 4 wrong", test.minSuccess, test.wrong), func(t *testing.T) {
			var n atomic.Int64
			prober, in := serve(t, func(w http.ResponseWriter, r *http.Request) {
				answer := "VALIDATION_SUCCESS"
				if n.Add(1) > int64(5-test.wrong) {
					answer = "no"
				}
				stream(chunk(answer)+done)(w, r)
			})
			in.Spec.Samples, in.Spec.MinSuccess = 4, &test.minSuccess
			r := report(t, prober, in)
			if test.code == "" {
				wantPass(t, r)
				return
			}
			wantFail(t, r, test.code)
			if test.code == schemas.ReasonMinSuccess && !strings.Contains(r.Error, "probe.min_success asks for") {
				t.Errorf("the sentence does not name the limit: %s", r.Error)
			}
		})
	}
}

func TestNoSampleIsPaidForOnceTheVerdictIsCertain(t *testing.T) {
	w := newWorld(t)
	w.order(control.Action{Answer: "no"})
	in := input(w.url+"/providers/openai", schemas.OpenAI)
	in.Spec.Samples = 10
	r := report(t, w.prober, in)
	wantFail(t, r, schemas.ReasonAnswerMismatch)
	if got := len(w.requests()); got != 2 {
		t.Errorf("%d requests, where the cold sample and one warm one decide", got)
	}
}

func TestTheTokenBudgetBoundsTheSeries(t *testing.T) {
	w := newWorld(t)
	w.order(control.Action{Answer: "VALIDATION_SUCCESS", ReasoningTokens: 10})
	in := input(w.url+"/providers/custom", schemas.Custom)
	in.Spec.Samples, in.Spec.TokenBudget = 10, 100
	r := report(t, w.prober, in)
	wantPass(t, r)
	if got := strings.Join(r.Details.Remarks, " "); !strings.Contains(got, "token budget of 100 was used up") {
		t.Errorf("the remarks do not name the budget: %s", got)
	}
	if r.Details.TokensUsed > 100 || r.Details.TokenBudget != 100 {
		t.Errorf("%d tokens used of %d", r.Details.TokensUsed, r.Details.TokenBudget)
	}
}

func TestTheDistributionIsOverTheWarmSamples(t *testing.T) {
	w := newWorld(t)
	for n, latency := range []int64{0, 120, 40, 80} {
		w.orderRule(control.Fault{ID: fmt.Sprint(n), Times: 1, Action: control.Action{LatencyMS: latency}})
	}
	r := report(t, w.prober, input(w.url+"/providers/openai", schemas.OpenAI))
	wantPass(t, r)
	d := r.Details.Latency
	if d.Min < 40 || d.Median < 80 || d.Max < 120 || d.Min > d.Median || d.Median > d.Max || d.P95 != d.Max {
		t.Errorf("for 40, 80 and 120 ms: %+v", *d)
	}
}
