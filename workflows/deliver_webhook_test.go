package workflows

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// deliver runs DeliverWebhook by itself, after one failed attempt.
func (s *story) deliver(in schemas.DeliverWebhookInput) (out schemas.WebhookDelivery, err error) {
	s.t.Helper()
	s.observed.parent = &workflow.Execution{ID: in.Webhook.Event.WorkflowID, RunID: in.Webhook.Event.RunID}
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: schemas.DeliverWebhookWorkflowID(in.Webhook.MessageID)})
	s.env.ExecuteWorkflow(schemas.DeliverWebhookWorkflow, in)
	require.True(s.t, s.env.IsWorkflowCompleted())
	for _, seen := range s.observed.all() {
		require.NotEmpty(s.t, seen.summary, "%s has no summary", seen.what)
	}
	if err := s.env.GetWorkflowError(); err != nil {
		return out, err
	}
	require.NoError(s.t, s.env.GetWorkflowResult(&out))
	return out, nil
}

func undeliveredYet() schemas.DeliverWebhookInput {
	return schemas.DeliverWebhookInput{
		Webhook: schemas.WebhookInput{
			URL: "https://my-orchestrator.internal/webhooks/hush?token=hush", MessageID: "msg_run-1_ended",
			Event: schemas.Event{
				Event: schemas.RegistrationUpdated, Status: "COMPLETED", Name: modelName, ModelID: "model-1",
				WorkflowID: "register-model/" + modelName, RunID: "run-1",
			},
		},
		Delivery: schemas.WebhookDelivery{
			Pending: true, MessageID: "msg_run-1_ended", Attempts: 1, ResponseCode: 500, Error: "the receiver answered 500",
		},
		Wait: schemas.Duration(firstWebhookGap), JobID: "job-1", Requester: requester,
	}
}

func TestAReceiverThatFailsTenTimesGetsTheEventInTheEnd(t *testing.T) {
	s := newStory(t)
	var answers []func(schemas.WebhookInput) (schemas.WebhookDelivery, error)
	for attempt := 1; attempt <= 9; attempt++ { // the first of the ten failures was the registration's
		answers = append(answers, fails[schemas.WebhookInput, schemas.WebhookDelivery](down(attempt)))
	}
	s.world.notify = inTurn(append(answers, func(in schemas.WebhookInput) (schemas.WebhookDelivery, error) {
		out, err := goodWorld().notify(in)
		out.Attempts = 10
		return out, err
	})...)
	out, err := s.deliver(undeliveredYet())
	require.NoError(t, err)
	require.True(t, out.Delivered)
	require.False(t, out.Pending)
	require.Equal(t, 11, out.Attempts)
	require.Empty(t, out.Error)

	at := s.times(schemas.NotifyWebhookActivity)
	require.Len(t, at, 10)
	for i := 2; i < len(at); i++ {
		require.Greater(t, at[i].Sub(at[i-1]), at[i-1].Sub(at[i-2]), "the gaps grow")
	}
	recorded := s.entries(schemas.AuditWebhook)
	require.Len(t, recorded, 1)
	require.Equal(t, "the event COMPLETED was delivered after 11 attempts", recorded[0].Reason)
	require.Equal(t, "msg_run-1_ended/delivery-again", recorded[0].EntryID)
	require.Equal(t, "job-1", recorded[0].JobID)
}

func TestADeliveryWaitsAsLongAsTheReceiverAsksTo(t *testing.T) {
	s := newStory(t)
	in := undeliveredYet()
	in.Wait = schemas.Duration(7 * time.Minute)
	later := temporal.NewApplicationErrorWithOptions("429", string(schemas.ErrWebhookUndelivered), temporal.ApplicationErrorOptions{
		NextRetryDelay: 40 * time.Minute, Details: []any{schemas.WebhookFailure{Attempt: 1, ResponseCode: 429}}})
	s.world.notify = receives(later)
	_, err := s.deliver(in)
	require.NoError(t, err)
	require.Equal(t, []time.Duration{7 * time.Minute}, s.observed.timers())
	at := s.times(schemas.NotifyWebhookActivity)
	require.Len(t, at, 2)
	require.GreaterOrEqual(t, at[1].Sub(at[0]), 40*time.Minute)
}

func TestTheRegistrationsAttemptTellsHowLongToWait(t *testing.T) {
	s := newStory(t)
	s.world.notify = receives(temporal.NewApplicationErrorWithOptions("429", string(schemas.ErrWebhookUndelivered),
		temporal.ApplicationErrorOptions{NextRetryDelay: 40 * time.Minute}))
	s.run()
	require.Contains(t, s.observed.timers(), 40*time.Minute)
}

func TestAReceiverThatSaysNeverEndsItsDelivery(t *testing.T) {
	s := newStory(t)
	s.world.notify = receives(down(1), fatal(schemas.ErrWebhookRefused, "it wants no more",
		schemas.WebhookFailure{Attempt: 2, ResponseCode: 410}))
	out, err := s.deliver(undeliveredYet())
	require.NoError(t, err, "an event that was given up is a result")
	require.Equal(t, schemas.WebhookDelivery{
		MessageID: "msg_run-1_ended", WorkflowID: out.WorkflowID, Attempts: 3, ResponseCode: 410, Error: "it wants no more",
	}, out)
	require.Equal(t, "the event COMPLETED was given up after 3 attempts: it wants no more", s.entries(schemas.AuditWebhook)[0].Reason)
	require.Contains(t, s.page().GetCurrentDetails(), "given up after 3 attempts")
}

