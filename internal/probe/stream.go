package probe

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/tmaxmax/go-sse"

	"model-registrar/internal/netguard"
)

// maxFrame bounds one event of a stream, in bytes.
const maxFrame = 256 << 10

// reading is what came of one response.
type reading struct {
	text      string
	finish    string
	maxTokens int
	tokens    int  // as reported, or else the number of frames with content
	cut       bool // the probe stopped reading: the answer was too long
	first     time.Duration
	visible   time.Duration
	end       time.Duration
}

// readStream reads events until the protocol says that the answer is complete. since tells the time since the request
// was sent; it is asked as soon as an event has arrived.
func readStream(body io.Reader, a adapter, maxTokens int, since func() time.Duration) (reading, *failure) {
	buffered := bufio.NewReader(body)
	if f := peek(buffered); f != nil {
		return reading{end: since()}, f
	}
	s := streamReader{reading: reading{maxTokens: maxTokens}, adapter: a}
	// Some servers leave out the blank line that ends the last event.
	complete := io.MultiReader(buffered, strings.NewReader("\n\n"))
	for ev, err := range sse.Read(complete, &sse.ReadConfig{MaxEventSize: maxFrame}) {
		now := since()
		if err != nil {
			return s.done(now), streamFailure(err)
		}
		last, f := s.take(ev, now)
		if f != nil || last || s.cut {
			return s.done(now), f
		}
	}
	now := since()
	if s.finish == "" {
		return s.done(now), failed(CodeStreamTruncated, "The stream stopped before the answer was complete. Look at the "+
			"endpoint's log and at timeouts of proxies on the way.")
	}
	return s.done(now), nil
}

// peek looks at the first bytes: a page or an object where events should be is told apart from a broken stream.
func peek(r *bufio.Reader) *failure {
	head, _ := r.Peek(1)
	switch {
	case len(head) == 1 && head[0] == '<':
		return htmlFailure()
	case len(head) == 1 && head[0] == '{':
		whole, err := io.ReadAll(io.LimitReader(r, maxFrame))
		if err != nil {
			return streamFailure(err)
		}
		if e, ok := errorUnder200(whole); ok {
			return e.under200("body")
		}
		return malformed("The response says that it is an event stream, and is not")
	}
	return nil
}

type streamReader struct {
	reading
	adapter     adapter
	visibleText bytes.Buffer
	frames      int
}

// take adds one event, and says whether it is the last.
func (s *streamReader) take(ev sse.Event, now time.Duration) (last bool, f *failure) {
	if ev.Data == "" {
		return false, nil
	}
	p, f := s.adapter.frame(ev)
	if f != nil {
		return false, f
	}
	if p.text != "" || p.thinking != "" {
		s.frames++
		if s.first == 0 {
			s.first = now
		}
	}
	if p.text != "" && s.visible == 0 {
		s.visible = now
	}
	s.visibleText.WriteString(p.text)
	if p.finish != "" {
		s.finish = p.finish
	}
	s.tokens = max(s.tokens, believable(p.tokens))
	// A frame holds one token or more: twice as many frames as tokens allowed means that nobody counts.
	s.cut = s.visibleText.Len() > maxVisible || s.frames > 2*s.maxTokens+64
	return p.last, nil
}

func (s *streamReader) done(now time.Duration) reading {
	r := s.reading
	r.text, r.end = s.visibleText.String(), now
	if r.tokens == 0 {
		r.tokens = s.frames
	}
	return r
}

// streamFailure tells why a response could not be read to its end. A time out is the caller's to recognise.
func streamFailure(err error) *failure {
	if tooLarge, ok := errors.AsType[*netguard.TooLargeError](err); ok {
		return failed(CodeResponseTooLarge, "The response is larger than %d bytes. Look at what the endpoint sends.", tooLarge.Limit)
	}
	if errors.Is(err, bufio.ErrTooLong) {
		return failed(CodeResponseTooLarge, "A frame of the stream is larger than %d bytes. Look at what the endpoint sends.", maxFrame)
	}
	return failed(CodeStreamTruncated, "The connection was cut in the middle of the answer. Look at the endpoint's log "+
		"and at timeouts of proxies on the way.")
}

// readWhole reads an answer that is one JSON document. A token takes a few bytes, so an answer that goes on for much
// longer than its tokens allow is not waited for.
func readWhole(body io.Reader, a adapter, maxTokens int, since func() time.Duration) (reading, *failure) {
	limit := 64<<10 + 64*maxTokens
	raw, err := io.ReadAll(io.LimitReader(body, int64(limit)+1))
	r := reading{maxTokens: maxTokens, end: since()}
	switch {
	case err != nil:
		return r, streamFailure(err)
	case len(raw) > limit:
		r.cut, r.tokens = true, maxTokens
		return r, endless()
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return r, malformed("The response is empty")
	}
	p, f := a.whole(raw)
	r.text, r.finish, r.tokens = p.text, p.finish, believable(p.tokens)
	if r.tokens == 0 {
		r.tokens = (len(p.text) + len(p.thinking) + 3) / 4 // nobody said; about what it takes
	}
	return r, f
}

// believable bounds what an endpoint claims to have used, so that no claim gives the budget anything back.
func believable(tokens int) int { return min(max(tokens, 0), 1<<30) }
