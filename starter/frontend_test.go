package main

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	updatepb "go.temporal.io/api/update/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"model-registrar/registrar"
	"model-registrar/schemas"
)

// frontend plays as much of a Temporal server as the starter calls: runs that end as soon as they start, or never.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer
	operatorservice.UnimplementedOperatorServiceServer

	address string

	mu          sync.Mutex
	runs        map[string]*historypb.History // newest run by workflow id
	ends        func(schemas.RegisterModelInput) *historypb.HistoryEvent
	started     []*workflowservice.StartWorkflowExecutionRequest
	cancelled   []string
	cancelledBy schemas.CancelRequest
	listQuery   string
	listed      []*workflowpb.WorkflowExecutionInfo
	attributes  map[string]enumspb.IndexedValueType
	decide      func(schemas.Decision) (*schemas.DecisionReceipt, error)
	record      func(schemas.RecordDecisionInput) (schemas.RecordedDecision, error)
	progress    *schemas.Progress
	pending     []*workflowpb.PendingActivityInfo // of every registration
	onWait      func()                            // called when somebody waits for a run that does not end
	fleets
}

func newFrontend(t *testing.T) *frontend {
	f := &frontend{runs: map[string]*historypb.History{}, attributes: map[string]enumspb.IndexedValueType{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f.address = l.Addr().String()
	s := grpc.NewServer(grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		reply, err := next(ctx, req)
		if err != nil {
			err = serviceerror.ToStatus(err).Err()
		}
		return reply, err
	}))
	workflowservice.RegisterWorkflowServiceServer(s, f)
	operatorservice.RegisterOperatorServiceServer(s, f)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return f
}

func payloads(v any) *commonpb.Payloads {
	p, err := converter.GetDefaultDataConverter().ToPayloads(v)
	if err != nil {
		panic(err)
	}
	return p
}

// endingWith has a run complete with a result, or fail with an error.
func endingWith(r schemas.Result, err error) *historypb.HistoryEvent { return closing(r, err) }

func closing(r any, err error) *historypb.HistoryEvent {
	e := &historypb.HistoryEvent{EventId: 2, EventTime: timestamppb.New(moment.Add(2 * time.Second))}
	if err != nil {
		e.EventType = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED
		e.Attributes = &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{
			WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{
				Failure: temporal.GetDefaultFailureConverter().ErrorToFailure(err)}}
		return e
	}
	e.EventType = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
	e.Attributes = &historypb.HistoryEvent_WorkflowExecutionCompletedEventAttributes{
		WorkflowExecutionCompletedEventAttributes: &historypb.WorkflowExecutionCompletedEventAttributes{Result: payloads(r)}}
	return e
}

var moment = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

// begin records a run. Without an ending it runs for ever.
func (f *frontend) begin(in schemas.RegisterModelInput, runID string, ending *historypb.HistoryEvent) {
	id := schemas.RegisterModelWorkflowID(in.Manifest.Name)
	h := &historypb.History{Events: []*historypb.HistoryEvent{{
		EventId: 1, EventTime: timestamppb.New(moment),
		Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{
				WorkflowId: id, OriginalExecutionRunId: runID, Input: payloads(in),
				TaskQueue: &taskqueuepb.TaskQueue{Name: schemas.DefaultTaskQueue},
			}},
	}}}
	if ending != nil {
		h.Events = append(h.Events, ending)
	}
	f.runs[id] = h
}

func (f *frontend) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

func (f *frontend) GetClusterInfo(context.Context, *workflowservice.GetClusterInfoRequest) (*workflowservice.GetClusterInfoResponse, error) {
	return &workflowservice.GetClusterInfoResponse{PersistenceStore: "postgres12"}, nil
}

func (f *frontend) DescribeNamespace(_ context.Context, r *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	if r.Namespace != "default" {
		return nil, serviceerror.NewNamespaceNotFound(r.Namespace)
	}
	return &workflowservice.DescribeNamespaceResponse{}, nil
}

