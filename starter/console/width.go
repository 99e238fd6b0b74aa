package console

import (
	"unicode"

	"golang.org/x/text/width"
)

// cells returns how many terminal cells a character takes.
func cells(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Width returns how many terminal cells a cleaned text takes.
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += cells(r)
	}
	return n
}

// cut returns as much of a cleaned text as fits, and how many cells are left. A text that does not fit ends in an
// ellipsis, and leaves nothing.
func cut(s string, room int) (string, int) {
	if w := Width(s); w <= room {
		return s, room - w
	}
	used := 0
	for i, r := range s {
		if used+cells(r) > room-1 {
			return s[:i] + "…", 0
		}
		used += cells(r)
	}
	return s, 0
}
