package workflows

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// ranOut is the error of an activity whose time ran out, as the server tells it: after the error of its last attempt, if
// there was one.
func ranOut(t *testing.T, last error) error {
	t.Helper()
	convert := temporal.GetDefaultFailureConverter()
	timeout := &failurepb.Failure{
		Message: "activity ScheduleToClose timeout",
		FailureInfo: &failurepb.Failure_TimeoutFailureInfo{TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{
			TimeoutType: enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE}},
	}
	if last != nil {
		timeout.Cause = convert.ErrorToFailure(last)
	}
	return convert.FailureToError(&failurepb.Failure{
		Message: "activity error", Cause: timeout,
		FailureInfo: &failurepb.Failure_ActivityFailureInfo{ActivityFailureInfo: &failurepb.ActivityFailureInfo{
			ActivityType: &commonpb.ActivityType{Name: "SubmitRegistration"}, RetryState: enumspb.RETRY_STATE_TIMEOUT}},
	})
}

// retriesEnded is the same for an activity whose next attempt would have come too late.
func retriesEnded(last error) error {
	convert := temporal.GetDefaultFailureConverter()
	return convert.FailureToError(&failurepb.Failure{
		Message: "activity error", Cause: convert.ErrorToFailure(last),
		FailureInfo: &failurepb.Failure_ActivityFailureInfo{ActivityFailureInfo: &failurepb.ActivityFailureInfo{
			ActivityType: &commonpb.ActivityType{Name: "SyntheticProbe"}, RetryState: enumspb.RETRY_STATE_TIMEOUT}},
	})
}

func TestAFailuresTypeAndSentenceAreThoseOfItsLastAttempt(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want failure
	}{
		"an application error":      {fatal(schemas.ErrForbidden, "no"), failure{schemas.ErrForbidden, "no"}},
		"one without a type":        {fatal("", "no"), failure{schemas.ErrInternal, "no"}},
		"a time-out after an error": {ranOut(t, passing(schemas.ErrUnavailable, "503")), failure{schemas.ErrUnavailable, "503"}},
		"no time for another try":   {retriesEnded(passing(schemas.ErrRateLimited, "429")), failure{schemas.ErrRateLimited, "429"}},
		"a time-out": {ranOut(t, nil), failure{schemas.ErrStepTimedOut,
			"SubmitRegistration did not end in its time; the workflow's history shows its attempts"}},
		"another error": {errors.New("odd"), failure{schemas.ErrInternal, "odd"}},
		"violations that cannot be read": {
			retriesEnded(fatal(schemas.ErrPayloadValidation, "", "odd")), failure{schemas.ErrPayloadValidation, "the manifest is not valid"}},
		"one violation": {
			fatal(schemas.ErrPayloadValidation, "", []schemas.Violation{{Path: "name", Message: "is missing"}}),
			failure{schemas.ErrPayloadValidation, "the manifest has a violation: name: is missing"}},
	} {
		require.Equal(t, c.want, explain(c.err), name)
	}
}

func TestASubmissionsTimeOutOutageOrCancellationProvesNothing(t *testing.T) {
	for name, err := range map[string]error{
		"a time-out": ranOut(t, nil), "an outage": ranOut(t, passing(schemas.ErrUnavailable, "503")),
		"a cancellation": temporal.NewCanceledError(),
	} {
		require.False(t, createdNothing(err), name)
	}
	require.True(t, createdNothing(fatal(schemas.ErrForbidden, "403", schemas.ErrorDetails{Status: 403})))
}

func TestAProbeWhoseTimeIsUpIsAFail(t *testing.T) {
	report, ok := probeFailure(ranOut(t, nil))
	require.True(t, ok)
	require.Equal(t, schemas.ProbeReport{
		Status: schemas.ProbeFail, ErrorCode: schemas.ReasonUnfinished, Error: "the probe did not end within its time; is a worker running, and was it cut off?"}, report)

	report, ok = probeFailure(retriesEnded(unready("it is starting", failed)))
	require.True(t, ok)
	require.Equal(t, failed, report)

	report, ok = probeFailure(ranOut(t, passing(schemas.ErrEndpointUnready, "it is starting")))
	require.True(t, ok, "one whose report was lost")
	require.Equal(t, schemas.ProbeReport{Status: schemas.ProbeFail, Error: "it is starting"}, report)

	for _, err := range []error{fatal(schemas.ErrInternal, "x"), ranOut(t, passing(schemas.ErrInternal, "x")), temporal.NewCanceledError()} {
		_, ok = probeFailure(err)
		require.False(t, ok)
	}
}
