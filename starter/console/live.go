package console

import (
	"fmt"
	"io"
	"strings"
)

// Live keeps a block of lines at the bottom of a terminal up to date, below lines that stay. It is not safe for
// concurrent use, and needs a printer whose Size is set.
type Live struct {
	Printer *Printer
	drawn   int
}

// Update writes the lines that stay, then the block as it stands now, in place of the block drawn before. A line wider
// than the terminal goes on in the rows below it. A block taller than the terminal is cut at its top, as rows that have
// scrolled away cannot be redrawn.
func (l *Live) Update(stay, block []Line) {
	columns, rows := l.Printer.Size()
	block = wrapped(block, columns-1)
	if over := len(block) - (rows - 1); over > 0 {
		block = block[over:]
	}
	var b strings.Builder
	if l.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", l.drawn)
	}
	b.WriteString("\r\x1b[J")
	for _, line := range stay {
		b.WriteString(line.render(l.Printer.Colour, 0) + "\n")
	}
	for _, line := range block {
		b.WriteString(line.render(l.Printer.Colour, columns-1) + "\n")
	}
	l.drawn = len(block)
	_, _ = io.WriteString(l.Printer.W, b.String())
}

const (
	maxRows = 5 // of one line; a longer one is cut
	indent  = 4 // of the rows below the first
)

// wrapped breaks lines that are wider than the room for them, at spaces where there are some.
func wrapped(lines []Line, room int) []Line {
	var out []Line
	for _, line := range lines {
		for row := 1; room > 2*indent && row < maxRows && Width(line.String()) > room; row++ {
			first, rest := line.split(room)
			out = append(out, first)
			line = append(Text(strings.Repeat(" ", indent)), rest...)
		}
		out = append(out, line)
	}
	return out
}

// split divides a line where its room ends.
func (l Line) split(room int) (first, rest Line) {
	var whole []rune
	for _, span := range l {
		whole = append(whole, []rune(Clean(span.Text))...)
	}
	at := breakIn(whole, room)
	for _, span := range l {
		runes := []rune(Clean(span.Text))
		here := min(at, len(runes))
		first, rest = first.And(span.Style, string(runes[:here])), rest.And(span.Style, string(runes[here:]))
		if at -= here; at == 0 { // the break is here
			last := &first[len(first)-1].Text
			*last = strings.TrimRight(*last, " ")
		}
	}
	return first, rest
}

// breakIn is how many characters stand before the break: those up to the last space that has room, or as many as have
// room if that would leave half of it empty.
func breakIn(text []rune, room int) int {
	used, space := 0, 0
	for i, r := range text {
		used += cells(r)
		switch {
		case r == ' ' && used <= room+1: // one at the end of a row is not seen
			space = i + 1
		case used > room && space > i/2:
			return space
		case used > room:
			return i
		}
	}
	return len(text)
}
