package probe

import (
	"strings"
	"unicode/utf8"
)

// Prompt and Expected are what each sample asks, and the one right answer.
const (
	Prompt   = "Respond with exactly: VALIDATION_SUCCESS"
	Expected = "VALIDATION_SUCCESS"
)

// maxVisible bounds the answer in bytes. What is longer than this can only get more wrong, and more expensive.
const maxVisible = 1 << 10

// matches forgives space around the answer, one pair of quotes and a final full stop, and nothing else.
func matches(answer string) bool {
	s := strings.TrimSpace(answer)
	stopped := strings.HasSuffix(s, ".")
	s = unquote(strings.TrimSuffix(s, "."))
	if !stopped {
		s = strings.TrimSuffix(s, ".")
	}
	return s == Expected
}

var quotePairs = []struct{ open, end string }{{`"`, `"`}, {`'`, `'`}, {"“", "”"}, {"‘", "’"}, {"«", "»"}}

func unquote(s string) string {
	for _, q := range quotePairs {
		if inner, ok := strings.CutPrefix(s, q.open); ok && strings.HasSuffix(inner, q.end) {
			return strings.TrimSuffix(inner, q.end)
		}
	}
	return s
}

// loops tells whether a text is one unit over and over, at least three times; the last time may be cut short.
func loops(s string) bool {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) < 12 {
		return false
	}
	return repeats(s) || repeats(s+" ") // "a a a" is three times "a " but for its end
}

// repeats finds the shortest period by the longest border of each prefix (Knuth, Morris, Pratt): the period is the
// length without the border.
func repeats(s string) bool {
	border := make([]int, len(s)+1)
	border[0] = -1
	for i, k := 0, -1; i < len(s); {
		for k >= 0 && s[i] != s[k] {
			k = border[k]
		}
		i, k = i+1, k+1
		border[i] = k
	}
	period := len(s) - border[len(s)]
	return len(s)/period >= 3
}

// judge says what is wrong with a complete answer, or nothing.
func judge(r reading) *failure {
	switch class := finishClass(r.finish); {
	case class == finishFiltered:
		return failed(CodeContentFiltered, "The provider's content filter or the model itself refused the answer. "+
			"Look at the filter's settings for this deployment.")
	case class == finishError:
		return failed(CodeErrorBody, "The endpoint ended its answer with finish reason %s. Look at the endpoint's log.", r.finish)
	case matches(r.text):
		return nil
	case strings.TrimSpace(r.text) == "" && class == finishLength:
		return failed(CodeAnswerTruncated, "The model used its limit of %d tokens without a visible answer, which is "+
			"what reasoning does. Raise probe.token_budget.", r.maxTokens)
	case strings.TrimSpace(r.text) == "" && r.cut:
		return endless()
	case strings.TrimSpace(r.text) == "":
		return failed(CodeAnswerEmpty, "The answer is empty. Look at the model's chat template and at stop sequences.")
	case loops(r.text):
		return failed(CodeAnswerLooping, "The answer is the same text over and over. Look at the model's chat template "+
			"and end-of-text token.")
	case r.cut:
		return endless()
	case class == finishLength:
		return failed(CodeAnswerTruncated, "The answer is not %s and was cut off at %d tokens. Check that this is an "+
			"instruction-following model.", Expected, r.maxTokens)
	case strings.HasPrefix(strings.TrimSpace(r.text), "<think>"):
		return failed(CodeAnswerMismatch, "The answer begins with the model's reasoning (<think>). Turn on the server's "+
			"reasoning parser, so that callers do not get it as text.")
	}
	return failed(CodeAnswerMismatch, "The answer, %d characters long, is not %s. Check that probe.model is the model "+
		"that is meant, and that it follows instructions.", utf8.RuneCountInString(strings.TrimSpace(r.text)), Expected)
}

func endless() *failure {
	return failed(CodeAnswerEndless, "The answer went on far beyond the limit that was asked for, and was cut off. Look "+
		"at the model's stop tokens, and whether the server honours the token limit.")
}

type finish int

const (
	finishOther finish = iota
	finishLength
	finishFiltered
	finishError
)

// finishClass puts the providers' finish reasons into the classes that matter here.
func finishClass(reason string) finish {
	switch reason {
	case "length", "max_tokens", "MAX_TOKENS", "model_context_window_exceeded":
		return finishLength
	case "content_filter", "refusal", "safety", "ERROR_TOXIC":
		return finishFiltered
	case "error", "ERROR", "TIMEOUT", "ERROR_LIMIT":
		return finishError
	}
	return finishOther
}
