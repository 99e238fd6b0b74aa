package probe

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
)

// maxFrame bounds one event of a stream, in bytes.
const maxFrame = 256 << 10

// event is one event of a stream, or JSON that stands in one without a frame.
type event struct {
	name string
	data string
}

// eventReader reads server-sent events (WHATWG HTML, section 9.2) as leniently as endpoints send them: JSON without a
// frame and lines such as "error: {…}" are events too, and the last event needs no blank line after it.
type eventReader struct {
	lines *bufio.Scanner
	skip  bool // a line feed that belongs to the carriage return before it
	ev    event
	data  []string
	bare  bool // the data so far is JSON without a frame
	size  int
}

func newEventReader(r io.Reader) *eventReader {
	e := &eventReader{lines: bufio.NewScanner(r)}
	e.lines.Buffer(nil, maxFrame)
	e.lines.Split(e.line)
	return e
}

// line splits at a line feed, a carriage return, or both, without waiting for what follows a carriage return.
func (e *eventReader) line(data []byte, atEOF bool) (int, []byte, error) {
	from := 0
	if e.skip && len(data) > 0 {
		e.skip = false
		if data[0] == '\n' {
			from = 1
		}
	}
	if at := bytes.IndexAny(data[from:], "\r\n"); at >= 0 {
		e.skip = data[from+at] == '\r'
		return from + at + 1, data[from : from+at], nil
	}
	if atEOF && len(data) > from {
		return len(data), data[from:], nil
	}
	return from, nil, nil
}

// next returns the next event that has data. It ends with io.EOF, or with the error of reading.
func (e *eventReader) next() (event, error) {
	for e.lines.Scan() {
		line := strings.TrimPrefix(e.lines.Text(), "\ufeff")
		if e.take(line) {
			if ev, is := e.dispatch(); is {
				return ev, nil
			}
		}
		if e.size > maxFrame {
			return event{}, bufio.ErrTooLong
		}
	}
	if err := e.lines.Err(); err != nil {
		return event{}, err
	}
	if ev, is := e.dispatch(); is {
		return ev, nil
	}
	return event{}, io.EOF
}

// take takes a line, and reports whether the event is complete.
func (e *eventReader) take(line string) bool {
	e.size += len(line)
	if line == "" {
		return true
	}
	start := strings.TrimLeft(line, " \t")
	if e.bare || len(e.data) == 0 && (strings.HasPrefix(start, "{") || strings.HasPrefix(start, "[{")) {
		e.bare = true
		e.data = append(e.data, line)
		return json.Valid([]byte(strings.Join(e.data, "\n")))
	}
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimPrefix(value, " ")
	switch name {
	case "data":
		e.data = append(e.data, value)
	case "event":
		e.ev.name = value
	case "error": // of no standard, and what several servers write when a stream breaks
		e.ev.name = "error"
		e.data = append(e.data, value)
	}
	return false
}

func (e *eventReader) dispatch() (event, bool) {
	ev := e.ev
	ev.data = strings.Join(e.data, "\n")
	e.ev, e.data, e.bare, e.size = event{}, nil, false, 0
	return ev, ev.data != ""
}
