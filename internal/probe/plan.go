package probe

import (
	"cmp"
	"net/url"
	"time"

	"model-registrar/internal/endpoint"
	"model-registrar/schemas"
)

// defaultTokenBudget is 2,000 tokens of thinking in each default sample.
const defaultTokenBudget = 10240

// minTokens is the smallest limit that is sent: some models refuse less than 16.
const minTokens = 16

// plan is a probe with its defaults filled in.
type plan struct {
	adapter adapter
	target  endpoint.Target
	samples int           // warm ones
	timeout time.Duration // of one sample
	limit   time.Duration // of the whole series
	stream  bool
	budget  int
	gate    gate
	version string // of Anthropic's API, where the manifest chooses it
	// What is registered.
	parameters schemas.Parameters
	rateLimits schemas.RateLimits
}

func newPlan(in schemas.ProbeInput) (plan, *failure) {
	spec := in.Spec
	p := plan{
		samples:    cmp.Or(max(spec.Samples, 0), schemas.ProbeSamples),
		timeout:    spec.Timeout.Or(schemas.ProbeTimeout),
		limit:      TimeLimit(spec),
		stream:     spec.Stream == nil || *spec.Stream,
		budget:     cmp.Or(max(spec.TokenBudget, 0), defaultTokenBudget),
		gate:       gate{minSuccess: 1, latencySLO: spec.LatencySLOMs, ttftSLO: spec.TTFTSLOMs},
		parameters: in.Parameters,
		rateLimits: in.RateLimits,
	}
	if spec.MinSuccess != nil {
		p.gate.minSuccess = *spec.MinSuccess
	}
	if in.Architecture == schemas.Anthropic {
		p.version = spec.APIVersion
	}
	target, problem := endpoint.Resolve(in)
	if problem != nil {
		return p, failedForGood(schemas.ReasonEndpointInvalid, "%v.", problem)
	}
	p.target, p.adapter = target, adapterFor(in.Architecture, target)
	return p, nil
}

// firstShape is how the first request is made, before the endpoint has refused anything.
func (p plan) firstShape() shape {
	s := shape{version: cmp.Or(p.version, anthropicFirst)}
	if !p.stream {
		s.streaming = whole
	}
	return s
}

// maxResponse bounds a response in bytes: a token's frame is a few hundred.
func (p plan) maxResponse() int64 { return 1<<20 + int64(p.budget)<<10 }

// shown is a URL as reports have it: without userinfo, query and fragment.
func shown(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

// TimeLimit is the longest that one run of this probe takes: the cold sample, the warm ones, and the one with the
// registered parameters. Refusals are quick, so that one more finds room for them. Whoever runs it gives it this long.
func TimeLimit(spec schemas.ProbeSpec) time.Duration {
	return spec.Timeout.Or(schemas.ProbeTimeout) * time.Duration(cmp.Or(max(spec.Samples, 0), schemas.ProbeSamples)+2)
}
