package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

func (w *world) submit() (schemas.Submission, []error) {
	w.Helper()
	return attempts(w.T, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload())})
}

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
		out, errs := w.submit()

		models := w.models()
		require.Len(t, models, 1)
		require.Equal(t, models[0].JobID, out.JobID)
		require.Equal(t, models[0].ID, out.ModelID)
		require.True(t, out.Adopted)
		require.Equal(t, 1, out.Creation.Lost)
		require.Equal(t, out.Creation.LastSent.Add(w.ReadLag), out.LookAgain, "a twin may show up until then")
		require.Len(t, w.requests(control.OpCreate), 1)
		require.Len(t, errs, failedLookUps+2)
		for _, err := range errs[:failedLookUps+1] {
			wantRetried(t, err, schemas.ErrUnavailable, 0)
			require.Equal(t, 1, record(t, err).Lost)
		}
	}
}

// record reads what a failed submission says of what it sent.
func record(t *testing.T, err error) (rec schemas.Creation) {
	t.Helper()
	var platform schemas.ErrorDetails
	require.NoError(t, applicationError(t, err).Details(&platform, &rec))
	return rec
}

func TestAfterALostAnswerTheNameIsLookedUpForTheReadLagBeforeAnotherCreation(t *testing.T) {
	w := newWorld(t)
	w.order(control.OpCreate, 1, control.Action{Cut: control.CutBefore})
	out, errs := w.submit()
	require.Len(t, errs, 2)
	require.False(t, out.Adopted)
	require.Len(t, w.models(), 1)
	creations, looks := w.requests(control.OpCreate), w.requests(control.OpList)
	require.Len(t, creations, 2)
	require.GreaterOrEqual(t, creations[1].Time.Sub(creations[0].Time), w.ReadLag)
	require.Greater(t, len(looks), 3, "with growing gaps")
	require.Equal(t, &schemas.Creation{
		Since: out.Creation.Since, Sent: 2, Lost: 1, LastSent: out.Creation.LastSent, JobIDs: []string{out.JobID}}, out.Creation)
	require.False(t, out.LookAgain.IsZero())
}

func TestACreationThatWasRefusedOrDeferredLeavesNoDoubt(t *testing.T) {
	w := newWorld(t)
	w.order(control.OpCreate, 1, control.Action{Status: http.StatusTooManyRequests, RetryAfterSeconds: 1})
	out, errs := w.submit()
	require.Len(t, errs, 2)
	require.Zero(t, record(t, errs[0]).Sent)
	require.Equal(t, schemas.Submission{JobID: w.models()[0].JobID}, out)
	require.Len(t, w.requests(control.OpList), 2, "one look an attempt")
}

func TestALookUpThatFailsRecordsNothing_SoThatALiveModelIsNobodysAfterwards(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	w.order(control.OpList, 2, control.Action{Status: http.StatusServiceUnavailable})
	_, errs := w.submit()
	require.Len(t, errs, 3)
	app := wantFatal(t, errs[2], schemas.ErrModelNotOwned)
	require.Contains(t, app.Message(), model.ID)
	require.Contains(t, app.Message(), "starter adopt")
	require.Contains(t, app.Message(), "DELETE {gateway}/models/"+model.ID)
	require.Zero(t, record(t, errs[2]).Sent)
	require.Len(t, w.models(), 1)
}

// beats accepts heartbeats, or not.
type beats struct {
	err   error
	count atomic.Int64
}

func (b *beats) RecordActivityHeartbeatWithOptions(context.Context, client.RecordActivityHeartbeatOptions) error {
	b.count.Add(1)
	return b.err
}

func TestAnAttemptWhoseHeartbeatIsNotAcceptedSendsNothing(t *testing.T) {
	w := newWorld(t)
	w.Beats = &beats{err: errors.New("no connection")}
	_, err := run(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload())})
	wantRetried(t, err, schemas.ErrTemporal, 0)
	require.Zero(t, record(t, err).Sent)
	require.Empty(t, w.requests(control.OpCreate))
}

func TestAnAttemptThatIsAskedToCancelWhenItRecordsSendsNothing(t *testing.T) {
	w := newWorld(t)
	w.Beats = &beats{err: temporal.NewCanceledError()}
	_, err := run(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload())})
	var cancelled *temporal.CanceledError
	require.ErrorAs(t, err, &cancelled)
	var platform schemas.ErrorDetails
	var rec schemas.Creation
	require.NoError(t, cancelled.Details(&platform, &rec))
	require.Zero(t, rec.Sent)
	require.Empty(t, w.requests(control.OpCreate))
}

func TestACreationThatHasBegunIsAwaitedAlthoughItsRegistrationIsCancelled(t *testing.T) {
	w := newWorld(t)
	w.order(control.OpCreate, 1, control.Action{LatencyMS: 700})
	cancel := make(chan struct{})
	go func() {
		_, _ = w.sim.WaitRequests(t.Context(), control.RequestFilter{Op: control.OpCreate}, 1)
		close(cancel)
	}()
	out, err := run(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload())}, cancelledBy(t, cancel))
	require.NoError(t, err)
	require.Equal(t, w.models()[0].JobID, out.JobID, "the job is known, so that the model can be rolled back with proof")
}