func TestADeliveryIsGivenUpAfterADay(t *testing.T) {
	require.Equal(t, 24*time.Hour, activityTable[schemas.NotifyWebhookActivity].ScheduleToCloseTimeout)
	s := newStory(t)
	s.world.notify = fails[schemas.WebhookInput, schemas.WebhookDelivery](down(10)) // the environment stops after ten
	out, err := s.deliver(undeliveredYet())
	require.NoError(t, err)
	require.False(t, out.Delivered)
	require.False(t, out.Pending)
	require.Equal(t, 11, out.Attempts)
	require.Equal(t, "the receiver answered 500", out.Error)
	require.False(t, s.entries(schemas.AuditWebhook)[0].Webhook.Delivered)
}

func TestWhileItGoesOnADeliverySaysSo(t *testing.T) {
	s := newStory(t)
	s.world.notify = receives(down(1))
	s.at(1500*time.Millisecond, func() {
		var so schemas.WebhookDelivery
		answer, err := s.env.QueryWorkflow(schemas.StatusQuery)
		if err == nil {
			err = answer.Get(&so)
		}
		if err != nil || !so.Pending || so.Attempts != 1 || so.Error == "" {
			t.Errorf("while it goes on: %+v, %v", so, err)
		}
		details := s.page().GetCurrentDetails()
		for _, part := range []string{"my-orchestrator.internal", "being delivered since", "the receiver answered 500", "24h"} {
			if !strings.Contains(details, part) {
				t.Errorf("the details lack %q: %s", part, details)
			}
		}
		if strings.Contains(details, "hush") {
			t.Errorf("the details hold the receiver's password: %s", details)
		}
	})
	_, err := s.deliver(undeliveredYet())
	require.NoError(t, err)
}

func TestACancelledDeliveryIsRecordedAsGivenUp(t *testing.T) {
	s := newStory(t)
	s.world.notify = receives(down(1), down(2), down(3))
	s.at(2500*time.Millisecond, s.cancel)
	_, err := s.deliver(undeliveredYet())
	var cancelled *temporal.CanceledError
	require.ErrorAs(t, err, &cancelled)
	var out schemas.WebhookDelivery
	require.NoError(t, cancelled.Details(&out))
	require.Contains(t, out.Error, "the delivery was cancelled")
	require.Contains(t, s.entries(schemas.AuditWebhook)[0].Reason, "given up")
}

func TestADeliveryThatOnlyHasToBeRecordedIsNotSentAgain(t *testing.T) {
	s := newStory(t)
	in := undeliveredYet()
	in.Delivery.Pending, in.Delivery.Delivered = false, true
	out, err := s.deliver(in)
	require.NoError(t, err)
	require.True(t, out.Delivered)
	require.Equal(t, []string{schemas.WriteAuditActivity}, s.activities())
}

func TestADeliveryServesItsParentAlone(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*schemas.DeliverWebhookInput)
		parent *workflow.Execution
		want   schemas.ErrorType
	}{
		"started by hand":        {nil, nil, schemas.ErrCallerRefused},
		"a child of another run": {nil, &workflow.Execution{ID: "register-model/" + modelName, RunID: "run-2"}, schemas.ErrCallerRefused},
		"a child of something else": {func(in *schemas.DeliverWebhookInput) { in.Webhook.Event.WorkflowID = "mine" },
			&workflow.Execution{ID: "mine", RunID: "run-1"}, schemas.ErrCallerRefused},
		"a message of another run": {func(in *schemas.DeliverWebhookInput) { in.Webhook.MessageID = "msg_run-2_ended" },
			&workflow.Execution{ID: "register-model/" + modelName, RunID: "run-1"}, schemas.ErrCallerRefused},
	} {
		s := newStory(t)
		in := undeliveredYet()
		if c.change != nil {
			c.change(&in)
		}
		s.observed.parent = c.parent
		s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: schemas.DeliverWebhookWorkflowID(in.Webhook.MessageID)})
		s.env.ExecuteWorkflow(schemas.DeliverWebhookWorkflow, in)
		require.Equal(t, c.want, explain(s.env.GetWorkflowError()).Type, name)
		require.Empty(t, s.activities(), name)
	}
}

func TestInternalWorkflowsRunUnderIDsThatFitTheirInput(t *testing.T) {
	for name, in := range map[string]any{
		schemas.DeliverWebhookWorkflow: undeliveredYet(), schemas.RecordDecisionWorkflow: lateDecision(),
		schemas.HoldFleetPartWorkflow: schemas.FleetPart{FleetID: "f", Part: 1},
	} {
		s := newStory(t)
		s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: "another"})
		s.env.ExecuteWorkflow(name, in)
		require.Equal(t, schemas.ErrWrongWorkflowID, explain(s.env.GetWorkflowError()).Type, name)
		require.Empty(t, s.activities(), name)
	}
}
