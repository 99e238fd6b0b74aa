package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// holdTrail keeps everybody from writing to the audit trail until it is let go.
func (k *kit) holdTrail() (letGo func()) {
	k.t.Helper()
	lock := flock.New(k.AuditFile + ".lock")
	require.NoError(k.t, lock.Lock())
	k.t.Cleanup(func() { _ = lock.Unlock() })
	return func() { require.NoError(k.t, lock.Unlock()) }
}

func TestARejectionBehindApprovalsThatCannotBeRecordedIsHeard(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "100ms")
	k.startWorker()
	byUpdate, bySignal := k.atGate(0), k.atGate(0)
	letGo := k.holdTrail()
	for _, name := range []string{byUpdate, bySignal} {
		require.Empty(t, k.sendDecision(name, k.approval(name)))
		wrong := k.approval(name)
		wrong.Approver = requester
		for range 12 { // the server lets ten updates wait for their answers
			require.Contains(t, k.sendDecision(name, wrong), "cannot approve it")
		}
	}
	output, _ := k.order("reject", byUpdate, "--approver", "carol", "--reason", "no")
	require.Contains(t, output, "accepted, will be recorded in the audit trail")
	k.decideBySignal(bySignal, schemas.Decision{Decision: schemas.Reject, Approver: "carol", Reason: "no"})
	for _, name := range []string{byUpdate, bySignal} {
		k.eventually(func() bool {
			p, err := k.progress(name)
			return err == nil && p.Stage == schemas.StageApproval && p.Approval.Unrecorded == 2
		}, "both decisions are kept, and count for nothing yet")
	}
	letGo()
	for _, name := range []string{byUpdate, bySignal} {
		result := k.end(name)
		require.Equal(t, schemas.Rejected, result.Status)
		require.Equal(t, "carol", result.Approval.Approver)
		require.Empty(t, k.models(name))
		decisions := k.decisions(name)
		require.Len(t, decisions, 14)
		require.True(t, decisions[0].Accepted && decisions[13].Accepted, "in the order in which they came")
	}
}

func TestADecisionBeforeTheFirstWorkflowTaskCounts(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "100ms")
	gated := func() schemas.Manifest {
		m := k.Manifest(k.name("first"))
		m.Approval.Policy = schemas.ApproveAlways
		return m
	}
	byUpdate, bySignal, cancelled, plainly := gated(), gated(), gated(), gated()
	for _, m := range []schemas.Manifest{byUpdate, bySignal, cancelled, plainly} {
		k.start(m)
	}
	ended := make(chan string, 2)
	go func() {
		stdout, stderr, _ := k.Run(k.ctx, "approve", byUpdate.Name, "--reason", "fine", "--approver", "approver")
		ended <- stdout + stderr
	}()
	go func() {
		stdout, stderr, _ := k.Run(k.ctx, "cancel", cancelled.Name, "--reason", "not now", "--by", "ann")
		ended <- stdout + stderr
	}()
	k.decideBySignal(bySignal.Name, schemas.Decision{Decision: schemas.Reject, Approver: "approver", Reason: "no"})
	require.NoError(t, k.client.CancelWorkflow(k.ctx, schemas.RegisterModelWorkflowID(plainly.Name), ""))
	k.startWorker()
	require.Equal(t, schemas.Rejected, k.end(bySignal.Name).Status)
	require.Equal(t, schemas.Cancelled, k.end(plainly.Name).Status)
	require.Equal(t, schemas.Cancelled, k.end(cancelled.Name).Status)
	require.Equal(t, schemas.Completed, k.end(byUpdate.Name).Status)
	for range 2 {
		require.Regexp(t, "accepted, will be recorded|cancellation requested", <-ended)
	}
}

func TestWhoCancelledAndWhyIsInTheTrail(t *testing.T) {
	k := onShared(t)
	name := k.atGate(0)
	k.order("cancel", name, "--reason", "wrong region", "--by", "ann@example.com")
	result := k.end(name)
	require.Equal(t, "cancelled at WAITING_FOR_APPROVAL by ann@example.com: wrong region", result.Reason)
	require.Empty(t, k.models(name))
	var found *schemas.Cancellation
	for _, e := range k.trail(name) {
		if e.Event == schemas.AuditCancel {
			found = e.Cancellation
		}
	}
	require.NotNil(t, found)
	require.Equal(t, "ann@example.com", found.By)
	require.Equal(t, "wrong region", found.Reason)
}

func TestARegistrationThatIsFloodedWithMegabytesIsNotTerminatedWithItsModelLive(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "100ms")
	k.startWorker()
	name := k.atGate(72 * time.Hour)
	flood := schemas.Decision{Decision: schemas.Approve, Approver: "mallory", Reason: strings.Repeat("x", 1_900_000)}
	for range 28 {
		if k.client.SignalWorkflow(k.ctx, schemas.RegisterModelWorkflowID(name), "", schemas.DecideHandler, flood) != nil {
			break // it has ended
		}
	}
	result := k.end(name)
	require.Equal(t, schemas.Failed, result.Status)
	require.Equal(t, schemas.ErrHistoryFull, result.ErrorType)
	require.Empty(t, k.models(name))
	require.Len(t, k.audited(name), 1)
}

func TestWhereTheGateIsFirstNoModelIsInTheGatewayBeforeItIsApproved(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("gate-first"))
	m.Approval = schemas.ApprovalSpec{Policy: schemas.ApproveAlways, Gate: schemas.GateBeforeSubmission}
	k.start(m)
	k.awaitStage(m.Name, schemas.StageApproval)
	require.Empty(t, k.models(m.Name))
	k.approve(m.Name)
	result := k.end(m.Name)
	require.Equal(t, schemas.Completed, result.Status, result.Reason)
	require.Len(t, k.models(m.Name), 1)
	k.order("watch", m.Name)
}
