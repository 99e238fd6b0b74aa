package audit

import (
	"errors"
	"fmt"
)

// ErrEntry says that an entry can never be appended, because of what it is. Every other error may pass by itself, or
// once somebody has mended the disk.
var ErrEntry = errors.New("the audit entry cannot be written")

// Error says that the trail could not be written or read.
type Error struct {
	Path string
	Step string // what was being done, after "could not"
	Err  error
}

func (e *Error) Unwrap() error { return e.Err }

// Error returns a sentence for people.
func (e *Error) Error() string {
	return fmt.Sprintf("the audit trail %s could not be %s: %v; check that its disk has room and that the process may write there", e.Path, e.Step, e.Err)
}

// LineError is a line of the trail that is no entry.
type LineError struct {
	Path string
	Line int // from 1
	Err  error
}

func (e *LineError) Unwrap() error { return e.Err }

// Error returns a sentence for people, without the line itself.
func (e *LineError) Error() string {
	return fmt.Sprintf("line %d of the audit trail %s is no audit entry: %v; compare it with a backup", e.Line, e.Path, e.Err)
}
