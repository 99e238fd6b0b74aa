package workflows

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// gated is a story whose registration always waits for a person.
func gated(t *testing.T) *story {
	s := newStory(t)
	s.in.Manifest.Approval = schemas.ApprovalSpec{Policy: schemas.ApproveAlways}
	return s
}

func TestWhatAProbesVerdictLeadsToIsAMatterOfPolicy(t *testing.T) {
	for _, c := range []struct {
		policy schemas.ApprovalPolicy
		report schemas.ProbeReport
		waits  bool
		ends   schemas.Outcome // when nobody decides
	}{
		{schemas.ApproveNever, passed, false, schemas.Completed},
		{schemas.ApproveNever, failed, false, schemas.RolledBack},
		{schemas.ApproveOnFailure, passed, false, schemas.Completed},
		{schemas.ApproveOnFailure, failed, true, schemas.ApprovalTimedOut},
		{schemas.ApproveAlways, passed, true, schemas.ApprovalTimedOut},
		{schemas.ApproveAlways, failed, true, schemas.ApprovalTimedOut},
	} {
		t.Run(string(c.policy)+" after "+string(c.report.Status), func(t *testing.T) {
			s := newStory(t)
			s.in.Manifest.Approval.Policy = c.policy
			s.world.probe = answers[schemas.ProbeInput](c.report)
			e := s.run()
			require.Equal(t, c.ends, e.Status)
			require.Equal(t, c.policy, e.Approval.Policy)
			require.Equal(t, c.waits, e.Approval.Required)
			if c.waits {
				require.Equal(t, []time.Duration{72 * time.Hour}, s.observed.timers())
			}
		})
	}
}

func TestAFailedProbeIsRolledBackWithItsReasonAndFigures(t *testing.T) {
	s := newStory(t)
	s.world.probe = answers[schemas.ProbeInput](failed)
	e := s.run()
	require.Equal(t, schemas.RolledBack, e.Status)
	require.Contains(t, e.Reason, failed.Error)
	require.Equal(t, failed, *e.Validation)
	require.True(t, e.Rollback.Deregistered)
	require.NotContains(t, s.activities(), schemas.TriggerHealthCheckActivity)
}

func TestAFailedProbeThatAPersonApprovesIsRegistered(t *testing.T) {
	s := newStory(t)
	s.in.Manifest.Approval.Policy = schemas.ApproveOnFailure
	s.world.probe = answers[schemas.ProbeInput](failed)
	s.at(time.Hour, func() { s.update(approve(approver)) })
	e := s.run()
	require.Equal(t, schemas.Completed, e.Status)
	require.Equal(t, schemas.ProbeFail, e.Validation.Status)
	require.Equal(t, schemas.Approve, e.Approval.Decision)
}

func TestTheWorkersFloorHoldsOverAManifestThatAsksForLess(t *testing.T) {
	s := newStory(t)
	s.world.validate = func(in schemas.ValidateInput) (schemas.ValidatedPayload, error) {
		out, err := goodWorld().validate(in)
		out.Approval = schemas.ApproveAlways
		return out, err
	}
	e := s.run()
	require.Equal(t, schemas.ApprovalTimedOut, e.Status)
	require.Equal(t, schemas.ApproveAlways, e.Approval.Policy)
}

func TestApprovalByUpdateIsAnsweredAtOnceAndTheRegistrationGoesOn(t *testing.T) {
	s := gated(t)
	var a *answer
	s.at(90*time.Minute, func() {
		a = s.update(schemas.Decision{Decision: "approve", Approver: " Ann ", Reason: "fine", PayloadHash: payloadHash})
	})
	e := s.run()

	require.NoError(t, a.err)
	require.Equal(t, schemas.DecisionReceipt{
		Name: modelName, Decision: schemas.Approve, Approver: "Ann", Stage: schemas.StageApproval,
		Message: willBeRecorded + "the registration goes on to its health check",
	}, a.receipt)
	require.Equal(t, schemas.Completed, e.Status)
	require.True(t, e.Approval.Announced.Delivered)
	e.Approval.Announced = nil
	require.Equal(t, &schemas.ApprovalReport{
		Policy: schemas.ApproveAlways, Required: true, Decision: schemas.Approve, Approver: "Ann", Reason: "fine",
		DecidedAt: e.Approval.DecidedAt, WaitedMs: e.Approval.WaitedMs, Approvers: 1,
		Approvals: []schemas.Approval{{Approver: "Ann", Reason: "fine", DecidedAt: e.Approval.DecidedAt}},
	}, e.Approval)
	require.InDelta(t, 90*60*1000, e.Approval.WaitedMs, 60_000)
	require.False(t, e.Approval.DecidedAt.IsZero())
	require.Equal(t, e.Approval.Approver, s.entries(schemas.AuditEnded)[0].Approval.Approver)
}

