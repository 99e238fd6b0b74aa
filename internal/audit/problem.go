package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"model-registrar/internal/words"
)

// ProblemKind says what is wrong with a trail, for machines.
type ProblemKind string

// What can be wrong.
const (
	Changed    ProblemKind = "changed"    // an entry says something else than when it was written
	Missing    ProblemKind = "missing"    // entries are gone from the middle or the beginning
	Reordered  ProblemKind = "reordered"  // an entry stands after a later one
	Duplicated ProblemKind = "duplicated" // an entry is there again
	Conflict   ProblemKind = "conflict"   // two entries of one id say different things
	// an entry is spelled as no worker writes it, to be read differently
	Respelled       ProblemKind = "spelling"
	CutOff          ProblemKind = "cut"              // entries are gone from the end
	Rewritten       ProblemKind = "rewritten"        // the chain is another one than when a checkpoint was made
	Foreign         ProblemKind = "foreign"          // something in the chain is no entry of it
	Unfinished      ProblemKind = "unfinished"       // the last line lacks its end
	BadSignature    ProblemKind = "signature"        // a decision's signature is not right
	OtherTrail      ProblemKind = "other_trail"      // a checkpoint is of another trail
	WrongCheckpoint ProblemKind = "wrong_checkpoint" // a checkpoint cannot be relied on
)

// Problem is one thing that is wrong with a trail.
type Problem struct {
	Kind    ProblemKind `json:"kind"`
	Seq     int64       `json:"seq,omitempty"`     // of the entry, or of the first one of several
	Line    int         `json:"line,omitempty"`    // where it is seen in a file, from 1
	EntryID string      `json:"entryId,omitempty"` // of the entry
	Text    string      `json:"problem"`           // a sentence for people
}

// String returns a sentence for people that begins with the place.
func (p Problem) String() string {
	text := place(p.Line, p.Seq)
	if p.EntryID != "" {
		text += " (" + shown(p.EntryID) + ")"
	}
	if text == "" {
		return p.Text
	}
	return text + ": " + p.Text
}

// place names a line and an entry, as far as they are known.
func place(line int, seq int64) string {
	var parts []string
	if seq > 0 {
		parts = append(parts, fmt.Sprintf("entry %d", seq))
	}
	if line > 0 {
		parts = append(parts, fmt.Sprintf("line %d", line))
	}
	return strings.Join(parts, ", ")
}

// shown makes text from outside fit for a sentence.
func shown(text string) string { return words.Line(text, 100) }

// plain is an error of reading JSON without what was read.
func plain(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return errors.New("it is no JSON")
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Errorf("its field %s holds something else than an entry's", shown(kind.Field))
	case errors.As(err, &kind):
		return errNoObject
	}
	return err
}
