package probe

import (
	"cmp"
	"time"

	"model-registrar/schemas"
)

// Defaults of a manifest's probe block.
const (
	defaultSamples     = 3
	defaultTimeout     = 15 * time.Second
	defaultTokenBudget = 4096
)

// minTokens is the smallest limit that is sent: some models refuse less than 16.
const minTokens = 16

// plan is a probe with its defaults filled in.
type plan struct {
	adapter adapter
	target  target
	samples int // warm ones
	timeout time.Duration
	stream  bool
	budget  int
	gate    gate
}

func newPlan(in schemas.ProbeInput) (plan, *failure) {
	spec := in.Spec
	p := plan{
		adapter: adapters[in.Architecture],
		samples: cmp.Or(max(spec.Samples, 0), defaultSamples),
		timeout: spec.Timeout.Or(defaultTimeout),
		stream:  spec.Stream == nil || *spec.Stream,
		budget:  cmp.Or(max(spec.TokenBudget, 0), defaultTokenBudget),
		gate:    gate{minSuccess: 1, latencySLO: spec.LatencySLOMs, ttftSLO: spec.TTFTSLOMs},
	}
	if spec.MinSuccess != nil {
		p.gate.minSuccess = *spec.MinSuccess
	}
	if p.adapter == nil {
		return p, failedForGood(CodeEndpointInvalid, "The probe does not know the architecture %q.", in.Architecture)
	}
	endpoint, f := parseEndpoint(in.EndpointURL)
	if f != nil {
		return p, f
	}
	t, err := p.adapter.target(endpoint, in)
	if err != nil {
		return p, failedForGood(CodeEndpointInvalid, "endpoint_url cannot be called: %v", err)
	}
	p.target = t
	return p, nil
}

// TimeLimit is the longest that one run of this probe takes: the cold sample, the warm ones, and one more to find out
// what the endpoint refuses. Whoever runs it gives it this long.
func TimeLimit(spec schemas.ProbeSpec) time.Duration {
	return spec.Timeout.Or(defaultTimeout) * time.Duration(cmp.Or(max(spec.Samples, 0), defaultSamples)+2)
}
