package telemetry

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
)

func TestALineOfAnActivitySaysWhichWorkflowAndModelItIsAbout(t *testing.T) {
	var out bytes.Buffer
	log := OfActivities(Logger(&out, "debug", "json")).With("a", 1)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	call := func(ctx context.Context) error {
		log.DebugContext(About(ctx, "llm"), "genesys call")
		return nil
	}
	env.RegisterActivity(call)
	_, err := env.ExecuteActivity(call)
	require.NoError(t, err)
	require.Contains(t, out.String(), `"WorkflowID":"default-test-workflow-id"`)
	require.Contains(t, out.String(), `"name":"llm"`)

	out.Reset()
	log.DebugContext(t.Context(), "elsewhere")
	require.Contains(t, out.String(), "elsewhere")
	require.NotContains(t, out.String(), "WorkflowID")
}
