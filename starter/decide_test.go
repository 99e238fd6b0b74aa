package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"model-registrar/registrar"
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
	require.Equal(t, schemas.Decision{
		Decision: schemas.Approve, Approver: "bob", Reason: "fine", RunID: "run-1", PayloadHash: hashOf(t, "llm"), Probe: schemas.ProbeNone,
	}, got)
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
	require.Equal(t, "Refused", documents[errorDocument](t, r)[0].Error.Type)
}

// hashOf is the payload hash of the manifest of this name that tests register.
func hashOf(t *testing.T, name string) string {
	hash, err := schemas.Manifest{Name: name}.Payload().Hash()
	require.NoError(t, err)
	return hash
}

func TestTheEvidenceIsShownBeforeADecision_AndBoundToIt(t *testing.T) {
	f := waiting(t)
	in := schemas.RegisterModelInput{Requester: "alice", Manifest: schemas.Manifest{
		Name: "llm", EndpointURL: "https://api.example.com/v1?token=hush", ModelArchitecture: schemas.OpenAI}}
	f.begin(in, "run-2", nil)
	hash, err := in.Manifest.Payload().Hash()
	require.NoError(t, err)
	f.progress = &schemas.Progress{
		Name: "llm", Stage: schemas.StageApproval, Requester: "alice", PayloadHash: hash,
		Validation: &schemas.ProbeReport{Status: schemas.ProbePass, LatencyMs: 182, ResponseCode: 200},
		Approval: &schemas.ApprovalStatus{Policy: schemas.ApproveAlways, Open: true, Deadline: time.Now().Add(time.Hour),
			Approvers: 2, Approvals: []schemas.Approval{{Approver: "carol", Signed: true}}},
	}
	var got schemas.Decision
	f.decide = func(d schemas.Decision) (*schemas.DecisionReceipt, error) {
		got = d
		return &schemas.DecisionReceipt{Name: "llm", Decision: d.Decision, Approver: d.Approver}, nil
	}
	r := starter(t, "", f.env(), "approve", "llm", "--reason", "fine")
	require.Zero(t, r.code, r.errors)
	for _, shown := range []string{
		hash, "https://api.example.com/v1?token=…\n", "0 requests and 0 tokens a minute", "openai", "PASS, latency 182ms", "requested by  alice", "1 of 2 carol (signed)", "decide by",
	} {
		require.Contains(t, r.errors, shown)
	}
	require.NotContains(t, r.errors, "hush")
	require.Equal(t, "run-2", got.RunID)
	require.Equal(t, hash, got.PayloadHash)

	r = starter(t, "", f.env(), "approve", "llm", "--reason", "fine", "-o", "json")
	require.Zero(t, r.code, r.errors)
	require.Len(t, documents[schemas.DecisionReceipt](t, r), 1)

	got = schemas.Decision{}
	r = starter(t, "", f.env(), "approve", "llm", "--reason", "fine", "--payload-hash", hashOf(t, "another"))
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "is of payload "+hash+", not of ")
	require.Empty(t, got, "nothing was sent")
	r = starter(t, "", f.env(), "approve", "llm", "--reason", "fine", "--payload-hash", strings.ToUpper(hash))
	require.Zero(t, r.code, r.errors)

	// What is shown has to be what is decided about.
	f.progress.PayloadHash = hashOf(t, "another")
	r = starter(t, "", f.env(), "approve", "llm", "--reason", "fine")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "but the manifest that is shown makes "+hash)
	r = starter(t, "", f.env(), "approve", "llm", "--reason", "fine", "--payload-hash", f.progress.PayloadHash)
	require.Zero(t, r.code, r.errors)
	require.Equal(t, f.progress.PayloadHash, got.PayloadHash)
}

func TestADecisionAfterTheEndIsRecordedAndRefused(t *testing.T) {
	f := newFrontend(t)
	in := schemas.RegisterModelInput{Manifest: schemas.Manifest{Name: "llm"}, Requester: "alice"}
	f.begin(in, "run-1", endingWith(schemas.Result{Name: "llm", Status: schemas.Completed, PayloadHash: hashOf(t, "llm")}, nil))
	var got schemas.RecordDecisionInput
	f.record = func(in schemas.RecordDecisionInput) (schemas.RecordedDecision, error) {
		got = in
		return schemas.RecordedDecision{Name: "llm", Refusal: "the registration of llm had ended as COMPLETED", AuditSeq: 7}, nil
	}
	for _, output := range []string{"text", "json"} {
		r := starter(t, "", f.env(), "approve", "llm", "--reason", "x", "--approver", "bob", "-o", output)
		require.Equal(t, exitFailed, r.code)
		require.Equal(t, output == outputJSON, strings.Contains(r.out, `"type":"TooLate"`), r.out)
		require.Contains(t, r.errors, "the decision was refused: the registration of llm had ended as COMPLETED")
		require.Contains(t, r.errors, "It ended at ")
		require.Contains(t, r.errors, "entry 7 of the audit trail")
	}
	require.Equal(t, schemas.RecordDecisionInput{
		Name: "llm", RunID: "run-1", PayloadHash: hashOf(t, "llm"), Requester: "alice", Outcome: schemas.Completed,
		Decision: schemas.Decision{Decision: schemas.Approve, Approver: "bob", Reason: "x", RunID: "run-1", PayloadHash: hashOf(t, "llm"), Probe: schemas.ProbeNone},
	}, got)
	require.Regexp(t, "^late-decision/llm/[0-9a-f-]{36}$", f.started[0].WorkflowId)
	require.NotEqual(t, f.started[0].WorkflowId, f.started[1].WorkflowId)

	f.record = func(schemas.RecordDecisionInput) (schemas.RecordedDecision, error) {
		return schemas.RecordedDecision{}, temporal.NewNonRetryableApplicationError("reason must be shorter", string(schemas.ErrDecisionRefused), nil)
	}
	r := starter(t, "", f.env(), "reject", "llm", "--reason", "x")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "The decision was refused: reason must be shorter")
}

