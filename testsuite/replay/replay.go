// Package replay replays histories against the present workflow code. A failure means that registrations which are
// running now would break on this code: see workflow.GetVersion.
//
// The committed histories in testdata come from end-to-end runs, in a folder for each month in which some were added.
// To record those of the present code, run
//
//	RECORD_HISTORIES=/tmp/histories go test ./testsuite/e2e
//
// and commit only those for stories that have none yet: an old history is what makes the test worth something.
package replay

import (
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	"model-registrar/internal/codec"
	"model-registrar/workflows"
)

// History replays one history against the present workflow code.
func History(h *historypb.History) error { return Encrypted(h, nil) }

// Encrypted replays one history that these keys may have encrypted.
func Encrypted(h *historypb.History, keys *codec.Keys) error {
	as := keys.Worker()
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		DisableRegistrationAliasing: true, DataConverter: as.Data, FailureConverter: as.Failure,
		DisableDeadlockDetection: true, // a second is soon over on a busy machine
	})
	if err != nil {
		return err
	}
	workflows.Register(replayer)
	h = proto.Clone(h).(*historypb.History) // the SDK writes upserts into the search attributes of the start event
	started := h.Events[0].GetWorkflowExecutionStartedEventAttributes()
	return replayer.ReplayWorkflowHistoryWithOptions(nil, h, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{ID: started.GetWorkflowId(), RunID: runOf(h)},
	})
}

// runOf is the run whose history it is. The start event of a run that came of a reset names the first one.
func runOf(h *historypb.History) string {
	run := h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetOriginalExecutionRunId()
	for _, e := range h.Events {
		if f := e.GetWorkflowTaskFailedEventAttributes(); f.GetNewRunId() != "" {
			run = f.GetNewRunId()
		}
	}
	return run
}
