package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Error is a delivery that failed. Its text is a sentence for people; of the URL it holds scheme and host alone,
// because the path of a webhook's URL is often its password.
type Error struct {
	Origin    string // scheme and host of the receiver
	MessageID string
	Status    int // 0 when there was no answer, or when nothing was sent
	// Permanent says that no later attempt can succeed: the receiver is gone (410), it redirects, or the event or its
	// URL cannot be sent at all. Every other answer may change once the receiver is repaired.
	Permanent bool
	// RetryAfter is how long the receiver asks to wait, at most an hour; 0 when it does not say.
	RetryAfter time.Duration
	// Cause is why there was no answer: the connection's error, the guard's, or the context's.
	Cause error
}

// Unwrap returns the cause, so that the guard's refusals can be told from the network's.
func (e *Error) Unwrap() error { return e.Cause }

// Error returns the sentence.
func (e *Error) Error() string {
	if e.Status == 0 {
		if e.Permanent {
			return fmt.Sprintf("webhook %s for %s cannot be sent: %s", e.MessageID, e.Origin, causeText(e.Cause))
		}
		return fmt.Sprintf("webhook %s did not reach %s: %s; check that the receiver runs and that its port is open "+
			"to the worker",
			e.MessageID, e.Origin, causeText(e.Cause))
	}
	return fmt.Sprintf("the webhook receiver %s answered %s to webhook %s; %s",
		e.Origin, strings.TrimSpace(fmt.Sprint(e.Status, " ", http.StatusText(e.Status))), e.MessageID, e.advice())
}

func (e *Error) advice() string {
	switch {
	case e.Status == http.StatusGone:
		return "it wants no more deliveries, so take its URL out of the manifest"
	case e.Status < 400:
		return "redirects are not followed, so put the URL that it redirects to into the manifest"
	case e.RetryAfter > 0:
		return fmt.Sprintf("it asks to try again in %s", e.RetryAfter)
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
		return "check that it knows the webhook secret in use"
	case e.Status == http.StatusNotFound, e.Status == http.StatusMethodNotAllowed:
		return "check the URL in the manifest"
	}
	return "its log says why"
}

func causeText(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "there was no answer in time"
	case errors.Is(err, context.Canceled):
		return "the delivery was cancelled"
	}
	return err.Error()
}

// withoutURL strips what net/http wraps around an error: the whole URL.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// origin is what may be shown of a URL.
func origin(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return "an unreadable URL"
	}
	return u.Scheme + "://" + u.Host
}
