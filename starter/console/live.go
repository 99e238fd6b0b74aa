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

// Update writes the lines that stay, then the block as it stands now, in place of the block drawn before. A block
// taller than the terminal is cut at its top, as rows that have scrolled away cannot be redrawn.
func (l *Live) Update(stay, block []Line) {
	columns, rows := l.Printer.Size()
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
