package activities

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

// calls are the activities that call the platform, with what each calls first.
func (w *world) calls() map[control.Op]func() error {
	jobID, model := w.submitted(payload())
	_, err := w.sim.FinishJob(w.Context(), jobID)
	require.NoError(w, err)
	return map[control.Op]func() error{
		control.OpCreate: func() error {
			other := payload()
			other.Name = "another-model"
			_, err := run(w.T, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(other)})
			return err
		},
		control.OpList: func() error {
			_, err := run(w.T, without(w.DeregisterModel), schemas.DeregisterInput{Payload: sealed(payload())})
			return err
		},
		control.OpJob: func() error {
			_, err := run(w.T, w.PollJob, schemas.PollInput{JobID: jobID})
			return err
		},
		control.OpHealth: func() error {
			_, err := run(w.T, w.TriggerHealthCheck, schemas.HealthCheckInput{ModelID: model.ID})
			return err
		},
		control.OpDelete: func() error {
			_, err := run(w.T, without(w.DeregisterModel), rollbackOf(model))
			return err
		},
	}
}

func TestEveryRefusalOfThePlatformIsFinalAndHasItsTypeCodeAndCorrelationID(t *testing.T) {
	w := newWorld(t)
	w.ReadLag = 20 * time.Millisecond // for which a 404 and a 409 about something new are no answer
	for op, call := range w.calls() {
		for status, want := range map[int]schemas.ErrorType{
			http.StatusBadRequest: schemas.ErrBadRequest, http.StatusUnauthorized: schemas.ErrUnauthorized,
			http.StatusForbidden: schemas.ErrForbidden, http.StatusNotFound: schemas.ErrNotFound,
			http.StatusConflict: schemas.ErrConflict, http.StatusUnprocessableEntity: schemas.ErrBadRequest,
			http.StatusNotImplemented: schemas.ErrBadRequest,
		} {
			if op == control.OpDelete && status == http.StatusNotFound {
				continue // what does not exist is deleted
			}
			require.NoError(t, w.sim.ClearFaults(t.Context()))
			w.order(op, 0, control.Action{Status: status, Code: "a.code", Message: "this cannot be"})
			app := wantFatal(t, call(), want)
			d := details(t, app)
			require.Equal(t, status, d.Status)
			require.Equal(t, "a.code", d.Code)
			require.NotEmpty(t, d.CorrelationID)
			for _, said := range []string{"this cannot be", "a.code", d.CorrelationID} {
				require.Contains(t, app.Message(), said)
			}
		}
	}
}

func TestAShortWaitIsTheServersAndALongOneEndsTheActivityForTheWorkflowToWait(t *testing.T) {
	w := newWorld(t)
	for op, call := range w.calls() {
		for status, want := range map[int]schemas.ErrorType{
			http.StatusTooManyRequests: schemas.ErrRateLimited, http.StatusServiceUnavailable: schemas.ErrUnavailable,
			http.StatusInternalServerError: schemas.ErrUnavailable, http.StatusBadGateway: schemas.ErrUnavailable,
			http.StatusGatewayTimeout: schemas.ErrUnavailable, http.StatusRequestTimeout: schemas.ErrUnavailable,
		} {
			require.NoError(t, w.sim.ClearFaults(t.Context()))
			w.order(op, 0, control.Action{Status: status, RetryAfterSeconds: 6})
			app := wantFatal(t, call(), want)
			require.Equal(t, 6*time.Second, app.NextRetryDelay())
			require.NoError(t, w.sim.ClearFaults(t.Context()))
			w.order(op, 0, control.Action{Status: status, RetryAfterSeconds: 5})
			app = wantRetried(t, call(), want, 5*time.Second)
			require.Equal(t, status, details(t, app).Status)
			benign := status == http.StatusTooManyRequests
			require.Equal(t, benign, app.Category() == temporal.ApplicationErrorCategoryBenign)
		}
		require.NoError(t, w.sim.ClearFaults(t.Context()))
		w.order(op, 0, control.Action{Status: http.StatusServiceUnavailable})
		wantRetried(t, call(), schemas.ErrUnavailable, 0)
	}
}

func TestAConnectionThatIsCutIsRetriedByPolicy(t *testing.T) {
	w := newWorld(t)
	for op, call := range w.calls() {
		require.NoError(t, w.sim.ClearFaults(t.Context()))
		w.order(op, 0, control.Action{Cut: control.CutBefore})
		wantRetried(t, call(), schemas.ErrUnavailable, 0)
	}
}

func TestAnAnswerThatCannotBeUsedIsFinal(t *testing.T) {
	w := newWorld(t)
	calls := w.calls()
	delete(calls, control.OpDelete) // whose answer has no content
	for op, call := range calls {
		require.NoError(t, w.sim.ClearFaults(t.Context()))
		w.order(op, 0, control.Action{HTML: true})
		wantFatal(t, call(), schemas.ErrBadResponse)
	}
}

func TestACallThatACancellationCutShortIsACancellation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, context.Canceled, platformError(ctx, errors.New("the connection was closed")))
}

func TestAnErrorThatIsNotThePlatformsIsFinal(t *testing.T) {
	wantFatal(t, platformError(t.Context(), errors.New("odd")), schemas.ErrInternal)
}
