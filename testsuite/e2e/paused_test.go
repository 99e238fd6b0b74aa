package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"model-registrar/registrar"
	"model-registrar/schemas"
)

// pauseInTemporal has Temporal pause a registration, as people do in its UI, and returns how to have it go on.
func (k *kit) pauseInTemporal(name string) (resume func()) {
	k.t.Helper()
	id := schemas.RegisterModelWorkflowID(name)
	_, err := k.client.WorkflowService().PauseWorkflowExecution(k.ctx, &workflowservice.PauseWorkflowExecutionRequest{
		Namespace: client.DefaultNamespace, WorkflowId: id, Identity: "somebody", Reason: "a test", RequestId: name,
	})
	require.NoError(k.t, err)
	k.eventually(func() bool {
		found, err := k.client.ListWorkflow(k.ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: "WorkflowId = '" + id + "'"})
		return err == nil && len(found.Executions) == 1 && found.Executions[0].Status == enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED
	}, "%s should be listed as paused", name)
	return func() {
		k.t.Helper()
		_, err := k.client.WorkflowService().UnpauseWorkflowExecution(k.ctx, &workflowservice.UnpauseWorkflowExecutionRequest{
			Namespace: client.DefaultNamespace, WorkflowId: id, Identity: "somebody", Reason: "a test", RequestId: name,
		})
		require.NoError(k.t, err)
	}
}

// inList is what `starter list` shows of a model.
func (k *kit) inList(name string, args ...string) (found []registrar.Listed) {
	k.t.Helper()
	stdout, _ := k.order(append([]string{"list", "--limit", "1000", "--output", "json"}, args...)...)
	for line := range strings.Lines(stdout) {
		var l registrar.Listed
		require.NoError(k.t, json.Unmarshal([]byte(line), &l), line)
		if l.Name == name {
			found = append(found, l)
		}
	}
	return found
}

func TestARegistrationThatIsPausedInTemporalHasNotEnded(t *testing.T) {
	k := onShared(t)
	name := k.atGate(0)
	resume := k.pauseInTemporal(name)

	for _, args := range [][]string{nil, {"--stage", string(schemas.StageApproval)}} {
		found := k.inList(name, args...)
		require.Len(t, found, 1, "%v", args)
		require.Nil(t, found[0].EndedAt)
		require.Equal(t, string(schemas.StageApproval), found[0].Stage)
		require.Positive(t, found[0].DurationMs)
	}
	stdout, stderr := k.order("status", name)
	require.Contains(t, stdout, name+" is at WAITING_FOR_APPROVAL")
	require.Contains(t, stderr, "Paused; what follows is what the history shows")
	resume()
	k.approve(name)
	require.Equal(t, schemas.Completed, k.end(name).Status)
}
