package codec_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/codec"
	"model-registrar/schemas"
)

func required(t *testing.T, since time.Time) *codec.Keys {
	t.Helper()
	k := keys(t, entry("k1", 'a', 32))
	require.NoError(t, k.Require(since))
	return k
}

func at(dc converter.DataConverter, c converter.SerializationContext) converter.DataConverter {
	return converter.WithDataConverterSerializationContext(dc, c)
}

var (
	here      = converter.WorkflowSerializationContext{Namespace: "default", WorkflowID: "register-model/a"}
	probeHere = converter.ActivitySerializationContext{Namespace: "default", WorkflowID: "register-model/a", ActivityType: "SyntheticProbe"}
	elsewhere = map[string]converter.SerializationContext{
		"another workflow":         converter.WorkflowSerializationContext{Namespace: "default", WorkflowID: "register-model/b"},
		"another namespace":        converter.WorkflowSerializationContext{Namespace: "prod", WorkflowID: "register-model/a"},
		"an activity":              probeHere,
		"another activity":         converter.ActivitySerializationContext{Namespace: "default", WorkflowID: "register-model/a", ActivityType: "PollJob"},
		"another workflow's probe": converter.ActivitySerializationContext{Namespace: "default", WorkflowID: "register-model/b", ActivityType: "SyntheticProbe"},
		"a local activity":         converter.ActivitySerializationContext{Namespace: "default", WorkflowID: "register-model/a", ActivityType: "SyntheticProbe", IsLocal: true},
	}
)

func TestAPayloadIsReadWhereItBelongsAndNowhereElse(t *testing.T) {
	for _, k := range []*codec.Keys{keys(t, entry("k1", 'a', 32)), required(t, time.Time{})} {
		from, to := k.Client().Data, k.Worker().Data
		sealed, err := at(from, here).ToPayloads("decision")
		require.NoError(t, err)
		var s string
		require.NoError(t, at(to, here).FromPayloads(sealed, &s))
		require.Equal(t, "decision", s)
		require.NoError(t, from.FromPayloads(sealed, &s), "who knows no place, as the codec server, reads it")
		decoded, err := k.PayloadCodec().Decode(sealed.Payloads)
		require.NoError(t, err)
		require.Equal(t, payload(t, "decision").Data, decoded[0].Data)
		for place, c := range elsewhere {
			var e *codec.Error
			require.ErrorAs(t, at(to, c).FromPayloads(sealed, &s), &e, place)
			require.Equal(t, codec.Misplaced, e.Problem, place)
		}
	}
}

func TestWhereAPayloadBelongsCannotBeChanged(t *testing.T) {
	k := required(t, time.Time{})
	sealed, err := at(k.Client().Data, elsewhere["another workflow"]).ToPayload("decision")
	require.NoError(t, err)
	own, err := at(k.Client().Data, here).ToPayload("mine")
	require.NoError(t, err)
	moved := &commonpb.Payload{Metadata: own.Metadata, Data: sealed.Data}
	require.ErrorContains(t, at(k.Client().Data, here).FromPayload(moved, new(string)), "changed or cut")
	delete(moved.Metadata, "encryption-binding")
	require.ErrorContains(t, at(k.Client().Data, here).FromPayload(moved, new(string)), "changed or cut")
}

func TestWhereEncryptionIsRequiredNothingElseIsTaken(t *testing.T) {
	k := required(t, time.Time{})
	unbound, err := k.Client().Data.ToPayload("from before")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		p    *commonpb.Payload
		want codec.Problem
	}{
		"plain": {payload(t, "approve"), codec.NotEncrypted}, "null": {payload(t, nil), codec.NotEncrypted}, "unbound": {unbound, codec.Unbound},
	} {
		for _, place := range []converter.SerializationContext{here, probeHere} {
			var e *codec.Error
			require.ErrorAs(t, at(k.Worker().Data, place).FromPayload(c.p, new(any)), &e, name)
			require.Equal(t, c.want, e.Problem, name)
			require.NoError(t, at(keys(t, entry("k1", 'a', 32)).Worker().Data, place).FromPayload(c.p, new(any)), "%s, where it is not required", name)
		}
	}
}

