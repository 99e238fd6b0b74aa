package activities

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"

	"model-registrar/internal/polling"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/workflows"
)

// aLongWindow is one that no test waits for.
const aLongWindow = schemas.Duration(10 * time.Minute)

// heartbeats calls f with what an activity heartbeats.
func heartbeats(f func(schemas.PollProgress)) option {
	return func(env *testsuite.TestActivityEnvironment) {
		env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
			var p schemas.PollProgress
			if details.Get(&p) == nil {
				f(p)
			}
		})
	}
}

// anotherAttempt has an activity run after one that had heartbeaten those details.
func anotherAttempt(details any) option {
	return func(env *testsuite.TestActivityEnvironment) { env.SetHeartbeatDetails(details) }
}

func stoppedBy(stop chan struct{}) option {
	return func(env *testsuite.TestActivityEnvironment) { env.SetWorkerStopChannel(stop) }
}

// afterTheFirstLook calls f when the platform has been asked for a job.
func (w *world) afterTheFirstLook(f func()) {
	go func() {
		if _, err := w.sim.WaitRequests(w.Context(), control.RequestFilter{Op: control.OpJob}, 1); err == nil {
			f()
		}
	}()
}

func TestALookThatIsFarAwayIsLeftToTheServerInTheWindowAndToTheWorkflowBehindIt(t *testing.T) {
	w := newWorld(t)
	jobID, _ := w.submitted(payload())
	old := schemas.PollInput{
		JobID: jobID, Polls: 9, Running: schemas.Duration(10 * time.Minute), LookedAt: schemas.Duration(10 * time.Minute),
		Window: schemas.Duration(10 * time.Minute),
	}
	_, err := run(t, w.PollJob, old)
	e := applicationError(t, err)
	require.Equal(t, string(schemas.ErrJobStillRunning), e.Type())
	require.False(t, e.NonRetryable())
	require.InDelta(t, 60, e.NextRetryDelay().Seconds(), 1)

	old.Window = schemas.Duration(20 * time.Second)
	out, err := run(t, w.PollJob, old)
	require.NoError(t, err)
	require.False(t, out.Done)
	require.InDelta(t, 60, out.RetryAfter.Std().Seconds(), 1)
	require.Empty(t, w.requests(control.OpJob), "no call is spent on it")
}

func TestPollingHeartbeatsAfterJobsOfFiveSecondsAndInTimeForTheServer(t *testing.T) {
	young, old := 12*time.Second, time.Minute
	require.Greater(t, firstPollBeat(young), 5*time.Second+longestUnnoticed)
	require.Less(t, firstPollBeat(young)+time.Second, young)
	require.Less(t, firstPollBeat(old), old/2)
}

// longestUnnoticed is how long a job of five seconds may be over before a look sees it, while nothing is known of it.
const longestUnnoticed = 1300 * time.Millisecond

func TestAJobIsPolledUntilItEnds(t *testing.T) {
	w := newWorld(t)
	jobID, model := w.submitted(payload())
	w.afterTheFirstLook(func() {
		_, err := w.sim.FinishJob(t.Context(), jobID)
		require.NoError(t, err)
	})
	out, err := run(t, w.PollJob, schemas.PollInput{JobID: jobID, Window: aLongWindow})
	require.NoError(t, err)
	require.GreaterOrEqual(t, out.Polls, 2)
	require.Equal(t, schemas.PollResult{Done: true, ModelID: model.ID, Polls: out.Polls, LastStatus: "COMPLETED"}, out)
}

func TestAJobThatEndedIsSeenInWhateverSpelling(t *testing.T) {
	for _, status := range []string{"COMPLETED", "completed", "Succeeded", "SUCCEEDED"} {
		a := playing(t, job(`{"id":"job-1","status":"`+status+`","result":{"id":"model-1"}}`))
		out, err := run(t, a.PollJob, schemas.PollInput{JobID: "job-1"})
		require.NoError(t, err)
		require.True(t, out.Done)
		require.Equal(t, "model-1", out.ModelID)
	}
}

// job plays a platform whose jobs all look like this.
func job(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
}

func TestAWindowOfZeroIsOneLook(t *testing.T) {
	w := newWorld(t)
	jobID, _ := w.submitted(payload())
	out, err := run(t, w.PollJob, schemas.PollInput{JobID: jobID, Polls: 41})
	require.NoError(t, err)
	require.Equal(t, 42, out.Polls)
	require.Equal(t, "QUEUED", out.LastStatus)
	require.False(t, out.Done)
	require.Len(t, w.requests(control.OpJob), 1)
}

