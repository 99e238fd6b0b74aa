package workflows

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// plainly is what is said of a cancellation that says neither who nor why.
const plainly = ", through Temporal, which says neither who nor why"

// cancelBy cancels by update, with a reason.
func (s *story) cancelBy(c schemas.CancelRequest) *answer {
	return s.updateOf(schemas.CancelHandler, c)
}

func TestACancellationByUpdateIsAuditedWithWhoAndWhy(t *testing.T) {
	s := gated(t)
	var a, again *answer
	s.at(time.Hour, func() { a = s.cancelBy(schemas.CancelRequest{By: " ann@example.com ", Reason: "wrong region"}) })
	s.during[schemas.DeregisterModelActivity] = func() { again = s.cancelBy(schemas.CancelRequest{By: "bob", Reason: "me too"}) }
	e := s.run()
	require.NoError(t, a.err)
	require.Equal(t, schemas.CancelReceipt{Name: modelName, Stage: schemas.StageApproval,
		Message: "the registration ends, and its model is rolled back"}, a.cancelled)
	require.Equal(t, schemas.Cancelled, e.Status)
	require.Equal(t, "cancelled at WAITING_FOR_APPROVAL by ann@example.com: wrong region", e.Reason)
	require.Equal(t, "ann@example.com", e.Cancellation.By)
	require.True(t, e.Rollback.Deregistered)
	entries := s.entries(schemas.AuditCancel)
	require.Len(t, entries, 1)
	require.Equal(t, e.Cancellation, entries[0].Cancellation)
	again.wantRefused(t, "is at ROLLING_BACK and cannot be cancelled any more")
}

func TestACancellationHasEffectAlsoWhileTheTrailCannotBeWritten_AndIsRecordedThen(t *testing.T) {
	s := gated(t)
	s.trailIsDown(schemas.AuditCancel, time.Hour, 9*time.Hour)
	s.at(2*time.Hour, func() { s.cancelBy(schemas.CancelRequest{By: "ann", Reason: "no"}) })
	e := s.run()
	require.Equal(t, schemas.Cancelled, e.Status)
	require.Len(t, s.entries(schemas.AuditCancel), 1)
	gone := s.times(schemas.DeregisterModelActivity)[0]
	require.WithinDuration(t, s.progress().StartedAt.Add(2*time.Hour), gone, time.Minute)
}

func TestACancellationThatSaysNotWhoIsRefused(t *testing.T) {
	for because, c := range map[string]any{
		"by must say who": schemas.CancelRequest{Reason: "no"}, "placeholder": schemas.CancelRequest{By: "ann", Reason: "why"},
		"invisible": schemas.CancelRequest{By: "ann\u3164", Reason: "no"}, "by must say who ": schemas.CancelRequest{By: "who you are"},
		"at most 2000": schemas.CancelRequest{By: "ann", Reason: strings.Repeat("x", 2001)}, "cannot be read": 42,
	} {
		s := gated(t)
		var a *answer
		s.at(time.Hour, func() { a = s.updateOf(schemas.CancelHandler, c) })
		s.at(2*time.Hour, func() { s.update(approve(approver)) })
		require.Equal(t, schemas.Completed, s.run().Status)
		a.wantRefused(t, strings.TrimSpace(because))
		require.Empty(t, s.entries(schemas.AuditCancel))
	}
}

func TestWhoCancelsJustBeforeTheEndIsHeard(t *testing.T) {
	s := newStory(t)
	var a *answer
	s.during[schemas.TriggerHealthCheckActivity] = func() {
		s.onLoop(func() { a = s.cancelBy(schemas.CancelRequest{By: "ann", Reason: "no"}) })
	}
	e := s.run()
	require.NoError(t, a.err)
	require.Equal(t, schemas.Cancelled, e.Status)
	require.True(t, e.Rollback.Deregistered)
}