func TestAnActivitysInputIsNoResult(t *testing.T) {
	k := required(t, time.Time{})
	aware := func(dc converter.DataConverter) converter.DataConverter { // as the SDK binds it to workflow code
		return dc.(converter.ContextAware).WithWorkflowContext(nil)
	}
	inWorkflow := aware(at(k.Worker().Data, probeHere))
	input, err := inWorkflow.ToPayloads("input")
	require.NoError(t, err)
	inActivity := at(k.Worker().Data, probeHere).(converter.ContextAware).WithContext(context.Background())
	var s string
	require.NoError(t, inActivity.FromPayloads(input, &s))
	result, err := inActivity.ToPayloads("result")
	require.NoError(t, err)
	var e *codec.Error
	require.NoError(t, inWorkflow.FromPayloads(result, &s))
	require.Equal(t, "result", s)
	require.ErrorAs(t, inActivityless(t, k).FromPayloads(input, &s), &e)
	require.Equal(t, codec.Misplaced, e.Problem)
}

// inActivityless reads the results of the probe in a workflow.
func inActivityless(t *testing.T, k *codec.Keys) converter.DataConverter {
	t.Helper()
	return codec.ReadingResults(k, probeHere)
}

func TestAFailureThatNobodyWithTheKeyWroteIsNotBelieved(t *testing.T) {
	k := required(t, time.Time{})
	fc := converter.WithFailureConverterSerializationContext(k.Worker().Failure, probeHere)
	refusal := temporal.NewNonRetryableApplicationError("no such model", string(schemas.ErrNotFound), nil, "details")
	genuine := fc.ErrorToFailure(refusal)
	var app *temporal.ApplicationError
	require.ErrorAs(t, fc.FailureToError(genuine), &app)
	require.Equal(t, string(schemas.ErrNotFound), app.Type())
	require.Equal(t, "no such model", app.Message())

	other := converter.WithFailureConverterSerializationContext(k.Worker().Failure, elsewhere["another workflow's probe"])
	retyped := clone(genuine)
	retyped.GetApplicationFailureInfo().Type = string(schemas.ErrConflict)
	hurried := clone(genuine)
	hurried.GetApplicationFailureInfo().NonRetryable = false
	for name, forged := range map[string]*failurepb.Failure{
		"plain":                 temporal.GetDefaultFailureConverter().ErrorToFailure(refusal),
		"of another workflow":   other.ErrorToFailure(refusal),
		"with another type":     retyped,
		"made one of a retry's": hurried,
	} {
		err := fc.FailureToError(forged)
		require.ErrorAs(t, err, &app, name)
		require.Equal(t, string(schemas.ErrUnverified), app.Type(), name)
		require.NotContains(t, err.Error(), "no such model", name)
		require.False(t, app.HasDetails(), name)
	}
	timeout := &failurepb.Failure{Message: "activity StartToClose timeout", FailureInfo: &failurepb.Failure_TimeoutFailureInfo{
		TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{}}}
	var timedOut *temporal.TimeoutError
	require.ErrorAs(t, fc.FailureToError(timeout), &timedOut, "the server's own are not encrypted")
}

func TestEncryptionCannotBeRequiredWithoutAKey(t *testing.T) {
	require.ErrorContains(t, keys(t).Require(time.Time{}), "needs a key")
}

func TestAttack_APayloadThatIsMovedIsRefused(t *testing.T) {
	k := required(t, time.Time{})
	pass, err := at(k.Worker().Data, elsewhere["another workflow's probe"]).ToPayloads("PASS")
	require.NoError(t, err)
	var e *codec.Error
	require.ErrorAs(t, codec.ReadingResults(k, probeHere).FromPayloads(pass, new(string)), &e)
	require.Equal(t, codec.Misplaced, e.Problem)
}
