package schemas

import "fmt"

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
	CodeTaken       = "name_taken" // another manifest of the same call has this name
	CodeSyntax      = "syntax"
	CodeTooMany     = "too_many_violations"
	CodeWarning     = "warning" // the manifest is valid all the same
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
