package activities

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
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

func TestAJobThatIsKnownToTakeLongIsLeftToTheWorkflowsTimerUntilItMayEnd(t *testing.T) {
	w := newWorld(t)
	for range 2 {
		jobID, _ := w.submitted(payload())
		_, err := w.sim.FinishJob(t.Context(), jobID)
		require.NoError(t, err)
		_, err = run(t, w.PollJob, schemas.PollInput{JobID: jobID, Polls: 9, Running: schemas.Duration(10 * time.Minute)})
		require.NoError(t, err)
	}
	jobID, _ := w.submitted(payload())
	before := len(w.requests(control.OpJob))
	out, err := run(t, w.PollJob, schemas.PollInput{JobID: jobID, Window: schemas.Duration(15 * time.Second)})
	require.NoError(t, err)
	require.False(t, out.Done)
	require.Greater(t, out.RetryAfter.Std(), 15*time.Second)
	require.Len(t, w.requests(control.OpJob), before, "no call is spent on it")
}

func TestPollingHeartbeatsAfterJobsOfFiveSecondsAndInTimeForTheServer(t *testing.T) {
	require.Greater(t, firstPollBeat, 5*time.Second+longestUnnoticed)
	require.Less(t, firstPollBeat+time.Second, 12*time.Second, "the heartbeat time-out of the workflows")
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
	require.Equal(t, schemas.PollResult{Polls: 42, LastStatus: "QUEUED"}, out)
	require.Len(t, w.requests(control.OpJob), 1)
}

func TestAStatusThatNobodyKnowsIsNoEnd(t *testing.T) {
	for _, status := range []string{"REINDEXING", "CANCELLED", "COMPLETED_WITH_WARNINGS", "0"} {
		a := playing(t, job(`{"id":"job-1","status":"`+status+`"}`))
		out, err := run(t, a.PollJob, schemas.PollInput{JobID: "job-1"})
		require.NoError(t, err)
		require.Equal(t, schemas.PollResult{Polls: 1, LastStatus: status}, out)
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
		case <-time.After(3 * heartbeatEvery):
		}
		_, _ = w.Write([]byte(`{"id":"job-1","status":"QUEUED"}`))
	})
	_, err := run(t, a.PollJob, schemas.PollInput{JobID: "job-1", Polls: 3}, heartbeats(func(p schemas.PollProgress) { heard <- p }))
	require.NoError(t, err)
	first := <-heard
	require.Equal(t, schemas.PollProgress{JobID: "job-1", Polls: 3}, first, "and it loses no count")
}
