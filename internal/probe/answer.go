package probe

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// Prompt and Expected are what each sample asks, and the one right answer.
const (
	Prompt   = "Respond with exactly: VALIDATION_SUCCESS"
	Expected = "VALIDATION_SUCCESS"
)

// maxVisible bounds the answer in bytes. What is longer than this can only get more wrong, and more expensive.
const maxVisible = 1 << 10

// matches forgives what stands around the answer: space, a full stop, and one each of quotes, emphasis, backticks and a
// code fence. It forgives nothing else.
func matches(answer string) bool {
	s := strings.TrimSpace(answer)
	forgiven := map[string]bool{}
	for range 5 {
		for _, f := range formatting {
			if inner, is := f.without(s); is && !forgiven[f.kind] {
				s, forgiven[f.kind] = strings.TrimSpace(inner), true
			}
		}
	}
	return s == Expected
}

// formatting is what is forgiven, in pairs of what stands before and behind, each kind once.
var formatting = []wrapping{
	{"stop", "", "."}, {"fence", "```", "```"}, {"fence", "~~~", "~~~"},
	{"backticks", "``", "``"}, {"backticks", "`", "`"},
	{"emphasis", "***", "***"}, {"emphasis", "**", "**"}, {"emphasis", "*", "*"},
	{"emphasis", "___", "___"}, {"emphasis", "__", "__"}, {"emphasis", "_", "_"},
	{"quotes", `"`, `"`}, {"quotes", "'", "'"}, {"quotes", "“", "”"}, {"quotes", "‘", "’"}, {"quotes", "«", "»"},
	{"quotes", "„", "“"}, {"quotes", "「", "」"},
}

type wrapping struct{ kind, open, end string }

func (w wrapping) without(s string) (string, bool) {
	inner, is := strings.CutPrefix(s, w.open)
	if !is || !strings.HasSuffix(inner, w.end) {
		return s, false
	}
	inner = strings.TrimSuffix(inner, w.end)
	if first, rest, lines := strings.Cut(inner, "\n"); w.kind == "fence" && lines && strings.TrimSpace(rest) != "" &&
		identifier(strings.TrimSpace(first)) == strings.TrimSpace(first) {
		inner = rest // the language
	}
	return inner, true
}

// loops reports whether a text is one unit over and over, at least three times; the last time may be cut short.
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
	text, class := strings.TrimSpace(r.text), finishClass(r.finish)
	switch {
	case class == finishFiltered:
		return failed(schemas.ReasonContentFiltered, "The provider's content filter or the model itself refused the "+
			"answer (finish reason %s). "+
			"Look at the filter's settings for this deployment.", shownReason(r.finish))
	case class == finishTransient:
		return failedForNow(schemas.ReasonServerError,
			"The endpoint broke its answer off (finish reason %s). Look at its log and its load.",
			shownReason(r.finish))
	case class == finishError:
		return failed(schemas.ReasonErrorBody, "The endpoint ended its answer with finish reason %s. Look at the "+
			"endpoint's log.",
			shownReason(r.finish))
	case matches(r.text):
		return nil
	case unparsed.MatchString(text),
		text == "" && class != finishLength && strings.HasSuffix(strings.TrimSpace(r.thinking), Expected):
		return unparsedReasoning(text)
	case class == finishLength && strings.HasPrefix(Expected, text):
		f := failed(schemas.ReasonAnswerTruncated, "The model used its limit of %d tokens without a complete visible "+
			"answer, which is what "+
			"reasoning does. Raise probe.token_budget.", r.maxTokens)
		f.unfinished = true
		return f
	case text == "" && r.cut:
		return endless()
	case class == finishTools:
		return failed(schemas.ReasonAnswerMismatch, "The model called a tool in place of answering (finish reason "+
			"%s), though none was offered. "+
			"Look at the tools and the chat template that the server adds.", shownReason(r.finish))
	case text == "":
		return failed(schemas.ReasonAnswerEmpty, "The answer is empty%s. Look at the model's chat template and at "+
			"stop sequences.",
			oddReason(r.finish))
	case loops(r.text):
		return failed(schemas.ReasonAnswerLooping, "The answer is the same text over and over. Look at the model's "+
			"chat template "+
			"and end-of-text token.")
	case r.cut:
		return endless()
	case class == finishLength:
		return failed(schemas.ReasonAnswerTruncated, "The answer is not %s and was cut off at %d tokens. Check that "+
			"this is an "+
			"instruction-following model.", Expected, r.maxTokens)
	}
	return failed(schemas.ReasonAnswerMismatch, "The answer, %d characters long, is not %s%s. Check that probe.model "+
		"is the model "+
		"that is meant, and that it follows instructions.", utf8.RuneCountInString(text), Expected, oddReason(r.finish))
}

