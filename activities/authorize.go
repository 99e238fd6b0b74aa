package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/approvers"
	"model-registrar/internal/people"
	"model-registrar/schemas"
)

// Where decisions have to be signed, the activities that create, change and delete models do not take a workflow's
// word for it that people approved: they verify the signatures that their input carries against what they are about
// to do. Whoever writes inputs can leave out what a manifest asked for, but not what the worker's own settings ask
// for.

// deed is what an activity is about to do to the gateway.
type deed struct {
	name string
	hash string // of the payload that is sent, or of the one that is deleted
	auth *schemas.Authorization
	// needed: the worker's own settings have nothing of this kind done without approval.
	needed bool
}

// authorize returns an error unless a deed has as many signed approvals as the worker's settings and the operation's
// policy ask for.
func (a *Activities) authorize(ctx context.Context, d deed) error {
	if a.Approvers == nil {
		return nil
	}
	var auth schemas.Authorization
	if d.auth != nil {
		auth = *d.auth
	}
	required := auth.Required
	if d.needed {
		required = max(required, a.RequiredFloor, 1)
	}
	var who, why []string
	for _, given := range auth.Approvals {
		if len(who) >= required {
			break
		}
		principal, err := a.approves(ctx, d, given)
		switch {
		case errors.Is(err, approvers.ErrUnavailable):
			return temporal.NewApplicationError("the approvals of "+d.name+" cannot be verified now: "+err.Error(),
				string(schemas.ErrUnapproved))
		case isTemporals(err):
			return err
		case err != nil:
			why = append(why, err.Error())
		case people.Same(principal, auth.Requester):
			why = append(why, principal+" asked for it and so cannot approve it")
		case !slices.ContainsFunc(who, func(other string) bool { return people.Same(other, principal) }):
			who = append(who, principal)
		}
	}
	if len(who) >= required {
		return nil
	}
	text := fmt.Sprintf("%d of %d signed approvals vouch for what is to be done to %s (payload %.12s), so that "+
		"nothing was sent",
		len(who), required, d.name, d.hash)
	if len(why) > 0 {
		text += ": " + why[0]
	}
	return fatal(schemas.ErrUnapproved, text)
}

// isTemporals reports whether an error is one that a later attempt may not meet.
func isTemporals(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app)
}

// needsApproval reports whether the worker's own settings have nothing done without approval.
func (a *Activities) needsApproval() bool { return a.ApprovalFloor == schemas.ApproveAlways }

// approves returns who signed an approval, if it is one of this deed.
func (a *Activities) approves(ctx context.Context, d deed, given schemas.SignedApproval) (principal string, err error) {
	statement := given.Decision.Statement(d.name)
	principal, _, err = a.Approvers.Verify(statement, given.Decision.Signature, given.DecidedAt)
	if errors.Is(err, approvers.ErrSignature) {
		// It may be signed without the approver's name, which the workflow has from the approvers file then.
		unnamed := statement
		unnamed.Approver = ""
		principal, _, err = a.Approvers.Verify(unnamed, given.Decision.Signature, given.DecidedAt)
	}
	if err != nil {
		return "", err
	}
	if statement.Decision != schemas.Approve {
		return "", fmt.Errorf("%s did not approve", principal)
	}
	operation, about := activity.GetInfo(ctx).WorkflowType.Name, cmp.Or(statement.Operation,
		schemas.RegisterModelWorkflow)
	changes := operation == schemas.ChangeModelWorkflow
	if changes && about != schemas.RetireModelWorkflow && statement.PayloadHash == d.hash {
		owner, err := a.owner(ctx, d.name)
		if err != nil || owner != nil && owner.PayloadHash == d.hash {
			return principal, err // what was approved, whenever that was, is put back
		}
	}
	undoes := changes && statement.PreviousHash == d.hash
	switch {
	case about != operation:
		return "", fmt.Errorf("%s approved of %s, and this is %s", principal, about, operation)
	case statement.PayloadHash != d.hash && !undoes:
		return "", fmt.Errorf("%s approved of another payload (%.12s)", principal, statement.PayloadHash)
	}
	ours, err := a.isThisRun(ctx, statement.RunID)
	if err == nil && !ours {
		err = fmt.Errorf("%s approved of another run (%.64q)", principal, statement.RunID)
	}
	return principal, err
}

// isThisRun reports whether a run is the calling one, or one that it was reset from.
func (a *Activities) isThisRun(ctx context.Context, id string) (bool, error) {
	info := activity.GetInfo(ctx)
	run := info.WorkflowExecution.RunID
	for range maxResets {
		if run == id || run == "" || a.Temporal == nil {
			return run == id, nil
		}
		events, err := a.history(ctx, info.WorkflowExecution.ID, run)
		if err != nil {
			return false, temporal.NewApplicationError(
				"Temporal could not be asked which run this one was reset from: "+err.Error(),
				string(schemas.ErrTemporal))
		}
		run = resetFrom(events)
	}
	return false, nil
}
