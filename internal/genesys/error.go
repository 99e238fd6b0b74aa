package genesys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"model-registrar/internal/quota"
	"model-registrar/schemas"
)

// op names a call for machines and, in a sentence after "to", for people.
type op struct{ name, phrase string }

var (
	opToken       = op{"FetchToken", "issue an access token"}
	opCheckLogin  = op{"CheckLogin", "show whether the login is accepted"}
	opCreateModel = op{"CreateModel", "create the model"}
	opFindModels  = op{"FindModels", "look the model up by name"}
	opListModels  = op{"ListModels", "list the models"}
	opUpdateModel = op{"UpdateModel", "update the model"}
	opDeleteModel = op{"DeleteModel", "delete the model"}
	opGetJob      = op{"GetJob", "tell how the job stands"}
	opHealthCheck = op{"TriggerHealthCheck", "start a health check"}
	opGetModel    = op{"GetModel", "show the model"}
	opGetHealth   = op{"GetHealthCheck", "tell how the health check ended"}
)

// class is which calls take turns with this one: a look-up by name begins a registration, all others finish one.
func (o op) class() quota.Class {
	switch o {
	case opFindModels:
		return quota.Start
	case opListModels:
		return quota.Interactive // a person waits for the plan
	}
	return quota.Finish
}

// Error is a call that failed. Its text is a sentence for people that says what happened and what to do; it holds no
// secret and nothing of the platform's answer that is not bounded and printable.
type Error struct {
	Type          schemas.ErrorType
	Op            string // the method that failed, or FetchToken
	Status        int    // HTTP status; 0 when there was no answer
	Code          string // the platform's error code
	Message       string // the platform's message, or what is wrong with its answer
	CorrelationID string
	Permissions   string // what a 403 says is missing, if it does
	Fields        []schemas.FieldDetail
	// RetryAfter is how long the platform asks to wait, at most an hour; 0 when it does not say.
	RetryAfter time.Duration
	// Cause is the connection error or the context's error, if that is what failed.
	Cause error

	phrase string
	unsent bool // the request did not leave this process
}

// TookEffect reports whether the call may have taken effect although it failed: it was sent, and no answer says that it
// was refused.
func (e *Error) TookEffect() bool {
	switch e.Type {
	case schemas.ErrUnavailable, schemas.ErrBadResponse, schemas.ErrInternal:
		return !e.unsent && e.Op != opToken.name
	}
	return false
}

// Unwrap returns the cause, so that errors.Is finds context.Canceled and its like.
func (e *Error) Unwrap() error { return e.Cause }

// Retryable says whether the same call may succeed later. It says nothing of whether the failed one took effect.
func (e *Error) Retryable() bool {
	return e.Type == schemas.ErrRateLimited || e.Type == schemas.ErrUnavailable
}

// Details returns what an application error carries.
func (e *Error) Details() schemas.ErrorDetails {
	return schemas.ErrorDetails{Status: e.Status, Code: e.Code, CorrelationID: e.CorrelationID, Fields: e.Fields}
}

// Error returns the sentence.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.happened())
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	} else if e.Cause != nil {
		b.WriteString(": " + causeText(e.Cause))
	}
	if len(e.Fields) > 0 {
		b.WriteString("; fields: " + fieldList(e.Fields))
	}
	b.WriteString("; " + e.advice())
	if e.CorrelationID != "" {
		b.WriteString(" (correlation id " + e.CorrelationID + ")")
	}
	return b.String()
}

func (e *Error) happened() string {
	verb := "refused to"
	switch e.Type {
	case schemas.ErrUnavailable:
		verb = "could not"
		if e.Status == 0 {
			return "Genesys Cloud could not be reached to " + e.phrase
		}
	case schemas.ErrRateLimited:
		if e.Status == 0 {
			return "Genesys Cloud was not asked to " + e.phrase
		}
		verb = "is limiting requests and did not"
	case schemas.ErrBadResponse:
		return "Genesys Cloud was asked to " + e.phrase + " and gave an answer that cannot be used"
	}
	answer := fmt.Sprint(e.Status)
	if e.Code != "" {
		answer += " " + e.Code
	}
	return fmt.Sprintf("Genesys Cloud %s %s (%s)", verb, e.phrase, answer)
}

func (e *Error) advice() string {
	switch e.Type {
	case schemas.ErrRateLimited, schemas.ErrUnavailable:
		if e.RetryAfter > 0 {
			if e.Type == schemas.ErrRateLimited && e.Status == 0 {
				return fmt.Sprintf("it is tried again in %s", e.RetryAfter)
			}
			return fmt.Sprintf("try again in %s, as it asks", e.RetryAfter)
		}
		if e.Status == 0 {
			return "check the configured host and the network, and try again"
		}
		return "try again later"
	case schemas.ErrUnauthorized:
		return "check the OAuth client's id and secret, and that the client is active and uses the client credentials grant"
	case schemas.ErrForbidden:
		if e.Permissions != "" {
			return "give the OAuth client's role " + e.Permissions
		}
		return "give the OAuth client the scopes that docs/genesys-api.md lists"
	case schemas.ErrNotFound:
		return "check that it still exists, and the configured host and paths"
	case schemas.ErrConflict:
		return "look at what exists under this name before trying again"
	case schemas.ErrBadResponse:
		return "check the configured host and paths: the LLM Gateway answers otherwise"
	default:
		return "correct what it complains about before trying again"
	}
}

// causeText says for people what the runtime says for programmers.
func causeText(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "there was no answer in time"
	case errors.Is(err, context.Canceled):
		return "the call was cancelled"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was cut before the answer was complete"
	}
	return oneLine(err.Error(), maxMessage)
}

func fieldList(fields []schemas.FieldDetail) string {
	var parts []string
	for _, f := range fields {
		if f.Code != "" {
			parts = append(parts, f.Field+" ("+f.Code+")")
		} else {
			parts = append(parts, f.Field)
		}
	}
	return strings.Join(parts, ", ")
}

func unreachable(o op, cause error) *Error {
	return &Error{Type: schemas.ErrUnavailable, Op: o.name, phrase: o.phrase, Cause: cause}
}

// notSent is a call whose turn did not come: the quota has no room for it soon, or the caller left.
func notSent(o op, err error) *Error {
	var busy *quota.Deferred
	if !errors.As(err, &busy) {
		e := unreachable(o, err)
		e.unsent = true
		return e
	}
	after := busy.RetryAfter.Round(time.Millisecond)
	return &Error{Type: schemas.ErrRateLimited, Op: o.name, phrase: o.phrase, RetryAfter: after, unsent: true,
		Message: "the request quota of the OAuth client is in use"}
}

func badResponse(o op, what string) *Error {
	return &Error{Type: schemas.ErrBadResponse, Op: o.name, phrase: o.phrase, Message: what}
}

// invalidArgument is a call that was not sent, because its path would not be what the caller meant.
func invalidArgument(o op, what string) *Error {
	return &Error{Type: schemas.ErrBadRequest, Op: o.name, phrase: o.phrase, Message: what, unsent: true}
}
