package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"model-registrar/schemas"
)

// typescript compiles the example of docs/integration.md.
var typescript = sync.OnceValues(func() (string, error) {
	cmd := exec.Command("sh", "-c", "npm ci --silent --no-audit --no-fund && npm run --silent build")
	cmd.Dir = "integration"
	out, err := cmd.CombinedOutput()
	return string(out), err
})

// byTypeScript runs the example for a manifest and returns its result, and what it printed.
func (k *kit) byTypeScript(m schemas.Manifest, approver string) (result schemas.Result, printed string, err error) {
	k.t.Helper()
	out, err := typescript()
	require.NoError(k.t, err, out)
	file, err := k.WriteManifest(m)
	require.NoError(k.t, err)
	cmd := exec.CommandContext(k.ctx, "node", "integration/dist/register.js", file, requester, approver)
	cmd.Env = k.Environ()
	raw, err := cmd.CombinedOutput()
	printed = string(raw)
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	if last := lines[len(lines)-1]; strings.HasPrefix(last, "{") {
		require.NoError(k.t, json.Unmarshal([]byte(last), &result))
	}
	return result, printed, err
}

func TestTheExampleInTypeScriptRegistersApprovesAndReadsTypedFailures(t *testing.T) {
	k := onShared(t)
	example, err := os.ReadFile("integration/register.ts")
	require.NoError(t, err)
	page, err := os.ReadFile("../../docs/integration.md")
	require.NoError(t, err)
	require.Contains(t, string(page), string(example))

	m := k.Manifest(k.name("Übersetzer 100%/a?b#c"))
	m.Approval.Policy, m.WebhookCallbackURL = schemas.ApproveAlways, ""
	result, printed, err := k.byTypeScript(m, "approver")
	require.NoError(t, err, printed)
	require.Equal(t, schemas.Completed, result.Status, printed)
	require.Equal(t, m.Name, result.Name)
	require.Contains(t, printed, "probe PASS, payload "+result.PayloadHash)
	require.Equal(t, schemas.RegisterModelWorkflowID(m.Name), result.WorkflowID)
	k.replay(m.Name)

	m.MaxTokensPerMinute++
	result, printed, err = k.byTypeScript(m, "approver")
	require.NoError(t, err, printed)
	require.Equal(t, schemas.Failed, result.Status)
	require.Equal(t, schemas.ErrNameConflict, result.ErrorType, printed)
	k.replay(m.Name)
}

func TestTheExampleInTypeScriptIsToldWhyADecisionIsRefused(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("refused-there"))
	m.Approval.Policy = schemas.ApproveAlways
	_, printed, err := k.byTypeScript(m, requester)
	require.Error(t, err)
	require.Contains(t, printed, "refused: ")
	_, printed, err = k.byTypeScript(m, "approver")
	require.Error(t, err)
	require.Contains(t, printed, m.Name+" is being registered already")
	require.NoError(t, k.client.CancelWorkflow(k.ctx, schemas.RegisterModelWorkflowID(m.Name), ""))
	require.Equal(t, schemas.Cancelled, k.end(m.Name).Status)
	k.replay(m.Name)
}

func TestAScheduleCannotStartARegistration(t *testing.T) {
	k := onShared(t)
	name := k.name("scheduled")
	schedules := k.client.ScheduleClient()
	schedule, err := schedules.Create(k.ctx, client.ScheduleOptions{
		ID: name, TriggerImmediately: true, Spec: client.ScheduleSpec{},
		Action: &client.ScheduleWorkflowAction{
			ID: schemas.RegisterModelWorkflowID(name), Workflow: schemas.RegisterModelWorkflow, TaskQueue: schemas.DefaultTaskQueue,
			Args: []any{schemas.RegisterModelInput{Manifest: k.Manifest(name), Requester: requester}},
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = schedule.Delete(k.ctx) })
	var id string
	k.eventually(func() bool {
		d, err := schedule.Describe(k.ctx)
		if err == nil && len(d.Info.RecentActions) > 0 {
			id = d.Info.RecentActions[0].StartWorkflowResult.WorkflowID
		}
		return id != ""
	}, "the schedule should start its workflow")
	require.NotEqual(t, schemas.RegisterModelWorkflowID(name), id, "the server adds the time to the id")
	result := resultOf(t, k.client.GetWorkflow(k.ctx, id, "").Get(k.ctx, nil))
	require.Equal(t, schemas.ErrWrongWorkflowID, result.ErrorType)
	require.Empty(t, k.models(name))
	k.record(id, k.replayed(id))
}
