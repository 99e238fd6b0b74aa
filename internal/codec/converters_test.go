package codec_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"model-registrar/internal/codec"
)

var (
	inWorkflow = converter.WorkflowSerializationContext{Namespace: "default", WorkflowID: "w"}
	inActivity = converter.ActivitySerializationContext{Namespace: "default", ActivityType: "a"}
)

func TestWithinAWorkflowAPayloadThatCannotBeReadPanics_AndAnywhereElseItIsAnError(t *testing.T) {
	sealed := &commonpb.Payloads{Payloads: []*commonpb.Payload{encode(t, keys(t, entry("k1", 'a', 32)), payload(t, "x"))}}
	for name, k := range map[string]*codec.Keys{
		"without keys": keys(t), "with another key": keys(t, entry("k2", 'a', 32)), "with a wrong key": keys(t, entry("k1", 'b', 32)),
	} {
		client, worker := k.Client().Data, converter.MakeTransferAware(k.Worker().Data) // as the SDK wraps it
		aware := worker.(converter.ContextAware)
		activity := converter.WithDataConverterSerializationContext(worker, inActivity)
		for place, data := range map[string]converter.DataConverter{
			"a client":             client,
			"a client's call":      converter.WithDataConverterSerializationContext(client, inWorkflow),
			"a worker":             worker,
			"an activity":          aware.WithContext(context.Background()),
			"a heartbeat's detail": activity,
		} {
			var s string
			var e *codec.Error
			require.ErrorAs(t, data.FromPayloads(sealed, &s), &e, "%s, %s", name, place)
			require.ErrorAs(t, data.FromPayload(sealed.Payloads[0], &s), &e, "%s, %s", name, place)
		}
		for place, data := range map[string]converter.DataConverter{
			"workflow code":        aware.WithWorkflowContext(nil),
			"an activity's result": activity.(converter.ContextAware).WithWorkflowContext(nil),
			"an update or marker":  converter.WithDataConverterSerializationContext(worker, inWorkflow),
		} {
			var s string
			require.Panics(t, func() { _ = data.FromPayloads(sealed, &s) }, "%s, %s", name, place)
			require.Panics(t, func() { _ = data.FromPayload(sealed.Payloads[0], &s) }, "%s, %s", name, place)
			require.NoError(t, data.FromPayload(payload(t, "plain"), &s))
			require.Error(t, data.FromPayload(payload(t, "plain"), new(int)), "other errors stay errors")
		}
	}
}

func TestAFailuresMessageStackAndDetailsAreEncryptedAndReadAgain(t *testing.T) {
	k := keys(t, entry("k1", 'a', 32))
	cause := temporal.NewApplicationError("inner canary", "Inner", "detail canary")
	failure := k.Worker().Failure.ErrorToFailure(temporal.NewNonRetryableApplicationError("outer canary", "Outer", cause, "detail canary"))
	text, err := protojson.Marshal(failure)
	require.NoError(t, err)
	require.NotContains(t, string(text), "canary")
	require.Contains(t, string(text), `Outer`, "types are needed by retry policies and stay readable")

	for _, side := range []codec.Converters{k.Worker(), k.Client()} {
		var outer, inner *temporal.ApplicationError
		require.ErrorAs(t, side.Failure.FailureToError(clone(failure)), &outer)
		require.Equal(t, "outer canary", outer.Message())
		require.ErrorAs(t, errors.Unwrap(outer), &inner)
		require.Equal(t, "inner canary", inner.Message())
		var detail string
		require.NoError(t, inner.Details(&detail))
		require.Equal(t, "detail canary", detail)
	}
}

func TestAFailureThatCannotBeReadPanicsInAWorkerAndSaysSoInAClient(t *testing.T) {
	k := keys(t, entry("k1", 'a', 32))
	plain := &failurepb.Failure{Message: "activity error", Cause: k.Worker().Failure.ErrorToFailure(errors.New("secret"))}
	for _, other := range []*codec.Keys{keys(t), keys(t, entry("k2", 'b', 32))} {
		require.Panics(t, func() { _ = other.Worker().Failure.FailureToError(clone(plain)) })
		require.ErrorContains(t, other.Client().Failure.FailureToError(clone(plain)), "encrypted with key k1, which REGISTRAR_ENCRYPTION_KEYS does not hold")
	}
}

func TestDetailsOfAFailureThatCannotBeReadPanicInAWorker(t *testing.T) {
	k := keys(t, entry("k1", 'a', 32))
	failure := k.Worker().Failure.ErrorToFailure(temporal.NewApplicationError("m", "T", "detail"))
	failure.EncodedAttributes = nil // as a worker writes it that encrypts payloads, and not messages
	var app *temporal.ApplicationError
	require.ErrorAs(t, keys(t).Worker().Failure.FailureToError(failure), &app)
	require.Panics(t, func() { _ = app.Details(new(string)) })
}

func TestWithoutKeysFailuresAreAsTheSDKWritesThem(t *testing.T) {
	err := temporal.NewApplicationError("message", "T", "detail")
	require.Equal(t, temporal.GetDefaultFailureConverter().ErrorToFailure(err), keys(t).Worker().Failure.ErrorToFailure(err))
}

func TestAnActivityWhoseInputCannotBeReadFailsSoThatItIsTriedAgain(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	for sender, receiver := range map[*codec.Keys]*codec.Keys{
		keys(t, entry("k1", 'a', 32)): keys(t), keys(t, entry("k1", 'c', 32)): keys(t, entry("k2", 'b', 32)),
	} {
		env := suite.NewTestActivityEnvironment()
		env.SetDataConverter(mixed{receiver.Worker().Data, sender.Client().Data})
		env.RegisterActivity(echo)
		_, err := env.ExecuteActivity(echo, "x")
		require.ErrorContains(t, err, "encrypted with key k1")
		var app *temporal.ApplicationError
		require.ErrorAs(t, err, &app)
		require.False(t, app.NonRetryable())
	}
}

func echo(_ context.Context, s string) (string, error) { return s, nil }

// mixed decodes with one converter and encodes with another, as two processes do.
type mixed struct {
	converter.DataConverter
	sender converter.DataConverter
}

func (m mixed) ToPayloads(v ...any) (*commonpb.Payloads, error) { return m.sender.ToPayloads(v...) }

func clone(f *failurepb.Failure) *failurepb.Failure { return proto.Clone(f).(*failurepb.Failure) }
