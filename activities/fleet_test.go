package activities

import (
	"context"
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"

	"model-registrar/internal/codec"
	"model-registrar/schemas"
)

// registry is a Temporal that knows how some runs stand.
type registry struct {
	mocks.Client
	mu    sync.Mutex
	looks int
	// ends is how a run ended, after so many looks at it; a nil result says that it goes on.
	ends func(runID string, looks int) (*schemas.Result, error)
	// paused: what goes on is paused.
	paused bool
	part   *historypb.HistoryEvent
	err    error
}

func (r *registry) DescribeWorkflowExecution(_ context.Context, _, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looks++
	result, err := r.ends(runID, r.looks)
	status := enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	if r.paused {
		status = enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED
	}
	if result != nil {
		status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: status}}, err
}

func (r *registry) GetWorkflow(_ context.Context, _, runID string) client.WorkflowRun {
	run := &mocks.WorkflowRun{}
	run.On("GetWithOptions", mock.Anything, mock.Anything, client.WorkflowRunGetOptions{DisableFollowingRuns: true}).Return(
		func(_ context.Context, to any, _ client.WorkflowRunGetOptions) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			result, err := r.ends(runID, r.looks)
			*to.(*schemas.Result) = *result
			return err
		})
	return run
}

func (r *registry) GetWorkflowHistory(context.Context, string, string, bool, enumspb.HistoryEventFilterType) client.HistoryEventIterator {
	events := &mocks.HistoryEventIterator{}
	events.On("HasNext").Return(true)
	events.On("Next").Return(r.part, r.err)
	return events
}

var threeRuns = []schemas.FleetRun{{Name: "one", RunID: "a"}, {Name: "two", RunID: "b"}, {Name: "three", RunID: "c"}}

func TestAwaitRegistrationsReturnsThoseThatEndedAsSoonAsOneHas(t *testing.T) {
	temporal := &registry{ends: func(runID string, looks int) (*schemas.Result, error) {
		if looks > 5 && runID != "b" {
			return &schemas.Result{Status: schemas.Completed}, nil
		}
		return nil, nil
	}}
	a := &Activities{Temporal: temporal}
	out, err := run(t, a.AwaitRegistrations, schemas.AwaitInput{Runs: threeRuns, Window: schemas.Duration(time.Minute)})
	require.NoError(t, err)
	require.NotEmpty(t, out.Ended)
	for _, e := range out.Ended {
		require.Equal(t, schemas.Completed, e.Outcome)
		require.NotEqual(t, "b", e.RunID)
	}
}

func TestARunThatIsPausedInTemporalHasNotEnded(t *testing.T) {
	temporal := &registry{paused: true, ends: func(string, int) (*schemas.Result, error) { return nil, nil }}
	a := &Activities{Temporal: temporal}
	out, err := run(t, a.AwaitRegistrations, schemas.AwaitInput{Runs: threeRuns})
	require.NoError(t, err)
	require.Empty(t, out.Ended)

	last, err := a.lastOperation(t.Context(), "one")
	require.NoError(t, err)
	require.NotEmpty(t, busy(last), "checks would meddle with it")
	require.Empty(t, busy(nil))
}

func TestAwaitRegistrationsLooksOnceWithoutAWindow(t *testing.T) {
	temporal := &registry{ends: func(string, int) (*schemas.Result, error) { return nil, nil }}
	a := &Activities{Temporal: temporal}
	out, err := run(t, a.AwaitRegistrations, schemas.AwaitInput{Runs: threeRuns})
	require.NoError(t, err)
	require.Empty(t, out.Ended)
	require.Equal(t, 3, temporal.looks)
}

func TestARunThatTemporalHasForgottenIsReportedAndAnOutageIsRetried(t *testing.T) {
	gone := &Activities{Temporal: &registry{ends: func(string, int) (*schemas.Result, error) { return nil, serviceerror.NewNotFound("no") }}}
	out, err := run(t, gone.AwaitRegistrations, schemas.AwaitInput{Runs: threeRuns[:1]})
	require.NoError(t, err)
	require.Equal(t, schemas.Failed, out.Ended[0].Outcome)
	require.Contains(t, out.Ended[0].Reason, "knows nothing of this run")

	down := &Activities{Temporal: &registry{ends: func(string, int) (*schemas.Result, error) { return nil, serviceerror.NewUnavailable("down") }}}
	_, err = run(t, down.AwaitRegistrations, schemas.AwaitInput{Runs: threeRuns})
	wantRetried(t, err, schemas.ErrTemporal, 0)
}

// seenLong is what no plan saw.
var seenLong = &schemas.Seen{ModelID: strings.Repeat("x", 300)}

