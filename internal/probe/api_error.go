package probe

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"model-registrar/internal/words"
)

// Bounds of what is kept of an error: of all that is said, and of what a sentence quotes.
const (
	maxMessages = 12
	maxQuoted   = 300
)

// apiError is a provider's error. The providers' forms differ; all of them end up here.
type apiError struct {
	code, kind, param string   // the first of each
	words             []string // all codes and kinds
	status            int      // an HTTP status among them, or 0
	messages          []string // whole, in the order in which they stand
	raw               string   // everything that the endpoint sent
	title             string   // of an HTML page
	page              bool
	secrets           []string // never quoted
}

// readError reads what an endpoint sent in place of an answer, in whatever form: JSON, lines of events, text, a page.
func readError(raw []byte, secrets []string) apiError {
	e := apiError{raw: string(raw), secrets: secrets}
	switch text := strings.TrimSpace(e.raw); {
	case looksLikeHTML(raw):
		e.page, e.title = true, titleOf(text)
	case text != "":
		e.say(text, 0)
	}
	return e
}

// errorOf reads an error out of an answer's JSON. It reports whether that says anything.
func errorOf(n node, raw string, secrets []string) (apiError, bool) {
	e := apiError{raw: raw, secrets: secrets}
	e.gather(n, 0)
	return e, e.says()
}

// errorIn finds an error in a document that came as an answer, or as an event of one. Where the answer is there, a
// message of its own beside it is none; where there is no answer, no protocol has a text at such places.
func errorIn(doc node, p piece, answered bool, raw string, secrets []string) (apiError, bool) {
	kind := doc.at("type").or(doc.at("object")).text()
	if items, is := doc.value.([]any); is && len(items) > 0 && !answered {
		return errorIn(doc.first(), p, false, raw, secrets)
	}
	for _, place := range []node{doc.at("error"), doc.at("errors"), p.failed} {
		if e, says := errorOf(place, raw, secrets); says || place.value == true {
			outer, _ := errorOf(node{withoutAnswer(doc)}, raw, secrets)
			return e.within(outer), true
		}
	}
	code := statusIn(doc)
	if base := doc.at("base_resp", "status_code").text(); base != "" && base != "0" {
		return errorOf(doc.at("base_resp"), raw, secrets)
	}
	if kind != "error" && answered && code < 400 {
		return apiError{}, false
	}
	e, says := errorOf(node{withoutAnswer(doc)}, raw, secrets)
	if code >= 400 {
		e.status = code
	}
	return e, code >= 400 || says && (kind == "error" || len(e.messages) > 0)
}

// within completes an error by what stands around it.
func (e apiError) within(outer apiError) apiError {
	if e.status == 0 {
		e.status = outer.status
	}
	e.words = append(e.words, outer.words...)
	for _, m := range outer.messages {
		e.message(m)
	}
	return e
}

// withoutAnswer is a document's members that can be about an error.
func withoutAnswer(doc node) map[string]any {
	object, _ := doc.value.(map[string]any)
	about := map[string]any{}
	for key, value := range object {
		switch key {
		case "choices", "content", "output", "delta", "usage", "model", "type", "object", "name":
		default:
			about[key] = value
		}
	}
	return about
}

// statusIn is the HTTP status that a document claims, or 0.
func statusIn(doc node) int {
	for _, key := range []string{"code", "status", "status_code", "statusCode"} {
		if n, err := strconv.Atoi(doc.at(key).text()); err == nil && n >= 100 && n <= 599 {
			return n
		}
	}
	return 0
}

// The members of errors, in the order in which they are read.
var (
	codeKeys    = []string{"code", "error_code", "errorCode", "status_code", "statusCode"}
	kindKeys    = []string{"type", "error_type", "__type", "status", "reason", "name"}
	messageKeys = []string{
		"error", "errors", "message", "msg", "detail", "details", "error_description", "error_message", "error_msg",
		"errorMessage", "status_msg", "description", "title", "reason", "hint", "metadata", "raw", "body", "response",
		"innererror", "inner_error", "cause", "base_resp", "fault", "faultstring", "exception",
	}
)

// gather collects codes and messages from a value of any shape.
func (e *apiError) gather(n node, depth int) {
	if depth > maxDepth {
		return
	}
	switch v := n.value.(type) {
	case string:
		e.say(v, depth+1)
	case []any:
		for _, item := range v[:min(len(v), maxMessages)] {
			e.gather(node{item}, depth+1)
		}
	case map[string]any:
		place := e.identify(n)
		before := len(e.messages)
		for _, key := range messageKeys {
			e.gather(n.at(key), depth+1)
		}
		if place != "" && len(e.messages) > before {
			e.messages[before] = place + ": " + e.messages[before]
		}
	}
}

