package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

const keysVariable = "REGISTRAR_ENCRYPTION_KEYS="

func TestARegistrationThatMeetsAWorkerWithoutTheKeyWaitsForOneThatHasIt(t *testing.T) {
	t.Parallel()
	k := onOwnStack(t, stack.Options{Keys: key1, Simulator: []string{"--job-duration", "100ms"}})
	p, err := k.StartWorker()
	require.NoError(t, err)
	m := k.Manifest(k.name("locked"))
	m.Approval.Policy = schemas.ApproveAlways
	k.start(m)
	id := schemas.RegisterModelWorkflowID(m.Name)
	k.awaitStage(m.Name, schemas.StageApproval)
	require.Equal(t, 0, p.Stop())

	for _, keys := range []string{"", key2, "k1:" + key2[3:]} {
		failures := k.countEvents(id, enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED)
		p, err = k.StartWorkerWith(keysVariable + keys)
		require.NoError(t, err)
		_, err = k.progress(m.Name)
		require.Error(t, err, "a query is not answered by who cannot read the history")
		require.NoError(t, k.client.SignalWorkflow(k.ctx, id, "", schemas.DecideHandler, schemas.Decision{})) // one that does not count
		k.eventually(func() bool { return k.countEvents(id, enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED) > failures }, "the workflow task should fail")
		require.Contains(t, p.Log(), "REGISTRAR_ENCRYPTION_KEYS")
		d, err := k.client.DescribeWorkflowExecution(k.ctx, id, "")
		require.NoError(t, err)
		require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, d.WorkflowExecutionInfo.Status)
		p.Kill()
	}

	rotated := key2 + " " + key1 // meanwhile
	_, err = k.StartWorkerWith(keysVariable + rotated)
	require.NoError(t, err)
	k.connect(parseKeys(t, rotated))
	k.awaitStage(m.Name, schemas.StageApproval)
	status, err := k.progress(m.Name)
	require.NoError(t, err)
	require.Len(t, status.Refused, 3, "no signal was lost")
	k.approveWith(rotated, m.Name, "owner", "fine")
	require.Equal(t, schemas.Completed, k.end(m.Name).Status)
}

func TestAStarterWithoutTheKeySaysSo(t *testing.T) {
	t.Parallel()
	k := onOwnStack(t, stack.Options{Keys: key1, Simulator: []string{"--job-duration", "100ms"}})
	_, err := k.StartWorker()
	require.NoError(t, err)
	m := k.Manifest(k.name("unread"))
	k.completed(m)
	for _, keys := range []string{"", key2} {
		stdout, stderr, code := k.RunWith(k.ctx, []string{keysVariable + keys}, "status", m.Name)
		require.Contains(t, stdout+stderr, "REGISTRAR_ENCRYPTION_KEYS", "%d %s", code, stdout)
	}
	stdout, stderr, code := k.RunWith(k.ctx, []string{keysVariable}, "cancel", m.Name, "--reason", "wrong region")
	require.Equal(t, 1, code, stdout)
	require.Contains(t, stderr, "nothing was written, since it would have been plain text")
	stdout, stderr, code = k.RunWith(k.ctx, []string{keysVariable + "nonsense"}, "status", m.Name)
	require.Equal(t, 2, code, stdout)
	require.Contains(t, stderr, "REGISTRAR_ENCRYPTION_KEYS: entry 1 is not of the form id:base64")
	require.NotContains(t, stderr, "nonsense")
}