func TestWhatIsOwnedWithTheSamePayloadIsUnchanged(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	w.own(model.ID, payload())
	out, errs := w.submit()
	require.Len(t, errs, 1)
	require.True(t, out.Unchanged)
	require.Equal(t, model.ID, out.ModelID)
	require.Equal(t, control.ModelProvisioning, out.State)
	require.NotZero(t, out.SeenAt)
	require.Len(t, w.models(), 1)
}

func TestWhatIsOwnedWithOtherValuesIsAConflictThatNamesThem(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload(77))
	w.own(model.ID, payload(77))
	_, errs := w.submit()
	app := wantFatal(t, errs[0], schemas.ErrNameConflict)
	require.Contains(t, app.Message(), "max_requests_per_minute: 77 → 500")
	require.Contains(t, app.Message(), model.ID)
	require.Contains(t, app.Message(), "starter change")
	require.NotContains(t, app.Message(), "somebody has changed")
	require.Len(t, w.models(), 1)

	w.own(model.ID, payload()) // what was registered is what this manifest says; the gateway has drifted
	_, errs = w.submit()
	require.Contains(t, wantFatal(t, errs[0], schemas.ErrNameConflict).Message(), "somebody has changed the model in the gateway")
}

func TestWhatIsOwnedAndGoneFromTheGatewayIsCreatedAnew(t *testing.T) {
	w := newWorld(t)
	w.own("model-that-is-gone", payload())
	out, errs := w.submit()
	require.NoError(t, errs[0])
	require.Equal(t, w.models()[0].JobID, out.JobID)
	require.Len(t, w.requests(control.OpGet), 1, "it is asked for by its id before it counts as gone")
}

func TestWhatWasHandedOverAMomentAgoAndIsNotListedYetIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	w.own(model.ID, payload())
	o := w.Owners.(owners)[payload().Name]
	o.Since = time.Now()
	w.Owners.(owners)[payload().Name] = o
	w.order(control.OpList, 2, control.Action{Body: `{"entities":[]}`, ContentType: "application/json"})
	w.order(control.OpGet, 2, control.Action{Status: http.StatusNotFound})
	out, errs := w.submit()
	require.Len(t, errs, 1)
	require.True(t, out.Unchanged)
	require.Len(t, w.models(), 1)
}

func TestATwinByAnotherHandWithinTheWindowIsAPersonsToJudge(t *testing.T) {
	w := newWorld(t)
	w.order(control.OpCreate, 1, control.Action{Cut: control.CutAfter})
	_, err := run(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload())})
	rec := record(t, err)
	_, twin := w.submitted(payload())
	_, err = run(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload()), Creation: &rec})
	app := wantFatal(t, err, schemas.ErrModelNotProven)
	for _, m := range w.models() {
		require.Contains(t, app.Message(), m.ID)
	}
	require.Contains(t, app.Message(), twin.ID)
	require.Len(t, w.models(), 2, "nothing is deleted")
}

func TestAModelThatIsOlderThanTheRecordIsNotAdopted(t *testing.T) {
	w := newWorld(t)
	_, model := w.submitted(payload())
	rec := schemas.Creation{Since: model.Created.Add(time.Minute), Sent: 1, Lost: 1, LastSent: time.Now().Add(-w.ReadLag)}
	_, err := run(t, w.SubmitRegistration, schemas.SubmitInput{Payload: sealed(payload()), Creation: &rec})
	wantFatal(t, err, schemas.ErrModelNotOwned)
	require.Equal(t, 1, record(t, err).Lost, "what was sent may show up yet")
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
	require.Zero(t, record(t, err).Sent)
}

func TestARefusedLookUpSaysThatAnEarlierAttemptMayHaveMadeTheModel(t *testing.T) {
	w := newWorld(t)
	w.order(control.OpCreate, 1, control.Action{Cut: control.CutAfter})
	w.orderRule(control.Fault{
		Match: control.Match{Op: control.OpList}, Skip: 1, Action: control.Action{Status: http.StatusForbidden}})
	_, errs := w.submit()
	require.Len(t, errs, 2)
	wantFatal(t, errs[1], schemas.ErrForbidden)
	require.Equal(t, 1, record(t, errs[1]).Lost)
	require.Len(t, w.models(), 1)
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

func TestAModelThatIsListedAndGoneByItsIDIsNoneAndANewOneThatIsNotKnownYetIs(t *testing.T) {
	w := newWorld(t) // whose read lag is 400 ms
	id := w.registered(payload(400))
	made := w.models()[0].Created
	require.Eventually(t, func() bool { return time.Since(made) > time.Second+w.ReadLag }, 5*time.Second, time.Millisecond)
	require.NoError(t, w.sim.DropModel(t.Context(), id))
	w.order(control.OpList, 1, control.Action{LagMS: 60_000})
	out, errs := w.submit()
	require.NoError(t, errs[0])
	require.NotEmpty(t, out.JobID)
	require.Len(t, w.models(), 1)

	w = newWorld(t)
	w.ReadLag = 3 * time.Second
	w.registered(payload(400))
	w.order(control.OpGet, 1, control.Action{LagMS: 60_000})
	_, errs = w.submit()
	wantFatal(t, errs[0], schemas.ErrModelNotOwned)
	require.Len(t, w.requests(control.OpGet), 2, "it was looked for again")
	require.Len(t, w.models(), 1)
}
