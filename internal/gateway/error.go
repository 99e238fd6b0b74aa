package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// Error is a call of the gateway that failed. Its text is a sentence for people that says what happened; what to do
// about it says the catalogue ([schemas.ErrorType.Advice]). The text holds no secret, and nothing of the gateway's
// answer that is not bounded and visible.
type Error struct {
	Type          schemas.ErrorType
	Product       string // the gateway's name in sentences
	Op            string // the call, for machines
	Doing         string // the call in a sentence, after "to"
	Status        int    // HTTP status; 0 when there was no answer
	Code          string // the gateway's error code
	Message       string // the gateway's message, or what is wrong with its answer
	CorrelationID string
	Permissions   string // what a 403 says is missing, if it does
	Fields        []schemas.FieldDetail
	// RetryAfter is how long the gateway, or the quota, asks to wait, at most an hour; 0 when it does not say.
	RetryAfter time.Duration
	// Cause is the connection error or the context's error, if that is what failed.
	Cause error
	// NoEffect says that the call has changed nothing, whatever its type: it did not leave this process, or was a
	// login.
	NoEffect bool
}

// TookEffect reports whether the call may have taken effect although it failed: it was sent, and no answer says that it
// was refused.
func (e *Error) TookEffect() bool {
	switch e.Type {
	case schemas.ErrUnavailable, schemas.ErrBadResponse, schemas.ErrInternal:
		return !e.NoEffect
	}
	return false
}

// Unwrap returns the cause, so that errors.Is finds context.Canceled and its like.
func (e *Error) Unwrap() error { return e.Cause }

// Retryable reports whether the same call may succeed later. It says nothing of whether the failed one took effect.
func (e *Error) Retryable() bool {
	return e.Type == schemas.ErrRateLimited || e.Type == schemas.ErrUnavailable
}

// Details returns what an application error carries.
func (e *Error) Details() schemas.ErrorDetails {
	return schemas.ErrorDetails{Status: e.Status, Code: e.Code, CorrelationID: e.CorrelationID, Fields: e.Fields}
}

// Error returns the sentence.
func (e *Error) Error() string {
	text := e.happened()
	if e.Message != "" {
		text += ": " + e.Message
	} else if e.Cause != nil {
		text += ": " + causeText(e.Cause)
	}
	if len(e.Fields) > 0 {
		text += "; fields: " + FieldList(e.Fields)
	}
	if e.Permissions != "" {
		text += "; the login lacks " + e.Permissions
	}
	switch {
	case e.RetryAfter > 0 && e.Status == 0:
		text += fmt.Sprintf("; it is tried again in %s", e.RetryAfter)
	case e.RetryAfter > 0:
		text += fmt.Sprintf("; it asks to wait for %s", e.RetryAfter)
	}
	if e.CorrelationID != "" {
		text += " (correlation id " + e.CorrelationID + ")"
	}
	return text
}

func (e *Error) happened() string {
	verb := "refused to"
	switch e.Type {
	case schemas.ErrUnavailable:
		verb = "could not"
		if e.Status == 0 {
			return e.Product + " could not be reached to " + e.Doing
		}
	case schemas.ErrRateLimited:
		if e.Status == 0 {
			return e.Product + " was not asked to " + e.Doing
		}
		verb = "is limiting requests and did not"
	case schemas.ErrBadResponse:
		return e.Product + " was asked to " + e.Doing + " and gave an answer that cannot be used"
	}
	answer := fmt.Sprint(e.Status)
	if e.Code != "" {
		answer += " " + e.Code
	}
	return fmt.Sprintf("%s %s %s (%s)", e.Product, verb, e.Doing, answer)
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
	return words.Line(err.Error(), 300)
}

// FieldList names the fields that the gateway complains about, for a sentence.
func FieldList(fields []schemas.FieldDetail) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.Field
		if f.Code != "" {
			parts[i] += " (" + f.Code + ")"
		}
	}
	return strings.Join(parts, ", ")
}