func (f *frontend) StartWorkflowExecution(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if h := f.runs[r.WorkflowId]; h != nil && len(h.Events) == 1 { // it runs
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("already started", r.RequestId, "running")
	}
	f.started = append(f.started, r)
	if r.WorkflowType.Name == schemas.RecordDecisionWorkflow {
		var in schemas.RecordDecisionInput
		if err := converter.GetDefaultDataConverter().FromPayloads(r.Input, &in); err != nil {
			return nil, err
		}
		result, err := f.record(in)
		f.runs[r.WorkflowId] = &historypb.History{Events: []*historypb.HistoryEvent{{EventId: 1}, closing(result, err)}}
		return &workflowservice.StartWorkflowExecutionResponse{RunId: "late-run"}, nil
	}
	if r.WorkflowType.Name != schemas.RegisterModelWorkflow {
		return f.startOfFleet(r)
	}
	var in schemas.RegisterModelInput
	if err := converter.GetDefaultDataConverter().FromPayloads(r.Input, &in); err != nil {
		return nil, err
	}
	var ending *historypb.HistoryEvent
	if f.ends != nil {
		ending = f.ends(in)
	}
	f.begin(in, "run-"+in.Manifest.Name, ending)
	return &workflowservice.StartWorkflowExecutionResponse{RunId: "run-" + in.Manifest.Name}, nil
}

func (f *frontend) GetWorkflowExecutionHistory(ctx context.Context, r *workflowservice.GetWorkflowExecutionHistoryRequest) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	f.mu.Lock()
	h, ok := f.runs[r.Execution.WorkflowId]
	f.mu.Unlock()
	if !ok {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	if r.HistoryEventFilterType == enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT && len(h.Events) > 1 {
		return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: h.Events[1:]}}, nil
	}
	if r.WaitNewEvent && (len(r.NextPageToken) > 0 || r.HistoryEventFilterType == enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT) {
		if f.onWait != nil {
			f.onWait()
		}
		<-ctx.Done() // a run without an ending
		return nil, ctx.Err()
	}
	reply := &workflowservice.GetWorkflowExecutionHistoryResponse{History: h}
	if r.WaitNewEvent && len(h.Events) == 1 {
		reply.NextPageToken = []byte("more")
	}
	return reply, nil
}

