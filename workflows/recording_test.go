package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestAnEntryThatCanNeverBeWrittenFailsTheRegistration(t *testing.T) {
	s := newStory(t)
	s.world.audit = func(e schemas.AuditEntry) (schemas.AuditReceipt, error) {
		if e.Event == schemas.AuditEnded {
			return schemas.AuditReceipt{}, fatal(schemas.ErrInternal, "the entry is too long")
		}
		return schemas.AuditReceipt{}, nil
	}
	e := s.run()
	require.Equal(t, schemas.Failed, e.Status)
	require.Equal(t, schemas.ErrAuditUnavailable, e.ErrorType)
	require.Contains(t, e.Reason, "could not be written to the audit trail: the entry is too long")
	require.True(t, e.Webhook.Delivered)
}

func TestATrailThatCannotBeWrittenHidesNothingOfWhatHappenedBefore(t *testing.T) {
	s := newStory(t)
	s.world.probe = answers[schemas.ProbeInput](failed)
	s.world.deregister = fails[schemas.DeregisterInput, nothing](fatal(schemas.ErrForbidden, "403"))
	s.world.audit = func(e schemas.AuditEntry) (schemas.AuditReceipt, error) {
		if e.Event == schemas.AuditEnded {
			return schemas.AuditReceipt{}, fatal(schemas.ErrInternal, "the entry is too long")
		}
		return schemas.AuditReceipt{}, nil
	}
	e := s.run()
	require.Equal(t, schemas.ErrAuditUnavailable, e.ErrorType)
	require.Contains(t, e.Reason, failed.Error)
	require.Contains(t, e.Reason, "it may still exist in the gateway")
	require.Contains(t, e.Reason, "could not be written to the audit trail: the entry is too long")
}

func TestARegistrationWaitsForDaysUntilTheTrailCanBeWrittenAndSaysSo(t *testing.T) {
	for _, event := range []schemas.AuditEvent{schemas.AuditStarted, schemas.AuditDecision, schemas.AuditEnded} {
		t.Run(string(event), func(t *testing.T) {
			s := gated(t)
			outage := time.Time{}
			s.world.audit = func(e schemas.AuditEntry) (schemas.AuditReceipt, error) {
				var now time.Time
				s.onLoop(func() { now = s.env.Now() })
				if e.Event == event && outage.IsZero() {
					outage = now
				}
				if e.Event == event && now.Sub(outage) < 50*time.Hour {
					return schemas.AuditReceipt{}, passing(schemas.ErrAuditUnavailable, "the disk is full")
				}
				return schemas.AuditReceipt{}, nil
			}
			var during, after string
			s.at(time.Hour, func() { s.signal(approve(approver)) })
			s.at(30*time.Hour, func() { during = s.page().CurrentDetails })
			e := s.run()
			after = s.page().CurrentDetails
			require.Equal(t, schemas.Completed, e.Status)
			require.Contains(t, during, "**This waits until the audit trail can be written again**: the disk is full")
			require.NotContains(t, after, "This waits")
			entries := s.entries(event)
			require.Len(t, entries, 1)
			for _, again := range made[schemas.AuditEntry](s, schemas.WriteAuditActivity) {
				if again.Event == event {
					require.Equal(t, entries[0], again, "each attempt writes the same entry")
				}
			}
			if event == schemas.AuditStarted {
				require.Equal(t, schemas.StageSubmitting, s.progress().Stages[1].Stage)
				require.GreaterOrEqual(t, s.progress().Stages[1].StartedAt.Sub(s.progress().StartedAt), 50*time.Hour,
					"nothing leaves before the start is recorded")
			}
		})
	}
}

func TestAGateWaitsForTheDecisionThatIsBeingRecordedWhenItsTimeIsUp(t *testing.T) {
	s := gated(t)
	s.in.Manifest.Approval.Timeout = schemas.Duration(2 * time.Hour)
	s.world.audit = inTurn(
		answers[schemas.AuditEntry](schemas.AuditReceipt{}),
		func(schemas.AuditEntry) (schemas.AuditReceipt, error) {
			s.onLoop(func() {})
			return schemas.AuditReceipt{}, passing(schemas.ErrAuditUnavailable, "locked")
		},
		answers[schemas.AuditEntry](schemas.AuditReceipt{}),
	)
	s.at(2*time.Hour-time.Millisecond, func() { s.signal(approve(approver)) })
	e := s.run()
	require.Equal(t, schemas.Completed, e.Status)
	require.True(t, s.entries(schemas.AuditDecision)[0].Decision.Accepted)
}

func TestADecisionIsAuditedWithWhatItRestsOn(t *testing.T) {
	s := gated(t)
	s.world.verify = answers[schemas.VerifyDecisionInput](schemas.VerifiedDecision{
		Approver: "ann@example.com", Signed: true, KeyFingerprint: "SHA256:abc"})
	s.at(time.Hour, func() {
		s.signal(schemas.Decision{Decision: schemas.Approve, Reason: "fine", PayloadHash: payloadHash, Signature: "armoured"})
	})
	e := s.run()
	require.Equal(t, "ann@example.com", e.Approval.Approver, "the signer is the approver")
	require.True(t, e.Approval.Approvals[0].Signed)
	entry := s.entries(schemas.AuditDecision)[0]
	require.Equal(t, &schemas.AuditedDecision{
		DecisionStatement: schemas.DecisionStatement{
			Name: modelName, PayloadHash: payloadHash, Decision: schemas.Approve, Approver: "ann@example.com", Reason: "fine"},
		Accepted: true, Signature: "armoured", KeyFingerprint: "SHA256:abc", DecidedAt: e.Approval.DecidedAt,
	}, entry.Decision)
	require.Equal(t, schemas.ProbePass, entry.Probe.Status)
	require.Equal(t, "model-1", entry.ModelID)
	require.Equal(t, requester, entry.Requester)
}

func TestAnEndingIsAuditedWithWhatLedToIt(t *testing.T) {
	s := newStory(t)
	s.at(0, func() { s.signal(reject(approver)) })
	e := s.run()
	entry := s.entries(schemas.AuditEnded)[0]
	require.Equal(t, schemas.Rejected, entry.Outcome)
	require.Equal(t, e.Reason, entry.Reason)
	require.Equal(t, approver, entry.Approval.Approver)
	require.Equal(t, requester, entry.Requester)
	require.True(t, *entry.Deregistered)
}

func TestAnAnnouncedReasonIsOneLineOfBoundedLength(t *testing.T) {
	s := newStory(t)
	reason := make([]rune, maxReason)
	for i := range reason {
		reason[i] = '\n'
	}
	s.at(0, func() {
		s.signal(schemas.Decision{Decision: schemas.Reject, Approver: approver, Reason: string(reason)})
	})
	require.Equal(t, schemas.Rejected, s.run().Status)
	said := made[schemas.WebhookInput](s, schemas.NotifyWebhookActivity)[0].Event.Reason
	require.NotContains(t, said, "\n")
	require.LessOrEqual(t, len([]rune(said)), 2000)
}
