package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"model-registrar/internal/genesys"
	"model-registrar/internal/ownership"
	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/testsuite/stack"
)

// owner is the record that the model of this name is ours; nil if it is nobody's.
func (k *kit) owner(name string) *schemas.Ownership {
	k.t.Helper()
	reader := ownership.Reader{Temporal: k.client, Namespace: client.DefaultNamespace, Data: k.keys.Client().Data}
	o, err := reader.Owner(k.ctx, name)
	require.NoError(k.t, err)
	return o
}

func TestACompletedRegistrationIsHandedOverBeforeItsEndingIsAnnounced(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("owned"))
	require.Nil(t, k.owner(m.Name))

	result, stderr, code := k.register(m)

	require.Equal(t, 0, code, stderr)
	o := k.owner(m.Name)
	require.NotNil(t, o)
	require.Equal(t, result.ModelID, o.ModelID)
	require.Equal(t, result.RunID, o.RunID)
	require.Equal(t, result.PayloadHash, o.PayloadHash)
	require.Equal(t, schemas.ModelActive, o.State)
	require.Equal(t, schemas.RegisterModelWorkflow, o.Operation)
	require.Equal(t, requester, o.Requester)
	var p schemas.Payload
	require.NoError(t, json.Unmarshal([]byte(o.Payload.Canonical), &p))
	require.True(t, m.Payload().Same(p))
	require.Equal(t, m, o.Manifest)

	answer, err := k.client.QueryWorkflow(k.ctx, schemas.ManageModelWorkflowID(m.Name), "", schemas.StatusQuery)
	require.NoError(t, err)
	var status schemas.ModelStatus
	require.NoError(t, answer.Get(&status))
	require.NotNil(t, o.LastCheck)
	o.LastCheck = nil // is read beside the record
	require.Equal(t, *o, status.Ownership)
	require.Equal(t, 1, status.HandOvers)

	var order []string
	for _, e := range k.replay(m.Name) {
		if a := e.GetActivityTaskScheduledEventAttributes(); a != nil {
			order = append(order, a.GetActivityType().GetName())
		}
	}
	require.Equal(t, []string{schemas.TriggerHealthCheckActivity, schemas.HandOverActivity, schemas.WriteAuditActivity,
		schemas.NotifyWebhookActivity}, order[len(order)-5:len(order)-1])
	k.replayed(schemas.ManageModelWorkflowID(m.Name))
}

// Temporal forgets a closed run after the namespace's retention. Whose the model is does not depend on it.
func TestAnUnchangedFileIsUnchangedAfterTemporalHasForgottenItsRegistration(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("forgotten"))
	first, stderr, code := k.register(m)
	require.Equal(t, 0, code, stderr)
	k.forget(m.Name)

	result, stderr, code := k.register(m)
	require.Equal(t, 0, code, stderr)
	require.Equal(t, schemas.Unchanged, result.Status)
	require.Equal(t, first.ModelID, result.ModelID)
	require.Len(t, k.models(m.Name), 1)
}

// forget deletes a registration's closed run, as Temporal does after the retention.
func (k *kit) forget(name string) {
	k.t.Helper()
	id := schemas.RegisterModelWorkflowID(name)
	_, err := k.client.WorkflowService().DeleteWorkflowExecution(k.ctx, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: client.DefaultNamespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: id},
	})
	require.NoError(k.t, err)
	k.eventually(func() bool {
		_, err := k.client.DescribeWorkflowExecution(k.ctx, id, "")
		return errors.As(err, new(*serviceerror.NotFound))
	}, "Temporal should have forgotten %s", name)
}

// What is registered is looked at by the worker: UNCHANGED says what was seen when, and tells nobody.
func TestWhatIsRegisteredIsUnchangedAndNothingIsAnnounced(t *testing.T) {
	k := onShared(t)
	dir := t.TempDir()
	var names []string
	for range 12 {
		m := k.Manifest(k.name("unchanged"))
		names = append(names, m.Name)
		file, err := k.WriteManifest(m)
		require.NoError(t, err)
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, m.Name+filepath.Ext(file)), data, 0o600))
	}
	stdout, stderr, code := k.Run(k.ctx, "fleet", dir, "--output", "json", "--requester", requester)
	require.Equal(t, 0, code, stdout+stderr)

	stdout, stderr, code = k.Run(k.ctx, "fleet", dir, "--output", "json", "--requester", requester)

	require.Equal(t, 0, code, stdout+stderr)
	var fleet schemas.FleetResult
	require.NoError(t, json.Unmarshal([]byte(stdout), &fleet))
	require.Equal(t, schemas.FleetTally{schemas.Unchanged: 12}, fleet.Outcomes)
	require.Empty(t, fleet.Failures)
	for _, name := range names {
		model := k.models(name)[0]
		require.Len(t, k.models(name), 1)
		require.Len(t, k.announcements(name), 1, "of the first run")
		endings := k.audited(name)
		require.Len(t, endings, 2)
		require.Equal(t, schemas.Unchanged, endings[1].Outcome)
		require.Equal(t, model.ID, endings[1].ModelID)
		require.Empty(t, endings[1].ErrorType)
	}

	result, stderr, code := k.register(k.Manifest(names[0]))
	require.Equal(t, 0, code, stderr)
	require.Equal(t, schemas.Unchanged, result.Status)
	require.Equal(t, k.models(names[0])[0].ID, result.ModelID)
	require.Contains(t, result.Reason, "with this payload, ACTIVE, at ")
	require.Nil(t, result.Webhook)
	require.Len(t, k.announcements(names[0]), 1)

	stdout, stderr, code = k.Run(k.ctx, "fleet", "--only-failed-of", fleet.FleetID, dir)
	require.Equal(t, 0, code, stdout+stderr)
	require.NotContains(t, strings.ToLower(stdout+stderr), "started")
}

