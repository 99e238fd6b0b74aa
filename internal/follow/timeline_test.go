package follow

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

func TestStagesOfARegistrationAreToldWithTheirDurations(t *testing.T) {
	s := newScript(t).upToProbe()
	s.ran(schemas.SyntheticProbeActivity, 400*time.Millisecond, passed())
	s.ran(schemas.TriggerHealthCheckActivity, 30*time.Millisecond, schemas.HealthCheck{ID: "hc-1"})
	s.ran(schemas.WriteAuditActivity, 5*time.Millisecond, nil)
	s.completed(schemas.Result{Name: "llm-v2", Status: schemas.Completed, ModelID: "mdl-1"})

	tl := s.timeline()

	require.Equal(t, `
✓ VALIDATING 12ms payload 2f5b4f5d5b0b
✓ SUBMITTING 48ms job job-17
✓ REGISTERING 2.0s model mdl-1
✓ PROBING 400ms PASS, latency 182ms (median of 3), first token 41ms, HTTP 200
✓ HEALTH_CHECK 30ms
✓ RECORDING 5ms
`, told(tl))
	require.True(t, tl.Ending.Completed())
	require.Equal(t, "mdl-1", tl.Ending.Result.ModelID)
	require.Equal(t, "llm-v2", tl.Name())
	require.Equal(t, "alice@example.com", tl.Input.Requester)
}

func TestAFailedProbeIsToldAsFailedAlthoughItsActivityCompleted(t *testing.T) {
	s := newScript(t).upToProbe()
	s.ran(schemas.SyntheticProbeActivity, 90*time.Millisecond, schemas.ProbeReport{
		Status: schemas.ProbeFail, ErrorCode: "HTML_ANSWER", Error: "the endpoint answered with a page"})
	s.ran(schemas.DeregisterModelActivity, 20*time.Millisecond, nil)
	s.ran(schemas.WriteAuditActivity, 5*time.Millisecond, nil)
	s.completed(schemas.Result{Status: schemas.RolledBack})

	require.Equal(t, `
✓ VALIDATING 12ms payload 2f5b4f5d5b0b
✓ SUBMITTING 48ms job job-17
✓ REGISTERING 2.0s model mdl-1
✗ PROBING 90ms FAIL HTML_ANSWER: the endpoint answered with a page
✓ ROLLING_BACK 20ms
✓ RECORDING 5ms
`, told(s.timeline()))
}

func TestARefusalKeepsWhatThePlatformSaid(t *testing.T) {
	s := newScript(t)
	s.ranLocally(schemas.ValidatePayloadActivity, 12*time.Millisecond, schemas.ValidatedPayload{Payload: schemas.SealedPayload{Hash: "2f5b"}})
	details := schemas.ErrorDetails{Status: 400, Code: "invalid.value", CorrelationID: "c-1"}
	s.broke(schemas.SubmitRegistrationActivity, 4, time.Minute+5*time.Second, temporal.NewNonRetryableApplicationError(
		"Genesys refused the payload", string(schemas.ErrBadRequest), nil, details))
	s.ran(schemas.WriteAuditActivity, 5*time.Millisecond, nil)
	s.failedWith(temporal.NewNonRetryableApplicationError("llm-v2 failed", string(schemas.ErrBadRequest), nil,
		schemas.Result{Name: "llm-v2", Status: schemas.Failed, Reason: "llm-v2 failed", ErrorType: schemas.ErrBadRequest}))

	tl := s.timeline()

	require.Equal(t, `
✓ VALIDATING 12ms payload 2f5b
✗ SUBMITTING 1m05s Genesys refused the payload (attempt 4)
✓ RECORDING 5ms
`, told(tl))
	require.Equal(t, &details, tl.Refusal)
	require.Equal(t, schemas.Failed, tl.Ending.Outcome())
	reason, kind := tl.Ending.Explain()
	require.Equal(t, "llm-v2 failed", reason)
	require.Equal(t, schemas.ErrBadRequest, kind)
}

func TestAnApprovalIsToldWithWhoDecidedAndWhy(t *testing.T) {
	s := newScript(t).upToProbe()
	s.ran(schemas.SyntheticProbeActivity, 0, passed())
	s.indexed(string(schemas.StageApproval))
	open := s.timeline()
	require.True(t, open.Undecided())
	require.Equal(t, schemas.StageApproval, open.Progress().Stage)
	s.after(90 * time.Second).decision(schemas.Decision{Decision: schemas.Approve, Approver: "bob", Reason: "fine"})
	s.ran(schemas.TriggerHealthCheckActivity, 0, schemas.HealthCheck{})

	tl := s.timeline()

	require.False(t, tl.Undecided())
	require.Contains(t, told(tl), "✓ WAITING_FOR_APPROVAL 1m30s approved by bob: fine\n")
}

