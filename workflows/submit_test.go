package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

func TestWhatASubmissionThatFailedHasSentIsReadFromItsError(t *testing.T) {
	none := schemas.Creation{}
	for name, c := range map[string]struct {
		err  error
		want *schemas.Creation
	}{
		"a refusal":                  {fatal(schemas.ErrBadRequest, "no", schemas.ErrorDetails{}, none), &none},
		"an outage":                  {temporal.NewApplicationError("no", string(schemas.ErrUnavailable), schemas.ErrorDetails{}, lost), &lost},
		"a cancellation":             {temporal.NewCanceledError(schemas.ErrorDetails{}, lost), &lost},
		"between two attempts":       {temporal.NewCanceledError(), nil},
		"a heartbeat that came late": {temporal.NewHeartbeatTimeoutError(lost), &lost},
		"no heartbeat at all":        {temporal.NewHeartbeatTimeoutError(), nil},
	} {
		require.Equal(t, c.want, sentBefore(c.err), name)
		require.Equal(t, c.want != nil && c.want.Sent == 0, createdNothing(c.err), name)
	}
}

func TestAnEndingNamesWhatMayBeTheRegistrationsOwnAndIsNotProven(t *testing.T) {
	s := newStory(t)
	left := []schemas.FoundModel{{ID: "model-7", State: "ACTIVE"}}
	s.world.probe = answers[schemas.ProbeInput](failed)
	s.world.submit = answers[schemas.SubmitInput](schemas.Submission{JobID: "job-7", ModelID: "model-7", Adopted: true, Creation: &lost})
	s.world.deregister = fails[schemas.DeregisterInput, nothing](
		fatal(schemas.ErrModelNotProven, "model-7 may be its work", schemas.ErrorDetails{}, left))
	e := s.run()
	require.Equal(t, schemas.Failed, e.Status)
	require.Equal(t, schemas.ErrModelNotProven, e.ErrorType)
	require.Contains(t, e.Reason, "model-7 may be its work")
	require.False(t, e.Rollback.Deregistered)
	require.Equal(t, left, e.Rollback.Remaining)
	require.True(t, made[schemas.DeregisterInput](s, schemas.DeregisterModelActivity)[0].Adopted)
}

func TestAfterALostAnswerTheNameIsLookedUpOnceMoreAndATwinIsNamed(t *testing.T) {
	s := newStory(t)
	var began time.Time
	s.world.submit = func(schemas.SubmitInput) (schemas.Submission, error) {
		s.onLoop(func() { began = s.env.Now() })
		return schemas.Submission{JobID: "job-1", Creation: &lost, LookAgain: began.Add(time.Minute)}, nil
	}
	s.world.twins = answers[schemas.TwinsInput](schemas.Twins{Named: []schemas.FoundModel{{ID: "model-2"}}})
	e := s.run()
	require.Equal(t, schemas.Completed, e.Status)
	require.Equal(t, []schemas.FoundModel{{ID: "model-2"}}, e.Twins)
	require.Contains(t, e.Reason, "there are other models of this name beside model-1: model-2. Operator action required")
	require.GreaterOrEqual(t, s.times(schemas.FindTwinsActivity)[0].Sub(began), time.Minute)
	require.Equal(t, schemas.TwinsInput{Payload: sealed(s.in.Manifest), ModelID: "model-1", Creation: lost},
		made[schemas.TwinsInput](s, schemas.FindTwinsActivity)[0])
}

func TestAHappySubmissionIsNotLookedAtAgain(t *testing.T) {
	s := newStory(t)
	require.Equal(t, schemas.Completed, s.run().Status)
	require.NotContains(t, s.activities(), schemas.FindTwinsActivity)
}

func TestAHealthCheckThatFailedEndsLikeAFailedProbe(t *testing.T) {
	s := newStory(t)
	s.world.healthCheck = answers[schemas.HealthCheckInput](
		schemas.HealthCheck{ID: "check-1", Status: "FAILED", Outcome: schemas.HealthFailed, Reason: "no answer"})
	e := s.run()
	require.Equal(t, schemas.RolledBack, e.Status)
	require.Contains(t, e.Reason, "health check of model model-1 failed (FAILED): no answer")
	require.True(t, e.Rollback.Deregistered)
	require.Equal(t, schemas.HealthFailed, e.HealthCheck.Outcome)
}
