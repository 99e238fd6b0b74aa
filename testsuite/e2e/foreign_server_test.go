package e2e

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/testsuite/stack"
)

func TestADemoOnAServerInWhichAnotherInstallationWorksTouchesNothing(t *testing.T) {
	k := onShared(t)
	k.registered("production")
	k.eventually(func() bool {
		owned, err := k.registrar.Models(k.ctx)
		return err == nil && len(owned) > 0
	}, "the visibility store should know of the model")
	_, err := stack.Start(k.ctx, stack.Options{Bin: bin, Dir: t.TempDir(), Server: stack.Server{
		Running: []string{"TEMPORAL_ADDRESS=" + k.Temporal, "REGISTRAR_TASK_QUEUE=model-registrar-demo"},
	}})
	require.ErrorContains(t, err, `another installation works in its namespace "default"`)
	require.ErrorContains(t, err, "TEMPORAL_NAMESPACE")
}

func TestADemoOnWhatIsNoTemporalServerEndsWithASentence(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and never answers
	require.NoError(t, err)
	defer silent.Close()
	_, err = stack.Start(t.Context(), stack.Options{Bin: bin, Dir: t.TempDir(), Server: stack.Server{
		Running: []string{"TEMPORAL_ADDRESS=" + silent.Addr().String()},
	}})
	require.ErrorContains(t, err, "cannot reach Temporal at "+silent.Addr().String())
}
