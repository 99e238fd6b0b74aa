package audit

import (
	"errors"
	"fmt"
)

// ErrEntry says that an entry can never be appended, because of what it is. Every other error may pass by itself, or
// once somebody has repaired the disk or the database.
var ErrEntry = errors.New("the audit entry cannot be written")

// Error says that the trail could not be written or read.
type Error struct {
	Trail string // the file's path, or the database without its password
	Step  string // what was being done, after "could not be"
	Err   error
	check string // what to do
}

// What to do about an error.
const (
	checkDisk     = "check that its disk has room and that the process may write there"
	checkHolder   = "if that is no worker, end it: nothing else has to hold the lock"
	checkDatabase = "check that the database runs and can be reached, and that its user may use it"
)

func (e *Error) Unwrap() error { return e.Err }

// Error returns a sentence for people.
func (e *Error) Error() string {
	return fmt.Sprintf("the audit trail %s could not be %s: %v; %s", e.Trail, e.Step, e.Err, e.check)
}
