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

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/protobuf/encoding/protojson"

	"model-registrar/internal/gateway"
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
	g, err := baseline.New(server.URL, simulator.DefaultClientID, simulator.DefaultClientSecret, simulator.DefaultProviderToken)
	require.NoError(t, err)
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
		control.OpProvider, control.OpProvider, control.OpProvider, control.OpProvider, control.OpHealth, control.OpHealthResult,
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
	var refused *gateway.Error
	require.ErrorAs(t, g.Tutorial(t.Context(), m, filepath.Join(t.TempDir(), "audit.log")), &refused)
	require.Equal(t, http.StatusForbidden, refused.Status)
}

// history reads a recorded one.
func history(t *testing.T, name string) []*historypb.HistoryEvent {
	t.Helper()
	data, err := os.ReadFile("../replay/testdata/2026-11/" + name)
	require.NoError(t, err)
	var h historypb.History
	require.NoError(t, protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(data, &h))
	return h.Events
}

func scheduled(activity string) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
		Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
				ActivityType: &commonpb.ActivityType{Name: activity}}}}
}

// owned is what counts of the first history of a model's owner.
func owned(timers int) []*historypb.HistoryEvent {
	var events []*historypb.HistoryEvent
	for range timers {
		events = append(events, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_TIMER_STARTED})
	}
	return events
}

func TestTheShapeOfARegistrationIsReadFromItsHistory(t *testing.T) {
	shape, err := baseline.ShapeOf(history(t, "completed.json"), owned(2))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(shape.WaitsFor), 5)
	require.Empty(t, shape.WaitsFor[0], "the first activity waits for nothing")
	for i, waitsFor := range shape.WaitsFor[1:] {
		for _, j := range waitsFor {
			require.LessOrEqual(t, j, i, "an activity waits for earlier ones alone: %v", shape)
		}
	}
	require.Positive(t, shape.HandOver)
}

func TestAHistoryWithoutAHandOverHasNoShape(t *testing.T) {
	completed := history(t, "completed.json")
	_, err := baseline.ShapeOf(history(t, "rolled-back.json"), owned(2))
	require.Error(t, err)
	updated := &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED}
	_, err = baseline.ShapeOf(completed, append(owned(1), updated))
	require.Error(t, err, "an update told it")
}

func TestAnActivityWaitsForAllThatEndedSinceTheLastOneWasScheduled(t *testing.T) {
	var events []*historypb.HistoryEvent
	add := func(e *historypb.HistoryEvent) {
		e.EventId = int64(len(events) + 1)
		events = append(events, e)
	}
	decides := func(schedules ...string) {
		add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED})
		for _, activity := range schedules {
			add(scheduled(activity))
		}
	}
	ends := func(scheduled int64) {
		add(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
			Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
				ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{ScheduledEventId: scheduled}}})
	}
	decides("A", "B") // events 2 and 3
	ends(3)
	decides()
	ends(2)
	decides(schemas.HandOverActivity, "C") // both of them wait for both
	shape, err := baseline.ShapeOf(events, owned(2))
	require.NoError(t, err)
	require.Equal(t, baseline.Shape{WaitsFor: [][]int{nil, nil, {1, 0}, {1, 0}}, HandOver: 2, Timers: 2}, shape)
}

func TestTheEngineRunsItsActivitiesInTheOrderOfTheShape(t *testing.T) {
	env := engine(t, nil)
	var handedOver []int
	env.OnActivity("HandOver", mock.Anything, mock.Anything).Return(func(_ context.Context, timers int) error {
		handedOver = append(handedOver, timers)
		return nil
	})
	var running, most, ran int
	env.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) {
		running++
		ran++
		most = max(most, running)
	})
	env.SetOnActivityCompletedListener(func(*activity.Info, converter.EncodedValue, error) { running-- })
	env.ExecuteWorkflow(baseline.EngineWorkflow,
		baseline.Shape{WaitsFor: [][]int{{}, {0}, {0}, {1, 2}}, HandOver: 2, Timers: 3})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 4, ran)
	require.LessOrEqual(t, most, 2)
	require.Equal(t, []int{3}, handedOver, "one activity hands over")
}

// startsOwners records what is started.
type startsOwners struct {
	client.Client
	started []client.StartWorkflowOptions
}

func (c *startsOwners) ExecuteWorkflow(
	_ context.Context, o client.StartWorkflowOptions, _ any, _ ...any,
) (client.WorkflowRun, error) {
	c.started = append(c.started, o)
	return nil, nil
}

func TestTheEngineHandsOverByOneStart(t *testing.T) {
	c := &startsOwners{}
	env := engine(t, c)
	env.ExecuteWorkflow(baseline.EngineWorkflow, baseline.Shape{WaitsFor: [][]int{{}}, Timers: 1})
	require.NoError(t, env.GetWorkflowError())
	require.Len(t, c.started, 1)
	require.NotEmpty(t, c.started[0].ID)
	require.True(t, c.started[0].EnableEagerStart)
}

func TestAnOwnerWaitsOnItsTimers(t *testing.T) {
	env := engine(t, nil)
	var timers int
	env.SetOnTimerScheduledListener(func(string, time.Duration) { timers++ })
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Hour)
	env.ExecuteWorkflow("Owner", 2)
	require.Equal(t, 2, timers)
	require.True(t, temporal.IsCanceledError(env.GetWorkflowError()), "it owns the model until it is ended")
}

// engine is an environment of a test, with the engine registered.
func engine(t *testing.T, c client.Client) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	baseline.RegisterEngine(env, c)
	return env
}
