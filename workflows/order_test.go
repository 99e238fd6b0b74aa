package workflows

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// trailIsDown makes the audit trail refuse entries of an event between two times of the story.
func (s *story) trailIsDown(event schemas.AuditEvent, from, until time.Duration) {
	up := s.world.audit
	s.world.audit = func(e schemas.AuditEntry) (schemas.AuditReceipt, error) {
		var now time.Duration
		s.onLoop(func() { now = s.env.Now().Sub(s.progress().StartedAt) })
		if e.Event == event && now >= from && now < until {
			return schemas.AuditReceipt{}, passing(schemas.ErrAuditUnavailable, "the disk is full")
		}
		return up(e)
	}
}

func TestARejectionBehindAnApprovalThatIsBeingRecordedIsHeard(t *testing.T) {
	for how, send := range map[string]func(*story, any){
		"by update": func(s *story, d any) { s.update(d) }, "by signal": (*story).signal,
	} {
		for _, required := range []int{1, 2} {
			t.Run(fmt.Sprint(how, ", ", required, " required"), func(t *testing.T) {
				s := gated(t)
				s.in.Manifest.Approval.Required = required
				s.trailIsDown(schemas.AuditDecision, 0, 5*time.Hour)
				s.at(time.Hour, func() { s.update(approve("ann@example.com")) })
				s.at(90*time.Minute, func() { s.update(approve("bob@example.com")) })
				s.at(2*time.Hour, func() { send(s, reject("carol@example.com")) })
				e := s.run()
				require.Equal(t, schemas.Rejected, e.Status)
				require.Equal(t, "carol@example.com", e.Approval.Approver)
				require.Len(t, e.Approval.Approvals, required)
				require.True(t, e.Rollback.Deregistered)
				require.Len(t, s.entries(schemas.AuditDecision), 3)
			})
		}
	}
}

func TestARejectionInTheSameMomentAsTheApprovalThatWouldBeEnoughIsHeard(t *testing.T) {
	for how, decide := range map[string]func(*story){
		"both by update":       func(s *story) { s.update(approve(approver)); s.update(reject("carol@example.com")) },
		"the rejection signal": func(s *story) { s.signal(reject("carol@example.com")); s.update(approve(approver)) },
		"both by signal":       func(s *story) { s.signal(approve(approver)); s.signal(reject("carol@example.com")) },
	} {
		t.Run(how, func(t *testing.T) {
			s := gated(t)
			s.at(time.Hour, func() { decide(s) })
			require.Equal(t, schemas.Rejected, s.run().Status)
		})
	}
}

func TestApprovalsBeforeTheDeadlineCountAlsoIfTheyAreRecordedAfterIt(t *testing.T) {
	s := gated(t)
	s.in.Manifest.Approval.Required = 2
	s.trailIsDown(schemas.AuditDecision, 0, 80*time.Hour)
	var first, second, late *answer
	s.at(71*time.Hour+50*time.Minute, func() { first = s.update(approve("ann@example.com")) })
	s.at(71*time.Hour+55*time.Minute, func() { second = s.update(approve("bob@example.com")) })
	s.at(73*time.Hour, func() { late = s.update(reject("carol@example.com")) })
	e := s.run()
	require.NoError(t, first.err)
	require.NoError(t, second.err)
	require.Equal(t, schemas.Completed, e.Status)
	require.Equal(t, []string{"ann@example.com", "bob@example.com"}, approvers(e.Approval.Approvals))
	late.wantRefused(t, "was up, and it takes no decision any more")
}

