package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"

	"model-registrar/internal/audit"
	"model-registrar/registrar"
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
	kind string // the registrar's name of it, where err no longer has that type; may be empty
}

// Error returns the sentence for people.
func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit code %d", f.code)
	}
	return f.err.Error()
}

// maxSaid bounds what is said of one thing that went wrong, in characters: it may quote a file or somebody's input.
const maxSaid = 20_000

// said is a text from an error, with its end left out where it is longer than anybody reads.
func said(text string) string { return schemas.Cut(text, maxSaid) }

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
	return &failure{code: f.code, err: fmt.Errorf("%s: %w", what, f.err), hint: f.hint, kind: f.kind}
}

// exitCode is the exit code of a registration that ended so.
func exitCode(o schemas.Outcome) int {
	switch o {
	case schemas.Completed, schemas.Unchanged:
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

// explained gives an error of the registrar its exit code, and says what to do about it.
func explained(err error) error {
	var known *failure
	if err == nil || errors.As(err, &known) {
		return err
	}
	if errors.Is(err, context.Canceled) {
		return &failure{code: exitInterrupted, err: errors.New("interrupted")}
	}
	text := err
	if e, ok := errors.AsType[*registrar.Ended](err); ok { // in local time, to be compared with a log
		text = fmt.Errorf("the registration of %s has ended at %s as %s; there is nothing left to cancel", e.Name,
			clock(e.At), e.Outcome)
	}
	return &failure{code: codeOf(err), err: text, hint: hintOf(err), kind: typeOf(err)}
}

// asFailure is an error as what ends a command.
func asFailure(err error) *failure {
	if f, ok := explained(err).(*failure); ok {
		return f
	}
	return failed("%w", err)
}

// codeOf is the exit code of a command that failed with an error of the registrar.
func codeOf(err error) int {
	if _, ok := errors.AsType[*registrar.Unreachable](err); ok {
		return exitUnreachable
	}
	if _, ok := errors.AsType[*registrar.Misconfigured](err); ok {
		return exitUsage
	}
	return exitFailed
}

// hintOf says what to do about an error of the registrar; it may be empty.
func hintOf(err error) string {
	hint := ""
	for ; err != nil && hint == ""; err = errors.Unwrap(err) {
		hint = hintOfType(err)
	}
	return hint
}

// hintOfType is hintOf without regard to what the error wraps.
func hintOfType(err error) string {
	switch e := err.(type) {
	case *registrar.Misconfigured:
		if e.Temporal {
			return "Check the TEMPORAL_* variables and the file that TEMPORAL_CONFIG_FILE names."
		}
	case *registrar.Unreachable:
		return "Is it running, and is TEMPORAL_ADDRESS (or the profile in TEMPORAL_PROFILE) right? For a local one: " +
			"devserver, or `make up`."
	case *registrar.NoNamespace:
		return "Set TEMPORAL_NAMESPACE, or create it: temporal operator namespace create --namespace " +
			quote(e.Namespace)
	case *registrar.Unlisted:
		return asSentence(e.Type.Advice())
	case *registrar.Denied:
		return fmt.Sprintf("Check TEMPORAL_API_KEY, TEMPORAL_TLS_* and your rights on namespace %q.", e.Namespace)
	case *registrar.NeedsSetup:
		return "Run `starter setup` once, then try again."
	case *registrar.Encrypted:
		return "Set REGISTRAR_ENCRYPTION_KEYS (or REGISTRAR_ENCRYPTION_KEYS_FILE) to the keys of the workers."
	case *audit.Error:
		if errors.Is(err, fs.ErrNotExist) {
			return "Name the trail of the workers: set REGISTRAR_AUDIT as it is set for them, or give --trail."
		}
	case *registrar.NotFound:
		list := map[bool]string{true: "starter list --fleets", false: "starter list"}[e.Fleet]
		return "`" + list + "` shows those that are; Temporal forgets ended ones after the namespace's retention time."
	case *registrar.Unknown:
		return "`starter models` lists what is ours, and `starter plan --unowned` what is in the gateway and nobody's."
	case *registrar.Taken:
		return "Choose another --id, or leave it out. That one:  starter status " +
			quote(schemas.RegisterFleetWorkflowID(e.ID))
	case *registrar.Closed:
		return "Its registrations go on by themselves: starter list --fleet " + e.ID
	case *registrar.Forgotten:
		return "Register all of them: those that are registered are left alone."
	case *registrar.NameTooLong:
		return "Choose a shorter name: each character that is not plain ASCII takes 6 to 12 characters of the id."
	case *registrar.Moved:
		return "Look again, and repeat the command if the new one is meant."
	case *registrar.WrongType:
		return "Remove or rename it if nothing else uses it: temporal operator search-attribute remove --name " + e.Name
	case *registrar.NotManaged:
		return fmt.Sprintf("Have somebody who may register them, all of type Keyword: %s. On Temporal Cloud:\n"+
			"tcld namespace search-attributes add --namespace %s --search-attribute \"NAME=Keyword\"",
			strings.Join(schemas.SearchAttributes, ", "), quote(e.Namespace))
	case *registrar.NotSeen:
		return "Run `starter setup` again in a minute."
	}
	return ""
}

// typeOf is the name of the registrar's type that an error has, or nothing.
func typeOf(err error) string {
	for ; err != nil; err = errors.Unwrap(err) {
		if t := reflect.TypeOf(err); t.Kind() == reflect.Pointer && t.Elem().PkgPath() == "model-registrar/registrar" {
			return t.Elem().Name()
		}
	}
	return ""
}
