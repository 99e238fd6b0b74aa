// Package outcome reads what became of an operation from the way in which its workflow closed.
package outcome

import (
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// IsOver reports whether a workflow with this status has ended. One that is paused has not.
func IsOver(s enumspb.WorkflowExecutionStatus) bool {
	return s != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING && s != enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED
}

// Of is how an operation ended, told from its workflow's result and error. It is deterministic, for workflows.
func Of(run schemas.FleetRun, result schemas.Result, err error) schemas.FleetEnding {
	e := schemas.FleetEnding{FleetRun: run}
	var (
		app        *temporal.ApplicationError
		cancelled  *temporal.CanceledError
		terminated *temporal.TerminatedError
		timeout    *temporal.TimeoutError
		taken      *temporal.ChildWorkflowExecutionAlreadyStartedError
	)
	switch {
	case err == nil:
	case errors.As(err, &taken):
		return with(e, schemas.AlreadyInProgress, "", "an operation on this name was in progress already, and was left alone")
	case errors.As(err, &app):
		if app.Details(&result) != nil || result.Status == "" {
			return with(e, schemas.Failed, schemas.ErrorType(app.Type()), app.Message())
		}
	case errors.As(err, &cancelled):
		if cancelled.Details(&result) != nil || result.Status == "" {
			return with(e, schemas.Cancelled, "", "cancelled")
		}
	case errors.As(err, &terminated):
		return with(e, schemas.Failed, "", "terminated by an operator; the model may exist in the gateway, and nothing was rolled back")
	case errors.As(err, &timeout):
		return with(e, schemas.Failed, "", "its execution timeout came; the model may exist in the gateway, and nothing was rolled back")
	default:
		return with(e, schemas.Failed, schemas.ErrInternal, err.Error())
	}
	left := result.LeftBehind()
	e.Left = left[:min(len(left), schemas.MaxLeft)]
	return with(e, result.Status, result.ErrorType, result.Reason)
}

func with(e schemas.FleetEnding, o schemas.Outcome, t schemas.ErrorType, reason string) schemas.FleetEnding {
	e.Outcome, e.ErrorType, e.Reason = o, t, schemas.Cut(reason, schemas.MaxReason)
	return e
}
