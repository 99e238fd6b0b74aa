package probe

import (
	"math"

	"model-registrar/schemas"
)

// gate decides by the figures.
type gate struct {
	minSuccess          float64
	latencySLO, ttftSLO int // milliseconds; 0 means no limit
}

// needed is how many of n warm samples must succeed: one in any case, or nothing would be proven.
func (g gate) needed(n int) int {
	return max(1, int(math.Ceil(g.minSuccess*float64(n)-1e-9))) // 0.1 × 30 is not 3.0000000000000004 samples
}

// verdict says why the series is a FAIL, or nothing. planned is how many warm samples there should have been; first is
// the first failure among them.
func (g gate) verdict(d *schemas.ProbeDetails, planned int, first *failure) *failure {
	succeeded := d.Succeeded
	switch {
	case succeeded < g.needed(planned) && succeeded == 0 && first != nil:
		return first
	case succeeded < g.needed(planned):
		f := failed(schemas.ReasonMinSuccess, "Of %d warm samples %d succeeded before the series was decided, and "+
			"probe.min_success "+
			"asks for %d.", planned, succeeded, g.needed(planned))
		if first != nil {
			f.sentence += " The first failure: " + first.sentence
			f.status = first.status
		}
		return f
	case g.latencySLO > 0 && d.Latency.Median > float64(g.latencySLO):
		return failed(schemas.ReasonLatencySLO, "The median total latency is %.1f ms, and probe.latency_slo_ms "+
			"allows %d ms.",
			d.Latency.Median, g.latencySLO)
	case g.ttftSLO > 0 && d.TTFT == nil:
		return failed(schemas.ReasonTTFTSLO, "probe.ttft_slo_ms allows %d ms to the first token, which cannot be "+
			"measured because "+
			"the answers were not streamed. Let the probe stream, or remove the limit.", g.ttftSLO)
	case g.ttftSLO > 0 && d.TTFT.Median > float64(g.ttftSLO):
		return failed(schemas.ReasonTTFTSLO, "The median time to first token is %.1f ms, and probe.ttft_slo_ms "+
			"allows %d ms.",
			d.TTFT.Median, g.ttftSLO)
	}
	return nil
}