func TestAStatusThatNobodyKnowsIsNoEnd(t *testing.T) {
	for _, status := range []string{"REINDEXING", "CANCELLED", "COMPLETED_WITH_WARNINGS", "0"} {
		a := playing(t, job(`{"id":"job-1","status":"`+status+`"}`))
		out, err := run(t, a.PollJob, schemas.PollInput{JobID: "job-1"})
		require.NoError(t, err)
		require.False(t, out.Done)
		require.Equal(t, status, out.LastStatus)
	}
}

func TestPollingGoesOnFromWhatAnEarlierAttemptHeartbeat(t *testing.T) {
	w := newWorld(t)
	jobID, _ := w.submitted(payload())
	out, err := run(t, w.PollJob, schemas.PollInput{JobID: jobID, Polls: 2},
		anotherAttempt(schemas.PollProgress{JobID: jobID, Polls: 7, LastStatus: "IN_PROGRESS"}))
	require.NoError(t, err)
	require.Equal(t, 8, out.Polls)
}

func TestHeartbeatDetailsThatCannotBeReadCostOnlyTheCount(t *testing.T) {
	w := newWorld(t)
	jobID, _ := w.submitted(payload())
	out, err := run(t, w.PollJob, schemas.PollInput{JobID: jobID, Polls: 2}, anotherAttempt("rubbish"))
	require.NoError(t, err)
	require.Equal(t, 3, out.Polls)
}

func TestAFailedJobIsFinalAndGivesThePlatformsReason(t *testing.T) {
	w := newWorld(t)
	w.order(control.OpCreate, 1, control.Action{JobOutcome: control.OutcomeFailed, JobError: &control.ErrorBody{
		Message: "The endpoint does not answer.", Code: "endpoint.unreachable", ContextID: "ctx-77",
		Details: []control.ErrorDetail{{FieldName: "endpointUrl", ErrorCode: "unreachable"}},
	}})
	jobID, _ := w.submitted(payload())
	_, err := w.sim.FinishJob(t.Context(), jobID)
	require.NoError(t, err)
	_, err = run(t, w.PollJob, schemas.PollInput{JobID: jobID, Window: aLongWindow})
	app := wantFatal(t, err, schemas.ErrJobFailed)
	require.Equal(t, "job "+jobID+" ended as FAILED: The endpoint does not answer. (endpoint.unreachable); "+
		"fields: endpointUrl (unreachable) (correlation id ctx-77)", app.Message())
}

func TestAFailedJobsReasonsAreAllGivenAndNoneIsNoProblem(t *testing.T) {
	for errors, want := range map[string]string{
		`[]`:                                 "job job-1 ended as Failed: the platform gives no reason",
		`null`:                               "job job-1 ended as Failed: the platform gives no reason",
		`[{"message":"one"},{"code":"two"}]`: "job job-1 ended as Failed: one; two",
	} {
		a := playing(t, job(`{"id":"job-1","status":"Failed","errors":`+errors+`}`))
		_, err := run(t, a.PollJob, schemas.PollInput{JobID: "job-1"})
		require.Equal(t, want, wantFatal(t, err, schemas.ErrJobFailed).Message())
	}
}

func TestAJobThatSucceededWithoutAModelIsFinal(t *testing.T) {
	w := newWorld(t)
	w.order(control.OpCreate, 1, control.Action{JobNoResultID: true})
	jobID, _ := w.submitted(payload())
	_, err := w.sim.FinishJob(t.Context(), jobID)
	require.NoError(t, err)
	_, err = run(t, w.PollJob, schemas.PollInput{JobID: jobID})
	require.Contains(t, wantFatal(t, err, schemas.ErrJobWithoutModel).Message(), "names no model")
}

func TestAWorkerThatStopsEndsTheWindowEarly(t *testing.T) {
	w := newWorld(t)
	jobID, _ := w.submitted(payload())
	stop := make(chan struct{})
	w.afterTheFirstLook(func() { close(stop) })
	out, err := run(t, w.PollJob, schemas.PollInput{JobID: jobID, Window: aLongWindow}, stoppedBy(stop))
	require.NoError(t, err)
	require.False(t, out.Done)
	require.NotEmpty(t, out.LastStatus)
}

