package activities

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/internal/genesys"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

func TestASubmissionLooksTheNameUpAndCreatesTheModel(t *testing.T) {
	w := newWorld(t)
	out, err := run(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload())})
	require.NoError(t, err)
	model := w.models()[0]
	require.Equal(t, schemas.Submission{JobID: model.JobID}, out)
	require.Len(t, w.requests(control.OpList), 1)
	require.Len(t, w.requests(control.OpCreate), 1)
}

func TestAModelWhoseAnswerWasLostIsAdoptedByTheNextAttempt(t *testing.T) {
	for _, failedLookUps := range []int{0, 2} {
		w := newWorld(t)
		w.order(control.OpCreate, 1, control.Action{Cut: control.CutAfter})
		if failedLookUps > 0 {
			w.orderRule(control.Fault{Match: control.Match{Op: control.OpList}, Skip: 1, Times: failedLookUps,
				Action: control.Action{Status: http.StatusBadGateway}})
		}
		out, errs := attempts(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload())})

		models := w.models()
		require.Len(t, models, 1)
		require.Equal(t, schemas.Submission{JobID: models[0].JobID, ModelID: models[0].ID, Adopted: true}, out)
		require.Len(t, w.requests(control.OpCreate), 1)
		require.Len(t, errs, failedLookUps+2)
		for _, err := range errs[:failedLookUps+1] {
			wantRetried(t, err, schemas.ErrUnavailable, 0)
		}
	}
}

func TestAModelThatWasNotMadeIsMadeByTheNextAttempt(t *testing.T) {
	w := newWorld(t)
	w.order(control.OpCreate, 2, control.Action{Cut: control.CutBefore})
	out, errs := attempts(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload())})
	require.Len(t, errs, 3)
	require.False(t, out.Adopted)
	require.Len(t, w.models(), 1)
}

func TestANameThatExistsWithAnotherPayloadIsAConflictThatNamesTheFields(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload(77))
	_, err := run(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload())})
	app := wantFatal(t, err, schemas.ErrNameConflict)
	require.Contains(t, app.Message(), "with another rateLimits;")
	require.Contains(t, app.Message(), model.ID)
	require.NotContains(t, strings.ReplaceAll(app.Message(), model.ID, ""), "77", "no values")
	require.Len(t, w.models(), 1)
}

func TestANameThatExistsWithTheSamePayloadAndIsNobodysIsNotRegistered(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	_, err := run(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload())})
	app := wantFatal(t, err, schemas.ErrModelNotOwned)
	require.Contains(t, app.Message(), model.ID)
	require.Contains(t, app.Message(), control.ModelProvisioning)
	require.Len(t, w.models(), 1)
}

func TestANameThatIsOwnedWithTheSamePayloadIsUnchanged(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	w.own(model.ID, payload())
	out, err := run(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload())})
	require.NoError(t, err)
	require.True(t, out.Unchanged)
	require.Equal(t, model.ID, out.ModelID)
	require.WithinDuration(t, time.Now(), out.SeenAt, time.Minute)
	require.Empty(t, out.JobID)
	require.Len(t, w.models(), 1)
}

func TestAModelThatIsOwnedAndGoneIsRegisteredAnew(t *testing.T) {
	w := newWorld(t)
	w.own("m-gone", payload())
	out, err := run(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload())})
	require.NoError(t, err)
	require.False(t, out.Unchanged)
	require.NotEmpty(t, out.JobID)
	require.Len(t, w.models(), 1)
}

func TestOnlyARepeatedAttemptAdoptsAndOnlyWhatItMayHaveMade(t *testing.T) {
	scheduled := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	model := func(p schemas.Payload, created time.Time) genesys.Model {
		return genesys.Model{ID: "m-" + created.Format("15:04"), JobID: "job-1", Payload: p, DateCreated: created, State: "ACTIVE"}
	}
	old, fresh := model(payload(), scheduled.Add(-time.Hour)), model(payload(), scheduled.Add(time.Second))
	for name, c := range map[string]struct {
		attempt int32
		found   []genesys.Model
		adopts  string
		refuses schemas.ErrorType
	}{
		"the first attempt":                   {1, []genesys.Model{fresh}, "", schemas.ErrModelNotOwned},
		"a later one":                         {2, []genesys.Model{fresh}, fresh.ID, ""},
		"an old model":                        {2, []genesys.Model{old}, "", schemas.ErrModelNotOwned},
		"another payload":                     {2, []genesys.Model{model(payload(77), scheduled.Add(time.Second))}, "", schemas.ErrNameConflict},
		"its own among others":                {2, []genesys.Model{model(payload(77), scheduled), old, fresh}, fresh.ID, ""},
		"a platform whose clock is behind":    {2, []genesys.Model{model(payload(), scheduled.Add(-time.Minute))}, "m-11:59", ""},
		"a platform that gives no date":       {2, []genesys.Model{model(payload(), time.Time{})}, "m-00:00", ""},
		"no date, in the first attempt":       {1, []genesys.Model{model(payload(), time.Time{})}, "", schemas.ErrModelNotOwned},
		"a model of minutes before the start": {2, []genesys.Model{model(payload(), scheduled.Add(-3*time.Minute))}, "", schemas.ErrModelNotOwned},
	} {
		out, err := adopt(c.attempt > 1, scheduled, c.found, payload(), nil)
		if c.refuses != "" {
			wantFatal(t, err, c.refuses)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, schemas.Submission{JobID: "job-1", ModelID: c.adopts, Adopted: true}, out, name)
	}
}

