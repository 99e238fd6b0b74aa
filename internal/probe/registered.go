package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// parameter is a registered parameter: its name in the manifest, the protocol's, and its value.
type parameter struct {
	name, spelled string
	value         any
}

// registeredParameters are those that are set, in the order of the manifest, in a protocol's spelling.
func registeredParameters(p schemas.Parameters, n names) []parameter {
	var all []parameter
	add := func(is bool, name, spelled string, value any) {
		if is {
			if spelled == "" {
				spelled = name
			}
			all = append(all, parameter{name, spelled, value})
		}
	}
	add(p.Temperature != nil, "temperature", "temperature", p.Temperature)
	add(p.TopP != nil, "top_p", n.topP, p.TopP)
	add(p.MaxTokens != nil, "max_tokens", n.limits[0], p.MaxTokens)
	add(len(p.StopSequences) > 0, "stop_sequences", n.stop, []string(p.StopSequences))
	add(p.FrequencyPenalty != nil, "frequency_penalty", n.frequencyPenalty, p.FrequencyPenalty)
	return all
}

func spelled(p schemas.Parameters, n names) map[string]any {
	body := map[string]any{}
	for _, one := range registeredParameters(p, n) {
		body[one.spelled] = one.value
	}
	return body
}

func (p parameter) String() string {
	value, err := json.Marshal(p.value)
	if err != nil {
		return p.name
	}
	return fmt.Sprintf("%s: %s", p.name, words.Line(string(value), 100))
}

// proveRegistered sends exactly the registered parameters once, as the gateway will. The answer need only be there and
// well formed. Nothing is adapted: what is refused here is refused to the gateway.
func (s *series) proveRegistered(ctx context.Context) *failure {
	all := registeredParameters(s.plan.parameters, s.plan.adapter.names())
	if len(all) == 0 {
		return nil
	}
	if ctx.Err() != nil {
		return s.outOfTime()
	}
	p := prompt{model: s.plan.target.Model, maxTokens: max(minTokens, s.left), shape: s.shape,
		registered: &s.plan.parameters}
	if s.plan.parameters.MaxTokens != nil {
		p.maxTokens = *s.plan.parameters.MaxTokens
	}
	ex, f := s.send(ctx, p)
	if f == nil {
		f = judgeRegistered(ex.reading, s.plan.parameters)
	} else if f.status == http.StatusBadRequest || f.status == http.StatusUnprocessableEntity {
		f = refusedParameters(f, all)
	}
	sample := s.result(ex, f)
	s.details.Registered = sample
	s.spend(ex)
	if f != nil && f.code != schemas.ReasonParameters {
		f.sentence = "With the registered parameters (" + listed(all) + "): " + f.sentence
		sample.Error = f.sentence
	}
	return f
}

// judgeRegistered judges an answer to the registered parameters, which may change what is said, but not whether.
func judgeRegistered(r reading, p schemas.Parameters) *failure {
	if strings.TrimSpace(r.text) != "" {
		if f := judge(r); f != nil && (f.transient || f.code == schemas.ReasonErrorBody) {
			return f
		}
		return nil
	}
	if f := judge(r); f.code != schemas.ReasonAnswerTruncated || p.MaxTokens == nil {
		return f
	}
	return failed(schemas.ReasonAnswerTruncated, "The model used the registered max_tokens of %d without a visible "+
		"answer, which is what "+
		"reasoning does. Raise parameters.max_tokens.", *p.MaxTokens)
}

// refusedParameters names the parameters that were refused, with their registered values.
func refusedParameters(f *failure, all []parameter) *failure {
	if f.said == nil || f.transient || f.code != schemas.ReasonBadRequest {
		return f
	}
	e := *f.said
	named := func(text string) []parameter {
		return slices.DeleteFunc(slices.Clone(all), func(p parameter) bool { return !p.named(text) })
	}
	refused := named(e.param)
	for _, text := range []string{strings.Join(e.messages, "\n"), e.raw} {
		if len(refused) == 0 {
			refused = named(text)
		}
	}
	if len(refused) == 0 {
		refused = all
	}
	to := failedForGood(schemas.ReasonParameters, "The endpoint refuses the registered parameters, as it will refuse "+
		"them to the gateway: "+
		"%s (status %d%s). Change or remove them under parameters.", listed(refused), f.status, e.suffix())
	to.status = f.status
	return to
}

// named reports whether a text names the parameter, in either spelling.
func (p parameter) named(text string) bool {
	text = strings.ToLower(text)
	if p.spelled == "stop" || p.spelled == "p" {
		return strings.Contains(text, p.name) || wordIn(text, p.spelled)
	}
	return strings.Contains(text, p.name) || strings.Contains(text, p.spelled) ||
		strings.Contains(text, strings.ReplaceAll(p.name, "_", " ")) || p.name == "max_tokens" &&
		limitNamed.MatchString(text)
}

func wordIn(text, word string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}), word)
}

func listed(all []parameter) string {
	texts := make([]string, len(all))
	for i, p := range all {
		texts[i] = p.String()
	}
	return strings.Join(texts, ", ")
}