func TestAPartForWhichAWorkerLacksTheKeyIsTriedAgainAndNamesIt(t *testing.T) {
	keys := func(of ...string) *codec.Keys {
		k, err := codec.ParseKeys(strings.Join(of, " "))
		require.NoError(t, err)
		return k
	}
	key := func(id string) string {
		return id + ":" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(id, 16)))
	}
	sealed := converter.WithDataConverterSerializationContext(keys(key("k1")).Client().Data, converter.WorkflowSerializationContext{
		Namespace: "default", WorkflowID: schemas.FleetPartWorkflowID("f", 0)})
	input, err := sealed.ToPayloads(schemas.FleetPart{FleetID: "f", Manifests: []schemas.Manifest{{Name: "model-1"}}})
	require.NoError(t, err)
	part := &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
		WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{
			WorkflowType: &commonpb.WorkflowType{Name: schemas.HoldFleetPartWorkflow}, Input: input}}}
	load := func(k *codec.Keys) (schemas.FleetPart, error) {
		a := &Activities{Temporal: &registry{part: part}, Namespace: "default", Data: k.Worker().Data}
		return run(t, a.LoadFleetPart, schemas.LoadPartInput{FleetID: "f"})
	}
	for name, lacks := range map[string]*codec.Keys{"no keys": keys(), "another key": keys(key("k2"))} {
		_, err := load(lacks)
		e := wantRetried(t, err, schemas.ErrTemporal, 0)
		require.ErrorContains(t, e, "encrypted with key k1, which REGISTRAR_ENCRYPTION_KEYS does not hold", name)
		require.NotContains(t, e.Error(), "could not be asked", name)
	}
	got, err := load(keys(key("k2"), key("k1")))
	require.NoError(t, err)
	require.Len(t, got.Manifests, 1)
}

func TestAPartIsLoadedOrItsLossIsFatal(t *testing.T) {
	holdAs := func(part any) *historypb.HistoryEvent {
		input, err := converter.GetDefaultDataConverter().ToPayloads(part)
		require.NoError(t, err)
		return &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{
				WorkflowType: &commonpb.WorkflowType{Name: schemas.HoldFleetPartWorkflow}, Input: input}}}
	}
	hold := func(names ...string) *historypb.HistoryEvent {
		part := schemas.FleetPart{FleetID: "f"}
		for _, name := range names {
			part.Manifests = append(part.Manifests, schemas.Manifest{Name: name})
		}
		return holdAs(part)
	}
	load := func(r *registry) (schemas.FleetPart, error) {
		a := &Activities{Temporal: r, Namespace: "default"}
		return run(t, a.LoadFleetPart, schemas.LoadPartInput{FleetID: "f"})
	}
	part, err := load(&registry{part: hold("model-1", "model-2")})
	require.NoError(t, err)
	require.Len(t, part.Manifests, 2)

	_, err = load(&registry{part: hold("model-1", "")})
	require.ErrorContains(t, wantFatal(t, err, schemas.ErrFleetPart), "manifest 2 of the fleet has a name that no model can have")
	_, err = load(&registry{part: holdAs(map[string]any{"fleetId": "f", "manifests": []any{
		map[string]any{"name": "model-1"}, map[string]any{"name": "model-2", "aproval": "always"}}})})
	require.ErrorContains(t, wantFatal(t, err, schemas.ErrFleetPart),
		"manifest 2 of the fleet: aproval: is not a known key; did you mean approval?")
	for item, says := range map[*schemas.FleetItem]string{
		{Operation: "ManageModel", Name: "model-2", Reason: "r"}:                                 "operation 2 of the fleet is none of RegisterModel",
		{Operation: schemas.RetireModelWorkflow, Name: "model-2"}:                                "has no reason",
		{Operation: schemas.RetireModelWorkflow, Name: "m", Reason: "r"}:                         "has a name that no model can have",
		{Operation: schemas.RetireModelWorkflow, Reason: "r", Manifest: &part.Manifests[1]}:      "has a manifest of one",
		{Operation: schemas.ChangeModelWorkflow, Name: "model-2"}:                                "has no manifest",
		{Operation: schemas.ChangeModelWorkflow, Manifest: &part.Manifests[1], Keep: true}:       "has what only a retirement has",
		{Operation: schemas.AdoptModelWorkflow, Manifest: &part.Manifests[1], Restore: true}:     "which only a change does",
		{Operation: schemas.RegisterModelWorkflow, Manifest: &part.Manifests[1], Seen: seenLong}: "which no registration is",
		{Operation: schemas.AdoptModelWorkflow, Manifest: &part.Manifests[1], Seen: seenLong}:    "an id or a hash of more than 256 characters",
	} {
		retirement := schemas.FleetItem{Operation: schemas.RetireModelWorkflow, Name: "model-1", Reason: "replaced"}
		_, err = load(&registry{part: holdAs(schemas.FleetPart{FleetID: "f", Items: []schemas.FleetItem{retirement, *item}})})
		require.ErrorContains(t, wantFatal(t, err, schemas.ErrFleetPart), says)
	}
	_, err = load(&registry{err: serviceerror.NewNotFound("no")})
	wantFatal(t, err, schemas.ErrFleetPart)
	_, err = load(&registry{err: serviceerror.NewUnavailable("down")})
	wantRetried(t, err, schemas.ErrTemporal, 0)
}