func TestARegisteredModelThatWasDeletedByHandIsRegisteredAnew(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("deleted"))
	first, stderr, code := k.register(m)
	require.Equal(t, 0, code, stderr)
	k.deleteModel(first.ModelID)

	second, stderr, code := k.register(m)

	require.Equal(t, 0, code, stderr)
	require.Equal(t, schemas.Completed, second.Status)
	require.NotEqual(t, first.ModelID, second.ModelID)
	require.Len(t, k.models(m.Name), 1)
	o := k.owner(m.Name)
	require.Equal(t, second.ModelID, o.ModelID)
	require.Equal(t, second.RunID, o.RunID)
	k.replayed(schemas.ManageModelWorkflowID(m.Name))
}

// deleteModel deletes a model in the gateway, as a person would in its admin UI.
func (k *kit) deleteModel(id string) {
	k.t.Helper()
	_, err := k.gateway().DeleteModel(k.ctx, id)
	require.NoError(k.t, err)
}

// gateway is a client of the gateway beside the workers'.
func (k *kit) gateway() *genesys.Client {
	k.t.Helper()
	gateway, err := genesys.New(genesys.Config{
		APIBaseURL: k.SimURL, LoginBaseURL: k.SimURL,
		ClientID: stack.ClientID, ClientSecret: stack.ClientSecret,
	})
	require.NoError(k.t, err)
	return gateway
}

// A second attempt that is refused says nothing about the model that is live.
func TestARefusedSecondAttemptAnnouncesNothingAboutTheLiveModel(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("live"))
	first, stderr, code := k.register(m)
	require.Equal(t, 0, code, stderr)
	m.MaxRequestsPerMinute++

	second, _, code := k.register(m)

	require.Equal(t, 1, code)
	require.Equal(t, schemas.ErrNameConflict, second.ErrorType)
	require.Equal(t, first.ModelID, second.ExistingModelID)
	require.Nil(t, second.Webhook)
	require.Len(t, k.announcements(m.Name), 1, "that of the first")
	require.Len(t, k.audited(m.Name), 2)
	stdout, stderr, code := k.Run(k.ctx, "status", m.Name)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, "ended as FAILED")
	require.Contains(t, stdout, "The model is ours as "+first.ModelID+", ACTIVE")
	k.eventually(func() bool {
		stdout, _, _ := k.Run(k.ctx, "list", "--stage", "FAILED", "--limit", "1000", "--output", "json")
		for line := range strings.Lines(stdout) {
			var r registrar.Listed
			if json.Unmarshal([]byte(line), &r) == nil && r.Name == m.Name {
				return r.ModelState == schemas.ModelActive
			}
		}
		return false
	}, "the list should show the model's state beside the attempt's")
}

func TestATerminatedRegistrationIsNotRegistered(t *testing.T) {
	k := onShared(t)
	name := k.atGate(0)
	model := k.models(name)[0]
	require.NoError(t, k.client.TerminateWorkflow(k.ctx, schemas.RegisterModelWorkflowID(name), "", "by an operator"))
	require.Nil(t, k.owner(name))

	file := filepath.Join(k.manifestDir(), name+".json")
	stdout, _, code := k.Run(k.ctx, "register", file, "--output", "json", "--requester", requester)

	require.Equal(t, 1, code, stdout)
	var result schemas.Result
	require.NoError(t, json.Unmarshal([]byte(stdout), &result))
	require.Equal(t, schemas.ErrModelNotOwned, result.ErrorType)
	require.Contains(t, result.Reason, model.ID)
	require.Len(t, k.models(name), 1)
	k.eventually(func() bool {
		stdout, stderr, code := k.Run(k.ctx, "list", "--stage", string(schemas.StageApproval), "--limit", "1000")
		require.Equal(t, 0, code, stderr)
		return !strings.Contains(stdout, name)
	}, "a terminated registration waits for nobody")
}
