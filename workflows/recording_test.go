package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestAWebhookThatCannotBeDeliveredNeverFailsARegistration(t *testing.T) {
	for name, err := range map[string]error{
		"refused for good": fatal(schemas.ErrWebhookRefused, "the receiver wants no more deliveries (410)"),
		"never delivered":  passing(schemas.ErrWebhookUndelivered, "the receiver answered 502"),
		"broken":           fatal(schemas.ErrInternal, "no sender"),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.world.notify = fails[schemas.WebhookInput, schemas.WebhookDelivery](err)
			e := s.run()
			require.Equal(t, schemas.Completed, e.Status)
			id := made[schemas.WebhookInput](s, schemas.NotifyWebhookActivity)[0].MessageID
			require.Equal(t, &schemas.WebhookDelivery{MessageID: id, Error: explain(err).Message}, e.Webhook)
			require.NotContains(t, s.activities(), schemas.DeregisterModelActivity)
		})
	}
}

func TestEveryAttemptOfAWebhookCarriesTheSameEvent(t *testing.T) {
	s := newStory(t)
	later := fails[schemas.WebhookInput, schemas.WebhookDelivery](passing(schemas.ErrWebhookUndelivered, "502"))
	s.world.notify = inTurn(later, later, goodWorld().notify)
	s.run()
	attempts := made[schemas.WebhookInput](s, schemas.NotifyWebhookActivity)
	require.Len(t, attempts, 3)
	require.Equal(t, attempts[0], attempts[1])
	require.Equal(t, attempts[0], attempts[2])
}

func TestATrailThatCannotBeWrittenFailsTheRegistration(t *testing.T) {
	for name, err := range map[string]error{
		"for long": passing(schemas.ErrAuditUnavailable, "the disk is full"),
		"for good": fatal(schemas.ErrInternal, "the disk is full"),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.world.audit = fails[schemas.AuditEntry, nothing](err)
			e := s.run()
			require.Equal(t, schemas.Failed, e.Status)
			require.Equal(t, schemas.ErrAuditUnavailable, e.ErrorType)
			require.Contains(t, e.Reason, "could not be written to the audit trail: the disk is full")
			require.True(t, e.Webhook.Delivered)
		})
	}
}

func TestATrailThatCannotBeWrittenHidesNothingOfWhatHappenedBefore(t *testing.T) {
	s := newStory(t)
	s.world.probe = answers[schemas.ProbeInput](failed)
	s.world.deregister = fails[schemas.DeregisterInput, nothing](fatal(schemas.ErrForbidden, "403"))
	s.world.audit = fails[schemas.AuditEntry, nothing](fatal(schemas.ErrInternal, "the disk is full"))
	e := s.run()
	require.Equal(t, schemas.ErrAuditUnavailable, e.ErrorType)
	require.Contains(t, e.Reason, failed.Error)
	require.Contains(t, e.Reason, "it may still exist in the gateway")
	require.Contains(t, e.Reason, "could not be written to the audit trail: the disk is full")
}

func TestAnOutageOfTheTrailIsSatOutWithOneEntry(t *testing.T) {
	s := newStory(t)
	s.world.audit = inTurn(
		fails[schemas.AuditEntry, nothing](passing(schemas.ErrAuditUnavailable, "locked")),
		answers[schemas.AuditEntry](nothing{}),
	)
	require.Equal(t, schemas.Completed, s.run().Status)
	entries := made[schemas.AuditEntry](s, schemas.WriteAuditActivity)
	require.Len(t, entries, 2)
	require.Equal(t, entries[0], entries[1])
}

func TestAnEndingIsAuditedWithWhatLedToIt(t *testing.T) {
	s := newStory(t)
	s.at(0, func() { s.signal(reject(approver)) })
	e := s.run()
	entry := made[schemas.AuditEntry](s, schemas.WriteAuditActivity)[0]
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