func TestWhatHappensBesideAStageDoesNotEndIt(t *testing.T) {
	s := newScript(t)
	s.activityOf(schemas.WriteAuditActivity, "", 1, schemas.AuditEntry{Event: schemas.AuditStarted})
	s.upToProbe()
	s.indexed(string(schemas.StageApproval))
	s.activityOf(schemas.NotifyWebhookActivity, "", 1, schemas.WebhookInput{Event: schemas.Event{Status: string(schemas.StageApproval)}})
	s.ranLocally(schemas.VerifyDecisionActivity, 0, schemas.VerifiedDecision{Approver: "ann"})
	s.audited(schemas.Decision{Decision: schemas.Approve, Approver: "ann"}, "ann asked for this registration")
	tl := s.timeline()
	require.True(t, tl.Undecided())
	require.Equal(t, schemas.StageApproval, tl.Current.Stage)
	require.Contains(t, told(tl), "! the decision of ann to approve was refused: ann asked for this registration\n")
}

func TestARegistrationStaysUndecidedUntilEnoughPeopleHaveApproved(t *testing.T) {
	s := newScript(t).upToProbe()
	tl := s.timeline()
	tl.Input.Manifest.Approval.Required = 2
	tl.enter(schemas.StageApproval, tl.StartedAt)
	for _, undecided := range []bool{true, false} {
		tl.decided(&schemas.AuditedDecision{Accepted: true, DecisionStatement: schemas.DecisionStatement{Decision: schemas.Approve, Approver: "ann"}})
		require.Equal(t, undecided, tl.Undecided())
	}
	require.Contains(t, told(tl), "· approved by ann; 1 of 2 approvals\n")
}

func TestADecisionWhoseEntryIsWrittenInSeveralWindowsIsToldAndCountedOnce(t *testing.T) {
	s := newScript(t).upToProbe()
	s.indexed(string(schemas.StageApproval))
	entry := func(id, approver string) schemas.AuditEntry {
		return schemas.AuditEntry{EntryID: id, Event: schemas.AuditDecision, Decision: &schemas.AuditedDecision{
			Accepted: true, DecisionStatement: schemas.DecisionStatement{Decision: schemas.Approve, Approver: approver}}}
	}
	for range 3 { // the trail is down
		s.activityOf(schemas.WriteAuditActivity, "", 4, entry("run-1/decision/1", "ann"))
	}
	tl := s.timeline()
	tl.Input.Manifest.Approval.Required = 2
	require.True(t, tl.Undecided(), "one person is not two approvals")
	require.Equal(t, 1, tl.decisions)
	s.activityOf(schemas.WriteAuditActivity, "", 1, entry("run-1/decision/2", "bob"))
	tl = s.timeline()
	tl.Input.Manifest.Approval.Required = 2
	require.Equal(t, 2, tl.decisions)
	require.False(t, tl.Undecided())
}

func TestTheWorkersFloorOfApprovalsIsToldBesideWhatTheManifestAsksFor(t *testing.T) {
	s := newScript(t)
	s.ranLocally(schemas.ValidatePayloadActivity, 0, schemas.ValidatedPayload{Required: 2})
	s.indexed(string(schemas.StageApproval))
	s.audited(schemas.Decision{Decision: schemas.Approve, Approver: "ann"}, "")
	tl := s.timeline()
	require.True(t, tl.Undecided())
	require.Contains(t, told(tl), "· approved by ann; 1 of 2 approvals\n")
	require.NotContains(t, told(tl), "payload", "there is none to tell of")
}

func TestARejectionAndATimeOutAreToldAsFailures(t *testing.T) {
	for name, c := range map[string]struct {
		decide func(*script)
		want   string
	}{
		"rejected": {
			func(s *script) {
				s.decision(schemas.Decision{Decision: schemas.Reject, Approver: "bob", Reason: "no"})
			},
			"✗ WAITING_FOR_APPROVAL 1m00s rejected by bob: no\n",
		},
		"nobody decided": {func(*script) {}, "✗ WAITING_FOR_APPROVAL 1m00s nobody decided in time\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t).upToProbe()
			s.indexed(string(schemas.StageApproval))
			s.after(time.Minute)
			c.decide(s)
			s.indexed(string(schemas.StageRollingBack))
			require.Contains(t, told(s.timeline()), c.want)
		})
	}
}

func TestADecisionBeforeTheGateOpensIsToldWhenItComesAndWhenItCounts(t *testing.T) {
	s := newScript(t)
	s.activity(schemas.PollJobActivity, "Wait for job job-17", 0)
	s.decision(schemas.Decision{Decision: schemas.Approve, Approver: "bob", Reason: "trusted"})
	s.indexed(string(schemas.StageApproval))
	s.indexed(string(schemas.StageHealthCheck))

	text := told(s.timeline())

	require.Contains(t, text, "· approved by bob before the probe has run; the decision is kept\n")
	require.Contains(t, text, "✓ WAITING_FOR_APPROVAL 0ms approved by bob: trusted\n")
}

func TestACancellationMarksTheStageThatItCutShort(t *testing.T) {
	s := newScript(t)
	s.activity(schemas.PollJobActivity, "", 0)
	s.after(time.Second).cancelRequested()
	s.ran(schemas.DeregisterModelActivity, 9*time.Millisecond, nil)
	s.ran(schemas.WriteAuditActivity, 9*time.Millisecond, nil)
	s.cancelled(schemas.Result{Name: "llm-v2", Status: schemas.Cancelled, Reason: "cancelled at REGISTERING"})

	tl := s.timeline()

	require.Equal(t, `
✓ VALIDATING 0ms
! cancellation was requested
✗ REGISTERING 1.0s cancelled
✓ ROLLING_BACK 9ms
✓ RECORDING 9ms
`, told(tl))
	require.Equal(t, "cancelled at REGISTERING", tl.Ending.Result.Reason)
}

