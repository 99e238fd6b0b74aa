package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

func waiting(t *testing.T) *frontend {
	f := newFrontend(t)
	f.begin(schemas.RegisterModelInput{Manifest: schemas.Manifest{Name: "llm"}, Requester: "alice"}, "run-1", nil)
	return f
}

func TestADecisionIsAnsweredByTheWorkflow(t *testing.T) {
	f := waiting(t)
	var got schemas.Decision
	f.decide = func(d schemas.Decision) (*schemas.DecisionReceipt, error) {
		got = d
		return &schemas.DecisionReceipt{Name: "llm", Decision: d.Decision, Approver: d.Approver, Message: "it goes on"}, nil
	}
	r := starter(t, "", f.env(), "approve", "llm", "--reason", "fine", "--approver", "bob")
	require.Zero(t, r.code, r.errors)
	require.Equal(t, schemas.Decision{Decision: schemas.Approve, Approver: "bob", Reason: "fine"}, got)
	require.Equal(t, "✓ llm approved by bob: it goes on\n", r.out)

	r = starter(t, "", f.env(), "reject", "llm", "--reason", "no", "-o", "json")
	require.Zero(t, r.code, r.errors)
	require.Equal(t, "alice", got.Approver, "REGISTRAR_REQUESTER says who acts")
	require.Equal(t, schemas.Reject, documents[schemas.DecisionReceipt](t, r)[0].Decision)
}

func TestARefusedDecisionExitsWith1AndTheReason(t *testing.T) {
	f := waiting(t)
	f.decide = func(schemas.Decision) (*schemas.DecisionReceipt, error) {
		return nil, temporal.NewNonRetryableApplicationError("alice asked for it and so cannot approve it", string(schemas.ErrDecisionRefused), nil)
	}
	r := starter(t, "", f.env(), "approve", "llm", "--reason", "fine", "-o", "json")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "the decision was refused: alice asked for it and so cannot approve it")
	require.Empty(t, r.out)
}

func TestDecidingOrCancellingWhatHasEndedSaysHowItEnded(t *testing.T) {
	f := newFrontend(t)
	in := schemas.RegisterModelInput{Manifest: schemas.Manifest{Name: "llm"}}
	f.begin(in, "run-1", endingWith(schemas.Result{Name: "llm", Status: schemas.Completed}, nil))
	for _, args := range [][]string{{"approve", "llm", "--reason", "x"}, {"cancel", "llm"}} {
		r := starter(t, "", f.env(), args...)
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.errors, "the registration of llm has ended at")
		require.Contains(t, r.errors, "as COMPLETED")
	}
}

func TestAnUnknownNameIsSaidToBeUnknown(t *testing.T) {
	f := newFrontend(t)
	for _, args := range [][]string{{"approve", "ghost", "--reason", "x"}, {"cancel", "ghost"}, {"status", "ghost"}, {"watch", "ghost"}} {
		r := starter(t, "", f.env(), args...)
		require.Equal(t, exitFailed, r.code, "%v", args)
		require.Contains(t, r.errors, `no registration of "ghost" is known`)
		require.Empty(t, r.out)
	}
}

func TestCancelReturnsOnceTheRequestIsTaken(t *testing.T) {
	f := waiting(t)
	r := starter(t, "", f.env(), "cancel", "llm")
	require.Zero(t, r.code, r.errors)
	require.Equal(t, []string{"register-model/llm"}, f.cancelled)
	require.Contains(t, r.out, "cancellation requested")
	require.Contains(t, r.errors, "starter watch llm")
}

func TestStatusShowsTheEvidenceOfAnOpenGate(t *testing.T) {
	f := waiting(t)
	f.progress = &schemas.Progress{
		Name: "llm", Stage: schemas.StageApproval, Requester: "alice", StartedAt: moment, PayloadHash: "2f5b4f5d5b0bc7504c32",
		Validation: &schemas.ProbeReport{Status: schemas.ProbePass, LatencyMs: 182, ResponseCode: 200},
		Approval:   &schemas.ApprovalStatus{Policy: schemas.ApproveAlways, Open: true, Deadline: time.Now().Add(72 * time.Hour)},
		Refused:    []schemas.RefusedSignal{{Reason: "approver must say who decides"}},
	}
	r := starter(t, "", f.env(), "status", "llm")
	require.Zero(t, r.code, r.errors)
	require.Contains(t, r.out, "llm is at WAITING_FOR_APPROVAL\n")
	require.Contains(t, r.out, "payload hash  2f5b4f5d5b0b  (2f5b4f5d5b0bc7504c32)\n")
	require.Contains(t, r.out, "probe         PASS, latency 182ms, HTTP 200\n")
	require.Contains(t, r.out, "(in 2d23h), or it is rolled back")
	require.Contains(t, r.out, `starter approve llm --reason "…" --approver WHO`)
	require.Contains(t, r.out, "a decision sent by signal was refused: approver must say who decides")
}

func TestStatusWithoutAWorkerTellsWhatTheHistoryShows(t *testing.T) {
	r := starter(t, "", waiting(t).env(), "status", "llm", "-o", "json")
	require.Zero(t, r.code, r.errors)
	require.Contains(t, r.errors, "no worker on task queue \"model-registrar\" answered")
	require.Equal(t, schemas.StageValidating, documents[schemas.Progress](t, r)[0].Stage)
}

func TestWatchingWhatHasEndedShowsItsResult(t *testing.T) {
	f := newFrontend(t)
	in := schemas.RegisterModelInput{Manifest: schemas.Manifest{Name: "llm"}}
	f.begin(in, "run-1", endingWith(schemas.Result{Name: "llm", Status: schemas.Rejected, Reason: "rejected by bob: no"}, nil))
	r := starter(t, "", f.env(), "watch", "llm")
	require.Equal(t, exitRejected, r.code)
	require.Contains(t, r.out, "REJECTED  llm\n")
	require.Contains(t, r.out, "reason      rejected by bob: no\n")
}