func TestARegistrationCancelledWhileAnActivityRunsIsRolledBackIfAModelMayExist(t *testing.T) {
	for _, c := range []struct {
		during     string
		stage      schemas.Stage
		rolledBack bool
		knows      schemas.DeregisterInput // of what is rolled back
	}{
		{during: schemas.ValidatePayloadActivity, stage: schemas.StageValidating},
		{schemas.SubmitRegistrationActivity, schemas.StageSubmitting, true, schemas.DeregisterInput{}},
		{schemas.PollJobActivity, schemas.StageRegistering, true, schemas.DeregisterInput{JobID: "job-1"}},
		{schemas.SyntheticProbeActivity, schemas.StageProbing, true, schemas.DeregisterInput{JobID: "job-1", ModelID: "model-1"}},
		{schemas.TriggerHealthCheckActivity, schemas.StageHealthCheck, true, schemas.DeregisterInput{JobID: "job-1", ModelID: "model-1"}},
	} {
		t.Run(c.during, func(t *testing.T) {
			s := newStory(t)
			s.during[c.during] = s.cancel
			e := s.run()
			require.Equal(t, schemas.Cancelled, e.Status)
			require.Equal(t, "cancelled at "+string(c.stage)+plainly, e.Reason)
			require.True(t, e.Cancellation.Plain)
			rollbacks := made[schemas.DeregisterInput](s, schemas.DeregisterModelActivity)
			if !c.rolledBack {
				require.Empty(t, rollbacks)
				require.Nil(t, e.Rollback)
				return
			}
			require.Len(t, rollbacks, 1)
			require.True(t, e.Rollback.Deregistered)
			require.Equal(t, modelName, rollbacks[0].Payload.Value.Name)
			require.False(t, rollbacks[0].SubmittedAt.IsZero())
			require.Equal(t, c.knows.JobID, rollbacks[0].JobID)
			require.Equal(t, c.knows.ModelID, rollbacks[0].ModelID)
		})
	}
}

func TestARegistrationCancelledWhileItSleepsBetweenTwoLooksIsRolledBack(t *testing.T) {
	s := newStory(t)
	s.in.Manifest.JobTimeout = schemas.Duration(10 * time.Hour)
	s.world.poll = jobRunsFor(s, 9*time.Hour)
	s.at(time.Hour, s.cancel)
	e := s.run()
	require.Equal(t, schemas.Cancelled, e.Status)
	require.Equal(t, "cancelled at REGISTERING"+plainly, e.Reason)
	require.Equal(t, "job-1", made[schemas.DeregisterInput](s, schemas.DeregisterModelActivity)[0].JobID)
	require.True(t, e.Rollback.Deregistered)
}

func TestARegistrationCancelledWhileItWaitsForAPersonIsRolledBack(t *testing.T) {
	s := gated(t)
	s.at(time.Hour, s.cancel)
	e := s.run()
	require.Equal(t, schemas.Cancelled, e.Status)
	require.Equal(t, "cancelled at WAITING_FOR_APPROVAL"+plainly, e.Reason)
	require.True(t, e.Rollback.Deregistered)
	require.True(t, e.Approval.Required)
	require.Empty(t, e.Approval.Decision)
	require.InDelta(t, time.Hour.Milliseconds(), e.Approval.WaitedMs, 60_000)
	require.False(t, s.progress().Approval.Open)
}

func TestACancellationWhileTheEndingIsRecordedChangesNothing(t *testing.T) {
	for _, during := range []string{schemas.NotifyWebhookActivity, recordingTheEnding} {
		s := newStory(t)
		s.during[during] = s.cancel
		e := s.run()
		require.Equal(t, schemas.Completed, e.Status)
		require.NotContains(t, s.activities(), schemas.DeregisterModelActivity)
		require.True(t, e.Webhook.Delivered)
	}
}

func TestACancellationWhileARollbackRunsDoesNotStopIt(t *testing.T) {
	s := newStory(t)
	s.world.probe = answers[schemas.ProbeInput](failed)
	s.world.deregister = inTurn(
		fails[schemas.DeregisterInput, nothing](passing(schemas.ErrUnavailable, "503")),
		answers[schemas.DeregisterInput](nothing{}),
	)
	s.during[schemas.DeregisterModelActivity] = s.cancel
	e := s.run()
	require.Equal(t, schemas.RolledBack, e.Status)
	require.True(t, e.Rollback.Deregistered)
	require.Len(t, made[schemas.DeregisterInput](s, schemas.DeregisterModelActivity), 2)
}

func TestACancelledSubmissionSaysWhatItDidBeforeItIsRolledBack(t *testing.T) {
	require.True(t, activityTable[schemas.SubmitRegistrationActivity].WaitForCancellation)
}

func TestARegistrationThatIsCancelledTwiceIsRolledBackOnce(t *testing.T) {
	s := gated(t)
	s.at(time.Hour, s.cancel)
	s.during[schemas.DeregisterModelActivity] = s.cancel
	e := s.run()
	require.Equal(t, schemas.Cancelled, e.Status)
	require.Len(t, made[schemas.DeregisterInput](s, schemas.DeregisterModelActivity), 1)
}
