package console

import (
	"regexp"
	"strings"

	"model-registrar/schemas"
)

// escapes matches the terminal sequences that would leave rubbish behind if only their control characters were taken
// out: CSI (colours, cursor) and OSC (titles, links), in their 7-bit and 8-bit forms.
var escapes = regexp.MustCompile(`(?:\x1b\[|\x{9b})[0-?]*[ -/]*[@-~]?|` +
	`(?:\x1b\]|\x{9d})[^\x07\x1b\x{9c}]*(?:\x07|\x1b\\|\x{9c})?|\x1b[@-_]?`)

// Clean returns s as one line that is safe to print: without terminal sequences, control characters, or the invisible
// characters that reorder text on a screen. Line breaks and tabs become spaces.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = escapes.ReplaceAllString(s, "")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case !schemas.IsVisible(r):
			return -1
		}
		return r
	}, s)
}

// FirstLine returns the first line of s that holds any text.
func FirstLine(s string) string {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}
