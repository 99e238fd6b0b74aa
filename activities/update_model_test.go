package activities

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

// registered makes a model in the simulator and returns its id.
func (w *world) registered(p schemas.Payload) string {
	jobID, model := w.submitted(p)
	_, err := w.sim.FinishJob(w.Context(), jobID)
	require.NoError(w, err)
	return model.ID
}

// edit changes the model's limit as somebody does in the admin interface.
func (w *world) edit(id string, limit int) {
	require.NoError(w, w.sim.EditModel(w.Context(), id, map[string]any{
		"rateLimits": map[string]int{"maxRequestsPerMinute": limit, "maxTokensPerMinute": payload().RateLimits.MaxTokensPerMinute}}))
}

func TestAnUpdateIsSentOnceAndIsOverWhenTheModelHasThePayload(t *testing.T) {
	w := newWorld(t)
	id := w.registered(payload(500))
	in := schemas.UpdateInput{ModelID: id, Payload: sealed(payload(600)), From: sealed(payload(500)).Hash}
	out, err := run(t, w.UpdateModel, in)
	require.NoError(t, err)
	require.NotEmpty(t, out.JobID)
	_, err = w.sim.FinishJob(t.Context(), out.JobID)
	require.NoError(t, err)
	again, err := run(t, w.UpdateModel, in)
	require.NoError(t, err)
	require.Empty(t, again.JobID)
	require.Len(t, w.requests(control.OpUpdate), 1)
}

func TestAnUpdateWhoseAnswerWasLostIsRepeatedAndChangesNothingTwice(t *testing.T) {
	w := newWorld(t)
	id := w.registered(payload(500))
	in := schemas.UpdateInput{ModelID: id, Payload: sealed(payload(600)), From: sealed(payload(500)).Hash}
	w.order(control.OpUpdate, 1, control.Action{Cut: control.CutAfter})
	_, err := run(t, w.UpdateModel, in)
	require.False(t, applicationError(t, err).NonRetryable())
	out, err := run(t, w.UpdateModel, in)
	require.NoError(t, err)
	require.NotEmpty(t, out.JobID)
}

func TestWhatSomebodyElseWroteIsNotOverwritten(t *testing.T) {
	w := newWorld(t)
	id := w.registered(payload(500))
	w.edit(id, 7)
	_, err := run(t, w.UpdateModel, schemas.UpdateInput{ModelID: id, Payload: sealed(payload(600)), From: sealed(payload(500)).Hash})
	require.Equal(t, string(schemas.ErrModelMoved), applicationError(t, err).Type())
	require.Empty(t, w.requests(control.OpUpdate))

	// Putting back what an update of ours left is another matter.
	instead := sealed(payload(600))
	_, err = run(t, w.UpdateModel, schemas.UpdateInput{ModelID: id, Payload: sealed(payload(500)), Instead: &instead})
	require.Equal(t, string(schemas.ErrModelMoved), applicationError(t, err).Type())
	w.edit(id, 600)
	out, err := run(t, w.UpdateModel, schemas.UpdateInput{ModelID: id, Payload: sealed(payload(500)), Instead: &instead})
	require.NoError(t, err)
	require.NotEmpty(t, out.JobID)
}

func TestAGatewayWithoutUpdatesIsSaidToBeOne(t *testing.T) {
	for _, status := range []int{http.StatusMethodNotAllowed, http.StatusNotImplemented} {
		w := newWorld(t)
		id := w.registered(payload(500))
		w.order(control.OpUpdate, 1, control.Action{Status: status})
		_, err := run(t, w.UpdateModel, schemas.UpdateInput{ModelID: id, Payload: sealed(payload(600)), From: sealed(payload(500)).Hash})
		e := applicationError(t, err)
		require.Equal(t, string(schemas.ErrUpdateUnsupported), e.Type())
		require.Contains(t, e.Message(), "GENESYS_UPDATE_METHOD")
	}
}

func TestAModelIsReadWithItsOwnerAndItsDifferences(t *testing.T) {
	w := newWorld(t)
	id := w.registered(payload(500))
	w.own(id, payload(400))
	want := sealed(payload(600))
	out, err := run(t, w.ReadModel, schemas.ReadModelInput{Name: payload().Name, Want: &want})
	require.NoError(t, err)
	require.Equal(t, id, out.Owner.ModelID)
	live := out.Find(id)
	require.Equal(t, []schemas.Change{{Key: "max_requests_per_minute", Old: "500", New: "600"}}, live.Changes)
	require.Equal(t, []schemas.Change{{Key: "max_requests_per_minute", Old: "400", New: "500"}}, live.Drift)
	require.Equal(t, sealed(payload(500)).Hash, live.Hash)
}

func TestReadingBackWaitsForReadsThatLag(t *testing.T) {
	w := newWorld(t)
	w.ReadLag = 20 * time.Second
	id := w.registered(payload(500))
	w.own(id, payload(500))
	want := sealed(payload(600))
	go func() {
		if _, err := w.sim.WaitRequests(w.Context(), control.RequestFilter{Op: control.OpList}, 1); err == nil {
			w.edit(id, 600)
		}
	}()
	out, err := run(t, w.ReadModel, schemas.ReadModelInput{Name: payload().Name, Want: &want, Until: true})
	require.NoError(t, err)
	require.Empty(t, out.Find(id).Changes)
}

func TestAModelIsDeletedOnlyUnderItsName(t *testing.T) {
	w := newWorld(t)
	id := w.registered(payload())
	_, err := run(t, without(w.DeleteModel), schemas.DeleteInput{Name: "another", ModelID: id})
	require.Equal(t, string(schemas.ErrModelMoved), applicationError(t, err).Type())
	_, err = run(t, without(w.DeleteModel), schemas.DeleteInput{Name: payload().Name, ModelID: id})
	require.NoError(t, err)
	require.Empty(t, w.models())
	_, err = run(t, without(w.DeleteModel), schemas.DeleteInput{Name: payload().Name, ModelID: id})
	require.NoError(t, err, "gone already counts as done")
}
