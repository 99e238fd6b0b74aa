package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// asks is the error of an activity whose call was limited: the wait is the workflow's.
func asks(t schemas.ErrorType, wait time.Duration, details ...any) error {
	return temporal.NewApplicationErrorWithOptions("try again in "+wait.String(), string(t),
		temporal.ApplicationErrorOptions{NonRetryable: true, NextRetryDelay: wait, Details: details})
}

// limited has the first call of each kind limited in a world where all goes well afterwards.
func limited(s *story, wait time.Duration) map[string]func() {
	w := &s.world
	return map[string]func(){
		schemas.SubmitRegistrationActivity: func() { w.submit = once(asks(schemas.ErrRateLimited, wait), w.submit) },
		schemas.PollJobActivity:            func() { w.poll = once(asks(schemas.ErrUnavailable, wait), w.poll) },
		schemas.TriggerHealthCheckActivity: func() { w.healthCheck = once(asks(schemas.ErrRateLimited, wait), w.healthCheck) },
		schemas.DeregisterModelActivity: func() {
			w.probe = answers[schemas.ProbeInput](failed)
			w.deregister = once(asks(schemas.ErrRateLimited, wait), w.deregister)
		},
	}
}

// once fails the first time and then answers.
func once[In, Out any](err error, then func(In) (Out, error)) func(In) (Out, error) {
	return inTurn(fails[In, Out](err), then)
}

func TestAWaitThatTheGatewayAsksForIsWaitedForWhateverTheStep(t *testing.T) {
	for activity := range limited(newStory(t), 0) {
		for _, wait := range []time.Duration{5 * time.Minute, time.Hour} {
			t.Run(activity+" "+wait.String(), func(t *testing.T) {
				s := newStory(t)
				limited(s, wait)[activity]()
				var during schemas.Progress
				var page string
				s.at(wait/2, func() { during, page = s.progress(), s.page().CurrentDetails })
				e := s.run()

				require.Contains(t, []schemas.Outcome{schemas.Completed, schemas.RolledBack}, e.Status, e.Reason)
				at := s.times(activity)
				require.Len(t, at, 2)
				require.InDelta(t, wait.Seconds(), at[1].Sub(at[0]).Seconds(), 1)
				require.NotNil(t, during.Waiting)
				require.Equal(t, schemas.WaitAsked, during.Waiting.For)
				require.WithinDuration(t, at[1], during.Waiting.Until, time.Second)
				require.Regexp(t, `^Waiting until [0-9:]+ UTC, as the gateway asked$`, during.Waiting.Message)
				require.Contains(t, page, during.Waiting.Message)
				require.Contains(t, page, during.Waiting.Reason)
				require.Contains(t, s.timerSummaries(), during.Waiting.Message)
				require.Nil(t, s.progress().Waiting, "nothing is waited for at the end")
			})
		}
	}
}

func (s *story) timerSummaries() (all []string) {
	for _, seen := range s.observed.all() {
		if seen.what == "timer" {
			all = append(all, seen.summary)
		}
	}
	return all
}

func TestQuestionsThatAreForbiddenBeyondTheJobsDeadlineEndInOneLook(t *testing.T) {
	for _, ended := range []bool{true, false} {
		s := newStory(t)
		look := answers[schemas.PollInput](schemas.PollResult{LastStatus: "IN_PROGRESS", Polls: 1})
		if ended {
			look = s.world.poll
		}
		s.world.poll = once(asks(schemas.ErrRateLimited, 5*time.Minute), look)
		e := s.run()
		in := made[schemas.PollInput](s, schemas.PollJobActivity)
		require.Len(t, in, 2)
		require.Zero(t, in[1].Window, "one look")
		if ended {
			require.Equal(t, schemas.Completed, e.Status, e.Reason)
			continue
		}
		require.Equal(t, schemas.ErrJobTimeout, e.ErrorType)
		require.True(t, e.Rollback.Deregistered)
	}
}

func TestWhoIsAskedToWaitForEverGivesUpAfterAnHour(t *testing.T) {
	for name, err := range map[string]error{
		"ten minutes, again and again":      asks(schemas.ErrRateLimited, 10*time.Minute),
		"a moment, again and again":         temporal.NewApplicationErrorWithOptions("429", string(schemas.ErrRateLimited), temporal.ApplicationErrorOptions{NextRetryDelay: 4 * time.Second}),
		"a limit that does not name a time": passing(schemas.ErrRateLimited, "429"),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.world.healthCheck = fails[schemas.HealthCheckInput, schemas.HealthCheck](err)
			e := s.run()
			require.Equal(t, schemas.ErrAskedTooLong, e.ErrorType, e.Reason)
			require.Regexp(t, `the gateway asks to wait for \S+ more, after \S+ of such waits at this step; one step waits for 1h in all`, e.Reason)
			require.True(t, e.Rollback.Deregistered)
			at := s.times(schemas.TriggerHealthCheckActivity)
			require.Less(t, at[len(at)-1].Sub(at[0]), 75*time.Minute, "an hour of waits, and one execution's own time")
		})
	}
}

