package registrar

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"

	"model-registrar/internal/follow"
)

// Misconfigured says that options cannot be used.
type Misconfigured struct {
	Err      error
	Temporal bool // the configuration of the Temporal client is what is wrong
}

// Error says what is wrong; it names variables, never their values.
func (e *Misconfigured) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Misconfigured) Unwrap() error { return e.Err }

// Unreachable says that Temporal does not answer. The call may be repeated.
type Unreachable struct {
	Address string // host:port
	Reason  string // in a few words
	Err     error
}

// Error says which address does not answer, and why.
func (e *Unreachable) Error() string {
	return fmt.Sprintf("cannot reach Temporal at %s: %s", e.Address, e.Reason)
}

// Unwrap returns the error of the call.
func (e *Unreachable) Unwrap() error { return e.Err }

// NoNamespace says that Temporal does not have the namespace.
type NoNamespace struct{ Address, Namespace string }

// Error names the namespace.
func (e *NoNamespace) Error() string {
	return fmt.Sprintf("Temporal at %s has no namespace %q", e.Address, e.Namespace)
}

// Denied says that Temporal refuses the client: its credentials are missing or wrong, or do not suffice.
type Denied struct {
	Address, Namespace string
	Err                error
}

// Error says what Temporal refuses.
func (e *Denied) Error() string {
	return fmt.Sprintf("Temporal at %s denies access: %v", e.Address, e.Err)
}

// Unwrap returns the error of the call.
func (e *Denied) Unwrap() error { return e.Err }

// NeedsSetup says that the namespace lacks a search attribute, or has one of another type. [Client.Setup] registers
// what is missing.
type NeedsSetup struct {
	Namespace string
	Missing   []string // search attributes, as far as it is known which
	Err       error    // of the call that needed one; nil from [Client.Check]
}

// Error says what Temporal misses.
func (e *NeedsSetup) Error() string {
	if len(e.Missing) > 0 {
		return fmt.Sprintf("namespace %q lacks the search attributes %s", e.Namespace, strings.Join(e.Missing, ", "))
	}
	return fmt.Sprintf("namespace %q lacks a search attribute: %v", e.Namespace, e.Err)
}

// Unwrap returns the error of the call.
func (e *NeedsSetup) Unwrap() error { return e.Err }

// Failed says that Temporal refused a call for a reason that has no type of its own.
type Failed struct {
	Address string
	Err     error
}

// Error says what Temporal answered.
func (e *Failed) Error() string { return fmt.Sprintf("Temporal at %s: %v", e.Address, e.Err) }

// Unwrap returns the error of the call.
func (e *Failed) Unwrap() error { return e.Err }

// typed is an error of this package, whose meaning is settled.
type typed interface{ typed() }

func (*Misconfigured) typed() {}
func (*Unreachable) typed()   {}
func (*NoNamespace) typed()   {}
func (*Denied) typed()        {}
func (*NeedsSetup) typed()    {}
func (*Failed) typed()        {}

// Explain gives the error of a call that was made through [Client.Temporal] its type. It returns nil for nil, the
// context's error once the context has ended, and errors that have a type of this package as they are.
func (c *Client) Explain(ctx context.Context, err error) error {
	var (
		known     typed
		namespace *serviceerror.NamespaceNotFound
		denied    *serviceerror.PermissionDenied
		invalid   *serviceerror.InvalidArgument
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case isUnreachable(err):
		return c.unreachable(err)
	case errors.As(err, &namespace):
		return &NoNamespace{c.address, c.namespace}
	case errors.As(err, &denied) || strings.Contains(err.Error(), "Unauthenticated"):
		return &Denied{c.address, c.namespace, err}
	case errors.As(err, &invalid) && strings.Contains(strings.ToLower(err.Error()), "search attribute"):
		return &NeedsSetup{Namespace: c.namespace, Err: err}
	}
	return &Failed{c.address, err}
}

// isUnreachable reports whether a call had no answer.
func isUnreachable(err error) bool {
	var down *serviceerror.Unavailable
	return errors.As(err, &down) || follow.TimedOut(err)
}

func (c *Client) unreachable(err error) error { return &Unreachable{c.address, c.cause(err), err} }

// cause is what a person needs to know of a connection that failed, without what gRPC puts around it. A name that does
// not resolve has to be looked up again: gRPC's balancer hides the reason.
func (c *Client) cause(err error) string {
	if host, _, splitErr := net.SplitHostPort(c.address); splitErr == nil && net.ParseIP(host) == nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		var unknown *net.DNSError
		if _, err := net.DefaultResolver.LookupHost(ctx, host); errors.As(err, &unknown) && unknown.IsNotFound {
			return "the name " + host + " is not known"
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "context deadline exceeded") {
		return "there was no answer in time"
	}
	text := strings.TrimPrefix(err.Error(), "failed reaching server: ")
	if _, inner, ok := strings.Cut(text, "Error while dialing: "); ok {
		text = strings.TrimSuffix(inner, `"`)
	}
	return text
}
