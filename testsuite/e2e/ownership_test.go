package e2e

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"model-registrar/internal/genesys"
	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/testsuite/stack"
)

// owner is the record that the model of this name is ours; nil if it is nobody's.
func (k *kit) owner(name string) *schemas.Ownership {
	k.t.Helper()
	o, err := k.registrar.Owner(k.ctx, name)
	require.NoError(k.t, err)
	return o
}

func TestACompletedRegistrationIsHandedOverBeforeItsEndingIsAnnounced(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("owned"))
	require.Nil(t, k.owner(m.Name))

	result := k.completed(m)

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
		schemas.NotifyWebhookActivity}, order[len(order)-4:])
	k.replayed(schemas.ManageModelWorkflowID(m.Name))
}

// Temporal forgets a closed run after the namespace's retention. Whose the model is does not depend on it.
func TestAnUnchangedFileIsUnchangedAfterTemporalHasForgottenItsRegistration(t *testing.T) {
	k := onShared(t)
	m, first := k.registered("forgotten")
	k.forget(m.Name)

	result := k.register(m)
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
	e := estate{k, t.TempDir()}
	all := k.manifests(12)
	for _, m := range all {
		e.write(m)
	}
	k.fleet(registrar.FleetRequest{Manifests: all})

	fleet := k.fleet(registrar.FleetRequest{Manifests: all})

	require.Equal(t, schemas.FleetTally{schemas.Unchanged: 12}, fleet.Outcomes)
	require.Empty(t, fleet.Failures)
	for _, m := range all {
		name := m.Name
		model := k.models(name)[0]
		require.Len(t, k.models(name), 1)
		require.Len(t, k.announcements(name), 1, "of the first run")
		endings := k.audited(name)
		require.Len(t, endings, 2)
		require.Equal(t, schemas.Unchanged, endings[1].Outcome)
		require.Equal(t, model.ID, endings[1].ModelID)
		require.Empty(t, endings[1].ErrorType)
	}

	result := k.register(all[0])
	require.Equal(t, schemas.Unchanged, result.Status)
	require.Equal(t, k.models(all[0].Name)[0].ID, result.ModelID)
	require.Contains(t, result.Reason, "with this payload, ACTIVE, at ")
	require.Nil(t, result.Webhook)
	require.Len(t, k.announcements(all[0].Name), 1)

	stdout, stderr := k.order("fleet", "--only-failed-of", fleet.FleetID, e.dir)
	require.NotContains(t, strings.ToLower(stdout+stderr), "started")
}

func TestARegisteredModelThatWasDeletedByHandIsRegisteredAnew(t *testing.T) {
	k := onShared(t)
	m, first := k.registered("deleted")
	k.deleteModel(first.ModelID)

	second := k.completed(m)

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
	m, first := k.registered("live")
	m.MaxRequestsPerMinute++

	second := k.register(m)

	require.Equal(t, schemas.ErrNameConflict, second.ErrorType)
	require.Equal(t, first.ModelID, second.ExistingModelID)
	require.Nil(t, second.Webhook)
	require.Len(t, k.announcements(m.Name), 1, "that of the first")
	require.Len(t, k.audited(m.Name), 2)
	stdout, _ := k.order("status", m.Name)
	require.Contains(t, stdout, "ended as FAILED")
	require.Contains(t, stdout, "The model is ours as "+first.ModelID+", ACTIVE")
	k.eventually(func() bool {
		found := k.inList(m.Name, "--stage", "FAILED")
		return len(found) == 1 && found[0].ModelState == schemas.ModelActive
	}, "the list should show the model's state beside the attempt's")
}

func TestATerminatedRegistrationIsNotRegistered(t *testing.T) {
	k := onShared(t)
	name := k.atGate(0)
	model := k.models(name)[0]
	require.NoError(t, k.client.TerminateWorkflow(k.ctx, schemas.RegisterModelWorkflowID(name), "", "by an operator"))
	require.Nil(t, k.owner(name))

	result := k.register(k.Manifest(name))

	require.Equal(t, schemas.ErrModelNotOwned, result.ErrorType)
	require.Contains(t, result.Reason, model.ID)
	require.Len(t, k.models(name), 1)
	k.eventually(func() bool { return len(k.inList(name, "--stage", string(schemas.StageApproval))) == 0 }, "a terminated registration waits for nobody")
}