func TestADecisionAboutWhatEndsMeanwhileIsRecordedToo(t *testing.T) {
	f := waiting(t)
	in := schemas.RegisterModelInput{Manifest: schemas.Manifest{Name: "llm"}, Requester: "alice"}
	f.decide = func(schemas.Decision) (*schemas.DecisionReceipt, error) {
		f.begin(in, "run-1", endingWith(schemas.Result{Name: "llm", Status: schemas.Cancelled}, nil))
		return nil, serviceerror.NewNotFound("workflow execution already completed")
	}
	f.record = func(in schemas.RecordDecisionInput) (schemas.RecordedDecision, error) {
		return schemas.RecordedDecision{Refusal: "it had ended as " + string(in.Outcome)}, nil
	}
	r := starter(t, "", f.env(), "approve", "llm", "--reason", "x")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "the decision was refused: it had ended as CANCELLED")
}

func TestCancellingWhatHasEndedSaysHowItEnded(t *testing.T) {
	f := newFrontend(t)
	in := schemas.RegisterModelInput{Manifest: schemas.Manifest{Name: "llm"}}
	f.begin(in, "run-1", endingWith(schemas.Result{Name: "llm", Status: schemas.Completed}, nil))
	r := starter(t, "", f.env(), "cancel", "llm")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "the registration of llm has ended at")
	require.Contains(t, r.errors, "as COMPLETED")
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

func TestCancelSaysWhoAndWhy(t *testing.T) {
	f := waiting(t)
	r := starter(t, "", f.env(), "cancel", "llm", "--reason", "wrong region", "--by", "bob")
	require.Zero(t, r.code, r.errors)
	require.Equal(t, schemas.CancelRequest{By: "bob", Reason: "wrong region"}, f.cancelledBy)
	r = starter(t, "", f.env(), "cancel", "llm")
	require.Zero(t, r.code, r.errors)
	require.Equal(t, schemas.CancelRequest{By: "alice"}, f.cancelledBy)
	require.Contains(t, r.errors, "--reason says why")
}

func TestARejectionThatNoWorkerAnswersIsLeftAsASignal(t *testing.T) {
	f := waiting(t)
	f.decide = func(schemas.Decision) (*schemas.DecisionReceipt, error) {
		return nil, serviceerror.NewDeadlineExceeded("no worker")
	}
	r := starter(t, "", f.env(), "reject", "llm", "--reason", "no", "--approver", "bob")
	require.Zero(t, r.code, r.errors)
	require.Contains(t, r.out, "the rejection was left as a signal")
	require.Equal(t, []string{"register-model/llm"}, f.released)
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

func TestWhatIsAskedBeforeARejectionSaysWhatItDoesToTheModels(t *testing.T) {
	of := func(operations ...string) (all []pending) {
		for _, o := range operations {
			all = append(all, pending{timeline: &registrar.Timeline{Operation: o}})
		}
		return all
	}
	register, change, retire := schemas.RegisterModelWorkflow, schemas.ChangeModelWorkflow, schemas.RetireModelWorkflow
	for asked, all := range map[string][]pending{
		"Reject this, so that its model is removed?":                                                   of(register),
		"Reject this, so that the model stays as it is?":                                               of(retire),
		"Reject these 2, so that their models are removed?":                                            of(register, register),
		"Reject these 2, so that their models stay as they are?":                                       of(change, retire),
		"Reject these 3, so that those being registered are removed, and the others stay as they are?": of(register, change, retire),
	} {
		require.Equal(t, asked, question(schemas.Reject, all))
	}
	require.Equal(t, "Approve this?", question(schemas.Approve, of(retire)))
}

func TestTheEvidenceOfARetirementSaysWhyAndWhatBecomesOfTheModel_AndPromisesNoRollback(t *testing.T) {
	rows := evidenceTable(schemas.Progress{Name: "llm", Operation: schemas.RetireModelWorkflow,
		Retirement: &schemas.Retirement{Reason: "replaced by v2", Keep: true},
		Approval:   &schemas.ApprovalStatus{Open: true, Deadline: time.Now().Add(72 * time.Hour)}}, schemas.Manifest{}, "")
	text := fmt.Sprint(rows)
	require.Contains(t, text, "[retired because replaced by v2] [the model is kept in the gateway; the ownership alone is given up]")
	require.Contains(t, text, "(in 2d23h), or the model stays as it is")
	require.NotContains(t, text, "rolled back")
}

func TestStatusSaysWhatARegistrationWaitsForAndWhy(t *testing.T) {
	f := waiting(t)
	f.progress = &schemas.Progress{Name: "llm", Stage: schemas.StageHealthCheck, StartedAt: moment, Waiting: &schemas.Wait{
		For: schemas.WaitLogin, Message: "The worker's login is refused since 12:00; operator action required", Reason: "401 bad.credentials"}}
	r := starter(t, "", f.env(), "status", "llm")
	require.Zero(t, r.code, r.errors)
	require.Contains(t, r.out, "! The worker's login is refused since 12:00; operator action required\n  401 bad.credentials\n")
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
