package testsuite

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"model-registrar/activities"
	"model-registrar/schemas"
	"model-registrar/workflows"
)

// registered collects the names that a worker registers.
type registered struct {
	worker.Registry
	names []string
}

func (r *registered) RegisterWorkflowWithOptions(_ any, o workflow.RegisterOptions) {
	r.names = append(r.names, o.Name)
}
func (r *registered) RegisterActivityWithOptions(_ any, o activity.RegisterOptions) {
	r.names = append(r.names, o.Name)
}

func TestEveryRegisteredWorkflowAndActivityIsATypeThatMetricsName(t *testing.T) {
	var all registered
	workflows.Register(&all)
	activities.Register(&all, &activities.Activities{})
	require.NotEmpty(t, all.names)
	for _, name := range all.names {
		require.True(t, schemas.IsType(name), "schemas.types lacks %s: metrics would call it other", name)
	}
}
