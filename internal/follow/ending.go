package follow

import (
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"model-registrar/schemas"
)

// Errors of workflows that were closed from outside, most of which left no result, or that go on elsewhere.
var (
	ErrCancelled  = errors.New("the registration was cancelled")
	ErrTerminated = errors.New("the workflow was terminated by an operator; the model may exist in the gateway, and " +
		"nothing was rolled back")
	ErrTimedOut = errors.New("the workflow ran into its execution timeout; the model may exist in the gateway, and " +
		"nothing was rolled back")
	ErrContinued = errors.New("the workflow goes on in another run; watch it again")
)

// applyEnding takes in the event that closes a workflow.
func (t *Timeline) applyEnding(e *historypb.HistoryEvent, at time.Time) {
	end := Ending{At: at}
	switch e.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
		end.Status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
		var r schemas.Result
		if t.decode.value(e.GetWorkflowExecutionCompletedEventAttributes().GetResult(), &r) {
			end.Result = &r
		}
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
		end.Status = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
		end.Err = t.decode.failure(e.GetWorkflowExecutionFailedEventAttributes().GetFailure())
		end.Result = resultOf(end.Err)
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
		end.Status = enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED
		end.Err = ErrCancelled
		var r schemas.Result
		if t.decode.value(e.GetWorkflowExecutionCanceledEventAttributes().GetDetails(), &r) {
			end.Result = &r
		}
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
		end.Status, end.Err = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, ErrTerminated
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
		end.Status, end.Err = enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, ErrTimedOut
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
		end.Status, end.Err = enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW, ErrContinued
	default:
		return
	}
	if end.Err == ErrTerminated || end.Err == ErrTimedOut {
		t.fail(true)
	}
	t.leave(at)
	t.Ending = &end
}

// Explain returns what to tell people of an ending that did not complete: the reason and its type.
func (e *Ending) Explain() (reason string, kind schemas.ErrorType) {
	if e.Result != nil {
		return e.Result.Reason, e.Result.ErrorType
	}
	return sentence(e.Err), errorType(e.Err)
}

// Completed reports whether the registration came to a model that is live.
func (e *Ending) Completed() bool { return e.Result != nil && e.Result.Status.Registered() }

// Result is what an ended registration came to: what its workflow says, or what its history shows of one that left no
// result, since it was terminated for example. It is empty while the registration runs.
func (t *Timeline) Result() schemas.Result {
	switch {
	case t.Ending == nil:
		return schemas.Result{}
	case t.Ending.Result != nil:
		return *t.Ending.Result
	}
	reason, kind := t.Ending.Explain()
	return schemas.Result{
		Name: t.Name(), Status: t.Ending.Outcome(), Reason: reason, ErrorType: kind,
		ModelID: t.Evidence.ModelID, PayloadHash: t.Evidence.PayloadHash, JobID: t.Evidence.JobID,
		Validation: t.Evidence.Probe, WorkflowID: t.WorkflowID, RunID: t.RunID,
	}
}
