package e2e

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

const byReplacing = "GENESYS_UPDATE_METHOD=replace"

func TestAModelIsReplacedWhereThePlatformUpdatesNone_AndAKillBetweenDeletionAndCreationLosesNothing(t *testing.T) {
	t.Parallel()
	k := onOwn(t)
	worker, err := k.StartWorkerWith(byReplacing)
	require.NoError(t, err)
	m := k.Manifest("replaced")
	before := k.completed(m)

	for _, between := range []control.Op{control.OpDelete, control.OpCreate} {
		m.MaxRequestsPerMinute++
		calls := len(k.requests(between, m.Name))
		k.fault(between, m.Name, 1, control.Action{LatencyMS: held.Milliseconds()})
		k.begin(change(m))
		k.eventually(func() bool { return len(k.requests(between, m.Name)) > calls }, "the call has taken effect")
		if between == control.OpDelete {
			require.Empty(t, k.models(m.Name), "the model is gone meanwhile")
		}
		worker.Kill()
		worker, err = k.StartWorkerWith(byReplacing)
		require.NoError(t, err)

		e := k.end(m.Name)
		require.Equal(t, schemas.Completed, e.Status, e.Reason)
		live := k.models(m.Name)
		require.Len(t, live, 1)
		require.Equal(t, live[0].ID, e.ModelID)
		require.Equal(t, before.ModelID, e.ReplacedModelID)
		require.Positive(t, e.GoneMs)
		require.Equal(t, m.MaxRequestsPerMinute, k.limit(m.Name))
		owner := k.owner(m.Name)
		require.Equal(t, e.ModelID, owner.ModelID)
		require.Equal(t, e.PayloadHash, owner.PayloadHash)
		require.Equal(t, schemas.ModelActive, k.check(m.Name).State)
		before = e
	}
	require.Equal(t, []string{"RegisterModel COMPLETED", "ChangeModel COMPLETED", "ChangeModel COMPLETED"},
		k.entries(m.Name))
	require.Empty(t, k.requests(control.OpUpdate, m.Name))
}

func TestAReplacementWhoseCreationFailsBringsThePayloadFromBeforeBack(t *testing.T) {
	t.Parallel()
	k := onOwn(t)
	_, err := k.StartWorkerWith(byReplacing)
	require.NoError(t, err)
	m := k.Manifest("brought-back")
	made := k.completed(m)
	approved := k.owner(m.Name)

	limit := m.MaxRequestsPerMinute
	m.MaxRequestsPerMinute++
	k.fault(control.OpCreate, m.Name, 1, control.Action{JobOutcome: control.OutcomeFailed})
	e := k.operate(change(m))
	require.Equal(t, schemas.RolledBack, e.Status, e.Reason)
	require.True(t, e.Rollback.Restored)
	require.Equal(t, limit, k.limit(m.Name))
	owner := k.owner(m.Name)
	require.Equal(t, k.models(m.Name)[0].ID, owner.ModelID)
	require.NotEqual(t, made.ModelID, owner.ModelID)
	require.Equal(t, approved.PayloadHash, owner.PayloadHash)
	require.Equal(t, schemas.ModelActive, k.check(m.Name).State)
}

func TestAnApproverIsToldThatAModelIsGoneWhileItIsReplaced(t *testing.T) {
	t.Parallel()
	k := onOwn(t)
	_, err := k.StartWorkerWith(byReplacing)
	require.NoError(t, err)
	m := k.Manifest("approved-replacement")
	k.completed(m)
	m.MaxRequestsPerMinute, m.Approval.Policy = m.MaxRequestsPerMinute+1, schemas.ApproveAlways
	k.begin(change(m))
	k.awaitStage(m.Name, schemas.StageApproval)
	shown, _ := k.order("status", m.Name)
	require.Contains(t, shown, "is gone meanwhile, and gets another id")
}

func TestAPlatformThatUpdatesNoModelsIsSaidToBeOneWithTheWayOut(t *testing.T) {
	k := onShared(t)
	m, _ := k.registered("no-updates")
	m.MaxRequestsPerMinute++
	for _, status := range []int{http.StatusMethodNotAllowed, http.StatusNotImplemented} {
		k.fault(control.OpUpdate, m.Name, 1, control.Action{Status: status})
		e := k.operate(change(m))
		require.Equal(t, schemas.ErrUpdateUnsupported, e.ErrorType)
		require.Contains(t, e.Reason, "or to replace, which deletes the model and creates it anew")
	}
	var p schemas.Payload
	require.NoError(t, json.Unmarshal(k.models(m.Name)[0].Payload, &p))
	require.Equal(t, m.MaxRequestsPerMinute-1, p.RateLimits.MaxRequestsPerMinute)
}