func TestACancelledWindowEndsAsCancelled(t *testing.T) {
	w := newWorld(t)
	jobID, _ := w.submitted(payload())
	cancelled := make(chan struct{})
	w.afterTheFirstLook(func() { close(cancelled) })
	_, err := run(t, w.PollJob, schemas.PollInput{JobID: jobID, Window: aLongWindow}, cancelledBy(t, cancelled))
	require.Equal(t, context.Canceled, err)
}

func TestAPlatformThatAsksForALongWaitIsLeftToTheWorkflowsTimer(t *testing.T) {
	for seconds, inWindow := range map[int]bool{1: true, 60: false} {
		var looks atomic.Int32
		a := playing(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", strconv.Itoa(seconds))
			status := "QUEUED"
			if looks.Add(1) > 1 {
				status = "COMPLETED"
			}
			_, _ = fmt.Fprintf(w, `{"id":"job-1","status":%q,"result":{"id":"model-1"}}`, status)
		})
		began := time.Now()
		out, err := run(t, a.PollJob, schemas.PollInput{JobID: "job-1", Window: aLongWindow})
		require.NoError(t, err)
		require.Equal(t, inWindow, out.Done)
		if inWindow {
			require.GreaterOrEqual(t, time.Since(began), time.Second)
		} else {
			require.Equal(t, time.Minute, out.RetryAfter.Std())
		}
	}
}

func TestACallThatTakesLongDoesNotMissAHeartbeat(t *testing.T) {
	t.Parallel()
	heard := make(chan schemas.PollProgress, 10)
	a := playing(t, func(w http.ResponseWriter, r *http.Request) {
		select { // the platform answers when the server has heard of the activity
		case p := <-heard:
			heard <- p
		case <-r.Context().Done():
		case <-time.After(3 * schemas.HeartbeatEvery):
		}
		_, _ = w.Write([]byte(`{"id":"job-1","status":"QUEUED"}`))
	})
	_, err := run(t, a.PollJob, schemas.PollInput{JobID: "job-1", Polls: 3}, heartbeats(func(p schemas.PollProgress) { heard <- p }))
	require.NoError(t, err)
	first := <-heard
	require.Equal(t, schemas.PollProgress{JobID: "job-1", Polls: 3}, first, "and it loses no count")
}

// The cost of waiting for a job, as the README's table by duration has it: windows of the workflow, attempts that the
// server makes anew for looks that are far away, and heartbeats, on virtual time.
func TestWhatWaitingForAJobCosts(t *testing.T) {
	for takes, most := range map[time.Duration]struct{ windows, retries, heartbeats int }{
		10 * time.Second: {1, 0, 1},
		90 * time.Second: {3, 0, 3},
		time.Hour:        {8, 32, 6},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := costOf(takes)
			require.LessOrEqual(t, c.windows, most.windows, takes)
			require.LessOrEqual(t, c.retries, most.retries, takes)
			require.LessOrEqual(t, c.heartbeats, most.heartbeats, takes)
			t.Logf("a job of %s: %+v", takes, c)
		})
	}
}

type pollCost struct{ windows, retries, heartbeats int }

// costOf plays the windows of a job with quota to spare.
func costOf(takes time.Duration) (c pollCost) {
	jobs, began, looked := polling.New(plenty{}), time.Now(), time.Duration(0)
	for {
		age := time.Since(began)
		window, timeout := workflows.PollWindow(age)
		end := time.Now().Add(window)
		c.windows++
		attempt := time.Now()
		count := func() {
			for at := firstPollBeat(timeout); at < time.Since(attempt); at += timeout * 8 / 10 {
				c.heartbeats++
			}
		}
		for {
			job := jobs.Watch(time.Since(began), looked)
			gap, _ := job.Next()
			if time.Now().Add(gap).After(end) {
				count()
				job.Leave()
				time.Sleep(gap)
				break
			}
			if gap > longestHeld {
				count()
				c.retries++
				time.Sleep(gap)
				attempt = time.Now()
			} else {
				time.Sleep(gap)
			}
			if time.Since(began) >= takes {
				count()
				return c
			}
			looked = job.Looked()
			job.Leave()
		}
	}
}

// plenty is a quota with room for every look.
type plenty struct{}

func (plenty) Spare() int    { return 1000 }
func (plenty) Rate() float64 { return 5 }
