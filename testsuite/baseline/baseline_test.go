package baseline_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/protobuf/encoding/protojson"

	"model-registrar/schemas"
	"model-registrar/testsuite/baseline"
	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
)

// world is a simulator whose jobs end at once, the baselines' client of it, and its control interface.
func world(t *testing.T) (*baseline.Gateway, *control.Client, schemas.Manifest) {
	t.Helper()
	sim := simulator.New(simulator.Options{JobDuration: time.Nanosecond})
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		sim.Close()
		server.Close()
	})
	g := &baseline.Gateway{
		URL: server.URL, ClientID: simulator.DefaultClientID, ClientSecret: simulator.DefaultClientSecret,
		ProviderToken: simulator.DefaultProviderToken, HTTP: server.Client(),
	}
	require.NoError(t, g.Login(t.Context()))
	return g, control.New(server.URL), schemas.Manifest{
		Name: "production-llm-v2", EndpointURL: server.URL + "/providers/openai", AuthCredentialID: "cred_abc123xyz",
		ModelArchitecture: schemas.OpenAI, MaxRequestsPerMinute: 500, MaxTokensPerMinute: 100000,
		WebhookCallbackURL: server.URL + "/webhooks/bench", Probe: schemas.ProbeSpec{Model: "gpt-4o-mini", Samples: 3},
	}
}

// ops are the operations that the simulator was asked for, in order; webhooks are counted apart, since the platform
// calls back whenever it likes.
func ops(t *testing.T, c *control.Client) (out []control.Op) {
	t.Helper()
	requests, err := c.Requests(t.Context(), control.RequestFilter{})
	require.NoError(t, err)
	for _, r := range requests {
		require.Less(t, r.Status, 300, "%+v", r)
		if r.Op != control.OpWebhook {
			out = append(out, r.Op)
		}
	}
	return out
}

func announced(t *testing.T, c *control.Client) int {
	t.Helper()
	hooks, err := c.Webhooks(t.Context(), control.WebhookFilter{Event: schemas.RegistrationUpdated})
	require.NoError(t, err)
	return len(hooks)
}

func TestIdealMakesTheCallsThatARegistrationNeedsAndNoOther(t *testing.T) {
	g, c, m := world(t)
	err := g.Ideal(t.Context(), m, func(ctx context.Context, jobID string) error {
		_, err := c.WaitJobEnd(ctx, jobID)
		return err
	})
	require.NoError(t, err)
	require.Equal(t, []control.Op{
		control.OpToken, control.OpList, control.OpCreate, control.OpJob,
		control.OpProvider, control.OpProvider, control.OpProvider, control.OpProvider, control.OpHealth,
	}, ops(t, c))
	require.Equal(t, 1, announced(t, c))
	require.Error(t, g.Ideal(t.Context(), m, nil), "a name that is taken")
}

func TestTutorialFollowsTheTutorialsFlow(t *testing.T) {
	g, c, m := world(t)
	file := filepath.Join(t.TempDir(), "audit.log")
	require.NoError(t, g.Tutorial(t.Context(), m, file))
	require.Equal(t, []control.Op{control.OpToken, control.OpCreate, control.OpJob, control.OpProvider, control.OpHealth}, ops(t, c))
	require.Equal(t, 1, announced(t, c))
	line, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(line), "\n"))
	require.Contains(t, string(line), `"compliance":"RECORD_STORED"`)
}

func TestABaselineThatIsRefusedSaysSo(t *testing.T) {
	g, c, m := world(t)
	_, err := c.Fault(t.Context(), control.Fault{Match: control.Match{Op: control.OpHealth}, Action: control.Action{Status: http.StatusForbidden}})
	require.NoError(t, err)
	var refused *baseline.StatusError
	require.ErrorAs(t, g.Tutorial(t.Context(), m, filepath.Join(t.TempDir(), "audit.log")), &refused)
	require.Equal(t, http.StatusForbidden, refused.Status)
}

func TestTheShapeOfAWorkflowIsReadFromItsHistory(t *testing.T) {
	data, err := os.ReadFile("../replay/testdata/2026-11/completed.json")
	require.NoError(t, err)
	var h historypb.History
	require.NoError(t, protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(data, &h))
	shape := baseline.ShapeOf(h.Events)
	require.GreaterOrEqual(t, len(shape), 5)
	require.Empty(t, shape[0], "the first activity waits for nothing")
	for i, waitsFor := range shape[1:] {
		for _, j := range waitsFor {
			require.LessOrEqual(t, j, i, "an activity waits for earlier ones alone: %v", shape)
		}
	}
}

func TestAnActivityWaitsForAllThatEndedSinceTheLastOneWasScheduled(t *testing.T) {
	var events []*historypb.HistoryEvent
	add := func(e *historypb.HistoryEvent) {
		e.EventId = int64(len(events) + 1)
		events = append(events, e)
	}
	decides := func(schedules int) {
		add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED})
		for range schedules {
			add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED})
		}
	}
	ends := func(scheduled int64) {
		add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
			Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
				ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{ScheduledEventId: scheduled}}})
	}
	decides(2) // events 2 and 3
	ends(3)
	decides(0)
	ends(2)
	decides(2) // both of them wait for both
	require.Equal(t, baseline.Shape{nil, nil, {1, 0}, {1, 0}}, baseline.ShapeOf(events))
}

func TestTheEngineRunsItsActivitiesInTheOrderOfTheShape(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	baseline.RegisterEngine(env)
	var running, most, ran int
	env.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) {
		running++
		ran++
		most = max(most, running)
	})
	env.SetOnActivityCompletedListener(func(*activity.Info, converter.EncodedValue, error) { running-- })
	env.ExecuteWorkflow(baseline.EngineWorkflow, baseline.Shape{{}, {0}, {0}, {1, 2}})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 4, ran)
	require.LessOrEqual(t, most, 2)
}
