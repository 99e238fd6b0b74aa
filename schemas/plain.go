package schemas

import (
	"strings"
	"unicode"
)

// Plain makes outside text fit for one line of at most n characters, all of them visible: some of the others would turn
// what follows around.
func Plain(s string, n int) string {
	s = strings.Map(func(c rune) rune {
		if !unicode.IsGraphic(c) && !IsJoiner(c) {
			return ' '
		}
		return c
	}, s)
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// RecordedName is a model's name as the audit trail and the index hold it: at most 80 characters, all of them visible. A
// name that a manifest may have is its own.
func RecordedName(name string) string { return Plain(name, 80) }
