package probe

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// The optional parameters of a request, as errors name them, and what adapting to their refusal is.
var (
	limitNamed = regexp.MustCompile(`(?i)max[_ -]?(?:(?:completion|output|new|generated)[_ -]?)?tokens|` +
		`context[ _]?(?:length|window|size)|num_predict|(?:completion|output|generated) tokens|` +
		`maximum (?:number of )?tokens`)
	temperatureNamed = regexp.MustCompile(`(?i)temperature`)
	optionsNamed     = regexp.MustCompile(`(?i)stream[_ ]?options|include_usage`)
	streamNamed      = regexp.MustCompile(`(?i)\bstream(?:ing|ed)?\b`)
	versionNamed     = regexp.MustCompile(`(?i)anthropic[- ]version|x-api-key|bearer|authorization header`)

	// tooMany tells a limit that is too high from one that is not known.
	tooMany = regexp.MustCompile(`(?i)too (?:large|big|high|many|long)|at most|maximum|exceed|context|less than|` +
		`smaller|lower than|` +
		`greater than|out of range|range|between|up to|must be (?:<|≤)|<=|≤|cannot be (?:more|greater)`)
	unknownName = regexp.MustCompile(`(?i)un(?:supported|recogni[sz]ed|known|expected)|not (?:supported|` +
		`permitted|allowed)|` +
		`extra[_ ](?:inputs?|fields?|forbidden)|deprecated|instead`)
	numbers = regexp.MustCompile(`\b\d[\d,_]*\b`)
)

// Most often that the token limit is lowered for one endpoint.
const maxLowered = 5

// adapt changes the shape after a refusal that names a parameter which the request can do without, anywhere in what was
// said. It reports whether it is worth another try. A needless adaptation costs a request; a missed one rolls a good
// model back.
func (s *series) adapt(f *failure, p prompt) bool {
	if f.said == nil || p.registered != nil {
		return false
	}
	said := strings.Join(f.said.messages, "\n")
	for _, text := range []string{f.said.param, said, f.said.raw} {
		for _, try := range []func(refusal) (what, instead string){s.tokens, s.temperature, s.options, s.streaming} {
			if f.status == http.StatusUnauthorized {
				break
			}
			r := refusal{text: text, said: cmp.Or(said, f.said.raw), sent: s.plan.adapter.body(p), prompt: p}
			if what, instead := try(r); what != "" {
				s.details.Adapted = append(s.details.Adapted, what+" refused: "+instead)
				return true
			}
		}
	}
	return s.generation(f)
}

// refusal is a text that may name what is refused, all that was said, and what was sent.
type refusal struct {
	text, said string
	sent       map[string]any
	prompt     prompt
}

func (r refusal) names(parameter string, by *regexp.Regexp) bool {
	_, sent := r.sent[parameter]
	return sent && by.MatchString(r.text)
}

func (s *series) temperature(r refusal) (what, instead string) {
	if !r.names("temperature", temperatureNamed) {
		return "", ""
	}
	s.shape.noTemperature = true
	return "temperature", "left out"
}

func (s *series) options(r refusal) (what, instead string) {
	if !r.names("stream_options", optionsNamed) {
		return "", ""
	}
	s.shape.noStreamOptions = true
	return "stream_options", "left out"
}

func (s *series) streaming(r refusal) (what, instead string) {
	if !r.names("stream", streamNamed) {
		return "", ""
	}
	s.details.Streamed = false
	if s.shape.streaming++; s.shape.streaming == unstreamed {
		return "stream", "left out"
	}
	return "stream", "not streamed"
}

// tokens adapts to the refusal of the token limit: a lower one where it is too high, or another name for it, or none.
func (s *series) tokens(r refusal) (what, instead string) {
	n := s.plan.adapter.names()
	if s.shape.limit >= len(n.limits) || !r.names(n.limits[s.shape.limit], limitNamed) {
		return "", ""
	}
	what = n.limits[s.shape.limit]
	tooHigh := tooMany.MatchString(r.said) && !unknownName.MatchString(r.said)
	switch {
	case tooHigh && (s.lowered == maxLowered || r.prompt.maxTokens <= minTokens):
		return "", ""
	case tooHigh:
		return what, s.lower(r.said, r.prompt.maxTokens)
	case n.needsLimit:
		return "", ""
	}
	if s.shape.limit++; s.shape.limit < len(n.limits) {
		return what, n.limits[s.shape.limit] + " sent instead"
	}
	return what, "left out"
}

// generation tries the other generation of Anthropic's API, unless the manifest chose one.
func (s *series) generation(f *failure) bool {
	if s.shape.version != anthropicFirst || s.plan.version != "" ||
		f.status != http.StatusUnauthorized && !versionNamed.MatchString(f.said.raw) {
		return false
	}
	s.shape.version, s.otherGeneration = anthropicSecond, f
	s.details.Adapted = append(s.details.Adapted,
		fmt.Sprintf("anthropic-version %s refused: %s sent instead", anthropicFirst, anthropicSecond))
	return true
}

// both is the failure to report: where neither generation is accepted, the refusal of the first.
func (s *series) both(f *failure) *failure {
	if s.otherGeneration == nil || f.said == nil || f.status != http.StatusUnauthorized &&
		!versionNamed.MatchString(f.said.raw) {
		return f
	}
	return s.otherGeneration
}

// lower takes the highest number that was said and is lower, or half. A context holds the prompt too.
func (s *series) lower(said string, sent int) string {
	s.lowered++
	most := 0
	for _, digits := range numbers.FindAllString(said, -1) {
		n, err := strconv.Atoi(strings.NewReplacer(",", "", "_", "").Replace(digits))
		if err == nil && n < sent && n >= minTokens {
			most = max(most, n)
		}
	}
	switch context := strings.Contains(strings.ToLower(said), "context"); {
	case most == 0:
		most = sent / 2
	case context:
		most -= most / 4
	}
	s.shape.mostTokens = max(minTokens, most)
	return fmt.Sprintf("%d sent instead of %d", s.shape.mostTokens, sent)
}