func TestOfFourApprovalsTheFirstTwoCount(t *testing.T) {
	for _, down := range []time.Duration{0, 5 * time.Hour} {
		s := gated(t)
		s.in.Manifest.Approval.Required = 2
		s.trailIsDown(schemas.AuditDecision, 0, down)
		var answers []*answer
		s.at(time.Hour, func() {
			for _, who := range []string{"ann", "bob", "carol", "dave"} {
				answers = append(answers, s.update(approve(who)))
			}
		})
		e := s.run()
		require.Equal(t, schemas.Completed, e.Status)
		require.Equal(t, []string{"ann", "bob"}, approvers(e.Approval.Approvals))
		require.NoError(t, answers[0].err)
		require.NoError(t, answers[1].err)
		answers[2].wantRefused(t, "bob has decided already: approve")
		answers[3].wantRefused(t, "bob has decided already: approve")
		var recorded []string
		for _, entry := range s.entries(schemas.AuditDecision) {
			recorded = append(recorded, entry.Decision.Approver)
		}
		require.Equal(t, []string{"ann", "bob", "carol", "dave"}, recorded, "in the order in which they came")
	}
}

func TestPeopleAreAnsweredWhileTheTrailCannotBeWritten(t *testing.T) {
	s := gated(t)
	s.in.Manifest.Approval.Required = 2
	s.trailIsDown(schemas.AuditDecision, 0, 5*time.Hour)
	var answers []*answer
	for i := range 15 {
		s.at(time.Hour+time.Duration(i)*time.Minute, func() { answers = append(answers, s.update(approve(requester))) })
	}
	var first, second *answer
	var between schemas.Progress
	var page string
	s.at(2*time.Hour, func() { first = s.update(approve("ann")) })
	s.at(3*time.Hour, func() {
		for _, a := range append(answers, first) {
			require.True(t, a.done)
		}
		between, page = s.progress(), s.page().CurrentDetails
		second = s.update(approve("bob"))
	})
	e := s.run()
	require.Equal(t, willBeRecorded+"1 of 2 approvals; 1 to go", first.receipt.Message)
	require.Equal(t, willBeRecorded+"the registration goes on to its health check", second.receipt.Message)
	require.Empty(t, between.Approval.Approvals, "only what is recorded counts")
	require.Equal(t, 1, between.Approval.Unrecorded)
	require.Contains(t, page, "ann decided: **approve**. It counts once it is recorded")
	require.Equal(t, schemas.Completed, e.Status)
}

func TestADecisionWhoseEntryCanNeverBeWrittenDoesNotCount(t *testing.T) {
	s := gated(t)
	up := s.world.audit
	s.world.audit = func(e schemas.AuditEntry) (schemas.AuditReceipt, error) {
		if e.Event == schemas.AuditDecision && e.Decision.Approver == "ann" {
			return schemas.AuditReceipt{}, fatal(schemas.ErrInternal, "the entry is too long")
		}
		return up(e)
	}
	s.at(time.Hour, func() { s.update(approve("ann")) })
	s.at(2*time.Hour, func() { s.update(approve("bob")) })
	e := s.run()
	require.Equal(t, []string{"bob"}, approvers(e.Approval.Approvals))
	s.wantRefusedSignals("it could not be recorded in the audit trail: the entry is too long")
}

func TestARegistrationCancelledWhileADecisionIsBeingRecordedIsRolledBackAtOnceAndRecordsBoth(t *testing.T) {
	s := gated(t)
	s.trailIsDown(schemas.AuditDecision, 0, 9*time.Hour)
	s.at(time.Hour, func() { s.update(approve(approver)) })
	s.at(2*time.Hour, s.cancel)
	e := s.run()
	require.Equal(t, schemas.Cancelled, e.Status)
	require.Len(t, s.entries(schemas.AuditDecision), 1)
	require.Equal(t, []string{approver}, approvers(e.Approval.Approvals))
	require.WithinDuration(t, s.progress().StartedAt.Add(2*time.Hour), s.times(schemas.DeregisterModelActivity)[0], time.Minute)
}