func TestALoginThatIsRefusedOnceSomethingMayExistIsWaitedFor(t *testing.T) {
	for name, refuse := range map[string]func(*world, error){
		"a poll":         func(w *world, err error) { w.poll = often(20, err, w.poll) },
		"a health check": func(w *world, err error) { w.healthCheck = often(20, err, w.healthCheck) },
		"a rollback": func(w *world, err error) {
			w.probe = answers[schemas.ProbeInput](failed)
			w.deregister = often(20, err, w.deregister)
		},
		"a submission that may have sent a creation": func(w *world, err error) {
			w.submit = inTurn(
				fails[schemas.SubmitInput, schemas.Submission](fatal(explain(err).Type, "no", schemas.ErrorDetails{}, lost)),
				often(20, err, w.submit))
		},
	} {
		for _, kind := range []schemas.ErrorType{schemas.ErrUnauthorized, schemas.ErrForbidden} {
			t.Run(name+" "+string(kind), func(t *testing.T) {
				s := newStory(t)
				refuse(&s.world, fatal(kind, "bad credentials", schemas.ErrorDetails{Status: 401}, lost))
				var during schemas.Progress
				var page string
				s.at(time.Hour, func() { during, page = s.progress(), s.page().CurrentDetails })
				e := s.run()
				require.Contains(t, []schemas.Outcome{schemas.Completed, schemas.RolledBack}, e.Status, e.Reason)
				require.NotNil(t, during.Waiting)
				require.Equal(t, schemas.WaitLogin, during.Waiting.For)
				require.Regexp(t, `^The worker's login is refused since .+; operator action required; trying again at `, during.Waiting.Message)
				require.Contains(t, page, during.Waiting.Message)
				gaps := s.observed.timers()
				require.Equal(t, 5*time.Second, gaps[0])
				require.Equal(t, lastLoginGap, gaps[len(gaps)-1])
			})
		}
	}
}

// often fails that many times and then answers.
func often[In, Out any](times int, err error, then func(In) (Out, error)) func(In) (Out, error) {
	var each []func(In) (Out, error)
	for range times {
		each = append(each, fails[In, Out](err))
	}
	return inTurn(append(each, then)...)
}

func TestALoginThatIsRefusedForADayIsGivenUp(t *testing.T) {
	s := newStory(t)
	s.world.probe = answers[schemas.ProbeInput](failed)
	s.world.deregister = fails[schemas.DeregisterInput, nothing](fatal(schemas.ErrUnauthorized, "bad credentials"))
	e := s.run()
	require.Equal(t, schemas.ErrRollbackFailed, e.ErrorType)
	require.Contains(t, e.Reason, "the worker's login was refused for 24h: bad credentials")
	at := s.times(schemas.DeregisterModelActivity)
	require.InDelta(t, maxOutage.Hours(), at[len(at)-1].Sub(at[0]).Hours(), 0.3)
}

// lost is the record of a creation whose answer was lost.
var lost = schemas.Creation{Sent: 1, Lost: 1}

func TestAnExecutionAfterOneThatMayHaveSentACreationKnowsOfIt(t *testing.T) {
	for name, c := range map[string]struct {
		first error
		knows bool
	}{
		"a limit at the first call":      {asks(schemas.ErrRateLimited, time.Minute, schemas.ErrorDetails{}, schemas.Creation{}), false},
		"a limit after another attempt":  {asks(schemas.ErrRateLimited, time.Minute, schemas.ErrorDetails{}, lost), true},
		"an outage that may have a side": {asks(schemas.ErrUnavailable, time.Minute, schemas.ErrorDetails{}, lost), true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.world.submit = once(c.first, s.world.submit)
			require.Equal(t, schemas.Completed, s.run().Status)
			in := made[schemas.SubmitInput](s, schemas.SubmitRegistrationActivity)
			require.Len(t, in, 2)
			require.Equal(t, c.knows, in[1].Creation.Sent > 0)
		})
	}
}

func TestARollbackWaitsForAJobOfHoursAsTheRegistrationDoes(t *testing.T) {
	s := newStory(t)
	s.in.Manifest.JobTimeout = schemas.Duration(720 * time.Hour)
	s.world.poll = jobRunsFor(s, 719*time.Hour)
	s.at(time.Hour, s.cancel)
	var began time.Time
	s.world.deregister = func(schemas.DeregisterInput) (nothing, error) {
		var now time.Time
		s.onLoop(func() { now = s.env.Now() })
		if began.IsZero() {
			began = now
		}
		if now.Before(began.Add(3 * time.Hour)) {
			return nothing{}, fatal(schemas.ErrJobStillRunning, "job job-1 still runs")
		}
		return nothing{}, nil
	}
	var during schemas.Progress
	s.at(2*time.Hour, func() { during = s.progress() })
	e := s.run()
	require.Equal(t, schemas.Cancelled, e.Status, e.Reason)
	require.True(t, e.Rollback.Deregistered)
	require.Equal(t, schemas.WaitJob, during.Waiting.For)
	require.Contains(t, during.Waiting.Message, "Job job-1 still runs and may yet make the model")
	require.Less(t, len(s.times(schemas.DeregisterModelActivity)), 20)
}

