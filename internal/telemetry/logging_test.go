package telemetry

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

func TestTheSDKsLevelDropsItsLinesAndNoneOfOurs(t *testing.T) {
	for level, says := range map[string]bool{"error": false, "warn": false, "debug": true} {
		var out bytes.Buffer
		log := OfSDK(Logger(&out, "debug", "json"), level)
		var suite testsuite.WorkflowTestSuite
		suite.SetLogger(sdklog.NewStructuredLogger(log))
		env := suite.NewTestWorkflowEnvironment()
		work := func(ctx context.Context) error {
			activity.GetLogger(ctx).Info("ours, from an activity")
			return nil
		}
		env.RegisterActivity(work)
		env.ExecuteWorkflow(func(ctx workflow.Context) error {
			workflow.GetLogger(ctx).Info("ours, from a workflow")
			ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 1e9})
			return workflow.ExecuteActivity(ctx, work).Get(ctx, nil)
		})
		require.NoError(t, env.GetWorkflowError())
		require.Contains(t, out.String(), "ours, from an activity", level)
		require.Contains(t, out.String(), "ours, from a workflow", level)
		require.Equal(t, says, bytes.Contains(out.Bytes(), []byte("handleActivityResult")), "%s\n%s", level, out.String())
	}
}
