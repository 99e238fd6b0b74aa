package e2e

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

// limit is how many requests a minute the gateway allows a model.
func (k *kit) limit(name string) int {
	k.t.Helper()
	models := k.models(name)
	require.Len(k.t, models, 1)
	var p schemas.Payload
	require.NoError(k.t, json.Unmarshal(models[0].Payload, &p))
	return p.RateLimits.MaxRequestsPerMinute
}

// entries are the outcomes of the operations in a model's trail, in their order.
func (k *kit) entries(name string) (out []string) {
	k.t.Helper()
	for _, e := range k.audited(name) {
		operation := e.Operation
		if operation == "" {
			operation = schemas.RegisterModelWorkflow
		}
		out = append(out, operation+" "+string(e.Outcome))
	}
	return out
}

func TestAModelIsRegisteredChangedAndRetired(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("life"))
	first, stderr, code := k.byStarter("register", k.file(m))
	require.Equal(t, 0, code, stderr)

	m.MaxRequestsPerMinute += 100
	refused, _, code := k.byStarter("register", k.file(m))
	require.Equal(t, 1, code)
	require.Equal(t, schemas.ErrNameConflict, refused.ErrorType)
	require.Contains(t, refused.Reason, "starter change")

	changed, stderr, code := k.byStarter("change", k.file(m))
	require.Equal(t, 0, code, stderr)
	require.Equal(t, schemas.Completed, changed.Status)
	require.Equal(t, first.PayloadHash, changed.PreviousHash)
	require.Equal(t, first.ModelID, changed.ModelID, "it is the same model")
	require.Equal(t, m.MaxRequestsPerMinute, k.limit(m.Name))

	again, _, code := k.byStarter("change", k.file(m))
	require.Equal(t, 0, code)
	require.Equal(t, schemas.Unchanged, again.Status)
	require.Equal(t, schemas.Unchanged, k.register(m).Status, "the changed payload is what is registered")

	retired, stderr, code := k.byStarter("retire", m.Name, "--reason", "replaced")
	require.Equal(t, 0, code, stderr)
	require.Equal(t, schemas.Completed, retired.Status)
	require.Empty(t, k.models(m.Name))
	require.Equal(t, []string{"RegisterModel COMPLETED", "RegisterModel FAILED", "ChangeModel COMPLETED", "ChangeModel UNCHANGED",
		"RegisterModel UNCHANGED", "RetireModel COMPLETED"}, k.entries(m.Name))

	require.NotEqual(t, first.ModelID, k.completed(m).ModelID)
}

func TestWhoApprovesIsShownWhatDiffersFromWhatWasApprovedUnderTheNameBefore(t *testing.T) {
	k := onShared(t)
	m, _ := k.registered("again")
	k.done(retire(m.Name, "replaced"))
	m.Approval.Policy = schemas.ApproveAlways
	m.MaxRequestsPerMinute++
	k.start(m)
	k.awaitStage(m.Name, schemas.StageApproval)
	shown, _ := k.order("status", m.Name)
	require.Regexp(t, `approved before +on .* UTC; since then max_requests_per_minute: \d+ → \d+`, shown)
	p, err := k.progress(m.Name)
	require.NoError(t, err)
	require.Len(t, p.LastApproved.Changes, 1)
	k.reject(m.Name)
}

func TestAChangeIsApprovedByItsDifferenceAndPutBackIfItsJobFails(t *testing.T) {
	k := onShared(t)
	m, _ := k.registered("changed")
	before := k.limit(m.Name)

	m.MaxRequestsPerMinute, m.Approval.Policy = before+1, schemas.ApproveAlways
	k.fault(control.OpUpdate, m.Name, 1, control.Action{JobOutcome: control.OutcomeFailed, JobHalfway: true})
	k.begin(change(m))
	k.awaitStage(m.Name, schemas.StageApproval)
	require.Equal(t, before, k.limit(m.Name), "nothing changes before it is approved")
	shown, _ := k.order("status", m.Name)
	require.Contains(t, shown, "max_requests_per_minute: ")
	k.approve(m.Name)
	e := k.end(m.Name)
	require.Equal(t, schemas.RolledBack, e.Status, e.Reason)
	require.True(t, e.Rollback.Restored)
	require.Equal(t, before, k.limit(m.Name))
}

func TestWhatSomebodyWritesDuringAChangeIsNotOverwritten(t *testing.T) {
	k := onShared(t)
	m, made := k.registered("moved")
	m.MaxRequestsPerMinute, m.Approval.Policy = m.MaxRequestsPerMinute+1, schemas.ApproveAlways
	k.begin(change(m))
	k.awaitStage(m.Name, schemas.StageApproval)
	require.NoError(t, k.Sim.EditModel(k.ctx, made.ModelID,
		map[string]any{"rateLimits": map[string]int{"maxRequestsPerMinute": 7, "maxTokensPerMinute": 7}}))
	k.approve(m.Name)
	e := k.end(m.Name)
	require.Equal(t, schemas.ErrModelMoved, e.ErrorType, e.Reason)
	require.Equal(t, 7, k.limit(m.Name))
	require.Len(t, k.announcements(m.Name), 1, "no event says of the live model that it failed")
}

func TestATerminatedRegistrationsModelIsAdoptedOrRetired(t *testing.T) {
	k := onShared(t)
	terminated := func(kind string) schemas.Manifest {
		m := k.Manifest(k.name(kind))
		m.Approval.Policy = schemas.ApproveAlways
		k.start(m)
		k.awaitStage(m.Name, schemas.StageApproval)
		require.NoError(t, k.client.TerminateWorkflow(k.ctx, schemas.RegisterModelWorkflowID(m.Name), "", "by an operator"))
		m.Approval = schemas.ApprovalSpec{}
		return m
	}
	m := terminated("adopted")
	other := m
	other.MaxRequestsPerMinute++
	refused, _, code := k.byStarter("adopt", k.file(other))
	require.Equal(t, 1, code)
	require.Contains(t, refused.Reason, "max_requests_per_minute")
	adopted, stderr, code := k.byStarter("adopt", k.file(m))
	require.Equal(t, 0, code, stderr)
	require.Equal(t, schemas.Completed, adopted.Status)
	require.Len(t, k.requests(control.OpCreate, m.Name), 1)
	require.Equal(t, schemas.Unchanged, k.register(m).Status)

	m = terminated("orphan")
	orphan := k.models(m.Name)[0]
	require.Equal(t, schemas.ErrModelNotOwned, k.operate(retire(m.Name, "tidy up")).ErrorType)
	retired, stderr, code := k.byStarter("retire", m.Name, "--model", orphan.ID, "--reason", "tidy up")
	require.Equal(t, 0, code, stderr)
	require.Equal(t, schemas.Completed, retired.Status)
	require.Empty(t, k.models(m.Name))
}

func TestAModelThatIsGivenUpStaysAndIsNobodys(t *testing.T) {
	k := onShared(t)
	m, _ := k.registered("kept")
	k.done(giveUp(m.Name))
	require.Len(t, k.models(m.Name), 1)
	require.Equal(t, schemas.ErrModelNotOwned, k.register(m).ErrorType)
}
