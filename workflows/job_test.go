package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

func TestAJobThatFailsEndsTheRegistrationAndIsRolledBack(t *testing.T) {
	s := newStory(t)
	s.world.poll = fails[schemas.PollInput, schemas.PollResult](
		fatal(schemas.ErrJobFailed, "job job-1 ended as FAILED: no route (endpoint.unreachable)"))
	e := s.run()
	require.Equal(t, schemas.Failed, e.Status)
	require.Equal(t, schemas.ErrJobFailed, e.ErrorType)
	require.Equal(t, modelName+" failed at REGISTERING: job job-1 ended as FAILED: no route (endpoint.unreachable)", e.Reason)
	require.Equal(t, "job-1", made[schemas.DeregisterInput](s, schemas.DeregisterModelActivity)[0].JobID)
	require.True(t, e.Rollback.Deregistered)
	require.Nil(t, e.Validation)
	require.Nil(t, made[schemas.WebhookInput](s, schemas.NotifyWebhookActivity)[0].Event.Metrics.ValidationLatencyMs)
}

func TestAJobThatEndsWithoutAModelIsRolledBackByName(t *testing.T) {
	s := newStory(t)
	s.world.poll = fails[schemas.PollInput, schemas.PollResult](fatal(schemas.ErrJobWithoutModel, "it names no model"))
	e := s.run()
	require.Equal(t, schemas.ErrJobWithoutModel, e.ErrorType)
	require.Empty(t, made[schemas.DeregisterInput](s, schemas.DeregisterModelActivity)[0].ModelID)
	require.True(t, e.Rollback.Deregistered)
}

func TestAJobThatNeverEndsIsGivenUpAtItsDeadlineAfterALastLook(t *testing.T) {
	s := newStory(t)
	s.in.Manifest.JobTimeout = schemas.Duration(90 * time.Second)
	s.world.poll = func(in schemas.PollInput) (schemas.PollResult, error) {
		return schemas.PollResult{Polls: in.Polls + 1, LastStatus: "IN_PROGRESS"}, nil
	}
	e := s.run()
	require.Equal(t, schemas.ErrJobTimeout, e.ErrorType)
	require.Regexp(t, `job job-1 did not end within 1m30s \(after \d+ polls it is IN_PROGRESS\)`, e.Reason)
	require.True(t, e.Rollback.Deregistered)
	looks, submitted := s.times(schemas.PollJobActivity), s.times(schemas.SubmitRegistrationActivity)[0]
	require.InDelta(t, 90, looks[len(looks)-1].Sub(submitted).Seconds(), 1)
}

func TestTheTimeThatASubmissionWaitsForThePlatformIsNotTheJobs(t *testing.T) {
	s := newStory(t)
	s.in.Manifest.JobTimeout = schemas.Duration(2 * time.Minute)
	limited := temporal.NewApplicationErrorWithOptions("429", string(schemas.ErrRateLimited),
		temporal.ApplicationErrorOptions{NextRetryDelay: 5 * time.Minute})
	s.world.submit = inTurn(fails[schemas.SubmitInput, schemas.Submission](limited), goodWorld().submit)
	s.world.poll = jobRunsFor(s, time.Minute)
	e := s.run()
	require.Equal(t, schemas.Completed, e.Status, e.Reason)
}

func TestAStatusThatNobodyKnowsIsNoEnd(t *testing.T) {
	s := newStory(t)
	s.world.poll = inTurn(
		answers[schemas.PollInput](schemas.PollResult{Polls: 3, LastStatus: "REINDEXING"}),
		answers[schemas.PollInput](schemas.PollResult{Done: true, ModelID: "model-1", Polls: 4, LastStatus: "Succeeded"}),
	)
	var between schemas.Progress
	s.at(time.Second, func() { between = s.progress() })
	e := s.run()
	require.Equal(t, schemas.Completed, e.Status)
	require.Equal(t, "REINDEXING", between.JobStatus)
	require.Equal(t, 3, between.Polls)
}

func TestTheWindowsGrowWithTheJobAndTheCountOfPollsGoesOn(t *testing.T) {
	s := newStory(t)
	s.in.Manifest.JobTimeout = schemas.Duration(time.Hour)
	s.world.poll = jobRunsFor(s, time.Minute)
	s.run()
	for i, in := range made[schemas.PollInput](s, schemas.PollJobActivity) {
		window, _ := PollWindow(in.Running.Std())
		require.Equal(t, window, in.Window.Std())
		require.Equal(t, i, in.Polls)
	}
}

func TestAJobOfTenHoursIsAskedForWithGrowingGaps(t *testing.T) {
	s := newStory(t)
	s.in.Manifest.JobTimeout = schemas.Duration(24 * time.Hour)
	s.world.poll = jobRunsFor(s, 10*time.Hour)
	e := s.run()

	require.Equal(t, schemas.Completed, e.Status)
	timers := s.observed.timers()
	for i := 1; i < len(timers); i++ {
		require.GreaterOrEqual(t, timers[i], timers[i-1])
	}
	require.Equal(t, time.Second, timers[0])
	require.LessOrEqual(t, timers[len(timers)-1], time.Hour)
	late := time.Duration(e.JobDurationMs)*time.Millisecond - 10*time.Hour
	require.Less(t, late, time.Hour+time.Minute, "an end is noticed at most a tenth late")
}

func TestAJobsRetryAfterIsWaitedForButNotBeyondTheDeadline(t *testing.T) {
	s := newStory(t)
	s.world.poll = func(in schemas.PollInput) (schemas.PollResult, error) {
		return schemas.PollResult{
			Polls: in.Polls + 1, LastStatus: "QUEUED", RetryAfter: schemas.Duration(50 * time.Second)}, nil
	}
	e := s.run()
	require.Equal(t, schemas.ErrJobTimeout, e.ErrorType)
	timers := s.observed.timers()
	require.Len(t, timers, 3)
	require.Equal(t, []time.Duration{50 * time.Second, 50 * time.Second}, timers[:2])
	require.InDelta(t, 20, timers[2].Seconds(), 1, "what is left of 2 minutes")
}

func TestAnOutageWhileTheJobIsAskedForIsSatOut(t *testing.T) {
	s := newStory(t)
	outage := fails[schemas.PollInput, schemas.PollResult](passing(schemas.ErrUnavailable, "503"))
	s.world.poll = inTurn(outage, outage, outage, goodWorld().poll)
	require.Equal(t, schemas.Completed, s.run().Status)
}