func TestAnEarlyApprovalDoesNotLetAFailedProbePass(t *testing.T) {
	for _, policy := range []schemas.ApprovalPolicy{schemas.ApproveAlways, schemas.ApproveOnFailure} {
		for how, send := range map[string]func(*story){
			"by update": func(s *story) { s.update(approve(approver)) }, "by signal": func(s *story) { s.signal(approve(approver)) },
		} {
			t.Run(string(policy)+" "+how, func(t *testing.T) {
				s := newStory(t)
				s.in.Manifest.Approval.Policy = policy
				s.world.probe = answers[schemas.ProbeInput](failed)
				s.during[schemas.SubmitRegistrationActivity] = func() {
					send(s)
					s.until(func() bool { return s.progress().Approval.Kept != nil })
				}
				var page string
				s.at(time.Hour, func() { page = s.page().CurrentDetails })
				e := s.run()
				require.Equal(t, schemas.ApprovalTimedOut, e.Status)
				require.Empty(t, e.Approval.Approvals)
				require.Equal(t, []string{approver}, approvers(e.Approval.Void))
				require.Contains(t, page, "That was before the probe ran, which failed: it does not count")
				require.Contains(t, page, "A person has to decide")
			})
		}
	}
}

func TestWhoApprovedEarlyCanApproveAgainAfterAFailure(t *testing.T) {
	s := gated(t)
	s.world.probe = answers[schemas.ProbeInput](failed)
	s.during[schemas.SubmitRegistrationActivity] = func() {
		a := s.update(approve(approver))
		s.until(func() bool { return a.done })
	}
	s.at(time.Hour, func() {
		d := approve(approver)
		d.Probe = schemas.ProbeFail
		s.update(d)
	})
	e := s.run()
	require.Equal(t, schemas.Completed, e.Status)
	require.Len(t, e.Approval.Approvals, 1)
	require.Len(t, e.Approval.Void, 1)
	announced := made[schemas.WebhookInput](s, schemas.NotifyWebhookActivity)
	require.Equal(t, string(schemas.StageApproval), announced[0].Event.Status, "people were told that they are waited for")
}

func TestAnEarlyApprovalThatIsRecordedAfterAFailureDoesNotCountEither(t *testing.T) {
	s := gated(t)
	s.world.probe = answers[schemas.ProbeInput](failed)
	s.trailIsDown(schemas.AuditDecision, 0, time.Hour)
	s.during[schemas.SubmitRegistrationActivity] = func() { s.signal(approve(approver)) }
	require.Equal(t, schemas.ApprovalTimedOut, s.run().Status)
}

func TestAnEarlyRejectionStandsWhateverTheProbeComesTo(t *testing.T) {
	for _, report := range []schemas.ProbeReport{passed, failed} {
		s := gated(t)
		s.world.probe = answers[schemas.ProbeInput](report)
		s.during[schemas.SubmitRegistrationActivity] = func() { s.update(reject(approver)) }
		require.Equal(t, schemas.Rejected, s.run().Status)
	}
}

func TestAnApprovalOfAnotherVerdictOfTheProbeIsRefused(t *testing.T) {
	for _, c := range []struct {
		report  schemas.ProbeReport
		seen    schemas.ProbeStatus
		because string
	}{
		{failed, schemas.ProbeNone, "it was made before the probe ran, which has failed since"},
		{failed, schemas.ProbePass, "it rests on a probe that came to PASS, but the probe came to FAIL"},
		{passed, schemas.ProbeFail, "it rests on a probe that came to FAIL, but the probe came to PASS"},
		{passed, schemas.ProbeNone, ""}, {passed, schemas.ProbePass, ""}, {failed, schemas.ProbeFail, ""}, {failed, "", ""},
	} {
		t.Run(fmt.Sprint(c.seen, " after ", c.report.Status), func(t *testing.T) {
			s := gated(t)
			s.world.probe = answers[schemas.ProbeInput](c.report)
			d := approve(approver)
			d.Probe = c.seen
			var a *answer
			s.at(time.Hour, func() { a = s.update(d) })
			e := s.run()
			if c.because == "" {
				require.Equal(t, schemas.Completed, e.Status)
				require.Equal(t, c.seen, s.entries(schemas.AuditDecision)[0].Decision.Probe)
				return
			}
			require.Equal(t, schemas.ApprovalTimedOut, e.Status)
			a.wantRefused(t, c.because)
		})
	}
	s := gated(t)
	d := approve(approver)
	d.Probe = schemas.ProbePass
	var a *answer
	s.during[schemas.SubmitRegistrationActivity] = func() { a = s.update(d) }
	require.Equal(t, schemas.ApprovalTimedOut, s.run().Status)
	a.wantRefused(t, "it rests on a probe that came to PASS, but the probe has not ended yet")
}

