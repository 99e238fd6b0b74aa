package config

import (
	"testing"

	"github.com/caarlos0/env/v11"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
)

func TestTheDefaultsAreSound(t *testing.T) {
	c, err := env.ParseAsWithOptions[Capacity](env.Options{Environment: map[string]string{}})
	require.NoError(t, err)
	require.NoError(t, c.Check())
	require.Positive(t, c.Cache)
}

func TestEverySizeThatIsWrongIsNamed(t *testing.T) {
	err := Capacity{Cache: -1, WorkflowSlots: 1, ActivitySlots: 0, WorkflowPollers: 1, ActivityPollers: 5000}.Check()
	for _, name := range []string{"CACHE", "WORKFLOW_SLOTS", "ACTIVITY_SLOTS", "WORKFLOW_POLLERS", "ACTIVITY_POLLERS"} {
		require.ErrorContains(t, err, "REGISTRAR_WORKER_"+name)
	}
}

func TestTheSizesReachTheWorkersOptionsBesideWhatIsThere(t *testing.T) {
	o := Capacity{Cache: 10, WorkflowSlots: 20, ActivitySlots: 30, WorkflowPollers: 4, ActivityPollers: 5}.
		Options(worker.Options{DisableRegistrationAliasing: true})
	require.Equal(t, 20, o.MaxConcurrentWorkflowTaskExecutionSize)
	require.Equal(t, 30, o.MaxConcurrentActivityExecutionSize)
	require.NotNil(t, o.WorkflowTaskPollerBehavior)
	require.NotNil(t, o.ActivityTaskPollerBehavior)
	require.True(t, o.DisableRegistrationAliasing)
}
