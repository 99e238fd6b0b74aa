package manifest

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"model-registrar/schemas"
)

// sortViolations brings violations into reading order.
func sortViolations(violations []schemas.Violation) {
	slices.SortStableFunc(violations, func(a, b schemas.Violation) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Path, b.Path))
	})
}

// maxViolations bounds what is reported of one manifest; nobody reads more.
const maxViolations = 100

// capViolations cuts a long list and says so in its last entry.
func capViolations(violations []schemas.Violation) []schemas.Violation {
	if len(violations) <= maxViolations {
		return violations
	}
	return append(violations[:maxViolations:maxViolations], schemas.Violation{
		Code: schemas.CodeTooMany, Message: fmt.Sprintf("has more violations than these %d", maxViolations),
	})
}

// merge adds to first those of second whose field nothing was said about before: one sentence a field is enough, and
// the first one is the better one.
func merge(first, second []schemas.Violation) []schemas.Violation {
	said := make(map[string]bool, len(first))
	for _, v := range first {
		said[v.Path] = v.Code != schemas.CodeDuplicate // which says nothing about the value
	}
	for _, v := range second {
		if !said[v.Path] {
			said[v.Path] = true
			first = append(first, v)
		}
	}
	return first
}

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// child returns the path of a key. A key is what a person wrote: an odd one is quoted and cut, so that no report can be
// flooded or carry control characters to a terminal, and one that is itself a secret is not repeated.
func child(path, key string) string {
	switch {
	case looksLikeSecret(key):
		key = `"…"`
	case !plainKey.MatchString(key):
		if runes := []rune(key); len(runes) > 64 {
			key = string(runes[:64]) + "…"
		}
		key = strconv.QuoteToASCII(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// element returns the path of a list's element.
func element(path string, index int) string { return fmt.Sprintf("%s[%d]", path, index) }

// parent returns the path of what holds the field, and whether there is one.
func parent(path string) (string, bool) {
	if path == "" {
		return "", false
	}
	return path[:max(0, strings.LastIndexAny(path, ".["))], true
}
