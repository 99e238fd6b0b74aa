package follow

import (
	"context"
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"model-registrar/schemas"
)

// Source is what following needs of a Temporal client.
type Source interface {
	GetWorkflowHistory(ctx context.Context, workflowID, runID string, longPoll bool,
		filter enumspb.HistoryEventFilterType) client.HistoryEventIterator
	DescribeWorkflowExecution(ctx context.Context, workflowID,
		runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	DescribeTaskQueue(ctx context.Context, taskQueue string,
		kind enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error)
}

// View is a registration at a moment, for showing.
type View struct {
	Timeline
	Attempts []schemas.Retry
	Polling  string // how far the job is; may be empty
	Stalled  string // why nothing happens for want of a worker; empty when something does
	Lost     error  // why Temporal cannot be reached just now; nil when it can
}

const (
	firstPulse  = 500 * time.Millisecond
	pulsePeriod = 2 * time.Second
	callTime    = 5 * time.Second        // of a description
	firstRetry  = 500 * time.Millisecond // after a history could not be read; doubles up to lastRetry
	lastRetry   = 5 * time.Second
)

// Load reads a history as it stands now.
func Load(ctx context.Context, source Source, d Decoder, workflowID, runID string) (*Timeline, error) {
	t, _, err := LoadRecorded(ctx, source, d, workflowID, runID)
	return t, err
}

// LoadRecorded reads a history as it stands now, with the entries that the run has had written to the audit trail.
func LoadRecorded(
	ctx context.Context, source Source, d Decoder, workflowID, runID string,
) (*Timeline, []schemas.AuditEntry, error) {
	t := NewTimeline(d)
	var entries []schemas.AuditEntry
	events := source.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return nil, nil, err
		}
		t.Apply(e)
		var entry schemas.AuditEntry
		a := e.GetActivityTaskScheduledEventAttributes()
		if a.GetActivityType().GetName() == schemas.WriteAuditActivity && d.value(a.GetInput(), &entry) {
			entries = append(entries, entry)
		}
	}
	return t, entries, nil
}

// Follow reports how a run goes whenever that changes, until it has ended, and returns its timeline. While Temporal
// cannot be reached it says so and keeps trying. It returns early with the context's error, or with an error that
// trying again does not change, such as a workflow that does not exist. Calls of show do not overlap.
func Follow(
	ctx context.Context, source Source, d Decoder, workflowID, runID string, show func(View),
) (Timeline, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := follower{
		source: source, decoder: d, workflowID: workflowID, runID: runID, show: show,
		view: View{Timeline: *NewTimeline(d)}, events: make(chan *historypb.HistoryEvent),
		broken: make(chan error), pulses: make(chan observation),
	}
	go f.pulse(ctx)
	return f.run(ctx)
}

type follower struct {
	source            Source
	decoder           Decoder
	workflowID, runID string
	show              func(View)

	view   View
	events chan *historypb.HistoryEvent
	broken chan error
	pulses chan observation
}

// observation is what one pulse found.
type observation struct {
	pulse
	stalled string
	err     error
}

// run is the only place where the view changes.
func (f *follower) run(ctx context.Context) (Timeline, error) {
	wait := firstRetry
	stop := f.read(ctx)
	defer func() { stop() }()
	var again <-chan time.Time
	for f.view.Ending == nil {
		select {
		case <-ctx.Done():
			return f.view.snapshot(), ctx.Err()
		case e := <-f.events:
			wait = firstRetry
			f.view.Lost = nil
			f.view.Apply(e)
		case err := <-f.broken:
			if permanent(err) {
				return f.view.snapshot(), err
			}
			if !TimedOut(err) { // a long poll may end so in quiet times; whether the connection holds, the pulses tell
				f.view.Lost = err
			}
			again = time.After(wait)
			wait = min(2*wait, lastRetry)
		case <-again:
			again = nil
			stop = f.read(ctx)
			continue
		case o := <-f.pulses:
			recovered := f.view.Lost != nil && o.err == nil
			f.observe(o)
			if recovered {
				// A long poll that waits on a dead connection would take a minute to notice.
				stop()
				again = nil
				stop = f.read(ctx)
			}
		}
		f.report()
	}
	return f.view.snapshot(), nil
}

func (f *follower) report() {
	v := f.view
	v.Timeline = f.view.snapshot()
	f.show(v)
}

func (f *follower) observe(o observation) {
	if o.err != nil {
		if !permanent(o.err) { // what is permanent the history tells too
			f.view.Lost = o.err
		}
		return
	}
	f.view.Lost = nil
	f.view.Attempts, f.view.Polling, f.view.Stalled = o.attempts, o.polling, o.stalled
}

// read passes the history's events on, waiting for new ones, until the history ends, breaks or is stopped.
func (f *follower) read(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		events := f.source.GetWorkflowHistory(ctx, f.workflowID, f.runID, true,
			enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			e, err := events.Next()
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				pass(ctx, f.broken, err)
				return
			}
			pass(ctx, f.events, e)
		}
	}()
	return cancel
}

// pulse describes the workflow again and again.
func (f *follower) pulse(ctx context.Context) {
	waiting := queue{}
	timer := time.NewTimer(firstPulse)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		pass(ctx, f.pulses, f.describe(ctx, waiting))
		timer.Reset(pulsePeriod)
	}
}

func (f *follower) describe(ctx context.Context, waiting queue) observation {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	r, err := f.source.DescribeWorkflowExecution(ctx, f.workflowID, f.runID)
	if err != nil {
		return observation{err: err}
	}
	now := time.Now()
	o := observation{pulse: f.decoder.look(r, now)}
	if waiting.stalled(o.waiting, now) {
		taskQueue := r.GetExecutionConfig().GetTaskQueue().GetName()
		pollers, err := f.source.DescribeTaskQueue(ctx, taskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
		o.stalled = noWorker(taskQueue, pollers, err, now)
	}
	return o
}

// pass sends unless the context ends first.
func pass[T any](ctx context.Context, to chan<- T, v T) {
	select {
	case to <- v:
	case <-ctx.Done():
	}
}

// TimedOut reports whether a call's time was up. The server's clock may be the first to notice; then it cuts the call
// off, which arrives as cancelled although nobody here cancelled anything.
func TimedOut(err error) bool {
	var deadline *serviceerror.DeadlineExceeded
	var cutOff *serviceerror.Canceled
	return errors.As(err, &deadline) || errors.As(err, &cutOff) || errors.Is(err, context.DeadlineExceeded)
}

// permanent reports whether an error stays whatever is tried again.
func permanent(err error) bool {
	var (
		notFound    *serviceerror.NotFound
		namespace   *serviceerror.NamespaceNotFound
		invalid     *serviceerror.InvalidArgument
		denied      *serviceerror.PermissionDenied
		unsupported *serviceerror.Unimplemented
	)
	return errors.As(err, &notFound) || errors.As(err, &namespace) || errors.As(err, &invalid) ||
		errors.As(err, &denied) || errors.As(err, &unsupported)
}
