package workflows

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// receives plays a receiver that fails with these errors, one an attempt, and then takes every event.
func receives(errs ...error) func(schemas.WebhookInput) (schemas.WebhookDelivery, error) {
	each := []func(schemas.WebhookInput) (schemas.WebhookDelivery, error){}
	for _, err := range errs {
		each = append(each, fails[schemas.WebhookInput, schemas.WebhookDelivery](err))
	}
	return inTurn(append(each, goodWorld().notify)...)
}

// down is how an attempt fails at a receiver that may yet come up; attempts counts those of its activity.
func down(attempt int) error {
	return temporal.NewApplicationErrorWithOptions("the receiver answered 500", string(schemas.ErrWebhookUndelivered),
		temporal.ApplicationErrorOptions{Details: []any{schemas.WebhookFailure{Attempt: attempt, ResponseCode: 500}}})
}

// announced are the attempts at announcing that the registration waits ("waiting") or how it "ended".
func (s *story) announced(kind string) (out []schemas.WebhookInput) {
	for _, in := range made[schemas.WebhookInput](s, schemas.NotifyWebhookActivity) {
		if strings.HasSuffix(in.MessageID, "_"+kind) {
			out = append(out, in)
		}
	}
	return out
}

// recordings are the attempts at recording deliveries.
func (s *story) recordings() (out []schemas.AuditEntry) {
	for _, e := range made[schemas.AuditEntry](s, schemas.WriteAuditActivity) {
		if e.Event == schemas.AuditWebhook {
			out = append(out, e)
		}
	}
	return out
}

func TestAWebhookThatArrivesAtOnceNeedsNoFurtherWorkflowAndIsRecorded(t *testing.T) {
	s := newStory(t)
	e := s.run()
	require.True(t, e.Webhook.Delivered)
	require.Empty(t, e.Webhook.WorkflowID)
	recorded := s.entries(schemas.AuditWebhook)
	require.Len(t, recorded, 1)
	require.Equal(t, s.announced("ended")[0].MessageID+"/delivery", recorded[0].EntryID)
	require.Equal(t, e.Webhook, recorded[0].Webhook)
	require.Equal(t, "the event COMPLETED was delivered at the first attempt", recorded[0].Reason)
	require.Equal(t, requester, recorded[0].Requester)
	require.Equal(t, e.RunID, recorded[0].RunID)
	require.Empty(t, recorded[0].Outcome, "it is the ending's")
	require.Empty(t, s.recordings(), "the attempt that delivered it has recorded that")
}

func TestADeliveryThatItsAttemptCouldNotRecordIsRecordedByTheWorkflowInTheSameWords(t *testing.T) {
	told := newStory(t)
	told.run()
	s := newStory(t)
	s.unrecorded = true
	s.run()
	require.Len(t, s.recordings(), 1)
	want := told.entries(schemas.AuditWebhook)[0]
	want.JobDurationMs = s.recordings()[0].JobDurationMs
	require.Equal(t, want, s.recordings()[0])
	require.Equal(t, time.Unix(1, 0).UTC(), want.Timestamp, "when it was delivered")
}

// The registration's own attempt may have delivered and recorded the event although its answer was lost.
func TestADeliveryThatIsRepeatedHasAnEntryOfItsOwn(t *testing.T) {
	s := newStory(t)
	s.world.notify = receives(down(1))
	e := s.run()
	require.True(t, e.Webhook.Pending)
	recorded := s.entries(schemas.AuditWebhook)
	require.Len(t, recorded, 1)
	require.Equal(t, e.Webhook.MessageID+"/delivery-again", recorded[0].EntryID)
}

func TestAWebhookThatIsRefusedForGoodIsTriedOnceAndNeverFailsARegistration(t *testing.T) {
	for name, err := range map[string]error{
		"gone":   fatal(schemas.ErrWebhookRefused, "it wants no more deliveries", schemas.WebhookFailure{Attempt: 1, ResponseCode: 410}),
		"broken": fatal(schemas.ErrInternal, "no sender"),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.world.notify = fails[schemas.WebhookInput, schemas.WebhookDelivery](err)
			e := s.run()
			require.Equal(t, schemas.Completed, e.Status)
			require.False(t, e.Webhook.Delivered)
			require.False(t, e.Webhook.Pending)
			require.Equal(t, 1, e.Webhook.Attempts)
			require.Equal(t, explain(err).Message, e.Webhook.Error)
			require.Len(t, s.announced("ended"), 1)
			require.Equal(t, e.Webhook, s.entries(schemas.AuditWebhook)[0].Webhook)
			require.NotContains(t, s.activities(), schemas.DeregisterModelActivity)
		})
	}
}

func TestAReceiverThatIsDownHoldsUpNoResult(t *testing.T) {
	s := newStory(t)
	s.world.notify = receives(down(1), down(1), down(2))
	e := s.run()
	require.Equal(t, schemas.Completed, e.Status)
	id := s.announced("ended")[0].MessageID
	require.Equal(t, &schemas.WebhookDelivery{
		Pending: true, WorkflowID: "deliver-webhook/" + id, MessageID: id, Attempts: 1, ResponseCode: 500,
		Error: "the receiver answered 500",
	}, e.Webhook)
	stages := s.progress().Stages
	require.Less(t, stages[len(stages)-1].StartedAt, s.times(schemas.NotifyWebhookActivity)[1], "the second attempt comes after the end")

	recorded := s.entries(schemas.AuditWebhook)
	require.Len(t, recorded, 1)
	require.True(t, recorded[0].Webhook.Delivered)
}

