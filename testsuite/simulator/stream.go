package simulator

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"model-registrar/testsuite/simulator/control"
)

// endlessPause keeps an endless answer from filling the machine when no pause is ordered.
const endlessPause = time.Millisecond

// pace says when each piece of an answer is due, counted from the request's arrival: late pieces do not make
// the next ones late, and the ordered figures are the true ones.
type pace struct {
	start          time.Time
	first, between time.Duration
}

func (c *call) pace() pace {
	between := milliseconds(c.action.BetweenTokensMS)
	if c.action.Endless {
		between = max(between, endlessPause)
	}
	return pace{
		start:   c.arrived.Add(milliseconds(c.action.LatencyMS)),
		first:   milliseconds(c.action.FirstTokenMS),
		between: between,
	}
}

func (p pace) due(piece int) time.Time {
	return p.start.Add(p.first + time.Duration(piece)*p.between)
}

// whole answers without streaming, in the time that the pieces would have taken.
func (s *Server) whole(c *call, done completion, value any) reply {
	rep := jsonReply(http.StatusOK, value)
	last := max(0, len(done.thoughts)+len(done.tokens)-1)
	rep.stream = func(w http.ResponseWriter, start func()) {
		if !s.hold(c.r, c.pace().due(last)) {
			abort(w)
			return
		}
		switch {
		case c.action.Endless:
			start()
			s.repeat(c, w, done.text())
		case c.action.Truncate || c.action.Cut == control.CutMiddle:
			w.Header().Set("Content-Length", strconv.Itoa(len(rep.body)))
			start()
			_, _ = w.Write(rep.body[:len(rep.body)/2])
			breakOff(w)
		default:
			w.Header().Set("Content-Length", strconv.Itoa(len(rep.body)))
			start()
			_, _ = w.Write(rep.body)
		}
	}
	return rep
}

// repeat writes an answer whose text never ends.
func (s *Server) repeat(c *call, w http.ResponseWriter, answer string) {
	_, err := io.WriteString(w, `{"choices":[{"index":0,"message":{"role":"assistant","content":"`)
	quoted, _ := json.Marshal(strings.Repeat(answer+" ", 50)) // a string always can be
	for err == nil && s.hold(c.r, time.Now().Add(endlessPause)) {
		if _, err = w.Write(quoted[1 : len(quoted)-1]); err == nil {
			err = http.NewResponseController(w).Flush()
		}
	}
	breakOff(w)
}

// streamed answers frame by frame.
func (s *Server) streamed(c *call, p provider, fr frames) reply {
	rep := reply{status: http.StatusOK, contentType: "text/event-stream; charset=utf-8"}
	rep.header = http.Header{"Cache-Control": {"no-cache"}}
	rep.stream = func(w http.ResponseWriter, start func()) {
		start()
		out := &stream{s: s, c: c, w: w, pace: c.pace()}
		out.send(fr.opening)
		if c.action.ErrorBody {
			out.send([]frame{fr.failure(p.errorBody(c, serverFailure))})
			return
		}
		out.pieces(fr)
	}
	return rep
}

// stream writes frames until one cannot be written.
type stream struct {
	s     *Server
	c     *call
	w     http.ResponseWriter
	pace  pace
	piece int
	ended bool
}

// pieces sends thinking and text at their pace, and then the end, if there is to be one.
func (out *stream) pieces(fr frames) {
	a := out.c.action
	tokens := fr.tokens
	broken := a.Truncate || a.Cut == control.CutMiddle
	if broken {
		tokens = tokens[:len(tokens)/2]
	}
	out.paced(fr.thoughts)
	out.paced(tokens)
	for a.Endless && len(tokens) > 0 && !out.ended {
		out.paced(tokens)
	}
	switch {
	case a.Cut == control.CutMiddle || out.ended:
		breakOff(out.w)
	case !broken:
		if len(fr.thoughts)+len(tokens) == 0 {
			out.wait(0) // an empty answer takes its time, too
		}
		out.send(fr.closing)
	}
}

func (out *stream) paced(list []frame) {
	for _, f := range list {
		if out.ended {
			return
		}
		out.wait(out.piece)
		out.piece++
		out.send([]frame{f})
	}
}

func (out *stream) wait(piece int) {
	if !out.s.hold(out.c.r, out.pace.due(piece)) {
		out.ended = true
	}
}

// send writes frames at once and flushes them together.
func (out *stream) send(list []frame) {
	for _, f := range list {
		if out.ended {
			return
		}
		_, err := io.WriteString(out.w, string(f))
		out.ended = err != nil
	}
	if !out.ended {
		out.ended = http.NewResponseController(out.w).Flush() != nil
	}
}

// breakOff closes the connection in the middle of an answer.
func breakOff(w http.ResponseWriter) {
	_ = http.NewResponseController(w).Flush() // what was written is to arrive
	panic(http.ErrAbortHandler)
}