func TestRejectionByUpdateRollsTheModelBack(t *testing.T) {
	s := gated(t)
	var a *answer
	s.at(time.Hour, func() { a = s.update(reject(approver)) })
	e := s.run()
	require.NoError(t, a.err)
	require.Equal(t, willBeRecorded+"the model is rolled back", a.receipt.Message)
	require.Equal(t, schemas.Rejected, e.Status)
	require.Contains(t, e.Reason, "rejected by "+approver+": it is too slow")
	require.True(t, e.Rollback.Deregistered)
}

func TestApprovalAndRejectionBySignalCountLikeThoseByUpdate(t *testing.T) {
	for decision, want := range map[schemas.Decision]schemas.Outcome{
		approve(approver): schemas.Completed, reject(approver): schemas.Rejected,
	} {
		s := gated(t)
		s.at(time.Hour, func() { s.signal(decision) })
		e := s.run()
		require.Equal(t, want, e.Status)
		require.Equal(t, decision.Decision, e.Approval.Decision)
		require.Equal(t, approver, e.Approval.Approver)
		s.wantRefusedSignals()
	}
}

func TestARequesterMayRejectTheirOwn(t *testing.T) {
	s := gated(t)
	s.at(time.Hour, func() { s.update(reject(requester)) })
	require.Equal(t, schemas.Rejected, s.run().Status)
}

func TestNobodyDecidingInTimeRollsTheModelBack(t *testing.T) {
	s := gated(t)
	s.in.Manifest.Approval.Timeout = schemas.Duration(2 * time.Hour)
	e := s.run()
	require.Equal(t, schemas.ApprovalTimedOut, e.Status)
	require.Contains(t, e.Reason, "nobody decided within 2h")
	require.Equal(t, []time.Duration{2 * time.Hour}, s.observed.timers())
	require.True(t, e.Rollback.Deregistered)
}

func TestADecisionBeforeTheGateOpensIsKeptAndTakenWithoutWaiting(t *testing.T) {
	for _, stage := range []string{
		schemas.ValidatePayloadActivity, schemas.SubmitRegistrationActivity, schemas.PollJobActivity,
		schemas.SyntheticProbeActivity,
	} {
		for _, decision := range []schemas.Decision{approve(approver), reject(approver)} {
			t.Run(string(decision.Decision)+" during "+stage, func(t *testing.T) {
				s := gated(t)
				var a *answer
				var kept schemas.Progress
				s.during[stage] = func() {
					a = s.update(decision)
					if stage == schemas.ValidatePayloadActivity {
						return // the decision waits until the payload is known
					}
					s.until(func() bool { return a.done })
					s.onLoop(func() { kept = s.progress() })
				}
				e := s.run()
				require.NoError(t, a.err)
				require.Contains(t, a.receipt.Message, willBeRecorded+"the decision is kept until the probe has run")
				require.Equal(t, decision.Decision == schemas.Approve, strings.Contains(a.receipt.Message, "counts only if it passes"))
				if stage != schemas.ValidatePayloadActivity {
					require.Equal(t, &decision, kept.Approval.Kept)
				}
				require.Equal(t, decision.Decision, e.Approval.Decision)
				require.Less(t, e.Approval.WaitedMs, int64(60_000))
				want := map[schemas.Verdict]schemas.Outcome{schemas.Approve: schemas.Completed, schemas.Reject: schemas.Rejected}
				require.Equal(t, want[decision.Decision], e.Status)
				require.Contains(t, s.activities(), schemas.SyntheticProbeActivity)
			})
		}
	}
}

func TestADecisionSentWithTheStartIsKept(t *testing.T) {
	s := gated(t)
	s.at(0, func() { s.signal(approve(approver)) })
	require.Equal(t, schemas.Completed, s.run().Status)
}

func TestAnEarlyRejectionIsHeardEvenWhereNoApprovalIsNeeded(t *testing.T) {
	s := newStory(t)
	s.during[schemas.SubmitRegistrationActivity] = func() { s.signal(reject(approver)) }
	e := s.run()
	require.Equal(t, schemas.Rejected, e.Status)
	require.Equal(t, schemas.Reject, e.Approval.Decision)
	require.False(t, e.Approval.Required)
	require.True(t, e.Rollback.Deregistered)
}

