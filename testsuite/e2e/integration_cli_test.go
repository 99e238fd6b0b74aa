//go:build cli

package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

// byCLI runs the example of docs/integration.md with the temporal command on the PATH, which `make test-cli` puts there.
func byCLI(k *kit, m schemas.Manifest, approver, by string) (printed string, err error) {
	k.t.Helper()
	file, err := k.WriteManifest(m)
	require.NoError(k.t, err)
	cmd := exec.CommandContext(k.ctx, "sh", "integration/register.sh", file, m.Name, requester, approver, by)
	cmd.Env = k.Environ()
	raw, err := cmd.CombinedOutput()
	return string(raw), err
}

func TestTheExampleWithTheCLIRegistersByUpdateAndBySignal(t *testing.T) {
	k := onShared(t)
	example, err := os.ReadFile("integration/register.sh")
	require.NoError(t, err)
	page, err := os.ReadFile("../../docs/integration.md")
	require.NoError(t, err)
	require.Contains(t, string(page), string(example))
	for _, by := range []string{"update", "signal"} {
		m := k.Manifest(k.name("by-cli"))
		m.Approval.Policy = schemas.ApproveAlways
		printed, err := byCLI(k, m, "approver", by)
		require.NoError(t, err, printed)
		require.Regexp(t, `Status +COMPLETED`, printed)
		require.Equal(t, schemas.Completed, k.end(m.Name).Status)
		k.replay(m.Name)
	}
}

func TestTheExampleWithTheCLIFailsWithARefusalAndWithAnEndingThatNobodyWasAskedAbout(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("by-cli-refused"))
	m.Approval.Policy = schemas.ApproveAlways
	printed, err := byCLI(k, m, requester, "update")
	require.Error(t, err)
	require.Contains(t, printed, "DecisionRefused")
	require.NoError(t, k.client.CancelWorkflow(k.ctx, schemas.RegisterModelWorkflowID(m.Name), ""))
	require.Equal(t, schemas.Cancelled, k.end(m.Name).Status)

	m = k.Manifest(k.name("by-cli-failing"))
	m.Probe.Model = m.Name // by which the simulated provider tells its callers apart
	k.fault(control.OpProvider, m.Name, 0, control.Action{Answer: "I am a teapot"})
	printed, err = byCLI(k, m, "approver", "update")
	require.NoError(t, err, printed)
	require.Contains(t, printed, string(schemas.RolledBack), "a business ending completes the workflow")
}

func TestTheStackRunsOnTheServerOfTheCLI(t *testing.T) {
	cli, err := exec.LookPath("temporal")
	require.NoError(t, err)
	version, recent := stack.RecentCLI(t.Context(), cli)
	require.True(t, recent, version)
	k := onOwnStack(t, stack.Options{Server: stack.Server{CLI: cli}, Simulator: []string{"--job-duration", "100ms"}})
	_, err = k.StartWorker()
	require.NoError(t, err)
	k.completed(k.Manifest("on-the-clis-server"))
	stdout, _, code := k.Run(k.ctx, "list", "--stage", "COMPLETED")
	require.Zero(t, code)
	require.Equal(t, 1, strings.Count(stdout, "on-the-clis-server"))
}