func TestARefusedPayloadSaysWhichFieldsThePlatformWillNotTake(t *testing.T) {
	w := newWorld(t)
	_, err := run(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload(-1))})
	wantFatal(t, err, schemas.ErrBadRequest)
	d := details(t, err)
	require.Equal(t, http.StatusBadRequest, d.Status)
	require.NotEmpty(t, d.CorrelationID)
	require.Equal(t, "rateLimits.maxRequestsPerMinute", d.Fields[0].Field)
	require.Contains(t, err.Error(), d.CorrelationID)
	require.Len(t, w.requests(control.OpCreate), 1)
}

// mayExist reads what a refused submission says of its earlier attempts.
func mayExist(t *testing.T, err error) (maybe bool) {
	t.Helper()
	var platform schemas.ErrorDetails
	require.NoError(t, applicationError(t, err).Details(&platform, &maybe))
	return maybe
}

func TestARefusedLookUpSaysThatAnEarlierAttemptMayHaveMadeTheModel(t *testing.T) {
	w := newWorld(t)
	w.order(control.OpCreate, 1, control.Action{Cut: control.CutAfter})
	w.orderRule(control.Fault{
		Match: control.Match{Op: control.OpList}, Skip: 1, Action: control.Action{Status: http.StatusForbidden}})
	_, errs := attempts(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload())})
	require.Len(t, errs, 2)
	wantFatal(t, errs[1], schemas.ErrForbidden)
	require.True(t, mayExist(t, errs[1]))
	require.Len(t, w.models(), 1)
}

func TestAConflictWithAModelThatIsNotListedYetSaysTheSame(t *testing.T) {
	w := newWorld(t)
	w.order(control.OpCreate, 1, control.Action{Cut: control.CutAfter})
	w.orderRule(control.Fault{
		Match: control.Match{Op: control.OpList}, Skip: 1, Action: control.Action{Body: `{"entities":[]}`, ContentType: "application/json"}})
	w.order(control.OpCreate, 0, control.Action{Status: http.StatusConflict})
	_, errs := attempts(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload())})
	require.Len(t, errs, 2)
	wantFatal(t, errs[1], schemas.ErrConflict)
	require.True(t, mayExist(t, errs[1]))
}

func TestAFirstAttemptsRefusalLeavesNothingOpen(t *testing.T) {
	w := newWorld(t)
	w.order(control.OpList, 1, control.Action{Status: http.StatusForbidden})
	_, err := run(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload())})
	wantFatal(t, err, schemas.ErrForbidden)
	require.False(t, mayExist(t, err))
}

func TestASubmissionSendsTheVeryBytesThatWereSealed(t *testing.T) {
	w := newWorld(t)
	in := sealed(payload())
	in.Canonical = strings.Replace(in.Canonical, `{"authCredentialId"`, `{"addedByANewerVersion":1,"authCredentialId"`, 1)
	_, err := run(t, w.SubmitRegistration, schemas.SubmitInput{Payload: in})
	wantFatal(t, err, schemas.ErrSealedInput)

	sum := sha256.Sum256([]byte(in.Canonical))
	in.Hash = hex.EncodeToString(sum[:])
	_, err = run(t, w.SubmitRegistration, schemas.SubmitInput{Payload: in})
	require.Equal(t, string(schemas.ErrNewerWorker), applicationError(t, err).Type())
	require.False(t, applicationError(t, err).NonRetryable(), "a newer worker may take it")
	err = w.deregister(schemas.DeregisterInput{Payload: in})
	require.Equal(t, string(schemas.ErrNewerWorker), applicationError(t, err).Type())

	requests, err := w.sim.Requests(t.Context(), control.RequestFilter{})
	require.NoError(t, err)
	require.Empty(t, requests)
}
