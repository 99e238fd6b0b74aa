package activities

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/follow"
	"model-registrar/schemas"
)

const (
	looksAtOnce = 8                      // registrations asked for at the same time
	firstRound  = 200 * time.Millisecond // between two rounds of looks
	lastRound   = 3 * time.Second
	roundGrowth = 1.5
)

// AwaitRegistrations waits until one of the runs has ended, or the window is over, and returns those that have. It
// looks again and again rather than holding a call open for each run: the server allows few of those at a time.
func (a *Activities) AwaitRegistrations(ctx context.Context, in schemas.AwaitInput) (schemas.AwaitResult, error) {
	defer keepAlive(ctx)()
	windowEnd := time.Now().Add(in.Window.Std())
	gap, longest := firstRound, max(lastRound, in.Window.Std()/20)
	for {
		ended, err := a.look(ctx, in.Runs)
		switch {
		case ctx.Err() != nil:
			return schemas.AwaitResult{}, ctx.Err()
		case err != nil && len(ended) == 0:
			return schemas.AwaitResult{}, temporal.NewApplicationError("Temporal could not be asked: "+err.Error(),
				string(schemas.ErrTemporal))
		}
		if len(ended) > 0 || time.Now().Add(gap).After(windowEnd) || !pause(ctx, gap) {
			return schemas.AwaitResult{Ended: ended}, ctx.Err()
		}
		gap = min(time.Duration(float64(gap)*roundGrowth), longest)
	}
}

// look asks for every run once, and returns those that have ended, in their order.
func (a *Activities) look(ctx context.Context, runs []schemas.FleetRun) (ended []schemas.FleetEnding, err error) {
	found := make([]*schemas.FleetEnding, len(runs))
	errs := make([]error, len(runs))
	slots := make(chan struct{}, looksAtOnce)
	var group sync.WaitGroup
	for i, run := range runs {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			found[i], errs[i] = a.ending(ctx, run)
		})
	}
	group.Wait()
	for _, e := range found {
		if e != nil {
			ended = append(ended, *e)
		}
	}
	return ended, errors.Join(errs...)
}

// ending is how a run ended; nil while it goes on.
func (a *Activities) ending(ctx context.Context, run schemas.FleetRun) (*schemas.FleetEnding, error) {
	id := schemas.RegisterModelWorkflowID(run.Name)
	d, err := a.Temporal.DescribeWorkflowExecution(ctx, id, run.RunID)
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return &schemas.FleetEnding{FleetRun: run, Outcome: schemas.Failed, ErrorType: schemas.ErrInternal,
			Reason: "Temporal knows nothing of this run any more; see the audit trail for how it ended"}, nil
	}
	if err != nil || !follow.IsOver(d.GetWorkflowExecutionInfo().GetStatus()) {
		return nil, err
	}
	var result schemas.Result
	err = a.Temporal.GetWorkflow(ctx, id, run.RunID).GetWithOptions(ctx, &result,
		client.WorkflowRunGetOptions{DisableFollowingRuns: true})
	var closed *temporal.WorkflowExecutionError
	if err != nil && !errors.As(err, &closed) {
		return nil, err
	}
	e := follow.FleetEnding(run, result, err)
	return &e, nil
}
