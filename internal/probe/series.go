package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"model-registrar/schemas"
)

// series is one run: the cold sample, and the warm ones after it.
type series struct {
	exchanger
	shape   shape
	refused []string // adapted to already: a second refusal of the same parameter is a failure
	left    int      // tokens of the budget
	details *schemas.ProbeDetails
}

// run takes the samples until the verdict is certain. The cold sample only decides when it meets what every other
// sample would meet as well.
func (s *series) run(ctx context.Context) *failure {
	cold, coldFailure := s.sample(ctx, s.plan.samples+1)
	s.details.Cold = cold
	if coldFailure != nil && (coldFailure.definite || coldFailure.transient) {
		return coldFailure
	}
	var first *failure
	allowed := s.plan.samples - s.plan.gate.needed(s.plan.samples)
	for n := range s.plan.samples {
		if s.left < minTokens {
			first = orElse(orElse(first, coldFailure), failed(CodeTokenBudget, "The token budget of %d is used up after %d of %d warm samples. "+
				"Raise probe.token_budget or lower probe.samples.", s.plan.budget, n, s.plan.samples))
			break
		}
		sample, f := s.sample(ctx, s.plan.samples-n)
		s.details.Warm = append(s.details.Warm, *sample)
		if f != nil {
			first = orElse(first, f)
			allowed--
		}
		if allowed < 0 || ctx.Err() != nil {
			break // no further sample can turn it; none is paid for
		}
	}
	s.summarise()
	return s.plan.gate.verdict(s.details, s.plan.samples, first)
}

func orElse(f, other *failure) *failure {
	if f != nil {
		return f
	}
	return other
}

// sample sends the prompt, and once more for each parameter that the endpoint refuses. remaining counts this sample
// and those after it, among which the budget is divided.
func (s *series) sample(ctx context.Context, remaining int) (*schemas.ProbeSample, *failure) {
	for {
		p := prompt{
			model: s.plan.target.model, text: Prompt, shape: s.shape,
			maxTokens: max(minTokens, min(s.left, s.plan.budget)/remaining),
		}
		ex, f := s.send(ctx, p)
		if f != nil && s.adapt(f) {
			if s.details.Cold == nil {
				s.client.CloseIdleConnections() // the cold sample makes its own connection
			}
			continue
		}
		if f == nil {
			f = judge(ex.reading)
		}
		s.left -= ex.tokens
		s.details.TokensUsed += ex.tokens
		if f != nil {
			f.sentence = s.redact(f.sentence)
			if f.status == 0 {
				f.status = ex.status
			}
		}
		return s.result(ex, f), f
	}
}

// adapt changes the shape after a refusal. It says whether it is worth another try.
func (s *series) adapt(f *failure) bool {
	if f.refused == "" || slices.Contains(s.refused, f.refused) {
		return false
	}
	s.refused = append(s.refused, f.refused)
	instead := "left out"
	switch f.refused {
	case "max_tokens":
		s.shape.completionTokens, instead = true, "max_completion_tokens sent instead"
	case "temperature":
		s.shape.noTemperature = true
	case "stream_options":
		s.shape.noStreamOptions = true
	case "stream":
		s.shape.stream, instead = false, "not streamed"
		s.details.Streamed = false
	}
	s.details.Adapted = append(s.details.Adapted, fmt.Sprintf("%s refused: %s", f.refused, instead))
	return true
}

// redact removes the token from what an endpoint said about it.
func (s *series) redact(text string) string {
	if token := s.credential.Token(); len(token) > 3 {
		return strings.ReplaceAll(text, token, "[redacted]")
	}
	return text
}

func (s *series) result(ex exchange, f *failure) *schemas.ProbeSample {
	r := &schemas.ProbeSample{
		Status: schemas.ProbePass, ResponseCode: ex.status, LatencyMs: millis(ex.latency), Bytes: ex.bytes,
		TTFTMs: millis(ex.first), Tokens: ex.tokens, FinishReason: s.redact(identifier(ex.finish)),
		AnswerMatches: matches(ex.text),
	}
	if ex.visible > ex.first {
		r.VisibleTTFTMs = millis(ex.visible)
	}
	if ex.timings != nil {
		dns, connect, tls := ex.timings.connection()
		r.DNSMs, r.ConnectMs, r.TLSMs = millis(dns), millis(connect), millis(tls)
	}
	if f != nil {
		r.Status, r.ErrorCode, r.Error = schemas.ProbeFail, f.code, f.sentence
	}
	return r
}

// summarise works out the figures over the warm samples that succeeded.
func (s *series) summarise() {
	var latency, ttft []float64
	var tokens int
	var seconds float64
	for _, w := range s.details.Warm {
		if w.Status != schemas.ProbePass {
			continue
		}
		latency = append(latency, w.LatencyMs)
		if w.TTFTMs > 0 {
			ttft = append(ttft, w.TTFTMs)
		}
		tokens += w.Tokens
		seconds += w.LatencyMs / float64(time.Second/time.Millisecond)
	}
	s.details.Latency, s.details.TTFT = distribution(latency), distribution(ttft)
	if seconds > 0 {
		s.details.TokensPerS = round(float64(tokens) / seconds)
	}
}
