package codec_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/codec"
	"model-registrar/workflows"
)

// registry sees what is registered.
type registry func(fn any, name string)

func (r registry) RegisterWorkflowWithOptions(fn any, o workflow.RegisterOptions) { r(fn, o.Name) }

func TestTheInputOfEachWorkflowIsKnownAsOne(t *testing.T) {
	n := 0
	workflows.Register(registry(func(fn any, name string) {
		n++
		input := reflect.New(reflect.TypeOf(fn).In(1))
		if _, raw := input.Interface().(*converter.RawValue); raw {
			return
		}
		require.True(t, codec.StartsWith(input.Interface()), "%s takes a %s, which startsWith does not list", name, input.Type().Elem())
	}))
	require.Positive(t, n)
	require.False(t, codec.StartsWith(new(string)))
}
