package probe

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"strings"
	"time"

	"model-registrar/internal/netguard"
	"model-registrar/schemas"
)

// reading is what came of one response.
type reading struct {
	text      string
	thinking  string // bounded like the text
	finish    string
	maxTokens int
	tokens    int  // as reported, or else the number of frames with content
	cut       bool // the probe stopped reading: the answer was too long
	remarks   []string
	first     time.Duration
	visible   time.Duration
	end       time.Duration
}

// reader reads one response, as a stream or as a document. since tells the time since the request was sent; it is asked
// as soon as an event has arrived.
type reader struct {
	reading
	adapter  adapter
	secrets  []string
	since    func() time.Duration
	text     strings.Builder
	thoughts strings.Builder
	frames   int // with content
	known    int // of this protocol
	foreign  int // JSON of another
	junk     string
}

func newReader(a adapter, maxTokens int, secrets []string, since func() time.Duration) *reader {
	return &reader{reading: reading{maxTokens: maxTokens}, adapter: a, secrets: secrets, since: since}
}

// stream reads events until the protocol says that the answer is complete.
func (r *reader) stream(body io.Reader) (reading, *failure) {
	events := newEventReader(body)
	for {
		ev, err := events.next()
		now := r.since()
		if err != nil && err != io.EOF {
			return r.done(now), streamFailure(err)
		}
		if err == io.EOF {
			return r.done(now), r.ended()
		}
		last, f := r.take(ev, now)
		if f != nil || last || r.cut {
			return r.done(now), cmp.Or(f, r.incomplete(last))
		}
	}
}

// incomplete reports an end that was announced before anything of this protocol came.
func (r *reader) incomplete(last bool) *failure {
	if last && r.known == 0 && r.foreign > 0 {
		return malformed("The stream is not the JSON of this architecture")
	}
	return nil
}

// ended says what it means that the stream stopped without having announced its end.
func (r *reader) ended() *failure {
	cutJSON := strings.HasPrefix(r.junk, "{") && !strings.HasSuffix(r.junk, "}")
	switch {
	case r.finish != "":
		return nil
	case cutJSON, r.known > 0, r.foreign == 0 && r.junk == "":
		f := failed(schemas.ReasonStreamTruncated, "The stream stopped before the answer was complete. Look at the "+
			"endpoint's log and at "+
			"timeouts of proxies on the way.")
		if r.junk != "" && !cutJSON {
			e := readError([]byte(r.junk), r.secrets)
			f.sentence += " The last line that is no JSON:" + e.suffix() + "."
		}
		return f
	}
	return malformed("The stream is not the JSON of this architecture" + readError([]byte(r.junk), r.secrets).suffix())
}

// take takes one event, and reports whether it is the last.
func (r *reader) take(ev event, now time.Duration) (last bool, f *failure) {
	data := strings.TrimSpace(ev.data)
	if data == "[DONE]" {
		return true, nil
	}
	if looksLikeHTML([]byte(data)) {
		return false, htmlFailure(readError([]byte(data), r.secrets))
	}
	doc, isJSON := parseJSON([]byte(data))
	if ev.name == "error" && data != "" {
		e := readError([]byte(data), r.secrets)
		if e.says() {
			return false, e.under200("stream")
		}
		return false, nil
	}
	if !isJSON {
		if data != "" {
			r.junk = data
		}
		return false, nil
	}
	if object, is := doc.value.(map[string]any); is && ev.name != "" && ev.name != "message" &&
		doc.at("type").absent() {
		object["type"] = ev.name
	}
	return r.add(doc, data, now)
}

// add adds one JSON event to the answer.
func (r *reader) add(doc node, data string, now time.Duration) (last bool, f *failure) {
	p, known := r.adapter.read(doc)
	if e, is := errorIn(doc, p, known, data, r.secrets); is {
		return false, e.under200("stream")
	}
	if !known {
		r.foreign++
		return false, nil
	}
	if r.known++; r.junk != "" {
		r.remark("The stream holds data that is no JSON, taken for keep-alives.")
		r.junk = ""
	}
	if p.whole && r.frames > 0 { // it repeats what came in pieces
		p.text, p.thinking = strings.TrimPrefix(p.text, r.text.String()), ""
	}
	r.say(p, now)
	// A frame holds one token or more: twice as many frames as tokens allowed means that nobody counts.
	r.cut = r.text.Len() > maxVisible || r.frames > 2*r.maxTokens+64
	return p.last || p.whole && p.finish != "" && p.text != "", nil
}

func (r *reader) say(p piece, now time.Duration) {
	if p.text != "" || p.thinking != "" {
		r.frames++
		if r.first == 0 {
			r.first = now
		}
	}
	if p.text != "" && r.visible == 0 {
		r.visible = now
	}
	r.text.WriteString(p.text)
	if r.thoughts.Len() < maxVisible {
		r.thoughts.WriteString(p.thinking)
	}
	if p.finish != "" && p.finish != "null" {
		r.finish = p.finish
	}
	r.tokens = max(r.tokens, p.tokens)
}

func (r *reader) remark(text string) { r.remarks = append(r.remarks, text) }

func (r *reader) done(now time.Duration) reading {
	got := r.reading
	got.text, got.thinking, got.end = r.text.String(), r.thoughts.String(), now
	if got.tokens == 0 {
		got.tokens = r.frames
	}
	return got
}

// document reads an answer that is one JSON document. A token takes a few bytes, so an answer that goes on for much
// longer than its tokens allow is not waited for.
func (r *reader) document(body io.Reader) (reading, *failure) {
	limit := 64<<10 + 64*r.maxTokens
	raw, err := io.ReadAll(io.LimitReader(body, int64(limit)+1))
	now := r.since()
	switch {
	case err != nil:
		return r.done(now), streamFailure(err)
	case len(raw) > limit:
		got := r.done(now)
		got.cut, got.tokens = true, r.maxTokens
		return got, endless()
	}
	doc, isJSON := parseJSON(raw)
	if !isJSON { // several documents, or something after the first
		return r.stream(strings.NewReader(string(raw)))
	}
	p, known := r.adapter.read(doc)
	if e, is := errorIn(doc, p, known, string(raw), r.secrets); is {
		return r.done(now), e.under200("body")
	}
	if !known || p.hollow {
		return r.done(now), malformed("The response is not an answer in the JSON of this architecture")
	}
	r.tokens = p.tokens
	r.text.WriteString(p.text)
	r.thoughts.WriteString(p.thinking)
	r.finish = p.finish
	got := r.done(now)
	if p.tokens == 0 {
		got.tokens = (len(p.text) + len(p.thinking) + 3) / 4 // nobody said; about what it takes
	}
	return got, nil
}

// streamFailure says why a response could not be read to its end. A timeout is the caller's to recognise.
func streamFailure(err error) *failure {
	if tooLarge, ok := errors.AsType[*netguard.TooLargeError](err); ok {
		return failed(schemas.ReasonResponseTooLarge,
			"The response is larger than %d bytes. Look at what the endpoint sends.", tooLarge.Limit)
	}
	if errors.Is(err, bufio.ErrTooLong) {
		return failed(schemas.ReasonResponseTooLarge,
			"A frame of the stream is larger than %d bytes. Look at what the endpoint sends.", maxFrame)
	}
	return failed(schemas.ReasonStreamTruncated, "The connection was cut in the middle of the answer. Look at the "+
		"endpoint's log "+
		"and at timeouts of proxies on the way.")
}
