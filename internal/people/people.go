// Package people compares and checks the names of people as a reader sees them. Four eyes need two people: a name that
// only looks like another one must not pass for somebody else.
//
// It is pure, and so may be called by workflows.
package people

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"model-registrar/schemas"
)

// Same reports whether two names are one person's: whether they read alike by NFKC, without case, invisible characters
// and surplus spaces, and with letters of other scripts taken for the Latin ones that they look like.
func Same(a, b string) bool { return key(a) == key(b) }

// key is what two names that read alike have in common.
func key(name string) string {
	visible := strings.Map(func(c rune) rune {
		if invisible(c) {
			return -1
		}
		return c
	}, norm.NFKC.String(name))
	folded := norm.NFKC.String(cases.Fold().String(visible))
	latin := strings.Map(func(c rune) rune {
		if l, ok := lookalikes[c]; ok {
			return l
		}
		return c
	}, folded)
	return strings.Join(strings.Fields(latin), " ")
}

// Check says what keeps a name from being read as what it is: invisible characters, or letters of scripts that are not
// written together, as in a name that imitates another one.
func Check(name string) error {
	for _, c := range name {
		if invisible(c) || !unicode.IsGraphic(c) {
			return fmt.Errorf("it holds a control character or an invisible one (U+%04X)", c)
		}
	}
	if a, b := mixed(name); a != "" {
		return fmt.Errorf("it mixes letters of %s and %s, as a name does that imitates another one", a, b)
	}
	return nil
}

// RequesterProblem says what is wrong with who asks for something, as a phrase that follows the field's name; empty:
// nothing.
func RequesterProblem(name string) string {
	switch {
	case strings.TrimSpace(name) == "":
		return "must not be empty; four eyes need to know who asks"
	case utf8.RuneCountInString(name) > schemas.MaxRequester:
		return fmt.Sprintf("must have at most %d characters", schemas.MaxRequester)
	}
	if err := Check(name); err != nil {
		return "must be a name that reads as what it is: " + err.Error()
	}
	return ""
}

// invisible reports whether a character shows nothing: Unicode's default-ignorable code points, and those that are
// drawn blank without being spaces (the Braille pattern and the musical note without dots).
func invisible(c rune) bool {
	switch c {
	case 0x2800, 0x1D159:
		return true
	}
	return unicode.In(c, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