func TestAJobThatOutlivesItsTimeIsWaitedForAnHourMore(t *testing.T) {
	s := newStory(t)
	s.in.Manifest.JobTimeout = schemas.Duration(10 * time.Hour)
	s.world.poll = jobRunsFor(s, 300*time.Hour)
	s.world.deregister = fails[schemas.DeregisterInput, nothing](fatal(schemas.ErrJobStillRunning, "job job-1 still runs"))
	s.at(time.Hour, s.cancel)
	e := s.run()
	require.Equal(t, schemas.Failed, e.Status)
	require.Equal(t, schemas.ErrRollbackFailed, e.ErrorType)
	require.Contains(t, e.Reason, "job job-1 still runs")
	at := s.times(schemas.DeregisterModelActivity)
	submitted := s.times(schemas.SubmitRegistrationActivity)[0]
	require.InDelta(t, 11, at[len(at)-1].Sub(submitted).Hours(), 0.1)
}

func TestWhatGoesWrongOnTheWayOfACancellationIsItsReason(t *testing.T) {
	s := newStory(t)
	broken := make(chan struct{})
	s.world.submit = func(schemas.SubmitInput) (schemas.Submission, error) {
		s.onLoop(s.cancel)
		close(broken)
		return schemas.Submission{}, fatal(schemas.ErrUnavailable, "the worker died")
	}
	e := s.run()
	<-broken
	require.Equal(t, schemas.Cancelled, e.Status)
	require.Contains(t, e.Reason, "cancelled at SUBMITTING")
	require.True(t, e.Rollback.Deregistered)
}

func TestWhatWasHeardBesideACancellationIsSaid(t *testing.T) {
	s := newStory(t)
	r := &registration{manifest: s.in.Manifest, stages: []schemas.StageRecord{{Stage: schemas.StageSubmitting}}}
	r.end(ranOut(t, nil), true, time.Time{})
	require.Equal(t, schemas.Cancelled, r.result.Status)
	require.Empty(t, r.result.ErrorType)
	require.Equal(t, "cancelled at SUBMITTING, while this went wrong: SubmitRegistration did not end in its time; "+
		"the workflow's history shows its attempts", r.result.Reason)
}

// notTaken is the error of an activity that no worker took in its time, as the server tells it.
func notTaken() error {
	return temporal.GetDefaultFailureConverter().FailureToError(&failurepb.Failure{
		Message: "activity error",
		Cause: &failurepb.Failure{FailureInfo: &failurepb.Failure_TimeoutFailureInfo{TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{
			TimeoutType: enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START}}},
		FailureInfo: &failurepb.Failure_ActivityFailureInfo{ActivityFailureInfo: &failurepb.ActivityFailureInfo{
			ActivityType: &commonpb.ActivityType{Name: "TriggerHealthCheck"}, RetryState: enumspb.RETRY_STATE_TIMEOUT}},
	})
}

func TestAStepThatNoWorkerTakesIsScheduledAgainForADay(t *testing.T) {
	began := time.Unix(0, 0)
	var p patience
	for at := began; at.Before(began.Add(maxOutage)); at = at.Add(time.Hour) {
		wait, final := p.after(notTaken(), at, at.Add(15*time.Minute))
		require.NoError(t, final)
		require.Zero(t, wait, "who runs the workflow's task runs activities too")
	}
	_, final := p.after(notTaken(), began.Add(maxOutage), began.Add(maxOutage))
	require.Error(t, final)
	require.Equal(t, schemas.ErrStepTimedOut, explain(final).Type)

	_, final = p.after(asks(schemas.ErrRateLimited, time.Minute), began, began)
	require.NoError(t, final)
	_, final = p.after(notTaken(), began.Add(maxOutage), began.Add(maxOutage))
	require.NoError(t, final, "an answer in between begins another day")
}

func TestAResultNamesWhatAFailedRollbackLeft(t *testing.T) {
	s := newStory(t)
	s.world.probe = answers[schemas.ProbeInput](failed)
	s.world.deregister = fails[schemas.DeregisterInput, nothing](fatal(schemas.ErrBadRequest, "it is in use"))
	e := s.run()
	require.Equal(t, schemas.ErrRollbackFailed, e.ErrorType)
	require.Equal(t, []schemas.FoundModel{{ID: "model-1", JobID: "job-1"}}, e.Rollback.Remaining)
}
