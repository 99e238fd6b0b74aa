package follow

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

// EndOf is how an operation ended, told from its workflow's result and error. It is deterministic, for workflows.
func EndOf(result schemas.Result, err error) Ending {
	var (
		app        *temporal.ApplicationError
		cancelled  *temporal.CanceledError
		terminated *temporal.TerminatedError
		timeout    *temporal.TimeoutError
	)
	failed := enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
	switch {
	case err == nil:
		return Ending{Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, Result: &result}
	case errors.As(err, &app):
		return Ending{Status: failed, Err: err, Result: resultOf(err)}
	case errors.As(err, &cancelled):
		return Ending{Status: enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, Err: ErrCancelled, Result: resultOf(err)}
	case errors.As(err, &terminated):
		return Ending{Status: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, Err: ErrTerminated}
	case errors.As(err, &timeout):
		return Ending{Status: enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, Err: ErrTimedOut}
	}
	return Ending{Status: failed, Err: temporal.NewApplicationErrorWithCause(err.Error(), string(schemas.ErrInternal),
		err)}
}

// FleetEnding is what a fleet keeps of how one of its operations ended. It is deterministic, for workflows.
func FleetEnding(run schemas.FleetRun, result schemas.Result, err error) schemas.FleetEnding {
	e := schemas.FleetEnding{FleetRun: run}
	if taken := (*temporal.ChildWorkflowExecutionAlreadyStartedError)(nil); errors.As(err, &taken) {
		e.Outcome, e.Reason = schemas.AlreadyInProgress, "an operation on this name was in progress already, and "+
			"was left alone"
		return e
	}
	end := EndOf(result, err)
	e.Outcome = end.Outcome()
	e.Reason, e.ErrorType = end.Explain()
	e.Reason = schemas.Cut(e.Reason, schemas.MaxReason)
	if end.Result != nil {
		left := end.Result.LeftBehind()
		e.Left = left[:min(len(left), schemas.MaxLeft)]
	}
	return e
}
