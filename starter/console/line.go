package console

import "strings"

// Style is how a piece of text looks on a terminal that shows colours.
type Style string

// The styles, by what they mean to the reader.
const (
	Plain  Style = ""
	Strong Style = "1"
	Faint  Style = "2"
	Good   Style = "32"
	Bad    Style = "31"
	Alert  Style = "33"
	Active Style = "36"
)

// Span is a piece of text in one style.
type Span struct {
	Style Style
	Text  string
}

// Line is one line of output.
type Line []Span

// Text returns a line in plain style.
func Text(s string) Line { return Line{{Plain, s}} }

// Styled returns a line in one style.
func Styled(style Style, s string) Line { return Line{{style, s}} }

// And returns the line with more text at its end.
func (l Line) And(style Style, s string) Line { return append(l[:len(l):len(l)], Span{style, s}) }

// String returns the line cleaned and without styles.
func (l Line) String() string { return l.render(false, 0) }

// render returns the line cleaned, cut to so many terminal cells (0: not at all), with styles if colour is set.
func (l Line) render(colour bool, cells int) string {
	var b strings.Builder
	left := cells
	for _, span := range l {
		text := Clean(span.Text)
		if cells > 0 {
			text, left = cut(text, left)
		}
		if colour && span.Style != Plain && text != "" {
			b.WriteString("\x1b[" + string(span.Style) + "m" + text + "\x1b[0m")
		} else {
			b.WriteString(text)
		}
		if cells > 0 && left <= 0 {
			break
		}
	}
	return strings.TrimRight(b.String(), " ")
}
