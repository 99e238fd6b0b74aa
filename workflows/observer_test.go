package workflows

import (
	"sync"
	"time"

	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// observer sees what a workflow asks the server for.
type observer struct {
	interceptor.WorkerInterceptorBase

	parent *workflow.Execution // of the workflow, if it is to have one

	mu      sync.Mutex
	seen    []sighting
	indexed []temporal.SearchAttributes
}

// sighting is an activity or a timer that a workflow asked for.
type sighting struct {
	what, summary string
	timer         time.Duration
}

func (o *observer) all() []sighting {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.seen
}

// timers returns how long each timer was to run.
func (o *observer) timers() []time.Duration {
	var all []time.Duration
	for _, s := range o.all() {
		if s.what == "timer" {
			all = append(all, s.timer)
		}
	}
	return all
}

func (o *observer) see(s sighting) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seen = append(o.seen, s)
}

func (o *observer) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &observerInbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, o}
}

type observerInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	o *observer
}

func (i *observerInbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&observerOutbound{interceptor.WorkflowOutboundInterceptorBase{Next: next}, i.o})
}

type observerOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	o *observer
}

func (i *observerOutbound) GetInfo(ctx workflow.Context) *workflow.Info {
	info := *i.Next.GetInfo(ctx)
	if i.o.parent != nil {
		info.ParentWorkflowExecution = i.o.parent
	}
	return &info
}

func (i *observerOutbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	i.o.see(sighting{what: name, summary: workflow.GetActivityOptions(ctx).Summary})
	return i.Next.ExecuteActivity(ctx, name, args...)
}

func (i *observerOutbound) NewTimerWithOptions(ctx workflow.Context, d time.Duration, o workflow.TimerOptions) workflow.Future {
	i.o.see(sighting{"timer", o.Summary, d})
	return i.Next.NewTimerWithOptions(ctx, d, o)
}

func (i *observerOutbound) UpsertTypedSearchAttributes(ctx workflow.Context, updates ...temporal.SearchAttributeUpdate) error {
	i.o.mu.Lock()
	i.o.indexed = append(i.o.indexed, temporal.NewSearchAttributes(updates...))
	i.o.mu.Unlock()
	return i.Next.UpsertTypedSearchAttributes(ctx, updates...)
}

// progress asks for the status, as `starter status` does. It may be called on the loop, or once the story is over.
func (s *story) progress() schemas.Progress {
	s.t.Helper()
	answer, err := s.env.QueryWorkflow(schemas.StatusQuery)
	if err != nil {
		s.t.Errorf("the status query failed: %v", err)
		return schemas.Progress{}
	}
	var p schemas.Progress
	if err := answer.Get(&p); err != nil {
		s.t.Errorf("the status cannot be read: %v", err)
	}
	return p
}

// page asks for what the Temporal UI shows of the workflow: its current details and its handlers.
func (s *story) page() *sdkpb.WorkflowMetadata {
	s.t.Helper()
	answer, err := s.env.QueryWorkflow("__temporal_workflow_metadata")
	page := &sdkpb.WorkflowMetadata{}
	if err == nil {
		err = answer.Get(page)
	}
	if err != nil {
		s.t.Errorf("the workflow's metadata cannot be read: %v", err)
	}
	return page
}
