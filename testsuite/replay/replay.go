// Package replay replays histories against the present workflow code. A failure means that registrations which are
// running now would break on this code: see workflow.GetVersion.
//
// The committed histories in testdata come from end-to-end runs. To record those of the present code, run
//
//	RECORD_HISTORIES=/tmp/histories go test ./testsuite/e2e
//
// and commit only those for stories that have none yet: an old history is what makes the test worth something.
package replay

import (
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"model-registrar/workflows"
)

// History replays one history against the present workflow code.
func History(h *historypb.History) error {
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DisableRegistrationAliasing: true})
	if err != nil {
		return err
	}
	workflows.Register(replayer)
	started := h.Events[0].GetWorkflowExecutionStartedEventAttributes()
	return replayer.ReplayWorkflowHistoryWithOptions(nil, h, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{ID: started.GetWorkflowId(), RunID: started.GetOriginalExecutionRunId()},
	})
}
