package schemas

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsVisible reports whether a character may be shown as it is: neither control nor format character, of which some turn
// what follows around or steer a terminal, but for the joiners that names need; neither line break nor private use.
func IsVisible(c rune) bool {
	return IsJoiner(c) || !unicode.In(c, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp)
}

// Plain makes outside text fit for one line of at most n characters, all of them visible: the others become spaces.
func Plain(s string, n int) string {
	return Cut(strings.Map(func(c rune) rune {
		if !IsVisible(c) {
			return ' '
		}
		return c
	}, s), n)
}

// Cut shortens a text to at most n characters, the last of which is then an ellipsis.
func Cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// RecordedName is a model's name as the audit trail and the index hold it: at most 80 characters, all of them visible.
// A name that a manifest may have is its own.
func RecordedName(name string) string { return Plain(name, 80) }

// CutBytes shortens a text to at most n bytes, the last of which are then an ellipsis. No character is cut in two.
func CutBytes(s string, n int) string {
	const ellipsis = "…"
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	end := n - len(ellipsis)
	if end < 0 {
		return ""
	}
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}
