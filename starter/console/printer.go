package console

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Printer writes lines to one stream. The zero Size and Colour are those of a stream that is no terminal.
type Printer struct {
	W      io.Writer
	Colour bool
	// Size returns the terminal's columns and rows; nil when the stream is no terminal.
	Size func() (columns, rows int)
}

// NewPrinter returns a printer for the stream. It redraws in place only on a terminal that can (TERM other than dumb),
// and uses colours unless NO_COLOR is set (https://no-color.org).
func NewPrinter(w io.Writer, getenv func(string) string) *Printer {
	p := &Printer{W: w}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || getenv("TERM") == "dumb" {
		return p
	}
	p.Colour = getenv("NO_COLOR") == ""
	p.Size = func() (int, int) {
		columns, rows, err := term.GetSize(int(f.Fd()))
		if err != nil || columns < 1 || rows < 1 {
			return 80, 24
		}
		return columns, rows
	}
	return p
}

// Terminal reports whether the printer writes to a terminal.
func (p *Printer) Terminal() bool { return p.Size != nil }

// Print writes whole lines, in one piece so that they are not torn.
func (p *Printer) Print(lines ...Line) {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.render(p.Colour, 0) + "\n")
	}
	_, _ = io.WriteString(p.W, b.String())
}

// Printf writes one line in plain style.
func (p *Printer) Printf(format string, args ...any) { p.Print(Text(fmt.Sprintf(format, args...))) }

// Alertf writes one line that should not be overlooked.
func (p *Printer) Alertf(format string, args ...any) {
	p.Print(Styled(Alert, "! "+fmt.Sprintf(format, args...)))
}

// Donef writes one line about what is as it should be.
func (p *Printer) Donef(format string, args ...any) {
	p.Print(Styled(Good, "✓ ").And(Plain, fmt.Sprintf(format, args...)))
}

// Ask writes a question and leaves the cursor behind it.
func (p *Printer) Ask(question string) { _, _ = io.WriteString(p.W, Clean(question)+" ") }
