package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// Bounds of one run of a fleet, so that no workflow task and no payload gets too large, whatever the manifests.
const (
	maxStarting      = 10        // children asked for that have not started yet
	maxStartingBytes = 512 << 10 // of their inputs
	maxAsking        = 100       // cancellations asked for at the same time
	maxWaiting       = 2000      // operations waiting for approval that take no place of the window
	maxOwnChildren   = 1500      // pending children of one run; the server allows 2000
	lookAhead        = 100       // operations left when the next part is loaded
	maxHeld          = 1000      // operations that wait for another one
)

// fleet is the state of one run of a RegisterFleet workflow.
type fleet struct {
	in    schemas.RegisterFleetInput
	state schemas.FleetState // its InFlight is filled in only when the run ends
	runID string

	queue    []queued        // loaded operations, in their order
	held     []queued        // of those that had their turn, and wait for the operation that they come after
	loaded   int             // the next part to load
	end      int             // index after the last operation that this run has loaded; 0 before the first
	started  map[string]bool // names that had their turn in this run
	flights  []*flight       // in the order of their start
	waiting  int             // flights that wait for approval
	own      int             // children of this run that have not ended
	starting int             // children that have not started yet
	bytes    int             // of their inputs
	asking   int             // cancellations that the server has not answered yet
	leaving  bool            // nothing begins any more in this run
	over     bool            // the ending is settled, and no order changes it any more

	news workflow.ReceiveChannel
}

// queued is an operation that has not had its turn.
type queued struct {
	part, index int
	item        schemas.FleetItem
}

// flight is an operation under way.
type flight struct {
	schemas.FleetRun
	asked bool // to cancel
}

func newFleet(ctx workflow.Context, in schemas.RegisterFleetInput) (*fleet, error) {
	if err := checkFleet(ctx, in); err != nil {
		return nil, err
	}
	if in.Window == 0 {
		in.Window = schemas.DefaultWindow
	}
	f := &fleet{in: in, runID: workflow.GetInfo(ctx).WorkflowExecution.RunID, started: map[string]bool{}}
	if in.State == nil {
		f.state = schemas.FleetState{StartedAt: workflow.Now(ctx), Window: in.Window}
	} else {
		f.state = *in.State
	}
	if now := workflow.Now(ctx); f.state.RenewedAt.IsZero() || f.state.RenewedAt.After(now) {
		f.state.RenewedAt = now
	}
	f.in.State = nil
	if f.state.Tally == nil {
		f.state.Tally = schemas.FleetTally{}
	}
	if f.state.Tallies == nil && f.isMixed() {
		f.state.Tallies = map[string]schemas.FleetTally{}
	}
	if n := registeredBytes(in.Total); len(f.state.Registered) < n {
		f.state.Registered = append(f.state.Registered, make([]byte, n-len(f.state.Registered))...)
	}
	f.loaded = f.state.Part
	return f, nil
}

// begin takes up what earlier runs left, and starts what goes on beside the story.
func (f *fleet) begin(ctx workflow.Context) {
	if f.state.Runs == 0 {
		f.indexStart(ctx)
	}
	f.rejoin(ctx)
	workflow.GoNamed(ctx, "load-parts", f.keepLoaded)
	workflow.GoNamed(ctx, "cancel-registrations", f.cancelFlights)
	workflow.GoNamed(ctx, "renew-parts", f.renewParts)
	f.describe(ctx)
}

// isMixed reports whether the fleet does more than register.
func (f *fleet) isMixed() bool { return len(f.in.Operations) > 0 }

// hasRoom reports whether the next operation may start now.
func (f *fleet) hasRoom() bool {
	return len(f.queue) > 0 && !f.leaving && !f.state.Paused && f.state.Ending == "" &&
		f.places() < f.state.Window && f.starting < maxStarting && f.bytes < maxStartingBytes &&
		!(len(f.held) >= maxHeld && f.waits(f.queue[0]))
}