func TestAManifestThatIsRefusedEndsItsStageBadly(t *testing.T) {
	s := newScript(t)
	s.brokeLocally(schemas.ValidatePayloadActivity, temporal.NewNonRetryableApplicationError("refused", "", nil))
	s.brokeLocally(schemas.VerifyDecisionActivity, errors.New("said elsewhere"))
	s.ran(schemas.WriteAuditActivity, 0, nil)
	require.Contains(t, told(s.timeline()), "refused")
	require.NotContains(t, told(s.timeline()), "said elsewhere")
}

func TestAnUndeliveredWebhookIsAWarningAndNoFailure(t *testing.T) {
	s := newScript(t)
	s.broke(schemas.NotifyWebhookActivity, 1, 0, temporal.NewNonRetryableApplicationError("410", "", nil))
	s.broke(schemas.NotifyWebhookActivity, 1, 0, errors.New("503"))
	s.ran(schemas.NotifyWebhookActivity, 0, schemas.WebhookDelivery{Error: "410 too"})
	s.completed(schemas.Result{Status: schemas.Completed})

	text := told(s.timeline())

	require.Contains(t, text, "! the webhook was not delivered: 410\n")
	require.Contains(t, text, "! the webhook was not delivered at once, and is tried again by a workflow of its own: 503\n")
	require.Contains(t, text, "! the webhook was not delivered: 410 too\n")
	require.Contains(t, text, "✓ RECORDING")
}

func TestSignalsAreToldWithoutClaimingThatTheyCount(t *testing.T) {
	s := newScript(t)
	s.signal(schemas.DecideHandler, schemas.Decision{Decision: schemas.Approve, Approver: "bob"})
	s.signal(schemas.DecideHandler, "rubbish")

	text := told(s.timeline())

	require.Contains(t, text, "· bob sent the signal to approve\n")
	require.Contains(t, text, "· a signal arrived: decide\n")
}

func TestAWorkerThatCannotRunTheWorkflowIsToldAndServerBusinessIsNot(t *testing.T) {
	s := newScript(t)
	s.taskFailed(enumspb.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND, errors.New("new events"))
	s.taskFailed(enumspb.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR, errors.New("history mismatch"))

	text := told(s.timeline())

	require.NotContains(t, text, "new events")
	require.Contains(t, text, "! the worker cannot run the workflow, and tries again (NonDeterministicError): history mismatch")
}

func TestATerminatedWorkflowHasFailedWithoutAResult(t *testing.T) {
	s := newScript(t).upToProbe()
	s.activity(schemas.SyntheticProbeActivity, "", 0)
	s.after(time.Second).terminated()

	tl := s.timeline()

	require.Contains(t, told(tl), "✗ PROBING 1.0s\n")
	require.Nil(t, tl.Ending.Result)
	require.ErrorIs(t, tl.Ending.Err, ErrTerminated)
	require.Equal(t, schemas.Failed, tl.Ending.Outcome())
}

func TestARequesterOfTwoMegabytesIsNotShownWhole(t *testing.T) {
	s := newScript(t)
	s.events[0].GetWorkflowExecutionStartedEventAttributes().Input = s.payloads(schemas.RegisterModelInput{
		Manifest: schemas.Manifest{Name: "llm-v2"}, Requester: strings.Repeat("x", 1_900_000)})
	require.LessOrEqual(t, len(s.timeline().Progress().Requester), schemas.MaxRequester+2)
}

func TestAHistoryThatIsReadTwiceIsToldOnce(t *testing.T) {
	s := newScript(t).upToProbe()
	tl := s.timeline()
	once := told(tl)
	for _, e := range s.events {
		tl.Apply(e)
	}
	require.Equal(t, once, told(tl))
}

func TestAHistoryThatCannotBeDecodedIsStillFollowed(t *testing.T) {
	s := newScript(t).upToProbe()
	for _, e := range s.events {
		for _, p := range e.GetActivityTaskCompletedEventAttributes().GetResult().GetPayloads() {
			p.Metadata["encoding"] = []byte("binary/encrypted")
		}
		for _, p := range e.GetWorkflowExecutionStartedEventAttributes().GetInput().GetPayloads() {
			p.Metadata["encoding"] = []byte("binary/encrypted")
		}
	}
	tl := s.timeline()
	require.Equal(t, "llm-v2", tl.Name())
	require.Contains(t, told(tl), "✓ SUBMITTING 48ms\n")
}

func TestRunningTimersAndActivitiesSayWhatTheyDo(t *testing.T) {
	s := newScript(t)
	s.activity(schemas.PollJobActivity, "Wait for job job-17", 0)
	require.Contains(t, told(s.timeline()), "… REGISTERING 1m00s Wait for job job-17\n")
}
