package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

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
			require.Equal(t, "cancelled at "+string(c.stage), e.Reason)
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
	require.Equal(t, "cancelled at REGISTERING", e.Reason)
	require.Equal(t, "job-1", made[schemas.DeregisterInput](s, schemas.DeregisterModelActivity)[0].JobID)
	require.True(t, e.Rollback.Deregistered)
}

func TestARegistrationCancelledWhileItWaitsForAPersonIsRolledBack(t *testing.T) {
	s := gated(t)
	s.at(time.Hour, s.cancel)
	e := s.run()
	require.Equal(t, schemas.Cancelled, e.Status)
	require.Equal(t, "cancelled at WAITING_FOR_APPROVAL", e.Reason)
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
