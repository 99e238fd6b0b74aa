package probe

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"model-registrar/schemas"
)

// series is one run: the cold sample, the warm ones after it, and one with the registered parameters.
type series struct {
	exchanger
	shape           shape
	lowered         int      // how often the token limit was lowered
	otherGeneration *failure // Anthropic's first generation was refused with this
	left            int      // tokens of the budget
	byBudget        bool     // the last sample's limit was what is left, not what the endpoint allows
	details         *schemas.ProbeDetails
}

// run takes the samples until the verdict is certain. The cold sample only decides when it meets what every other
// sample would meet as well.
func (s *series) run(ctx context.Context) *failure {
	f := s.neutral(ctx)
	if f == nil {
		f = s.proveRegistered(ctx)
	}
	s.details.Remarks = append(s.details.Remarks, s.limits.remarks(s.plan.rateLimits)...)
	return f
}

// neutral takes the samples that ask for the one right answer.
func (s *series) neutral(ctx context.Context) *failure {
	asked := s.plan.samples
	s.details.Asked, s.details.Needed = asked, s.plan.gate.needed(asked)
	cold, coldFailure := s.sample(ctx, asked)
	s.details.Cold = cold
	if coldFailure != nil && (coldFailure.definite || coldFailure.transient ||
		coldFailure.code == schemas.ReasonAnswerTruncated) {
		return coldFailure
	}
	var first *failure
	allowed := asked - s.plan.gate.needed(asked)
	for taken := 0; taken < asked && allowed >= 0 && ctx.Err() == nil; taken++ {
		sample, f := s.sample(ctx, asked-taken-1)
		if sample == nil || s.usedUp(f) && (taken > 0 || coldFailure == nil) {
			s.remark("The token budget of %d was used up after %d of %d warm samples; those before decide. Raise "+
				"probe.token_budget to have all of them.", s.plan.budget, taken, asked)
			asked = taken
			break
		}
		s.details.Warm = append(s.details.Warm, *sample)
		if f != nil { // once allowed is used up, no further sample can turn it; none is paid for
			first = orElse(first, f)
			allowed--
		} else {
			s.details.Succeeded++
		}
	}
	if ctx.Err() != nil {
		first = orElse(first, orElse(coldFailure, s.outOfTime()))
	}
	s.summarise()
	if asked == 0 {
		return s.coldAlone(coldFailure)
	}
	return s.plan.gate.verdict(s.details, asked, first)
}

// outOfTime is the verdict where the time of the whole series ended first. What was not proven by then is not proven.
func (s *series) outOfTime() *failure {
	return failed(schemas.ReasonTimeout, "The probe's time, %s in all, was used up before everything was proven. "+
		"Raise probe.timeout if the model needs longer, or look at its load.", s.plan.limit)
}

// usedUp reports whether a sample could not finish within what was left of the budget.
func (s *series) usedUp(f *failure) bool {
	return f != nil && f.unfinished && s.byBudget
}

// coldAlone is the verdict where the budget did for the cold sample only. A limit on time needs a warm one.
func (s *series) coldAlone(coldFailure *failure) *failure {
	if coldFailure != nil {
		return coldFailure
	}
	if s.plan.gate.latencySLO > 0 || s.plan.gate.ttftSLO > 0 {
		return failed(schemas.ReasonTokenBudget, "The token budget of %d did for the cold sample only, and a limit "+
			"on latency needs warm "+
			"ones. Raise probe.token_budget.", s.plan.budget)
	}
	return nil
}

func orElse(f, other *failure) *failure {
	if f != nil {
		return f
	}
	return other
}

// sample sends the prompt, and once more for each parameter that the endpoint refuses. after is how many samples are to
// follow, for which a little is kept: a limit costs nothing unless it is used.
// It returns nothing when nothing is left.
func (s *series) sample(ctx context.Context, after int) (*schemas.ProbeSample, *failure) {
	if s.left < minTokens {
		return nil, nil
	}
	for {
		limit := max(minTokens, s.left-after*minTokens)
		s.byBudget = s.shape.mostTokens == 0 || limit <= s.shape.mostTokens
		if !s.byBudget {
			limit = s.shape.mostTokens
		}
		p := prompt{model: s.plan.target.Model, shape: s.shape, maxTokens: limit}
		ex, f := s.send(ctx, p)
		if f != nil && s.adapt(f, p) {
			if s.details.Cold == nil {
				s.client.CloseIdleConnections() // the cold sample makes its own connection
			}
			continue
		}
		if f == nil {
			f = judge(ex.reading)
		} else {
			f = s.explained(s.both(f))
		}
		s.spend(ex)
		return s.result(ex, f), f
	}
}

// explained names the budget where the endpoint takes none of the token limits that were tried.
func (s *series) explained(f *failure) *failure {
	if s.lowered > 0 && f.code == schemas.ReasonBadRequest {
		f.sentence += " No token limit down to " + strconv.Itoa(s.shape.mostTokens) +
			" was accepted: set probe.token_budget to " +
			"what the endpoint allows."
	}
	return f
}

func (s *series) spend(ex exchange) {
	s.left -= ex.tokens
	s.details.TokensUsed += ex.tokens
	for _, text := range ex.remarks {
		s.remark("%s", text)
	}
}

// remark keeps a sentence, once, about what does not decide.
func (s *series) remark(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(s.details.Remarks) < maxRemarks && !slices.Contains(s.details.Remarks, text) {
		s.details.Remarks = append(s.details.Remarks, text)
	}
}

const maxRemarks = 20

func (s *series) result(ex exchange, f *failure) *schemas.ProbeSample {
	r := &schemas.ProbeSample{
		Status: schemas.ProbePass, ResponseCode: ex.status, LatencyMs: millis(ex.latency), Bytes: ex.bytes,
		TTFTMs: millis(ex.first), Tokens: ex.tokens, FinishReason: redact(identifier(ex.finish),
			s.credential.Secrets()),
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
		if f.status == 0 {
			f.status = ex.status
		}
		f.sentence = hide(f.sentence, s.credential.Secrets())
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
