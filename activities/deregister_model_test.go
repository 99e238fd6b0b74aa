package activities

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/internal/lease"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

func (w *world) deregister(in schemas.DeregisterInput) error {
	w.Helper()
	_, err := run(w.T, without(w.DeregisterModel), in)
	return err
}

// rollback is the input of the rollback of a registration whose own job made the model.
func rollbackOf(m control.Model) schemas.DeregisterInput {
	return schemas.DeregisterInput{Payload: sealed(payload()), ModelID: m.ID, JobID: m.JobID, SubmittedAt: time.Now(),
		Creation: &schemas.Creation{Sent: 1, JobIDs: []string{m.JobID}}}
}

func TestTheModelOfOnesOwnJobIsDeletedAndThatOneAlone(t *testing.T) {
	w := newWorld(t)
	_, mine := w.submitted(payload())
	_, other := w.submitted(payload())
	require.NoError(t, w.deregister(rollbackOf(mine)))
	require.Len(t, w.models(), 1)
	require.Equal(t, other.ID, w.models()[0].ID)
	require.Len(t, w.requests(control.OpList), 2, "before the deletion, and after it")
	require.Len(t, w.requests(control.OpGet), 1, "an acknowledged deletion that is seen everywhere is certain at once")
}

func TestAModelIsDeletedByItsJobAlsoIfItsIDWasNeverLearnt(t *testing.T) {
	w := newWorld(t)
	_, mine := w.submitted(payload())
	in := rollbackOf(mine)
	in.ModelID = ""
	require.NoError(t, w.deregister(in))
	require.Empty(t, w.models())
}

func TestWhatIsGoneAlreadyIsConfirmedOnlyAfterTheReadLag(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	require.NoError(t, w.deregister(rollbackOf(model)))
	began := time.Now()
	require.NoError(t, w.deregister(rollbackOf(model)))
	require.GreaterOrEqual(t, time.Since(began), w.ReadLag)
}

func TestADeletionThatAReplicaDoesNotKnowIsAskedForAgain(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	w.order(control.OpDelete, 1, control.Action{Status: http.StatusNotFound})
	require.NoError(t, w.deregister(rollbackOf(model)))
	require.Empty(t, w.models())
	require.GreaterOrEqual(t, len(w.requests(control.OpDelete)), 2)
}

func TestAModelThatStaysAfterItsDeletionIsNotCalledDeregistered(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	w.order(control.OpDelete, 0, control.Action{Status: http.StatusNotFound})
	app := wantFatal(t, w.deregister(rollbackOf(model)), schemas.ErrNotConfirmed)
	require.Contains(t, app.Message(), model.ID)
	var platform schemas.ErrorDetails
	var found []schemas.FoundModel
	require.NoError(t, app.Details(&platform, &found))
	require.Equal(t, model.ID, found[0].ID)
}

func TestAModelWhoseCreationsAnswerWasLostIsNamedAndNeverDeleted(t *testing.T) {
	w := newWorld(t)
	_, different := w.submitted(payload(77))
	submitted := time.Now()
	_, perhaps := w.submitted(payload())
	for name, in := range map[string]schemas.DeregisterInput{
		"found by name":           {ModelID: perhaps.ID, JobID: perhaps.JobID, Adopted: true, Creation: &schemas.Creation{Sent: 1, Lost: 1}},
		"never found":             {Creation: &schemas.Creation{Since: submitted, Sent: 1, Lost: 1, LastSent: submitted}},
		"no word about it at all": {},
	} {
		in.Payload, in.SubmittedAt = sealed(payload()), submitted
		app := wantFatal(t, w.deregister(in), schemas.ErrModelNotProven)
		require.Contains(t, app.Message(), perhaps.ID, name)
		require.Contains(t, app.Message(), "DELETE {gateway}/models/"+perhaps.ID, name)
		require.NotContains(t, app.Message(), different.ID, name)
	}
	require.Len(t, w.models(), 2)
	require.Empty(t, w.requests(control.OpDelete))
}

func TestWhatIsOlderThanTheSubmissionOrOwnedIsNotNamed(t *testing.T) {
	w := newWorld(t)
	_, owned := w.submitted(payload())
	w.own(owned.ID, payload())
	require.NoError(t, w.deregister(schemas.DeregisterInput{Payload: sealed(payload()), SubmittedAt: time.Now()}))
	delete(w.Owners.(owners), payload().Name)
	require.NoError(t, w.deregister(schemas.DeregisterInput{Payload: sealed(payload()), SubmittedAt: time.Now().Add(time.Minute)}))
	require.Len(t, w.models(), 1)
}

