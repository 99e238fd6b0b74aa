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

// halfway is what was asked for with a lower limit and another temperature, of which only the limit was changed.
func halfway() (before, asked, left schemas.Payload) {
	before, asked, left = payload(500), payload(600), payload(600)
	hot := 0.9
	asked.Parameters.Temperature = &hot
	return before, asked, left
}

func TestALostUpdateThatFailedHalfwayIsSentAgainAndWhatSomebodyWroteIsNot(t *testing.T) {
	before, asked, left := halfway()
	was := sealed(before)
	in := schemas.UpdateInput{Payload: sealed(asked), From: was.Hash, Before: &was}
	for name, c := range map[string]struct {
		limit, lost int
		refused     bool
	}{
		"half of ours":                         {left.RateLimits.MaxRequestsPerMinute, 1, false},
		"half of it, and we have sent nothing": {left.RateLimits.MaxRequestsPerMinute, 0, true},
		"somebody else's":                      {7, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			in.ModelID, in.Lost = w.registered(before), c.lost
			w.edit(in.ModelID, c.limit)
			out, err := run(t, w.UpdateModel, in)
			if c.refused {
				wantFatal(t, err, schemas.ErrModelMoved)
				require.Empty(t, w.requests(control.OpUpdate))
				require.Equal(t, c.lost, sentBy(t, err).Lost)
				return
			}
			require.NoError(t, err)
			require.NotEmpty(t, out.JobID)
			require.Equal(t, c.lost, out.Lost)
		})
	}
}

// sentBy is the record in an update's error.
func sentBy(t *testing.T, err error) (sent schemas.SentUpdates) {
	t.Helper()
	var d schemas.ErrorDetails
	require.NoError(t, applicationError(t, err).Details(&d, &sent))
	return sent
}

func TestAnUpdatesErrorSaysWhatMayHaveBeenSent(t *testing.T) {
	for name, c := range map[string]struct {
		op     control.Op
		action control.Action
		lost   int
	}{
		"its answer was lost":    {control.OpUpdate, control.Action{Cut: control.CutAfter}, 1},
		"it was refused":         {control.OpUpdate, control.Action{Status: http.StatusConflict}, 0},
		"it was rate limited":    {control.OpUpdate, control.Action{Status: http.StatusTooManyRequests}, 0},
		"its answer was garbled": {control.OpUpdate, control.Action{HTML: true}, 1},
		"the look failed":        {control.OpGet, control.Action{Status: http.StatusBadRequest}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.registered(payload(500))
			w.order(c.op, 1, c.action)
			_, err := run(t, w.UpdateModel, schemas.UpdateInput{ModelID: id, Payload: sealed(payload(600)), From: sealed(payload(500)).Hash})
			require.Equal(t, c.lost, sentBy(t, err).Lost)
		})
	}
}

func TestAModelIsPutBackOnlyOnceTheUpdatesJobHasEnded(t *testing.T) {
	w := newWorld(t)
	id := w.registered(payload(500))
	forth, err := run(t, w.UpdateModel, schemas.UpdateInput{ModelID: id, Payload: sealed(payload(600)), From: sealed(payload(500)).Hash})
	require.NoError(t, err)
	instead := sealed(payload(600))
	back := schemas.UpdateInput{ModelID: id, Payload: sealed(payload(500)), Instead: &instead, After: forth.JobID}
	_, err = run(t, w.UpdateModel, back) // the model still has what it is to have
	wantFatal(t, err, schemas.ErrJobStillRunning)
	_, err = w.sim.FinishJob(t.Context(), forth.JobID)
	require.NoError(t, err)
	out, err := run(t, w.UpdateModel, back)
	require.NoError(t, err)
	require.NotEmpty(t, out.JobID)
	require.Len(t, w.requests(control.OpUpdate), 2)
}

func TestAPayloadIsPutBackAlsoWhereALostUpdateMayYetTakeEffect(t *testing.T) {
	w := newWorld(t)
	id := w.registered(payload(500))
	instead := sealed(payload(600))
	back := schemas.UpdateInput{ModelID: id, Payload: sealed(payload(500)), Instead: &instead}
	out, err := run(t, w.UpdateModel, back)
	require.NoError(t, err)
	require.Empty(t, out.JobID, "nothing was lost, and the model has it")
	back.Lost = 1
	out, err = run(t, w.UpdateModel, back)
	require.NoError(t, err)
	require.NotEmpty(t, out.JobID)
}

func TestAWorkerThatReplacesModelsUpdatesNoneAndChecksWhatItSawAllTheSame(t *testing.T) {
	w := newWorld(t)
	w.ReplaceModels = true
	id := w.registered(payload(500))
	in := schemas.UpdateInput{ModelID: id, Payload: sealed(payload(600)), From: sealed(payload(500)).Hash}
	out, err := run(t, w.UpdateModel, in)
	require.NoError(t, err)
	require.True(t, out.Replace)
	require.Empty(t, w.requests(control.OpUpdate))
	w.edit(id, 7)
	_, err = run(t, w.UpdateModel, in)
	require.Equal(t, string(schemas.ErrModelMoved), applicationError(t, err).Type())
	w.edit(id, 600)
	out, err = run(t, w.UpdateModel, in)
	require.NoError(t, err)
	require.False(t, out.Replace, "it has the payload already")
}

func TestAModelIsDeletedToBeReplacedOnlyWithThePayloadThatWasSeen(t *testing.T) {
	w := newWorld(t)
	id := w.registered(payload(500))
	w.edit(id, 7)
	in := schemas.DeleteInput{Name: payload().Name, ModelID: id, From: sealed(payload(500)).Hash}
	_, err := run(t, without(w.DeleteModel), in)
	require.Equal(t, string(schemas.ErrModelMoved), applicationError(t, err).Type())
	require.Len(t, w.models(), 1)
	w.edit(id, 500)
	for range 2 { // as after a crash
		_, err = run(t, without(w.DeleteModel), in)
		require.NoError(t, err)
	}
	require.Empty(t, w.models())
}

func TestAReplacedModelIsCreatedAnewAlthoughItIsOwnedAndShownStill(t *testing.T) {
	w := newWorld(t)
	old := w.registered(payload(500)) // which a read that lags behind shows after its deletion
	w.own(old, payload(500))
	in := schemas.SubmitInput{Payload: sealed(payload(600))}
	_, err := run(t, w.SubmitRegistration, in)
	require.Equal(t, string(schemas.ErrNameConflict), applicationError(t, err).Type(), "whoever deleted nothing is told of the model")
	in.Replaces = old
	out, err := run(t, w.SubmitRegistration, in)
	require.NoError(t, err)
	require.NotEmpty(t, out.JobID)
	require.False(t, out.Unchanged)
}