// unparsed matches what models write around their reasoning and channels, and servers should take out.
var unparsed = regexp.MustCompile(`(?i)</?(think(ing)?|reasoning|thought)>|\[/?THINK\]|<\|[^|<>]{1,40}\|>|◁/?think▷|` +
	`^analysis[\s\S]*assistantfinal|<(start|end)_of_turn>|</?s>|\[/?INST\]`)

func unparsedReasoning(text string) *failure {
	what := "contains the markers of the model's reasoning or channels"
	if text == "" {
		what = "is in the reasoning, and the visible text is empty"
	}
	code := schemas.ReasonAnswerMismatch
	if text == "" {
		code = schemas.ReasonAnswerEmpty
	}
	return failed(code, "The answer %s. Turn on the server's reasoning parser, or choose the one of this model, so "+
		"that callers "+
		"get the answer and nothing else as text.", what)
}

func endless() *failure {
	return failed(schemas.ReasonAnswerEndless, "The answer went on far beyond the limit that was asked for, and was "+
		"cut off. Look "+
		"at the model's stop tokens, and whether the server honours the token limit.")
}

type finish int

const (
	finishOther finish = iota
	finishStop
	finishLength
	finishTools
	finishFiltered
	finishTransient
	finishError
)

var finishReasons = map[string]finish{
	"": finishStop, "stop": finishStop, "endturn": finishStop, "stopsequence": finishStop, "complete": finishStop,
	"completed": finishStop, "eos": finishStop, "eostoken": finishStop, "finishreasonunspecified": finishStop,
	"length": finishLength, "maxtokens": finishLength, "maxoutputtokens": finishLength, "maxlength": finishLength,
	"modelcontextwindowexceeded": finishLength, "modellength": finishLength,
	"toolcalls": finishTools, "toolcall": finishTools, "tooluse": finishTools, "functioncall": finishTools,
	"refusal": finishFiltered, "safety": finishFiltered, "errortoxic": finishFiltered, "sensitive": finishFiltered,
	"recitation": finishFiltered, "prohibitedcontent": finishFiltered, "blocklist": finishFiltered,
	"spii": finishFiltered, "guardrailintervened": finishFiltered, "guardrails": finishFiltered,
	"moderation": finishFiltered, "imagesafety": finishFiltered, "networkerror": finishTransient,
	"insufficientsystemresource": finishTransient, "abort": finishTransient, "aborted": finishTransient,
	"cancelled": finishTransient, "canceled": finishTransient, "timeout": finishTransient, "error": finishError,
	"errorlimit": finishError, "failed": finishError, "malformedfunctioncall": finishTools,
}

// finishClass puts the providers' finish reasons into the classes that matter here.
func finishClass(reason string) finish {
	word := folded(reason)
	if strings.HasPrefix(word, "contentfilter") {
		return finishFiltered
	}
	if class, known := finishReasons[word]; known {
		return class
	}
	return finishOther
}

// oddReason names a finish reason that is none of those known.
func oddReason(reason string) string {
	if finishClass(reason) != finishOther {
		return ""
	}
	return " (finish reason " + shownReason(reason) + ")"
}

func shownReason(reason string) string { return redact(words.Line(reason, 64), nil) }
