package workflows

import (
	"encoding/json"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/follow"
	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// startNext starts the next operation, unless its name had its turn already.
func (f *fleet) startNext(ctx workflow.Context) {
	next := f.queue[0]
	f.queue = f.queue[1:]
	f.state.Next = max(f.state.Next, next.index+1)
	run := schemas.FleetRun{Name: next.item.ModelName(), Index: next.index}
	if f.isMixed() {
		run.Operation, run.Restore = next.item.Operation, next.item.Restore
	}
	if f.started[run.Name] || f.flightOf(run.Name) != nil {
		f.letGo(next)
		f.count(ctx, schemas.FleetEnding{FleetRun: run, Outcome: schemas.Duplicate,
			Reason: "the name comes twice in this fleet; the first one counts"})
		return
	}
	if after := next.item.After; after != nil {
		switch {
		case f.waits(next):
			f.hold(next)
			f.describe(ctx)
			return
		case !f.isDone(after.Index):
			f.letGo(next)
			f.count(ctx, schemas.FleetEnding{FleetRun: run, Outcome: schemas.Skipped,
				Reason: "it comes after the operation on " + plain(after.Name, 80) + ", which was not done"})
			return
		}
		f.letGo(next)
	}
	f.started[run.Name] = true
	in := next.item.Input(f.in.Requester)
	size := 0
	if raw, err := json.Marshal(in); err == nil {
		size = len(raw)
	}
	fl := &flight{FleetRun: run}
	f.flights = append(f.flights, fl)
	f.own++
	f.starting++
	f.bytes += size
	o := childOptions(next.item, f.in.Requester)
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, o), next.item.Operation, in)
	workflow.GoNamed(ctx, "operation", func(ctx workflow.Context) {
		var execution workflow.Execution
		err := child.GetChildWorkflowExecution().Get(ctx, &execution)
		fl.RunID = execution.RunID
		f.starting--
		f.bytes -= size
		var result schemas.Result
		if err == nil {
			err = child.Get(ctx, &result)
		}
		f.own--
		f.land(ctx, fl, follow.FleetEnding(fl.FleetRun, result, err))
	})
	f.describe(ctx)
}

// childOptions are those of an operation. It is left alone when its fleet ends or continues as new: it is cancelled by
// request only, so that it can undo what it has done.
func childOptions(item schemas.FleetItem, requester string) workflow.ChildWorkflowOptions {
	start := StartOfOperation(item, requester)
	return workflow.ChildWorkflowOptions{
		WorkflowID:            schemas.RegisterModelWorkflowID(item.ModelName()),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		WaitForCancellation:   true,
		TypedSearchAttributes: start.Attributes,
		StaticSummary:         start.Summary,
		StaticDetails:         start.Details,
		Priority:              PriorityOfFleet(requester),
	}
}

func (f *fleet) flightOf(name string) *flight {
	i := slices.IndexFunc(f.flights, func(fl *flight) bool { return fl.Name == name })
	if i < 0 {
		return nil
	}
	return f.flights[i]
}

// land takes note of an operation's end.
func (f *fleet) land(ctx workflow.Context, fl *flight, e schemas.FleetEnding) {
	i := slices.Index(f.flights, fl)
	if i < 0 {
		return
	}
	f.flights = slices.Delete(f.flights, i, i+1)
	if fl.Waiting {
		f.waiting--
	}
	f.count(ctx, e)
}

// count enters what became of an operation.
func (f *fleet) count(ctx workflow.Context, e schemas.FleetEnding) {
	defer f.unhold()
	f.state.Tally[e.Outcome]++
	if f.isMixed() {
		if f.state.Tallies[e.Operation] == nil {
			f.state.Tallies[e.Operation] = schemas.FleetTally{}
		}
		f.state.Tallies[e.Operation][e.Outcome]++
	}
	if e.Outcome.Registered() {
		if e.Index/8 < len(f.state.Registered) {
			f.state.Registered[e.Index/8] |= 1 << (e.Index % 8)
		}
	} else if len(f.state.Failures) < schemas.MaxFailures {
		f.state.Failures = append(f.state.Failures, schemas.FleetFailure{
			Name: e.Name, Operation: e.Operation, Restore: e.Restore, Outcome: e.Outcome, ErrorType: e.ErrorType,
			Reason: plain(e.Reason, schemas.MaxReason), Left: e.Left,
		})
	}
	if f.in.StopOnFailure && !e.Outcome.Registered() && e.Outcome != schemas.Duplicate && e.Outcome != schemas.Skipped {
		f.endAs(ctx, schemas.FleetStopped, "", "stopped because "+plain(e.Name, 80)+" ended as "+string(e.Outcome))
	}
	f.describe(ctx)
}

