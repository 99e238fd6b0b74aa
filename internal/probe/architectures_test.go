package probe_test

import (
	"testing"

	"model-registrar/schemas"
)

func TestEveryArchitecturePassesAgainstTheStrictProvider(t *testing.T) {
	everyVariant(t, func(t *testing.T, w *world, in schemas.ProbeInput) {
		r := report(t, w.prober, in)
		wantPass(t, r)
		d := r.Details
		if d.Cold == nil || len(d.Warm) != 3 {
			t.Fatalf("want a cold sample and 3 warm ones, got %+v", d)
		}
		for _, s := range append(d.Warm, *d.Cold) {
			if !s.AnswerMatches || s.ResponseCode != 200 || s.LatencyMs <= 0 || s.Bytes == 0 || s.Tokens == 0 || s.FinishReason == "" {
				t.Errorf("a sample lacks figures: %+v", s)
			}
			if *in.Spec.Stream != (s.TTFTMs > 0) {
				t.Errorf("streaming %v, time to first token %v", *in.Spec.Stream, s.TTFTMs)
			}
		}
		if d.Cold.ConnectMs == 0 || d.Warm[0].ConnectMs != 0 {
			t.Errorf("the cold sample connects and the warm ones do not: %v, %v", d.Cold.ConnectMs, d.Warm[0].ConnectMs)
		}
		if d.Latency == nil || (d.TTFT == nil) == *in.Spec.Stream || d.TokensPerS == 0 || d.TokensUsed == 0 {
			t.Errorf("figures are missing: %+v", d)
		}
		if r.LatencyMs != d.Latency.Median || r.ResponseCode != 200 || r.PayloadSizeBytes == 0 {
			t.Errorf("the summary does not fit the details: %+v", r)
		}
		for _, req := range w.requests() {
			if req.Status != 200 || !req.Authorized {
				t.Errorf("a request that was not accepted at once: %+v", req)
			}
		}
	})
}
