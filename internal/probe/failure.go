package probe

import (
	"fmt"
	"time"

	"model-registrar/schemas"
)

// failure is why a sample failed.
type failure struct {
	code     string
	sentence string // for people: what happened and what to look at
	status   int    // HTTP status, or 0
	// transient failures go away by themselves when an endpoint is starting or busy.
	transient  bool
	retryAfter time.Duration
	// definite failures would meet every further sample as well.
	definite bool
	// unfinished: the token limit cut off what was right so far.
	unfinished bool
	// said is the refusal of a request, which may name a parameter that the request can do without; nil for the rest.
	said *apiError
}

func failed(code, format string, args ...any) *failure {
	return &failure{code: code, sentence: fmt.Sprintf(format, args...)}
}

func failedForGood(code, format string, args ...any) *failure {
	f := failed(code, format, args...)
	f.definite = true
	return f
}

func failedForNow(code, format string, args ...any) *failure {
	f := failed(code, format, args...)
	f.transient = true
	return f
}

// RetryableError says that the endpoint may only be starting, or busy: the same probe may pass later.
type RetryableError struct {
	Code    string
	Message string
	// RetryAfter is how long the endpoint asks to wait (Retry-After, retry-after-ms), at most an hour; 0 if it does
	// not.
	RetryAfter time.Duration

	report *schemas.ProbeReport
}

func (e *RetryableError) Error() string { return e.Message }

// Report is the FAIL that the probe ends in when there is no time left for another try.
func (e *RetryableError) Report() *schemas.ProbeReport { return e.report }