func TestAnEarlyApprovalIsRefusedWhereNoneIsNeeded(t *testing.T) {
	s := newStory(t)
	var a *answer
	s.during[schemas.SubmitRegistrationActivity] = func() { a = s.update(approve(approver)) }
	require.Equal(t, schemas.Completed, s.run().Status)
	a.wantRefused(t, "asks for no approval")
}

func TestAKeyApprovesOnce_WhateverNameItIsUsedUnder(t *testing.T) {
	s := gated(t)
	s.in.Manifest.Approval.Required = 2
	s.world.verify = func(in schemas.VerifyDecisionInput) (schemas.VerifiedDecision, error) {
		key := "SHA256:ann's"
		if in.Decision.Approver == "bob@example.com" {
			key = "SHA256:bob's"
		}
		return schemas.VerifiedDecision{Approver: in.Decision.Approver, Signed: true, KeyFingerprint: key}, nil
	}
	var renamed *answer
	signed := func(by string) schemas.Decision {
		d := approve(by)
		d.Signature = "armour"
		return d
	}
	s.at(time.Hour, func() { s.update(signed("ann@example.com")) })
	s.at(2*time.Hour, func() { renamed = s.update(signed("ann@work.example")) })
	s.at(3*time.Hour, func() { s.update(signed("bob@example.com")) })
	require.Equal(t, schemas.Completed, s.run().Status)
	renamed.wantRefused(t, "ann@example.com has approved already")
}

func TestAttack_ADecisionIsNotSignedBecauseSomebodySaysSo(t *testing.T) {
	s := gated(t)
	s.world.verify = answers[schemas.VerifyDecisionInput](schemas.VerifiedDecision{
		Approver: approver, Signed: true, KeyFingerprint: "SHA256:bob's",
	})
	s.at(time.Hour, func() { s.update(approve(approver)) })
	e := s.run()
	require.False(t, e.Approval.Approvals[0].Signed)
	require.Empty(t, e.Approval.Approvals[0].KeyFingerprint)
	require.Empty(t, s.entries(schemas.AuditDecision)[0].Decision.KeyFingerprint)
}

func TestAsManyPeopleHaveToApproveAsTheManifestAsksFor(t *testing.T) {
	s := gated(t)
	s.in.Manifest.Approval.Required = 2
	var first, same, second *answer
	var between schemas.Progress
	var page string
	s.at(time.Hour, func() { first = s.update(approve("ann@example.com")) })
	s.at(2*time.Hour, func() { same = s.update(approve(" ANN@example.com ")) })
	s.at(3*time.Hour, func() { between, page = s.progress(), s.page().CurrentDetails })
	s.at(4*time.Hour, func() { second = s.update(approve("bob@example.com")) })
	e := s.run()

	require.NoError(t, first.err)
	require.Equal(t, willBeRecorded+"1 of 2 approvals; 1 to go", first.receipt.Message)
	same.wantRefused(t, "ann@example.com has approved already")
	require.True(t, between.Approval.Open)
	require.Equal(t, 2, between.Approval.Approvers)
	require.Len(t, between.Approval.Approvals, 1)
	require.Contains(t, page, "ann@example.com decided: **approve**")
	require.Contains(t, page, "1 of 2 people, each another, still have to decide")
	require.Equal(t, willBeRecorded+"the registration goes on to its health check", second.receipt.Message)
	require.Equal(t, schemas.Completed, e.Status)
	require.Equal(t, "bob@example.com", e.Approval.Approver)
	require.Equal(t, 2, e.Approval.Approvers)
	require.Len(t, e.Approval.Approvals, 2)
	require.Len(t, s.entries(schemas.AuditDecision), 3)
}

func TestOneRejectionOutweighsTheApprovalsBeforeIt(t *testing.T) {
	s := gated(t)
	s.in.Manifest.Approval.Required = 2
	s.at(time.Hour, func() { s.update(approve("ann@example.com")) })
	s.at(2*time.Hour, func() { s.update(reject("ann@example.com")) })
	e := s.run()
	require.Equal(t, schemas.Rejected, e.Status)
	require.Len(t, e.Approval.Approvals, 1)
}

func TestTooFewApprovalsInTimeRollTheModelBack(t *testing.T) {
	s := gated(t)
	s.in.Manifest.Approval.Required = 3
	s.at(time.Hour, func() { s.update(approve("ann@example.com")) })
	e := s.run()
	require.Equal(t, schemas.ApprovalTimedOut, e.Status)
	require.Equal(t, "1 of 3 approvals were given within 72h", e.Reason)
	require.Len(t, e.Approval.Approvals, 1)
}