// approveWith approves by an update that is encrypted with the first of these keys, if there is one.
func (k *kit) approveWith(keys, name, approver, reason string) {
	k.t.Helper()
	d := k.approval(name)
	d.Approver, d.Reason = approver, reason
	h, err := k.party(keys, clientSide).UpdateWorkflow(k.ctx, client.UpdateWorkflowOptions{
		WorkflowID: schemas.RegisterModelWorkflowID(name), UpdateName: schemas.DecideHandler, Args: []any{d},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	require.NoError(k.t, err)
	require.NoError(k.t, h.Get(k.ctx, nil))
}

// canaries are values that stand in manifests, decisions and answers, each found nowhere else.
type canaries struct{ mark string }

func (c canaries) text(what string) string { return "canary-" + what + "-" + c.mark }

// all are those that must not be readable. What stands in workflow ids and search attributes is not among them.
func (c canaries) all() []string {
	out := []string{"0.7" + digits(c.mark)}
	for _, what := range []string{"endpoint", "credential", "stop", "webhook", "requester", "approver", "reason", "model", "platform"} {
		out = append(out, c.text(what))
	}
	return out
}

func digits(mark string) string {
	out := ""
	for _, c := range mark {
		out += string('0' + c%10)
	}
	return out
}

// plant runs registrations through approval, a failed probe, an endpoint that does not exist and a refusal of the platform.
func (c canaries) plant(k *kit, keys string) {
	var temperature float64
	require.NoError(k.t, json.Unmarshal([]byte("0.7"+digits(c.mark)), &temperature))
	manifest := func(kind string) schemas.Manifest {
		m := k.Manifest(k.name(kind + "-" + strings.ToLower(c.mark[:2])))
		m.AuthCredentialID, m.WebhookCallbackURL = c.text("credential"), k.SimURL+"/webhooks/"+c.text("webhook")
		m.Parameters.Temperature, m.Parameters.StopSequences = &temperature, schemas.StopSequences{c.text("stop")}
		m.Probe.Model = c.text("model") + "-" + kind
		return m
	}
	good, failing, absent, refused := manifest("good"), manifest("failing"), manifest("absent"), manifest("refused")
	good.Approval.Policy = schemas.ApproveAlways
	k.fault(control.OpProvider, failing.Probe.Model, 0, control.Action{Status: 400})
	absent.EndpointURL = k.SimURL + "/" + c.text("endpoint")
	k.fault(control.OpCreate, refused.Name, 0, control.Action{Status: 400, Message: c.text("platform")})
	for _, m := range []schemas.Manifest{good, failing, absent, refused} {
		file, err := k.WriteManifest(m)
		require.NoError(k.t, err)
		stdout, stderr, code := k.RunWith(k.ctx, []string{keysVariable + keys}, "register", file, "--detach", "--requester", c.text("requester"))
		require.Equal(k.t, 0, code, stdout+stderr)
	}
	k.awaitStage(good.Name, schemas.StageApproval)
	k.approveWith(keys, good.Name, c.text("approver"), c.text("reason"))
	for m, want := range map[*schemas.Manifest]schemas.Outcome{
		&good: schemas.Completed, &failing: schemas.RolledBack, &absent: schemas.RolledBack, &refused: schemas.Failed,
	} {
		require.Equal(k.t, want, k.end(m.Name).Status, m.Name)
	}
}

// stored finds the canaries that the server has stored readably: as they are, or in base64.
func stored(t *testing.T, s *stack.Stack, c canaries) (found []string) {
	t.Helper()
	var data []byte
	for _, file := range []string{s.Database(), s.Database() + "-wal"} {
		part, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(t, err)
		data = append(data, bytes.ToLower(part)...)
	}
	require.NotEmpty(t, data)
	for _, canary := range c.all() {
		forms := []string{canary}
		for shift := range 3 { // where it begins within base64's groups of three
			whole := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + canary))
			forms = append(forms, whole[4:len(whole)-4])
		}
		for _, form := range forms {
			if bytes.Contains(data, []byte(strings.ToLower(form))) {
				found = append(found, canary)
				break
			}
		}
	}
	return found
}

func TestWithEncryptionNothingOfAManifestIsReadableInTheDatabase_AndWhatWasThereBeforeIsStillRead(t *testing.T) {
	t.Parallel()
	k := onDisk(t, stack.Options{Keys: key1, Simulator: []string{"--job-duration", "100ms"}})
	before, after := canaries{"9e3b71c0d4"}, canaries{"5a60fe82b7"}

	p, err := k.StartWorkerWith(keysVariable)
	require.NoError(t, err)
	before.plant(k, "")
	require.Equal(t, before.all(), stored(t, k.Stack, before), "without encryption everything is found, so the search works")
	require.Equal(t, 0, p.Stop())

	_, err = k.StartWorker()
	require.NoError(t, err)
	after.plant(k, key1)
	require.Empty(t, stored(t, k.Stack, after))
	k.KillDevserver() // what it has not written into its main file yet is in the other
	require.Empty(t, stored(t, k.Stack, after))
}
