package probe

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
)

// apiError is a provider's error body. The providers' forms differ; all of them end up here.
type apiError struct {
	Code, Type, Param string // each of them an identifier, or empty
	Message           string // bounded, printable; see [apiError.quotable]
}

// errorForm reads all the known forms at once: {error:{…}}, {error:"…"}, {type:"error",error:{…}}, {message}, {detail}.
type errorForm struct {
	Error   json.RawMessage `json:"error"`
	Type    json.RawMessage `json:"type"`
	Object  json.RawMessage `json:"object"`
	Code    json.RawMessage `json:"code"`
	Param   json.RawMessage `json:"param"`
	Message json.RawMessage `json:"message"`
	Detail  json.RawMessage `json:"detail"`
}

// parseError reads an error body. What is not understood stays empty.
func parseError(body []byte) apiError {
	var f errorForm
	if json.Unmarshal(body, &f) != nil {
		return apiError{}
	}
	if !isNull(f.Error) {
		var inner errorForm
		if json.Unmarshal(f.Error, &inner) == nil {
			f = inner
		} else {
			f.Message = f.Error
		}
	}
	message := text(f.Message)
	if message == "" {
		message = text(f.Detail)
	}
	if message == "" && !isNull(f.Detail) {
		message = string(f.Detail) // FastAPI's list of {loc, msg}
	}
	return apiError{
		Code: identifier(text(f.Code)), Type: identifier(text(f.Type)), Param: identifier(text(f.Param)),
		Message: printable(message, 300),
	}
}

// errorUnder200 tells whether a body that came with a status of success is an error all the same.
func errorUnder200(body []byte) (apiError, bool) {
	var f errorForm
	if json.Unmarshal(body, &f) != nil {
		return apiError{}, false
	}
	// No answer of any architecture has a text at these places, as Cohere's and FastAPI's errors do.
	said := text(f.Message) != "" || text(f.Detail) != ""
	if !said && isNull(f.Error) && text(f.Type) != "error" && text(f.Object) != "error" {
		return apiError{}, false
	}
	return parseError(body), true
}

// under200 is the failure for an error that came with a status of success. Overload is announced this way too, once a
// stream has begun, and goes away.
func (e apiError) under200(where string) *failure {
	f := failed(CodeErrorBody, "The endpoint sent status 200 with an error in its %s%s. Look at the endpoint's log.",
		where, e.suffix())
	f.transient = e.overloaded()
	f.definite = !f.transient
	return f
}

func (e apiError) overloaded() bool {
	return e.Type == "overloaded_error" || e.Type == "rate_limit_error" || e.Code == "rate_limit_exceeded"
}

func (e apiError) quotaExhausted() bool {
	for _, s := range []string{e.Code, e.Type} {
		switch s {
		case "insufficient_quota", "billing_hard_limit_reached", "billing_error":
			return true
		}
	}
	return strings.Contains(e.Message, "credit balance is too low") // Anthropic has no code for it
}

func (e apiError) namesModel() bool {
	switch e.Code {
	case "model_not_found", "DeploymentNotFound", "invalid_model":
		return true
	}
	return e.Type == "not_found_error" && strings.Contains(e.Message, "model") || e.Param == "model"
}

// suffix is what the provider said, to be put behind a sentence of ours: " (code: message)".
func (e apiError) suffix() string {
	id := e.Code
	if id == "" {
		id = e.Type
	}
	parts := make([]string, 0, 2)
	if id != "" {
		parts = append(parts, id)
	}
	if m := e.quotable(); m != "" {
		parts = append(parts, m)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ": ") + ")"
}

// secretLike matches what providers repeat of a key that they refuse, masked or not.
var secretLike = regexp.MustCompile(`(?i)\b[spr]k-\S{4,}|\bbearer\s+\S+|` +
	`\b(?:key|token|password|secret)\s*[:=]\s*\S+|[a-z0-9+/_*-]{24,}`)

// quotable is the message without anything that looks like a credential.
func (e apiError) quotable() string {
	return strings.TrimRight(secretLike.ReplaceAllString(e.Message, "[redacted]"), " .")
}

// refusal phrases say that a parameter is not taken, as opposed to having a wrong value.
var refusal = regexp.MustCompile(`(?i)unsupported|not support|not permitted|not allowed|unrecognized|unrecognised|` +
	`unknown|unexpected|deprecated|extra_forbidden|extra inputs|extra fields`)

// refusedParameter names the parameter among those that the endpoint refuses to take at all, or "". The error's own
// param is reliable; the message is asked where servers leave param out.
func (e apiError) refusedParameter(among []string) string {
	said := e.Message + " " + e.Code
	if !refusal.MatchString(strings.ReplaceAll(said, "_", " ")) && !refusal.MatchString(said) {
		return ""
	}
	for _, name := range among {
		if e.Param == name {
			return name
		}
	}
	if e.Param != "" {
		return ""
	}
	for _, name := range among {
		if mentions(e.Message, name) {
			return name
		}
	}
	return ""
}

// mentions looks for a parameter's name: as a word, or in quotes where the name is a word of everyday language.
func mentions(message, name string) bool {
	pattern := `\b` + regexp.QuoteMeta(name) + `\b`
	if name == "stream" {
		pattern = "['\"`]" + name + "['\"`]"
	}
	return regexp.MustCompile(pattern).MatchString(message)
}

// text returns a JSON text or number as text.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

func isNull(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null"))
}

// identifier keeps what looks like a machine's word, and nothing else: codes go into reports unquoted.
func identifier(s string) string {
	if len(s) > 64 || strings.ContainsFunc(s, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_.-", r)
	}) {
		return ""
	}
	return s
}

// printable bounds a text in runes, and makes one line of it.
func printable(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.Join(strings.Fields(s), " ") {
		if n++; n > limit {
			b.WriteString("…")
			break
		}
		if !unicode.IsPrint(r) {
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}
