// Package replay replays recorded histories against the present workflow code. A failure means that registrations which
// are running now would break on this code: see workflow.GetVersion.
//
// The histories come from end-to-end runs of code that was released. To record those of the present code, run
//
//	RECORD_HISTORIES=$PWD/testsuite/replay/testdata go test ./testsuite/e2e
//
// and commit only files for stories that have none yet: an old history is what makes this test worth something.
package replay

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"model-registrar/workflows"
)

func TestRegistrationsRecordedEarlierReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DisableRegistrationAliasing: true})
			require.NoError(t, err)
			workflows.Register(replayer)
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(nil, file))
		})
	}
}
