package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// forgedEntry says that bob has accepted what nobody showed him.
func forgedEntry(name string) schemas.AuditEntry {
	return schemas.AuditEntry{
		EntryID: "forged-" + name, Event: schemas.AuditDecision, Timestamp: time.Now(), Compliance: schemas.RecordStored, Name: name,
		WorkflowID: schemas.RegisterModelWorkflowID(name), RunID: "made-up", Decision: &schemas.AuditedDecision{
			Accepted: true, KeyFingerprint: "SHA256:bob", DecisionStatement: schemas.DecisionStatement{Name: name, Approver: "bob"}},
	}
}

// wantRefusedCaller checks that an activity refused who called it.
func wantRefusedCaller(t *testing.T, err error) {
	t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, string(schemas.ErrCallerRefused), app.Type(), err)
}

func TestAttack_AnActivityCalledWithoutAWorkflowDoesNothing(t *testing.T) {
	k := onShared(t)
	name := k.name("standalone")
	handle, err := k.client.ExecuteActivity(k.ctx, client.StartActivityOptions{
		ID: "attack-" + name, TaskQueue: schemas.DefaultTaskQueue, ScheduleToCloseTimeout: time.Minute,
	}, schemas.WriteAuditActivity, forgedEntry(name))
	if err != nil {
		require.ErrorContains(t, err, "disabled", "a server without standalone activities refuses the call itself")
		return
	}
	wantRefusedCaller(t, handle.Get(k.ctx, nil))
}

func TestAttack_AForeignWorkflowIsServedByNoActivity(t *testing.T) {
	k := onShared(t)
	name := k.name("foreign")
	queue := "attacker-" + name
	w := worker.New(k.client, queue, worker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			TaskQueue: schemas.DefaultTaskQueue, StartToCloseTimeout: time.Minute,
		})
		return workflow.ExecuteActivity(ctx, schemas.WriteAuditActivity, forgedEntry(name)).Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "Mine"})
	require.NoError(t, w.Start())
	defer w.Stop()
	run, err := k.client.ExecuteWorkflow(k.ctx, client.StartWorkflowOptions{
		ID: schemas.RegisterModelWorkflowID(name), TaskQueue: queue,
	}, "Mine")
	require.NoError(t, err)
	wantRefusedCaller(t, run.Get(k.ctx, nil))
}

func TestAttack_ADeliveryStartedByHandSendsNothing(t *testing.T) {
	k := onShared(t)
	name := k.name("by-hand")
	message := schemas.MessageID("made-up", "ended")
	run, err := k.client.ExecuteWorkflow(k.ctx, client.StartWorkflowOptions{
		ID: schemas.DeliverWebhookWorkflowID(message), TaskQueue: schemas.DefaultTaskQueue,
	}, schemas.DeliverWebhookWorkflow, schemas.DeliverWebhookInput{Webhook: schemas.WebhookInput{
		URL: k.SimURL + "/webhooks/" + name, MessageID: message, Event: schemas.Event{
			Event: schemas.RegistrationUpdated, Status: "COMPLETED", Name: name, RunID: "made-up",
			WorkflowID: schemas.RegisterModelWorkflowID(name)},
	}, Delivery: schemas.WebhookDelivery{Pending: true, MessageID: message}})
	require.NoError(t, err)
	wantRefusedCaller(t, run.Get(k.ctx, nil))
	require.Empty(t, k.events(name))
}

func TestAttack_APlainSignalDecidesNothingWhereEncryptionIsRequired(t *testing.T) {
	t.Parallel()
	k := onRequired(t)
	m := k.Manifest(k.name("plain"))
	m.Approval.Policy = schemas.ApproveAlways
	k.start(m)
	id := schemas.RegisterModelWorkflowID(m.Name)
	k.awaitStage(m.Name, schemas.StageApproval)

	approval := k.approval(m.Name)
	approval.Approver, approval.Reason = "bob", "forged"
	require.NoError(t, k.party("", clientSide).SignalWorkflow(k.ctx, id, "", schemas.DecideHandler, approval))
	h, err := k.party("", clientSide).UpdateWorkflow(k.ctx, client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: schemas.DecideHandler, Args: []any{approval}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = h.Get(k.ctx, nil)
	}
	require.Error(t, err, "an update in plain text is refused")
	status, err := k.progress(m.Name)
	require.NoError(t, err)
	require.Equal(t, schemas.StageApproval, status.Stage)
	require.Empty(t, status.Approval.Approvals)

	k.approveWith(key1, m.Name, "owner", "fine")
	end := k.end(m.Name)
	require.Equal(t, schemas.Completed, end.Status, "who has the key goes on: %s", end.Reason)
}

func TestEachAttackThatTheDocumentationNamesIsATest(t *testing.T) {
	page, err := os.ReadFile("../../docs/security.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`(Test[A-Za-z_]+)`").FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, named)
	var tests strings.Builder
	err = filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		tests.Write(text)
		return err
	})
	require.NoError(t, err)
	for _, name := range named {
		require.Contains(t, tests.String(), "func "+name[1]+"(", "docs/security.md")
	}
}
