package codec_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"model-registrar/internal/codec"
	"model-registrar/schemas"
)

// serverLimit is the size from which on the server cuts an activity's failure.
const serverLimit = 4 << 10

func TestWhateverFailureAnActivityEndsWithTheServerLeavesItWhole(t *testing.T) {
	long := strings.Repeat("<ü\x01", 5_000)
	chain := error(temporal.NewApplicationError(long, "Inner", long))
	for i := range 50 {
		chain = temporal.NewApplicationErrorWithCause(fmt.Sprint(i, long), "Middle", chain, schemas.ErrorDetails{Code: long})
	}
	typed := schemas.ErrorDetails{ModelID: "model-1", CorrelationID: "c-1"}
	for what, err := range map[string]error{
		"a plain error":         errors.New(long),
		"a chain of plain ones": fmt.Errorf("%s: %w", long, errors.Join(errors.New(long), errors.New(long))),
		"a long message":        temporal.NewNonRetryableApplicationError(long, "Outer", nil, typed),
		"a long cause":          temporal.NewNonRetryableApplicationError("short", "Outer", errors.New(long), typed),
		"a long chain":          temporal.NewNonRetryableApplicationError("short", "Outer", chain, typed),
		"details of 2 KiB":      temporal.NewNonRetryableApplicationError(long, "Outer", chain, typed, strings.Repeat("d", 2<<10)),
		"a cancellation":        temporal.NewCanceledError(long),
		"a timeout":             temporal.NewTimeoutError(1, chain, typed),
	} {
		for with, k := range map[string]*codec.Keys{"keys": keys(t, entry("k1", 'a', 32)), "no keys": keys(t)} {
			failures := converter.WithFailureConverterSerializationContext(k.Worker().Failure, inActivity)
			failure := failures.ErrorToFailure(err)
			require.LessOrEqual(t, proto.Size(failure), serverLimit, "%s, %s", what, with)

			back := converter.WithFailureConverterSerializationContext(k.Client().Failure, inActivity).FailureToError(clone(failure))
			require.True(t, utf8.ValidString(back.Error()))
			var app, was *temporal.ApplicationError
			if !errors.As(err, &was) || was.Type() != "Outer" {
				continue
			}
			require.ErrorAs(t, back, &app, "%s, %s", what, with)
			require.Equal(t, "Outer", app.Type())
			require.True(t, app.NonRetryable())
			require.NotEmpty(t, app.Message())
			var details schemas.ErrorDetails
			require.NoError(t, app.Details(&details), "%s, %s", what, with)
			require.Equal(t, typed, details, "%s, %s: typed details are worth more than text", what, with)
		}
	}
}

func TestAPanicsStackIsCutAndItsMessageKept(t *testing.T) {
	k := keys(t, entry("k1", 'a', 32))
	failures := converter.WithFailureConverterSerializationContext(k.Worker().Failure, inActivity)
	stacked := &failurepb.Failure{Message: "it panicked", StackTrace: strings.Repeat("main.go:1\n", 2_000), FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
		ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: "PanicError"}}}
	failure := failures.ErrorToFailure(temporal.GetDefaultFailureConverter().FailureToError(stacked))
	require.LessOrEqual(t, proto.Size(failure), serverLimit)
	var back *temporal.ApplicationError
	require.ErrorAs(t, k.Client().Failure.FailureToError(failure), new(*temporal.PanicError))
	require.NotErrorAs(t, k.Client().Failure.FailureToError(failure), &back)
	require.ErrorContains(t, k.Client().Failure.FailureToError(failure), "it panicked")
}

func TestAWorkflowsFailureIsNotCut(t *testing.T) {
	long := strings.Repeat("x", 20_000)
	failures := converter.WithFailureConverterSerializationContext(keys(t).Worker().Failure, inWorkflow)
	require.Equal(t, long, failures.ErrorToFailure(temporal.NewApplicationError(long, "T")).Message, "the server has room for it")
}
