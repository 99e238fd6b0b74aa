package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

// atGate brings a registration to its approval gate.
func (k *kit) atGate(timeout time.Duration) string {
	k.t.Helper()
	m := k.Manifest(k.name("gate"))
	m.Approval = schemas.ApprovalSpec{Policy: schemas.ApproveAlways, Timeout: schemas.Duration(timeout)}
	k.start(m)
	k.awaitStage(m.Name, schemas.StageApproval)
	return m.Name
}

func TestAnApproverApprovesByUpdate(t *testing.T) {
	k := onShared(t)
	name := k.atGate(0)
	k.order("approve", name, "--approver", "approver", "--reason", "because")
	result := k.end(name)
	require.Equal(t, schemas.Completed, result.Status)
	require.Equal(t, "approver", result.Approval.Approver)
	require.Equal(t, "approver", k.audited(name)[0].Approval.Approver)
}

func TestAnApproverRejects_AndTheModelIsRolledBack(t *testing.T) {
	k := onShared(t)
	name := k.atGate(0)
	k.order("reject", name, "--approver", "approver", "--reason", "because")
	require.Equal(t, schemas.Rejected, k.end(name).Status)
	require.Empty(t, k.models(name))
}

func TestARequesterCannotApproveTheirOwn(t *testing.T) {
	k := onShared(t)
	name := k.atGate(0)
	require.ErrorContains(t, k.decide(schemas.Approve, name, " Requester "), "cannot approve")
	k.reject(name)
	require.Equal(t, schemas.Rejected, k.end(name).Status)
}

func TestADecisionBeforeTheGateOpensIsKept_AndASecondOneIsRefused(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("early"))
	m.Approval.Policy = schemas.ApproveAlways
	k.fault(control.OpCreate, m.Name, 0, control.Action{JobStuck: true})
	k.start(m)
	k.awaitStage(m.Name, schemas.StageRegistering)

	k.approve(m.Name)
	k.eventually(func() bool {
		return slices.ContainsFunc(k.trail(m.Name), func(e schemas.AuditEntry) bool { return e.Decision != nil })
	}, "the approval should be recorded: until then a rejection is heard beside it")
	require.ErrorContains(t, k.decide(schemas.Reject, m.Name, "another"), "decided already")

	jobs, err := k.Sim.Jobs(k.ctx, m.Name)
	require.NoError(t, err)
	_, err = k.Sim.FinishJob(k.ctx, jobs[0].ID)
	require.NoError(t, err)
	result := k.end(m.Name)
	require.Equal(t, schemas.Completed, result.Status, result.Reason)
	require.Equal(t, "approver", result.Approval.Approver)
}

func TestAGateThatNobodyComesToIsRolledBack_AndALateDecisionIsRefused(t *testing.T) {
	k := onShared(t)
	name := k.atGate(2 * time.Second)
	result := k.end(name)
	require.Equal(t, schemas.ApprovalTimedOut, result.Status)
	require.Empty(t, k.models(name))
	var late *registrar.TooLate
	require.ErrorAs(t, k.decide(schemas.Approve, name, "approver"), &late)
	require.NoError(t, late.Unrecorded)
}

func TestRubbishAsASignalIsRecordedAndWaitingGoesOn(t *testing.T) {
	k := onShared(t)
	name := k.atGate(0)
	for _, rubbish := range []any{"yes please", 42, []string{"approve"}, map[string]any{"decision": "maybe"}, nil} {
		k.decideBySignal(name, rubbish)
	}
	k.eventually(func() bool {
		p, err := k.progress(name)
		return err == nil && len(p.Refused) == 5 && p.Stage == schemas.StageApproval
	}, "all five should be recorded")
	k.decideBySignal(name, k.approval(name))
	require.Equal(t, schemas.Completed, k.end(name).Status)
}

func TestTwoRegistrationsOfOneNameAtOnce_MakeOneModel(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("twice"))
	m.Approval.Policy = schemas.ApproveAlways
	file := k.file(m)
	codes := make(chan int, 2)
	for range 2 {
		go func() {
			_, _, code := k.Run(k.ctx, "register", file, "--detach", "--requester", requester)
			codes <- code
		}()
	}
	require.ElementsMatch(t, []int{0, 1}, []int{<-codes, <-codes})
	k.awaitStage(m.Name, schemas.StageApproval)
	k.approve(m.Name)
	require.Equal(t, schemas.Completed, k.end(m.Name).Status)
	require.Len(t, k.requests(control.OpCreate, m.Name), 1)
}

func TestARegistrationCancelledAtAnyStageLeavesNoModel(t *testing.T) {
	t.Parallel()
	all := holds()
	for _, h := range all[9 : len(all)-1] {
		t.Run(h.stage, func(t *testing.T) {
			k := onShared(t)
			name := k.startHeld(h)
			h.reached(k, name)
			k.cancel(name)
			result := k.end(name)
			require.Equal(t, schemas.Cancelled, result.Status, result.Reason)
			require.Empty(t, k.models(name))
			require.Len(t, k.audited(name), 1)
			require.Equal(t, schemas.Cancelled, k.audited(name)[0].Outcome)
			require.Len(t, k.announcements(name), 1)
		})
	}
}
