package approvers

import (
	"errors"
	"fmt"
)

// What a [Refusal] can be, for errors.Is.
var (
	ErrUnsigned    = errors.New("unsigned")
	ErrMalformed   = errors.New("no SSH signature")
	ErrAlgorithm   = errors.New("algorithm not allowed")
	ErrNamespace   = errors.New("wrong namespace")
	ErrSignature   = errors.New("signature of something else")
	ErrUnknownKey  = errors.New("unknown key")
	ErrNotValid    = errors.New("key not valid at this time")
	ErrPrincipal   = errors.New("key of somebody else")
	ErrAmbiguous   = errors.New("key of several approvers")
	ErrUnavailable = errors.New("approvers file unavailable")
)

// Refusal says why a signature does not make a decision count: Kind is one of the errors above, Reason a sentence for
// people. It holds no part of the approvers file but the times between which a key is valid.
type Refusal struct {
	Kind   error
	Reason string
}

// Error returns the sentence.
func (r *Refusal) Error() string { return r.Reason }

// Unwrap returns the kind.
func (r *Refusal) Unwrap() error { return r.Kind }

func refuse(kind error, format string, args ...any) error {
	return &Refusal{kind, fmt.Sprintf(format, args...)}
}