const (
	chunk         = 100              // runs that one activity waits for
	awaitWindow   = 30 * time.Second // of the first wait; those after it are longer, while nothing ends
	longestAwait  = 5 * time.Minute
	awaitRetry    = time.Minute
	firstWaitGap  = 15 * time.Second
	longestWait   = 10 * time.Minute // between two looks at registrations that wait for a person
	waitGapGrowth = 2
)

// rejoin takes up the operations that an earlier run started. The server tells only that run of their end, so they
// are asked for.
func (f *fleet) rejoin(ctx workflow.Context) {
	for _, run := range f.state.InFlight {
		f.flights = append(f.flights, &flight{FleetRun: run})
		if run.Waiting {
			f.waiting++
		}
	}
	f.state.InFlight = nil
	for group := range slices.Chunk(slices.Clone(f.flights), chunk) {
		workflow.GoNamed(ctx, "rejoined-registrations", func(ctx workflow.Context) { f.awaitAll(ctx, group) })
	}
}

// awaitAll waits for registrations of an earlier run: eagerly for those that are at work, and with growing gaps for
// all, since those that wait for a person may wait for days.
func (f *fleet) awaitAll(ctx workflow.Context, group []*flight) {
	gap, window, lookAtAll := firstWaitGap, awaitWindow, workflow.Now(ctx)
	for len(group) > 0 {
		all := !workflow.Now(ctx).Before(lookAtAll)
		in := schemas.AwaitInput{}
		for _, fl := range group {
			if all || fl.isAtWork() {
				in.Runs = append(in.Runs, fl.FleetRun)
			}
		}
		if len(in.Runs) == 0 {
			f.waitForNews(ctx, group, lookAtAll.Sub(workflow.Now(ctx)))
			continue
		}
		if !all {
			in.Window = schemas.Duration(window)
		}
		var left []*flight
		var err error
		if left, err = f.await(ctx, group, in); err != nil {
			workflow.GetLogger(ctx).Warn("registrations could not be asked for; they are asked for again", "error", err)
			_ = workflow.NewTimerWithOptions(ctx, awaitRetry,
				workflow.TimerOptions{Summary: "Ask again for registrations"}).Get(ctx, nil)
			continue
		}
		quiet := len(left) == len(group)
		group = left
		switch {
		case !quiet:
			gap, window = firstWaitGap, awaitWindow
		case all:
			gap = min(gap*waitGapGrowth, longestWait)
		default:
			window = min(window*waitGapGrowth, longestAwait)
		}
		if all || !quiet {
			lookAtAll = workflow.Now(ctx).Add(gap)
		}
	}
}

// isAtWork reports whether a registration is expected to end without a person's doing.
func (fl *flight) isAtWork() bool { return !fl.Waiting || fl.asked }

// waitForNews waits until one of the registrations goes on, or that time is over.
func (f *fleet) waitForNews(ctx workflow.Context, group []*flight, gap time.Duration) {
	_, _ = workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout: gap,
		TimerOptions: workflow.TimerOptions{Summary: "All of these wait for approval; look again in " +
			words.Exactly(gap)},
	}, func() bool { return slices.ContainsFunc(group, (*flight).isAtWork) })
}

// await asks for registrations once, takes note of those that have ended, and returns the others of the group.
func (f *fleet) await(ctx workflow.Context, group []*flight, in schemas.AwaitInput) ([]*flight, error) {
	o := activityTable[schemas.AwaitRegistrationsActivity]
	o.Summary = "Wait for registrations that the fleet's earlier runs started"
	var out schemas.AwaitResult
	ctx = workflow.WithActivityOptions(ctx, o)
	err := workflow.ExecuteActivity(ctx, schemas.AwaitRegistrationsActivity, in).Get(ctx, &out)
	if err != nil {
		return group, err
	}
	for _, e := range out.Ended {
		if i := slices.IndexFunc(group, func(fl *flight) bool { return fl.RunID == e.RunID }); i >= 0 {
			e.FleetRun = group[i].FleetRun
			f.land(ctx, group[i], e)
			group = slices.Delete(group, i, i+1)
		}
	}
	return group, nil
}

// cancelFlights asks every registration to end, once the fleet is cancelled.
func (f *fleet) cancelFlights(ctx workflow.Context) {
	for {
		var next *flight
		err := workflow.Await(ctx, func() bool {
			if f.state.Ending != schemas.FleetCancelled || f.leaving || f.asking >= maxAsking {
				return false
			}
			i := slices.IndexFunc(f.flights, func(fl *flight) bool { return !fl.asked && fl.RunID != "" })
			if i >= 0 {
				next = f.flights[i]
			}
			return i >= 0
		})
		if err != nil {
			return
		}
		next.asked = true
		f.asking++
		answer := workflow.RequestCancelExternalWorkflow(ctx, schemas.RegisterModelWorkflowID(next.Name), next.RunID)
		workflow.GoNamed(ctx, "cancellation", func(ctx workflow.Context) {
			_ = answer.Get(ctx, nil) // an error says that it has ended, which is told otherwise too
			f.asking--
		})
	}
}