// identify takes the codes of an object. It returns the place that FastAPI's errors name.
func (e *apiError) identify(n node) (place string) {
	if e.status == 0 {
		e.status = statusIn(n)
	}
	take := func(to *string, keys []string) {
		for _, key := range keys {
			word := identifier(n.at(key).text())
			if blank(word) || word == "error" {
				continue
			}
			e.words = append(e.words, word)
			if *to == "" {
				*to = word
			}
		}
	}
	take(&e.code, codeKeys)
	take(&e.kind, kindKeys)
	if loc := n.at("loc").list(); len(loc) > 0 {
		place = words.Line(loc[len(loc)-1].text(), 64)
	}
	if param := n.at("param").text(); e.param == "" && !blank(param) {
		e.param = identifier(param)
	} else if e.param == "" {
		e.param = identifier(place)
	}
	return place
}

// say takes a message, and reads JSON that it holds.
func (e *apiError) say(text string, depth int) {
	text = strings.TrimSpace(text)
	if depth > maxDepth || blank(text) {
		return
	}
	at := strings.IndexAny(text, "{[")
	if at >= 0 {
		if inner, rest, is := parsePrefix(text[at:]); is {
			if outer := strings.Trim(text[:at], " \r\n\t:-"); !blank(outer) && !isField(outer) {
				e.message(outer)
			}
			e.gather(inner, depth+1)
			e.say(rest, depth+1)
			return
		}
	}
	if lines := strings.Split(text, "\n"); at >= 0 && len(lines) > 1 && len(lines) <= maxMessages {
		for _, line := range lines { // events, or JSON after something else
			e.say(line, depth+1)
		}
		return
	}
	e.message(text)
}

// isField reports whether a text is only the name of an event's field.
func isField(text string) bool { return text == "data" || text == "error" || text == "event" }

func (e *apiError) message(text string) {
	if len(e.messages) < maxMessages && !slices.Contains(e.messages, text) {
		e.messages = append(e.messages, text)
	}
}

// says reports whether an error says anything: fields that are blank, or that report a success, do not.
func (e *apiError) says() bool {
	return len(e.messages) > 0 || slices.ContainsFunc(e.words, func(w string) bool { return !blank(w) })
}

// blank reports whether a text says nothing, or that all is well.
func blank(text string) bool {
	if strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsLetter(r) }) {
		return false
	}
	switch folded(text) {
	case "", "0", "00", "200", "false", "null", "none", "nil", "undefined", "ok", "okay", "success", "succeeded",
		"successful",
		"noerror", "ping", "keepalive", "heartbeat", "processing", "completed":
		return true
	}
	return false
}

// suffix is what the provider said, to be put behind a sentence of ours: " (code: message)".
func (e apiError) suffix() string {
	parts := make([]string, 0, 2)
	if id := e.firstWord(); id != "" {
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

func (e apiError) firstWord() string {
	for _, word := range []string{e.code, e.kind} {
		if word != "" {
			return redact(word, e.secrets)
		}
	}
	return ""
}

// quotable is what was said, without anything that looks like a credential. It is redacted before it is cut, so that no
// half of a credential comes through.
func (e apiError) quotable() string {
	if e.page && e.title == "" {
		return "an HTML page"
	}
	said := strings.Join(e.messages, "; ")
	if e.page {
		said = "an HTML page titled “" + e.title + "”"
	}
	return strings.TrimRight(words.Line(redact(said, e.secrets), maxQuoted), " .")
}

// What providers repeat of a key that they refuse, masked or not: what is named as one, and long random text. A path or
// a name of several words is long and not random.
var (
	secretLike   = regexp.MustCompile(`(?i)\b[spr]k-\S{4,}|\bbearer\s+\S+|\b(?:key|token|password|secret)\s*[:=]\s*\S+`)
	longText     = regexp.MustCompile(`(?i)[a-z0-9+/_*-]{24,}`)
	severalWords = regexp.MustCompile(`^[A-Za-z]{1,20}([/_-][A-Za-z]{1,20})+$`)
)

// hide removes the credential's secrets.
func hide(text string, secrets []string) string {
	for _, secret := range secrets {
		if len(secret) > 3 {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	return text
}

// redact removes the credential's secrets, and what else looks like one.
func redact(text string, secrets []string) string {
	text = secretLike.ReplaceAllString(hide(text, secrets), "[redacted]")
	return longText.ReplaceAllStringFunc(text, func(match string) string {
		if severalWords.MatchString(match) {
			return match
		}
		return "[redacted]"
	})
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

func looksLikeHTML(body []byte) bool {
	return strings.HasPrefix(strings.TrimLeft(string(body[:min(len(body), 512)]), " \t\r\n\ufeff"), "<")
}

var titleTag = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// titleOf is the title of an HTML page, or "".
func titleOf(page string) string {
	if m := titleTag.FindStringSubmatch(page[:min(len(page), 16<<10)]); m != nil {
		return words.Line(m[1], 80)
	}
	return ""
}
