// Package lookalike finds names that people take for each other although they are different texts: composed and
// decomposed accents (NFC and NFD), letters of other scripts that look the same, and characters that show nothing.
package lookalike

import (
	"strings"
	"unicode"

	"github.com/mtibben/confusables"
	"golang.org/x/text/unicode/norm"
)

// Skeleton is what names that look alike have in common. It is for comparing and never for showing. It follows Unicode
// Technical Standard 39, "Confusable detection"; compatibility forms, such as full-width letters, count as alike too.
func Skeleton(name string) string {
	visible := strings.Map(func(c rune) rune {
		if unicode.In(c, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
			return -1
		}
		return c
	}, norm.NFKC.String(name))
	return confusables.Skeleton(visible)
}

// Pair is two different names that look alike. One is from the names that were added first.
type Pair struct{ One, Other string }

// Names is a set of names. The zero value is empty.
type Names struct{ bySkeleton map[string][]string }

// Add adds a name, and returns it with each name of the set that looks like it.
func (n *Names) Add(name string) []Pair {
	if n.bySkeleton == nil {
		n.bySkeleton = map[string][]string{}
	}
	skeleton := Skeleton(name)
	var pairs []Pair
	for _, other := range n.bySkeleton[skeleton] {
		if other == name {
			return nil // it has been compared
		}
		pairs = append(pairs, Pair{One: other, Other: name})
	}
	n.bySkeleton[skeleton] = append(n.bySkeleton[skeleton], name)
	return pairs
}