func TestEveryAttemptOfAWebhookCarriesTheSameEvent(t *testing.T) {
	s := newStory(t)
	s.world.notify = receives(down(1), down(1), down(2))
	s.run()
	attempts := s.announced("ended")
	require.Len(t, attempts, 4)
	attempts[0].Record = nil // only the registration's own attempt has it recorded
	for _, again := range attempts[1:] {
		require.Equal(t, attempts[0], again)
	}
}

func TestTheEndingIsAnnouncedWithTheTrailsCheckpoint(t *testing.T) {
	s := newStory(t)
	head := schemas.Checkpoint{Seq: 7, Hash: "abc", Signature: "c2ln"}
	s.world.audit = func(e schemas.AuditEntry) (schemas.AuditReceipt, error) {
		if e.Event != schemas.AuditEnded {
			return schemas.AuditReceipt{}, nil
		}
		return schemas.AuditReceipt{Seq: 7, Hash: "abc", Checkpoint: &head}, nil
	}
	s.run()
	require.Equal(t, &head, s.announced("ended")[0].Event.Checkpoint)
}

func TestThatSomebodyHasToDecideIsAnnouncedBesideTheGate(t *testing.T) {
	s := gated(t)
	s.at(time.Hour, func() { s.signal(approve(approver)) })
	e := s.run()
	told := s.announced("waiting")
	require.Len(t, told, 1)
	require.Equal(t, "WAITING_FOR_APPROVAL", told[0].Event.Status)
	require.Equal(t, "msg_"+e.RunID+"_waiting", told[0].MessageID)
	require.Equal(t, "model-1", told[0].Event.ModelID)
	require.Nil(t, told[0].Event.Checkpoint)
	require.True(t, e.Approval.Announced.Delivered)
	require.Len(t, s.entries(schemas.AuditWebhook), 2)
}

func TestAReceiverThatIsDownHoldsUpNoDecision(t *testing.T) {
	s := gated(t)
	s.world.notify = receives(down(1))
	s.at(time.Second/2, func() { s.signal(approve(approver)) })
	e := s.run()
	require.Equal(t, schemas.Completed, e.Status)
	require.Less(t, e.Approval.WaitedMs, int64(2000))
	require.True(t, e.Approval.Announced.Pending)
	require.Equal(t, "deliver-webhook/msg_"+e.RunID+"_waiting", e.Approval.Announced.WorkflowID)
	require.Len(t, s.announced("waiting"), 2)
	require.Len(t, s.entries(schemas.AuditWebhook), 2)
}

func TestAnAnnouncementInFlightIsHandedOverWhenTheRegistrationEnds(t *testing.T) {
	s := gated(t)
	ended := make(chan struct{})
	var held atomic.Bool
	s.world.notify = func(in schemas.WebhookInput) (schemas.WebhookDelivery, error) {
		switch {
		case in.Event.Status == string(schemas.Completed):
			close(ended)
		case held.CompareAndSwap(false, true):
			<-ended // a registration that waited for this answer would never end
		}
		return goodWorld().notify(in)
	}
	s.during[schemas.NotifyWebhookActivity] = func() { s.onLoop(func() { s.signal(approve(approver)) }) }
	e := s.run()
	require.Equal(t, schemas.Completed, e.Status)
	require.True(t, e.Approval.Announced.Pending)
	require.Len(t, s.announced("waiting"), 2, "the workflow that took over tries again, with the same id")
	recorded := s.entries(schemas.AuditWebhook)
	require.Len(t, recorded, 2)
}

func TestACancelledGatesAnnouncementIsStillDelivered(t *testing.T) {
	s := gated(t)
	s.world.notify = receives(down(1), down(1))
	s.at(time.Second/2, s.cancel)
	e := s.run()
	require.Equal(t, schemas.Cancelled, e.Status)
	for _, entry := range s.entries(schemas.AuditWebhook) {
		require.True(t, entry.Webhook.Delivered, entry.Reason)
	}
	require.Len(t, s.entries(schemas.AuditWebhook), 2)
}

func TestADeliveryWhoseRecordHasToWaitDoesNotHoldUpTheResult(t *testing.T) {
	s := newStory(t)
	s.unrecorded = true
	refusals := 0
	s.world.audit = func(e schemas.AuditEntry) (schemas.AuditReceipt, error) {
		if e.Event == schemas.AuditWebhook && refusals < 8 {
			refusals++
			return schemas.AuditReceipt{}, passing(schemas.ErrAuditUnavailable, "the disk is full")
		}
		return schemas.AuditReceipt{}, nil
	}
	e := s.run()
	require.Equal(t, schemas.Completed, e.Status)
	require.True(t, e.Webhook.Delivered)
	require.Len(t, s.announced("ended"), 1, "what was delivered is not sent again")
	recorded := s.recordings()
	require.Len(t, recorded, 9)
	require.Equal(t, recorded[0].EntryID, recorded[8].EntryID)
}