func TestAModelThatIsListedLateIsFoundByItsRollback(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	_, err := w.sim.FinishJob(t.Context(), model.JobID)
	require.NoError(t, err)
	w.order(control.OpList, 2, control.Action{Body: `{"entities":[]}`, ContentType: "application/json"})
	require.NoError(t, w.deregister(rollbackOf(model)))
	require.Empty(t, w.models())
}

// unlisted plays a platform that lists no model yet, and has one job.
func unlisted(t *testing.T, job string, deleted *[]string) *Activities {
	return playing(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodDelete:
			*deleted = append(*deleted, r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
			w.WriteHeader(http.StatusNoContent)
		case strings.HasSuffix(r.URL.Path, "/models"):
			_, _ = fmt.Fprint(w, `{"entities":[]}`)
		case job == "" || strings.Contains(r.URL.Path, "/models/"):
			w.WriteHeader(http.StatusNotFound)
		default:
			w.Header().Set("Retry-After", "4")
			_, _ = fmt.Fprint(w, job)
		}
	})
}

func TestAJobThatMayYetMakeTheModelIsWaitedFor(t *testing.T) {
	for name, c := range map[string]struct {
		job     string
		running bool
	}{
		"a job that runs":              {`{"id":"job-1","status":"IN_PROGRESS"}`, true},
		"one of a status nobody knows": {`{"id":"job-1","status":"REINDEXING"}`, true},
		"one that failed":              {`{"id":"job-1","status":"FAILED"}`, false},
		"one whose model is gone":      {`{"id":"job-1","status":"COMPLETED","result":{"id":"model-9"}}`, false},
		"one that made none":           {`{"id":"job-1","status":"COMPLETED","result":{}}`, false},
		"one that is forgotten":        {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			var deleted []string
			a := unlisted(t, c.job, &deleted)
			_, err := run(t, without(a.DeregisterModel), schemas.DeregisterInput{
				Payload: sealed(payload()), JobID: "job-1", Creation: &schemas.Creation{Sent: 1, JobIDs: []string{"job-1"}}})
			if c.running {
				app := wantFatal(t, err, schemas.ErrJobStillRunning)
				require.Equal(t, 4*time.Second, app.NextRetryDelay())
				require.Contains(t, app.Message(), "may yet create the model")
			} else {
				require.NoError(t, err)
			}
			require.Empty(t, deleted, "only what is listed under the name is deleted")
		})
	}
}

func TestAnOutageWhileTheJobIsAskedForIsRetried(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	_, err := w.Gateway.DeleteModel(t.Context(), model.ID)
	require.NoError(t, err)
	w.order(control.OpJob, 0, control.Action{Status: http.StatusServiceUnavailable})
	in := rollbackOf(model)
	in.ModelID = ""
	wantRetried(t, w.deregister(in), schemas.ErrUnavailable, 0)
}

func TestADeletionThatThePlatformRefusesIsFinal(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	w.order(control.OpDelete, 0, control.Action{Status: http.StatusForbidden})
	wantFatal(t, w.deregister(rollbackOf(model)), schemas.ErrForbidden)
	require.Len(t, w.models(), 1)
}

func TestADeletionWhoseAnswerIsLostIsDoneByTheNextAttempt(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	w.order(control.OpDelete, 1, control.Action{Cut: control.CutAfter})
	_, errs := attempts(t, without(w.DeregisterModel), rollbackOf(model))
	require.NoError(t, errs[len(errs)-1])
	require.Empty(t, w.models())
}

func TestARollbackWhoseLeaseIsOverDeletesNothing(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	ended := func(ctx context.Context, in schemas.DeregisterInput) (struct{}, error) {
		return struct{}{}, w.DeregisterModel(ctx, in)
	}
	w.Gateway = overtaken{w.Gateway}
	_, err := run(t, ended, rollbackOf(model))
	require.Error(t, err)
	require.Len(t, w.models(), 1)
	require.Empty(t, w.requests(control.OpDelete))
}

// overtaken is a gateway whose callers have lost their lease when they come to delete.
type overtaken struct{ Gateway }

func (o overtaken) DeleteModel(ctx context.Context, id string) (bool, error) {
	return o.Gateway.DeleteModel(lease.With(ctx, lease.New(0)), id)
}