// places is how much of the window is taken. An operation that waits for a person takes none, or a few forgotten
// approvals would hold up the fleet; unless there are too many of them to carry from run to run.
func (f *fleet) places() int { return len(f.flights) - min(f.waiting, maxWaiting) }

// isOver reports whether there is nothing left to do.
func (f *fleet) isOver() bool {
	exhausted := f.loaded >= f.in.Parts && len(f.queue) == 0 && len(f.held) == 0
	return len(f.flights) == 0 && f.asking == 0 && (exhausted || f.state.Ending != "")
}

// isLong reports whether the run should give way to a new one.
func (f *fleet) isLong(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested() || f.own >= maxOwnChildren
}

// continueAsNew hands on to a new run. What is in flight goes on meanwhile, and is taken up again by its run id; only
// what the server has been asked for and not answered yet is waited for.
func (f *fleet) continueAsNew(ctx workflow.Context) error {
	f.leaving = true
	err := workflow.Await(ctx, func() bool {
		return f.starting == 0 && f.asking == 0 && workflow.AllHandlersFinished(ctx)
	})
	if err != nil {
		return err
	}
	f.drainNews(ctx)
	next := f.in
	state := f.state
	state.Part = f.loaded
	for _, q := range slices.Concat(f.queue, f.held) {
		state.Part = min(state.Part, q.part)
	}
	for _, fl := range f.flights {
		state.InFlight = append(state.InFlight, fl.FleetRun)
	}
	state.Runs++
	next.Window, next.State = state.Window, &state
	return workflow.NewContinueAsNewError(ctx, schemas.RegisterFleetWorkflow, next)
}

// finish releases the parts and closes the workflow in the way that its ending asks for.
func (f *fleet) finish(ctx workflow.Context) (schemas.FleetResult, error) {
	f.resumeClock(ctx)
	f.over = true
	if f.state.Ending == "" {
		f.state.Ending = schemas.FleetCompleted
	}
	f.tellParts(ctx, schemas.ReleaseSignal) // one that is not told ends by itself later
	f.index(ctx)
	f.describe(ctx)
	f.drainNews(ctx)
	f.tellEnded(ctx)
	result := f.result(ctx)
	switch result.Status {
	case schemas.FleetCancelled:
		return result, temporal.NewCanceledError(result)
	case schemas.FleetFailed:
		return result, temporal.NewApplicationErrorWithOptions(result.Reason, string(result.ErrorType),
			temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{result}})
	}
	return result, nil
}

// endAs sets how the fleet will end. Nothing starts any more; the gravest ending stays.
func (f *fleet) endAs(ctx workflow.Context, status schemas.FleetStatus, t schemas.ErrorType, reason string) {
	grave := map[schemas.FleetStatus]int{schemas.FleetStopped: 1, schemas.FleetCancelled: 2, schemas.FleetFailed: 3}
	if f.over || grave[status] <= grave[f.state.Ending] {
		return
	}
	f.state.Ending, f.state.ErrorType, f.state.Reason = status, t, reason
	f.index(ctx)
	f.describe(ctx)
}

// status is where the fleet stands. It has ended only when nothing is in flight any more.
func (f *fleet) status() schemas.FleetStatus {
	going := len(f.flights) > 0
	switch {
	case f.state.Ending == schemas.FleetCancelled && going:
		return schemas.FleetCancelling
	case f.state.Ending != "" && going:
		return schemas.FleetStopping
	case f.state.Ending != "":
		return f.state.Ending
	case f.state.Paused:
		return schemas.FleetPaused
	}
	return schemas.FleetRunning
}

// pausedFor is how long the fleet has been paused so far.
func (f *fleet) pausedFor(now time.Time) time.Duration {
	total := f.state.PausedFor.Std()
	if f.state.Paused {
		total += now.Sub(f.state.PausedAt)
	}
	return total
}
