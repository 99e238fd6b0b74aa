package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"

	"model-registrar/internal/follow"
	"model-registrar/schemas"
)

// The exit codes that scripts rely on.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitRejected    = 3 // rejected, rolled back or cancelled
	exitUnreachable = 4
	exitInterrupted = 130
)

// failure ends a command with an exit code.
type failure struct {
	code int
	err  error  // nil when what there is to say has been said
	hint string // what to do; may be empty
}

// Error returns the sentence for people.
func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit code %d", f.code)
	}
	return f.err.Error()
}

// Unwrap returns the cause.
func (f *failure) Unwrap() error { return f.err }

// exitWith ends a command that has said what there is to say.
func exitWith(code int) error {
	if code == exitDone {
		return nil
	}
	return &failure{code: code}
}

func failed(format string, args ...any) *failure {
	return &failure{code: exitFailed, err: fmt.Errorf(format, args...)}
}

func misused(format string, args ...any) *failure {
	return &failure{code: exitUsage, err: fmt.Errorf(format, args...)}
}

func (f *failure) hinting(format string, args ...any) *failure {
	f.hint = fmt.Sprintf(format, args...)
	return f
}

// about puts what was being done in front of what went wrong.
func about(what string, err error) error {
	var f *failure
	if !errors.As(err, &f) || f.err == nil {
		return err
	}
	return &failure{code: f.code, err: fmt.Errorf("%s: %w", what, f.err), hint: f.hint}
}

// exitCode is the exit code of a registration that ended so.
func exitCode(o schemas.Outcome) int {
	switch o {
	case schemas.Completed:
		return exitDone
	case schemas.Rejected, schemas.RolledBack, schemas.ApprovalTimedOut, schemas.Cancelled:
		return exitRejected
	}
	return exitFailed
}

// worst is the exit code of several registrations together: being interrupted outweighs failing, and that being
// rejected.
func worst(codes ...int) int {
	for _, code := range []int{exitInterrupted, exitUnreachable, exitUsage, exitFailed, exitRejected} {
		for _, c := range codes {
			if c == code {
				return code
			}
		}
	}
	return exitDone
}

// explain turns what a call to Temporal failed with into what a person can act on.
func (c *connection) explain(ctx context.Context, err error) error {
	var (
		known     *failure
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
		return &failure{code: exitInterrupted, err: errors.New("interrupted")}
	case unreachable(err):
		return c.unreachable(err)
	case errors.As(err, &namespace):
		return failed("Temporal at %s has no namespace %q", c.address, c.namespace).
			hinting("Set TEMPORAL_NAMESPACE, or create it: temporal operator namespace create --namespace %s", quote(c.namespace))
	case errors.As(err, &denied) || strings.Contains(err.Error(), "Unauthenticated"):
		return failed("Temporal at %s does not let you: %w", c.address, err).
			hinting("Check TEMPORAL_API_KEY, TEMPORAL_TLS_* and your rights on namespace %q.", c.namespace)
	case errors.As(err, &invalid) && strings.Contains(strings.ToLower(err.Error()), "search attribute"):
		return failed("namespace %q lacks a search attribute: %w", c.namespace, err).
			hinting("Run `starter setup` once, then try again.")
	}
	return failed("Temporal at %s: %w", c.address, err)
}

func unreachable(err error) bool {
	var down *serviceerror.Unavailable
	return errors.As(err, &down) || follow.TimedOut(err)
}

func (c *connection) unreachable(err error) error {
	return (&failure{code: exitUnreachable, err: fmt.Errorf("cannot reach Temporal at %s: %s", c.address, c.cause(err))}).
		hinting("Is it running, and is TEMPORAL_ADDRESS (or the profile in TEMPORAL_PROFILE) right? For a local one: devserver, or `make up`.")
}

// cause is what a person needs to know of a connection that failed, without what gRPC puts around it. A name that does not
// resolve has to be looked up again: gRPC's balancer hides the reason.
func (c *connection) cause(err error) string {
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