func TestWithTwoApprovalsEveryApproverIsNamed(t *testing.T) {
	s := gated(t)
	s.in.Manifest.Approval.Required = 2
	s.at(time.Hour, func() { s.update(approve("ann@example.com")) })
	s.at(2*time.Hour, func() { s.update(approve("bob@example.com")) })
	require.Equal(t, schemas.Completed, s.run().Status)
	require.Contains(t, s.page().CurrentDetails, "- **decision**: approved by ann@example.com, bob@example.com; the last reason:")
	said := made[schemas.WebhookInput](s, schemas.NotifyWebhookActivity)
	require.Equal(t, []string{"ann@example.com", "bob@example.com"}, said[len(said)-1].Event.Approvers)
}

func TestWhateverComesInTheFirstWorkflowTaskIsTaken(t *testing.T) {
	type first struct {
		send func(*story) *answer
		ends schemas.Outcome
	}
	for what, c := range map[string]first{
		"an approval by update":    {func(s *story) *answer { return s.update(approve(approver)) }, schemas.Completed},
		"a rejection by update":    {func(s *story) *answer { return s.update(reject(approver)) }, schemas.Rejected},
		"an approval by signal":    {func(s *story) *answer { s.signal(approve(approver)); return nil }, schemas.Completed},
		"a rejection by signal":    {func(s *story) *answer { s.signal(reject(approver)); return nil }, schemas.Rejected},
		"rubbish and an approval":  {func(s *story) *answer { s.signal(42); return s.update(approve(approver)) }, schemas.Completed},
		"a cancellation":           {func(s *story) *answer { s.cancel(); return nil }, schemas.Cancelled},
		"a cancellation by update": {func(s *story) *answer { return s.cancelBy(schemas.CancelRequest{By: "ann", Reason: "no"}) }, schemas.Cancelled},
	} {
		t.Run(what, func(t *testing.T) {
			s := gated(t)
			var a *answer
			s.at(0, func() { a = c.send(s) })
			e := s.run()
			require.Equal(t, c.ends, e.Status)
			if a != nil {
				require.NoError(t, a.err)
			}
			if what == "a cancellation by update" {
				require.Equal(t, "cancelled at VALIDATING by ann: no", e.Reason)
			}
		})
	}
}

func TestASignedApprovalAfterAFailureHasToNameIt(t *testing.T) {
	for report, seen := range map[*schemas.ProbeReport]schemas.ProbeStatus{&failed: "", &passed: "", {Status: schemas.ProbeFail}: schemas.ProbeFail} {
		s := gated(t)
		s.world.probe = answers[schemas.ProbeInput](*report)
		d := approve(approver)
		d.Signature, d.Probe = "armour", seen
		s.at(time.Hour, func() { s.update(d) })
		want := schemas.Completed
		if report.Status == schemas.ProbeFail && seen == "" {
			want = schemas.ApprovalTimedOut
		}
		require.Equal(t, want, s.run().Status)
	}
}

func TestARejectionAfterApprovalsThatSettledItIsRefused(t *testing.T) {
	s := gated(t)
	var a *answer
	s.during[schemas.PollJobActivity] = func() {
		s.update(approve(approver))
		s.until(func() bool { p := s.progress(); return len(p.Approval.Approvals) == 1 })
		s.onLoop(func() { a = s.update(reject("bob")) })
		s.until(func() bool { return a.done })
	}
	require.Equal(t, schemas.Completed, s.run().Status)
	a.wantRefused(t, approver+" has decided already: approve")
}
