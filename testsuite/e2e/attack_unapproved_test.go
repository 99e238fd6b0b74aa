package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

// onSigned gives a test a stack in which nothing is done to the gateway that bob has not signed; key is his.
func onSigned(t *testing.T, more ...string) (k *kit, key string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "approvers")
	key, public := sshKey(t, dir, "bob")
	require.NoError(t, os.WriteFile(file, []byte("bob@example.com "+public+"\n"), 0o600))
	k = onOwnStack(t, stack.Options{InMemory: true, Simulator: []string{"--job-duration", "300ms"},
		Worker: append([]string{
			"REGISTRAR_APPROVERS_FILE=" + file, "REGISTRAR_APPROVAL=always", "REGISTRAR_GATE=before_submission"}, more...)})
	_, err := k.StartWorker()
	require.NoError(t, err)
	return k, key
}

// approved starts an operation and has bob sign its approval, to the operation's end.
func (k *kit) approved(key string, r registrar.Request) schemas.Result {
	k.t.Helper()
	started := k.begin(r)
	k.awaitStage(started.Name, schemas.StageApproval)
	k.order("approve", started.Name, "--reason", "fine", "--key", key, "--yes")
	return k.endOf(started.Name, started.RunID)
}

// impersonate runs a workflow of one of our types, under the id of ours, that has our activities do one thing.
func (k *kit) impersonate(operation, name, act string, in any) error {
	k.t.Helper()
	queue := "attacker-" + k.name(name)
	w := worker.New(k.client, queue, worker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			TaskQueue: schemas.DefaultTaskQueue, StartToCloseTimeout: time.Minute, HeartbeatTimeout: 30 * time.Second,
		})
		return workflow.ExecuteActivity(ctx, act, in).Get(ctx, nil)
	}, workflow.RegisterOptions{Name: operation})
	require.NoError(k.t, w.Start())
	defer w.Stop()
	run, err := k.client.ExecuteWorkflow(k.ctx, client.StartWorkflowOptions{
		ID: schemas.RegisterModelWorkflowID(name), TaskQueue: queue,
	}, operation)
	require.NoError(k.t, err)
	return run.Get(k.ctx, nil)
}

func TestAttack_AWorkflowOfOurTypeAndIDChangesNothingWithoutASignature(t *testing.T) {
	t.Parallel()
	k, key := onSigned(t)
	unapproved := func(err error) {
		t.Helper()
		var app *temporal.ApplicationError
		require.ErrorAs(t, err, &app)
		require.Equal(t, string(schemas.ErrUnapproved), app.Type(), err)
	}
	m := k.Manifest("guarded")
	sealed, err := m.Payload().Seal()
	require.NoError(t, err)
	unapproved(k.impersonate(schemas.RegisterModelWorkflow, m.Name, schemas.SubmitRegistrationActivity,
		schemas.SubmitInput{Payload: sealed}))
	require.Empty(t, k.requests(control.OpCreate, m.Name))

	made := k.approved(key, registrar.Request{Manifest: m})
	require.Equal(t, schemas.Completed, made.Status, made.Reason)
	require.Len(t, k.requests(control.OpCreate, m.Name), 1)

	// What bob signed for the registration is in its history, and serves nothing else.
	replayed := k.owner(m.Name).Authorization
	require.Len(t, replayed.Approvals, 1)
	m.MaxRequestsPerMinute++
	other, err := m.Payload().Seal()
	require.NoError(t, err)
	for _, auth := range []*schemas.Authorization{nil, replayed} {
		unapproved(k.impersonate(schemas.ChangeModelWorkflow, m.Name, schemas.UpdateModelActivity,
			schemas.UpdateInput{ModelID: made.ModelID, Payload: other, From: sealed.Hash, Authorization: auth}))
		unapproved(k.impersonate(schemas.RetireModelWorkflow, m.Name, schemas.DeleteModelActivity,
			schemas.DeleteInput{Name: m.Name, ModelID: made.ModelID, Authorization: auth}))
		unapproved(k.impersonate(schemas.RegisterModelWorkflow, m.Name, schemas.SubmitRegistrationActivity,
			schemas.SubmitInput{Payload: sealed, Authorization: auth}))
	}
	require.Empty(t, k.requests(control.OpUpdate, m.Name))
	require.Len(t, k.models(m.Name), 1)
}

func TestWhatIsSignedGoesThrough_AChangeItsRollbackARestoreAndARetirement(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"PUT", "replace"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			k, key := onSigned(t, "GENESYS_UPDATE_METHOD="+method)
			m := k.Manifest("signed-life")
			m.Monitor.OnDrift = schemas.DriftRestore
			require.Equal(t, schemas.Completed, k.approved(key, registrar.Request{Manifest: m}).Status)

			m.MaxRequestsPerMinute++
			e := k.approved(key, change(m))
			require.Equal(t, schemas.Completed, e.Status, e.Reason)
			limit := m.MaxRequestsPerMinute

			op := map[string]control.Op{"PUT": control.OpUpdate, "replace": control.OpCreate}[method]
			k.fault(op, m.Name, 1, control.Action{JobOutcome: control.OutcomeFailed, JobHalfway: true})
			m.MaxRequestsPerMinute++
			e = k.approved(key, change(m))
			require.Equal(t, schemas.RolledBack, e.Status, e.Reason)
			require.Equal(t, limit, k.limit(m.Name))

			require.NoError(t, k.Sim.EditModel(k.ctx, k.models(m.Name)[0].ID, map[string]any{
				"rateLimits": schemas.RateLimits{MaxRequestsPerMinute: 7, MaxTokensPerMinute: m.MaxTokensPerMinute}}))
			require.Equal(t, schemas.ModelDrifted, k.check(m.Name).State)
			k.eventually(func() bool { return len(k.models(m.Name)) == 1 && k.limit(m.Name) == limit },
				"what bob approved is put back")
			require.Equal(t, schemas.Completed, k.end(m.Name).Status)

			e = k.approved(key, retire(m.Name, "replaced"))
			require.Equal(t, schemas.Completed, e.Status, e.Reason)
			require.Empty(t, k.models(m.Name))
		})
	}
}
