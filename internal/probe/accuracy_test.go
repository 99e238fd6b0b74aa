package probe_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

// betweenMS is the pause between two frames of a stream in the benchmark.
const betweenMS = 5

// BenchmarkAccuracy compares what the probe reports with the delays that the provider was ordered to make, over 20
// samples each, and prints the errors: the median and the largest, in milliseconds. It fails when the median error is
// more than 2 ms or 1 %, whichever is more. Run it on a quiet machine:
//
//	go test ./internal/probe -run '^$' -bench Accuracy -benchtime 1x
func BenchmarkAccuracy(b *testing.B) {
	for _, test := range []struct {
		firstMS, totalMS int64
		stream           bool
	}{
		{50, 200, true}, {50, 1000, true}, {700, 1000, true}, {700, 3000, true}, {200, 200, false}, {3000, 3000, false},
	} {
		name := fmt.Sprintf("first=%dms/total=%dms", test.firstMS, test.totalMS)
		if !test.stream {
			name = fmt.Sprintf("whole/total=%dms", test.totalMS)
		}
		b.Run(name, func(b *testing.B) {
			w := newWorld(b)
			action := control.Action{FirstTokenMS: test.firstMS}
			if test.stream {
				// Four pauses lie between the five frames of the answer; thinking fills the rest of the time.
				action.BetweenTokensMS = betweenMS
				action.ReasoningTokens = int((test.totalMS-test.firstMS)/betweenMS) - 4
			}
			w.order(action)
			in := input(w.url+"/providers/custom", schemas.Custom)
			in.Spec.Samples, in.Spec.Stream, in.Spec.TokenBudget = 20, &test.stream, 100_000
			var first, total []float64
			for b.Loop() {
				r := report(b, w.prober, in)
				wantPass(b, r)
				for _, s := range r.Details.Warm {
					total = append(total, math.Abs(s.LatencyMs-float64(test.totalMS)))
					if test.stream {
						first = append(first, math.Abs(s.TTFTMs-float64(test.firstMS)))
					}
				}
			}
			b.ReportMetric(0, "ns/op") // the time is the provider's
			reportErrors(b, "total", total, test.totalMS)
			reportErrors(b, "first", first, test.firstMS)
		})
	}
}

func reportErrors(b *testing.B, of string, errors []float64, truth int64) {
	if len(errors) == 0 {
		return
	}
	slices.Sort(errors)
	median := errors[len(errors)/2]
	b.ReportMetric(median, of+"-err-ms")
	b.ReportMetric(errors[len(errors)-1], of+"-maxerr-ms")
	if allowed := max(2, float64(truth)/100); median > allowed {
		b.Errorf("%s: the median error is %.2f ms, and %.2f ms are allowed", of, median, allowed)
	}
}
