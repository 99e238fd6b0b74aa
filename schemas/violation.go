package schemas

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Violation is one thing that is wrong with a manifest. It names the field and what would be right, and never holds the
// field's value, which may be a secret that landed in the wrong place.
type Violation struct {
	// Path is the field's place in the manifest, such as parameters.temperature or parameters.stop_sequences[1]. It is
	// empty when the manifest as a whole is meant.
	Path string `json:"path"`
	// Line and Column count from 1, the column in characters. Both are 0 when the manifest did not come from a file.
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Code    string `json:"code,omitempty"` // one of the Code constants, for machines
	Message string `json:"message"`
}

// The codes of violations.
const (
	CodeMissing     = "missing"
	CodeUnknownKey  = "unknown_key"
	CodeSecret      = "secret"
	CodeType        = "type"
	CodeEnum        = "enum"
	CodeRange       = "range"
	CodeLength      = "length"
	CodePattern     = "pattern"
	CodeNumber      = "number"
	CodeURL         = "url"
	CodeDuration    = "duration"
	CodeUnsupported = "unsupported"
	CodeDuplicate   = "duplicate_key"
	CodeSyntax      = "syntax"
	CodeTooMany     = "too_many_violations"
)

// String returns the violation without a place: "path: message".
func (v Violation) String() string {
	if v.Path == "" {
		return v.Message
	}
	return v.Path + ": " + v.Message
}

// In returns the violation the way compilers print theirs, "file:line:column: path: message", so that editors can jump
// to it.
func (v Violation) In(file string) string {
	if v.Line == 0 {
		return file + ": " + v.String()
	}
	return fmt.Sprintf("%s:%d:%d: %s", file, v.Line, v.Column, v)
}

// sortViolations brings violations into reading order.
func sortViolations(violations []Violation) {
	slices.SortStableFunc(violations, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Path, b.Path))
	})
}

// maxViolations bounds what is reported of one manifest; nobody reads more.
const maxViolations = 100

// capViolations cuts a long list and says so in its last entry.
func capViolations(violations []Violation) []Violation {
	if len(violations) <= maxViolations {
		return violations
	}
	rest := len(violations) - maxViolations
	return append(violations[:maxViolations:maxViolations], Violation{
		Code: CodeTooMany, Message: fmt.Sprintf("has %d more violations, which are not listed", rest),
	})
}

// merge adds to first those of second whose field nothing was said about before: one sentence a field is enough, and
// the first one is the better one.
func merge(first, second []Violation) []Violation {
	said := make(map[string]bool, len(first))
	for _, v := range first {
		said[v.Path] = v.Code != CodeDuplicate // which says nothing about the value
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
