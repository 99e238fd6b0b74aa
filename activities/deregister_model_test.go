package activities

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

func (w *world) deregister(in schemas.DeregisterInput) error {
	w.Helper()
	_, err := run(w.T, without(w.DeregisterModel), in)
	return err
}

func TestAModelOfKnownIDIsDeletedAndThatOneAlone(t *testing.T) {
	w := newWorld(t)
	_, mine := w.submitted(payload())
	_, other := w.submitted(payload())
	require.NoError(t, w.deregister(schemas.DeregisterInput{Payload: sealed(payload()), ModelID: mine.ID}))
	require.Len(t, w.models(), 1)
	require.Equal(t, other.ID, w.models()[0].ID)
	require.Empty(t, w.requests(control.OpList))
}

func TestAModelThatIsGoneIsDone(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	for range 2 {
		require.NoError(t, w.deregister(schemas.DeregisterInput{ModelID: model.ID}))
	}
	require.NoError(t, w.deregister(schemas.DeregisterInput{Payload: sealed(payload()), SubmittedAt: time.Now()}))
	require.Equal(t, http.StatusNotFound, w.requests(control.OpDelete)[1].Status)
}

func TestByNameOnlyARegistrationsOwnModelsAreDeleted(t *testing.T) {
	w := newWorld(t)
	_, different := w.submitted(payload(77))
	submitted := time.Now()
	w.submitted(payload())
	w.submitted(payload()) // a careless platform may have made two
	require.NoError(t, w.deregister(schemas.DeregisterInput{Payload: sealed(payload()), SubmittedAt: submitted}))
	require.Len(t, w.models(), 1)
	require.Equal(t, different.ID, w.models()[0].ID)
}

func TestByNameAModelFromBeforeTheSubmissionIsNeverDeleted(t *testing.T) {
	w := newWorld(t)
	w.submitted(payload())
	submitted := time.Now().Add(clockSkew + time.Minute)
	require.NoError(t, w.deregister(schemas.DeregisterInput{Payload: sealed(payload()), SubmittedAt: submitted}))
	require.Len(t, w.models(), 1)
	require.Empty(t, w.requests(control.OpDelete))
}

func TestByNameTheModelThatAJobIsMakingIsDeleted(t *testing.T) {
	w := newWorld(t)
	submitted := time.Now()
	jobID, _ := w.submitted(payload())
	require.NoError(t, w.deregister(schemas.DeregisterInput{Payload: sealed(payload()), JobID: jobID, SubmittedAt: submitted}))
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
		case job == "":
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
		deletes []string
	}{
		"a job that runs":              {`{"id":"job-1","status":"IN_PROGRESS"}`, true, nil},
		"one of a status nobody knows": {`{"id":"job-1","status":"REINDEXING"}`, true, nil},
		"one that failed":              {`{"id":"job-1","status":"FAILED"}`, false, nil},
		"one that made a model":        {`{"id":"job-1","status":"COMPLETED","result":{"id":"model-9"}}`, false, []string{"model-9"}},
		"one that made none":           {`{"id":"job-1","status":"COMPLETED","result":{}}`, false, nil},
		"one that is forgotten":        {"", false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var deleted []string
			a := unlisted(t, c.job, &deleted)
			_, err := run(t, without(a.DeregisterModel), schemas.DeregisterInput{Payload: sealed(payload()), JobID: "job-1"})
			if c.running {
				app := wantFatal(t, err, schemas.ErrJobStillRunning)
				require.Equal(t, 4*time.Second, app.NextRetryDelay())
				require.Contains(t, app.Message(), "may yet create the model")
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, c.deletes, deleted)
		})
	}
}

func TestAnOutageWhileTheJobIsAskedForIsRetried(t *testing.T) {
	w := newWorld(t)
	jobID, model := w.submitted(payload())
	require.NoError(t, w.Genesys.DeleteModel(t.Context(), model.ID))
	w.order(control.OpJob, 0, control.Action{Status: http.StatusServiceUnavailable})
	err := w.deregister(schemas.DeregisterInput{Payload: sealed(payload()), JobID: jobID})
	wantRetried(t, err, schemas.ErrUnavailable, 0)
}

func TestADeletionThatThePlatformRefusesIsFinal(t *testing.T) {
	w := newWorld(t)
	w.submitted(payload())
	w.order(control.OpDelete, 0, control.Action{Status: http.StatusForbidden})
	wantFatal(t, w.deregister(schemas.DeregisterInput{Payload: sealed(payload())}), schemas.ErrForbidden)
	require.Len(t, w.models(), 1)
}

func TestADeletionWhoseAnswerIsLostIsDoneByTheNextAttempt(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	w.order(control.OpDelete, 1, control.Action{Cut: control.CutAfter})
	_, errs := attempts(t, without(w.DeregisterModel), schemas.DeregisterInput{ModelID: model.ID})
	require.NoError(t, errs[len(errs)-1])
	require.Empty(t, w.models())
}
