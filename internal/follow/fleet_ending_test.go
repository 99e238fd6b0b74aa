package follow

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

func TestEveryWayInWhichARegistrationClosesIsToldApart(t *testing.T) {
	failed := schemas.Result{Status: schemas.Failed, ErrorType: schemas.ErrJobFailed, Reason: "the job failed"}
	cancelled := schemas.Result{Status: schemas.Cancelled, Reason: "cancelled at PROBING"}
	for _, c := range []struct {
		what   string
		result schemas.Result
		err    error
		want   schemas.FleetEnding
	}{
		{"completed", schemas.Result{Status: schemas.Completed}, nil, schemas.FleetEnding{Outcome: schemas.Completed}},
		{"rolled back", schemas.Result{Status: schemas.RolledBack, Reason: "the probe failed"}, nil,
			schemas.FleetEnding{Outcome: schemas.RolledBack, Reason: "the probe failed"}},
		{"failed", schemas.Result{}, temporal.NewNonRetryableApplicationError("x", "JobFailed", nil, failed),
			schemas.FleetEnding{Outcome: schemas.Failed, ErrorType: schemas.ErrJobFailed, Reason: "the job failed"}},
		{"failed without a result", schemas.Result{}, temporal.NewApplicationError("not so", "WrongWorkflowID"),
			schemas.FleetEnding{Outcome: schemas.Failed, ErrorType: schemas.ErrWrongWorkflowID, Reason: "not so"}},
		{"rolled back in vain", schemas.Result{}, temporal.NewApplicationError("x", "RollbackFailed", schemas.Result{
			Status: schemas.Failed, ErrorType: schemas.ErrRollbackFailed, Reason: "no", ModelID: "model-1", JobID: "job-1",
			Rollback: &schemas.RollbackReport{Error: "no"}}),
			schemas.FleetEnding{Outcome: schemas.Failed, ErrorType: schemas.ErrRollbackFailed, Reason: "no",
				Left: []schemas.FoundModel{{ID: "model-1", JobID: "job-1"}}}},
		{"registered before", schemas.Result{Status: schemas.Unchanged, Reason: "it exists"}, nil,
			schemas.FleetEnding{Outcome: schemas.Unchanged, Reason: "it exists"}},
		{"cancelled", schemas.Result{}, temporal.NewCanceledError(cancelled),
			schemas.FleetEnding{Outcome: schemas.Cancelled, Reason: "cancelled at PROBING"}},
		{"cancelled before it began", schemas.Result{}, temporal.NewCanceledError(), schemas.FleetEnding{Outcome: schemas.Cancelled, Reason: ErrCancelled.Error()}},
		{"timed out", schemas.Result{}, temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_START_TO_CLOSE, nil),
			schemas.FleetEnding{Outcome: schemas.Failed, Reason: ErrTimedOut.Error()}},
		{"terminated", schemas.Result{}, fmt.Errorf("child: %w", &temporal.TerminatedError{}),
			schemas.FleetEnding{Outcome: schemas.Failed, Reason: ErrTerminated.Error()}},
		{"in progress elsewhere", schemas.Result{}, &temporal.ChildWorkflowExecutionAlreadyStartedError{},
			schemas.FleetEnding{Outcome: schemas.AlreadyInProgress, Reason: "an operation on this name was in progress already, and was left alone"}},
		{"anything else", schemas.Result{}, errors.New("odd"), schemas.FleetEnding{Outcome: schemas.Failed, ErrorType: schemas.ErrInternal, Reason: "odd"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			c.want.FleetRun = schemas.FleetRun{Name: "model", Index: 7, RunID: "run"}
			require.Equal(t, c.want, FleetEnding(c.want.FleetRun, c.result, c.err))
		})
	}
}

func TestAReasonIsBoundedAndKeptWhole(t *testing.T) {
	e := FleetEnding(schemas.FleetRun{}, schemas.Result{Status: schemas.Rejected, Reason: strings.Repeat("ü", 500) + "\xff"}, nil)
	require.Equal(t, strings.Repeat("ü", schemas.MaxReason-1)+"…", e.Reason)
}