func (f *frontend) DescribeWorkflowExecution(_ context.Context, r *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if registrar.IsFleet(r.Execution.WorkflowId) {
		return f.describeFleet(r.Execution.WorkflowId)
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{PendingActivities: f.pending}, nil
}

func (f *frontend) RequestCancelWorkflowExecution(_ context.Context, r *workflowservice.RequestCancelWorkflowExecutionRequest) (*workflowservice.RequestCancelWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancelled = append(f.cancelled, r.WorkflowExecution.WorkflowId)
	return &workflowservice.RequestCancelWorkflowExecutionResponse{}, nil
}

func (f *frontend) ListWorkflowExecutions(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if strings.HasPrefix(r.Query, "WorkflowType IN ('"+schemas.RegisterFleetWorkflow) { // a client without keys looks at the newest one
		return &workflowservice.ListWorkflowExecutionsResponse{Executions: f.listed[:min(1, len(f.listed))]}, nil
	}
	if strings.Contains(r.Query, "'"+schemas.ManageModelWorkflow+"'") {
		return &workflowservice.ListWorkflowExecutionsResponse{}, nil
	}
	f.listQuery = r.Query
	if len(f.listed) == 0 {
		return &workflowservice.ListWorkflowExecutionsResponse{}, nil
	}
	if strings.Contains(r.Query, "ModelArchitecture = 'cohere'") {
		return &workflowservice.ListWorkflowExecutionsResponse{}, nil
	}
	// A page holds one execution, so that paging is always at work.
	at := len(r.NextPageToken)
	reply := &workflowservice.ListWorkflowExecutionsResponse{Executions: f.listed[at : at+1]}
	if at+1 < len(f.listed) {
		reply.NextPageToken = slices.Repeat([]byte("."), at+1)
	}
	return reply, nil
}

func (f *frontend) QueryWorkflow(_ context.Context, r *workflowservice.QueryWorkflowRequest) (*workflowservice.QueryWorkflowResponse, error) {
	if registrar.IsFleet(r.Execution.WorkflowId) && f.fleetProgress != nil {
		return &workflowservice.QueryWorkflowResponse{QueryResult: payloads(f.fleetProgress)}, nil
	}
	if f.progress == nil {
		return nil, serviceerror.NewFailedPrecondition("no poller seen for task queue recently, worker may be down")
	}
	return &workflowservice.QueryWorkflowResponse{QueryResult: payloads(f.progress)}, nil
}

func (f *frontend) UpdateWorkflowExecution(_ context.Context, r *workflowservice.UpdateWorkflowExecutionRequest) (*workflowservice.UpdateWorkflowExecutionResponse, error) {
	f.mu.Lock()
	h := f.runs[r.WorkflowExecution.WorkflowId]
	f.mu.Unlock()
	if h == nil || len(h.Events) > 1 {
		return nil, serviceerror.NewNotFound("workflow execution already completed")
	}
	if registrar.IsFleet(r.WorkflowExecution.WorkflowId) {
		return f.orderFleet(r)
	}
	if r.Request.Input.Name == schemas.CancelHandler {
		return f.cancelRegistration(r)
	}
	var d schemas.Decision
	if err := converter.GetDefaultDataConverter().FromPayloads(r.Request.Input.Args, &d); err != nil {
		return nil, serviceerror.NewInvalidArgument(err.Error()) // which is not tried again
	}
	receipt, err := f.decide(d)
	switch err.(type) {
	case *serviceerror.NotFound, *serviceerror.DeadlineExceeded:
		return nil, err
	}
	outcome := &updatepb.Outcome{Value: &updatepb.Outcome_Success{Success: payloads(receipt)}}
	if err != nil {
		failure := temporal.GetDefaultFailureConverter().ErrorToFailure(err)
		outcome = &updatepb.Outcome{Value: &updatepb.Outcome_Failure{Failure: failure}}
	}
	return &workflowservice.UpdateWorkflowExecutionResponse{
		UpdateRef: &updatepb.UpdateRef{WorkflowExecution: r.WorkflowExecution, UpdateId: r.Request.Meta.UpdateId},
		Outcome:   outcome, Stage: enumspb.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED,
	}, nil
}

func (f *frontend) cancelRegistration(r *workflowservice.UpdateWorkflowExecutionRequest) (*workflowservice.UpdateWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var why schemas.CancelRequest
	if err := converter.GetDefaultDataConverter().FromPayloads(r.Request.Input.Args, &why); err != nil {
		return nil, err
	}
	f.cancelled = append(f.cancelled, r.WorkflowExecution.WorkflowId)
	f.cancelledBy = why
	return &workflowservice.UpdateWorkflowExecutionResponse{
		UpdateRef: &updatepb.UpdateRef{WorkflowExecution: r.WorkflowExecution, UpdateId: r.Request.Meta.UpdateId},
		Outcome:   &updatepb.Outcome{Value: &updatepb.Outcome_Success{Success: payloads(schemas.CancelReceipt{})}},
		Stage:     enumspb.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED,
	}, nil
}

func (f *frontend) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest) (*operatorservice.ListSearchAttributesResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := map[string]enumspb.IndexedValueType{}
	for k, v := range f.attributes {
		known[k] = v
	}
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: known}, nil
}

func (f *frontend) AddSearchAttributes(_ context.Context, r *operatorservice.AddSearchAttributesRequest) (*operatorservice.AddSearchAttributesResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, v := range r.SearchAttributes {
		f.attributes[k] = v
	}
	return &operatorservice.AddSearchAttributesResponse{}, nil
}
