package people

import (
	"maps"
	"slices"
	"unicode"
)

// alike are the scripts that have letters which look like each other's. No name needs two of them.
var alike = []string{"Latin", "Greek", "Cyrillic", "Armenian", "Cherokee", "Coptic"}

// together are scripts that one word is written in, as Unicode's "highly restrictive" level has it (UTS 39).
var together = [][]string{
	{"Latin", "Han", "Hiragana", "Katakana"},
	{"Latin", "Han", "Bopomofo"},
	{"Latin", "Han", "Hangul"},
}

// mixed names two scripts of a name that are not written together; empty if there are none.
func mixed(name string) (string, string) {
	var whole, word []string
	for _, c := range name + " " {
		s := script(c)
		switch {
		case s != "" && !slices.Contains(word, s):
			word = append(word, s)
		case s == "" && !unicode.IsMark(c):
			if !writtenTogether(word) {
				return word[0], word[1]
			}
			word = nil
		}
		if slices.Contains(alike, s) && !slices.Contains(whole, s) {
			whole = append(whole, s)
		}
	}
	if len(whole) > 1 {
		return whole[0], whole[1]
	}
	return "", ""
}

func writtenTogether(word []string) bool {
	if len(word) < 2 {
		return true
	}
	return slices.ContainsFunc(together, func(set []string) bool {
		return !slices.ContainsFunc(word, func(s string) bool { return !slices.Contains(set, s) })
	})
}

// scripts are the names of the scripts that have letters, in a fixed order.
var scripts = slices.Sorted(maps.Keys(unicode.Scripts))

// script is the script of a letter; empty for everything else, and for what all scripts share.
func script(c rune) string {
	if !unicode.IsLetter(c) {
		return ""
	}
	for _, s := range scripts {
		if s != "Common" && s != "Inherited" && unicode.Is(unicode.Scripts[s], c) {
			return s
		}
	}
	return ""
}

// lookalikes are the small letters of other scripts that read as Latin ones in common typefaces, their capitals
// included, after case folding (Unicode's confusables, UTS 39).
var lookalikes = map[rune]rune{
	// Cyrillic
	'а': 'a', 'в': 'b', 'с': 'c', 'ԁ': 'd', 'е': 'e', 'һ': 'h', 'н': 'h', 'і': 'i', 'ј': 'j', 'к': 'k', 'ӏ': 'l',
	'м': 'm', 'о': 'o', 'р': 'p', 'ԛ': 'q', 'ѕ': 's', 'т': 't', 'ѵ': 'v', 'ԝ': 'w', 'х': 'x', 'у': 'y', 'ү': 'y',
	// Greek
	'α': 'a', 'β': 'b', 'ϲ': 'c', 'ε': 'e', 'η': 'h', 'ι': 'i', 'ϳ': 'j', 'κ': 'k', 'μ': 'm', 'ν': 'v', 'ο': 'o',
	'ρ': 'p', 'τ': 't', 'υ': 'y', 'χ': 'x', 'ζ': 'z',
	// Latin letters that are drawn like others
	'ı': 'i', 'ɑ': 'a', 'ɡ': 'g', 'ɩ': 'i',
}
