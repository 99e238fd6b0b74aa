package codec

import "fmt"

// Problem says why a payload cannot be decoded.
type Problem int

// The problems of payloads.
const (
	// UnknownKey is a payload encrypted with a key that this process lacks.
	UnknownKey Problem = iota + 1
	// Unreadable is a payload that was changed or cut, or encrypted with another key of the same id.
	Unreadable
	// TooLarge is a payload that is larger than any that Temporal stores.
	TooLarge
	// NotEncrypted is a plain payload where encryption is required.
	NotEncrypted
	// Unbound is an encrypted payload that does not say where it belongs, where that is required.
	Unbound
	// Misplaced is an encrypted payload that belongs elsewhere: somebody moved it.
	Misplaced
)

// Forged reports whether the problem is one that nobody with the keys makes: the payload is not to be waited for.
func (p Problem) Forged() bool { return p == NotEncrypted || p == Unbound || p == Misplaced }

// Error is the error of every payload that cannot be decoded, or is too large to be encoded. It shows the key's id and
// nothing of the payload.
type Error struct {
	Problem Problem
	KeyID   string // empty if the payload names none that can be shown
}

// Error says what is wrong and what to do.
func (e *Error) Error() string {
	switch {
	case e.Problem == TooLarge:
		return fmt.Sprintf("the payload has more than %d MiB, which is more than any that Temporal stores", maxSize>>20)
	case e.Problem == NotEncrypted:
		return fmt.Sprintf("the payload is not encrypted, and %s=%s takes none that is not: it was not written by "+
			"anybody with a key. "+
			"If it is from before, %s says until when plain ones may be from", Mode, Required, Since)
	case e.Problem == Unbound:
		return fmt.Sprintf("the payload does not say where it belongs, and %s=%s takes none like that; if it is from "+
			"before, "+
			"%s says until when they may be from", Mode, Required, Since)
	case e.Problem == Misplaced:
		return fmt.Sprintf("the payload encrypted with key %s belongs to another place: somebody has moved it here",
			e.KeyID)
	case e.Problem == Unreadable:
		return fmt.Sprintf("the payload encrypted with key %s cannot be decrypted: it was changed or cut, or %s "+
			"holds another key "+
			"of that id; correct the variable", e.KeyID, Variable)
	case e.KeyID == "":
		return "the payload is encrypted, and names no key that " + Variable + " could hold; is it another program's?"
	}
	return fmt.Sprintf("the payload is encrypted with key %s, which %s does not hold; add it there", e.KeyID, Variable)
}
