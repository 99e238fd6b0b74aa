package words

import (
	"strings"
	"unicode"

	"model-registrar/schemas"
)

// Line makes outside text fit for a sentence: one line of at most n characters, all of them visible.
func Line(s string, n int) string { return schemas.Cut(OneLine(s), n) }

// OneLine is [Line] without its bound, for text in which secrets are looked for before it is cut. Runs of white space
// and of what cannot be shown (line breaks, controls of a terminal, text direction) become one space.
func OneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(c rune) bool { return !schemas.IsVisible(c) || unicode.IsSpace(c) }),
		" ")
}
