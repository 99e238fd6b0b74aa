package workflows

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// listen registers the handlers of queries, updates and signals.
func (f *fleet) listen(ctx workflow.Context) error {
	f.hearNews(ctx)
	queries := []error{
		workflow.SetQueryHandlerWithOptions(ctx, schemas.StatusQuery,
			func() (schemas.FleetProgress, error) { return f.progress(ctx), nil },
			workflow.QueryHandlerOptions{Description: "Where the fleet stands: how many are queued, in " +
				"flight and ended"}),
		workflow.SetQueryHandlerWithOptions(ctx, schemas.SummaryQuery,
			func() (schemas.FleetResult, error) { return f.result(ctx), nil },
			workflow.QueryHandlerOptions{Description: "The fleet's result so far, with every failure that " +
				"it remembers"}),
		update(ctx, f, schemas.PauseHandler, "Start nothing more until `resume`; what is in flight goes on",
			func(struct{}) error { return f.goesOn() }, f.pause),
		update(ctx, f, schemas.ResumeHandler, "Go on after `pause`",
			func(struct{}) error { return f.goesOn() }, f.resume),
		update(ctx, f, schemas.WindowHandler,
			fmt.Sprintf(`Set how many operations run at a time: {"size":1 to %d}`, schemas.MaxWindow),
			f.checkWindow, f.setWindow),
		update(ctx, f, schemas.CancelHandler,
			`Start nothing more, cancel what is in flight (it is undone), and end: {"by":"who you are","reason":"why"}`,
			f.checkCancel, f.cancel),
	}
	for _, err := range queries {
		if err != nil {
			return err
		}
	}
	return nil
}

// update registers an order to the fleet. An order that needs no argument takes one that is ignored.
func update[In any](
	ctx workflow.Context, f *fleet, name, description string,
	check func(In) error, obey func(workflow.Context, In) string,
) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, name,
		func(ctx workflow.Context, in In) (schemas.FleetReceipt, error) {
			if err := check(in); err != nil { // another order may have come between the validator and this
				return schemas.FleetReceipt{}, err
			}
			message := obey(ctx, in)
			f.describe(ctx)
			return schemas.FleetReceipt{FleetID: f.in.FleetID, Status: f.status(), Window: f.state.Window,
				Message: message}, nil
		},
		workflow.UpdateHandlerOptions{
			Description: description,
			Validator:   func(_ workflow.Context, in In) error { return check(in) },
		})
}

func refuseOrder(format string, args ...any) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), string(schemas.ErrFleetRefused), nil)
}

// goesOn refuses an order to a fleet that starts nothing any more.
func (f *fleet) goesOn() error {
	if f.state.Ending != "" {
		return refuseOrder("the fleet %s is %s and starts nothing any more", f.in.FleetID, f.status())
	}
	return nil
}

func (f *fleet) pause(ctx workflow.Context, _ struct{}) string {
	if !f.state.Paused {
		f.state.Paused, f.state.PausedAt = true, workflow.Now(ctx)
		f.index(ctx)
	}
	return fmt.Sprintf("nothing more starts until it is resumed; %d in flight go on", len(f.flights))
}

func (f *fleet) resume(ctx workflow.Context, _ struct{}) string {
	if f.state.Paused {
		f.resumeClock(ctx)
		f.index(ctx)
	}
	return fmt.Sprintf("it goes on, %d at a time", f.state.Window)
}

func (f *fleet) resumeClock(ctx workflow.Context) {
	f.state.PausedFor = schemas.Duration(f.pausedFor(workflow.Now(ctx)))
	f.state.Paused = false
}

func (f *fleet) checkWindow(w schemas.FleetWindow) error {
	if w.Size < 1 || w.Size > schemas.MaxWindow {
		return refuseOrder("the size of a window is 1 to %d; `pause` starts nothing at all", schemas.MaxWindow)
	}
	return f.goesOn()
}

func (f *fleet) setWindow(_ workflow.Context, w schemas.FleetWindow) string {
	was := f.state.Window
	f.state.Window = w.Size
	return fmt.Sprintf("%d at a time instead of %d", w.Size, was)
}

func (f *fleet) checkCancel(c schemas.FleetCancel) error {
	switch {
	case f.over:
		return refuseOrder("the fleet %s has ended as %s", f.in.FleetID, f.state.Ending)
	case len([]rune(c.Reason)) > maxReason:
		return refuseOrder("the reason must be at most %d characters", maxReason)
	case f.state.Ending == schemas.FleetCancelled:
		return refuseOrder("the fleet %s is being cancelled already", f.in.FleetID)
	case f.state.Ending == schemas.FleetFailed:
		return refuseOrder("the fleet %s is about to end: %s", f.in.FleetID, f.state.Reason)
	}
	return nil
}

func (f *fleet) cancel(ctx workflow.Context, c schemas.FleetCancel) string {
	reason := "cancelled"
	if c.By != "" {
		reason += " by " + plain(c.By, schemas.MaxRequester)
	}
	if c.Reason != "" {
		reason += ": " + plain(c.Reason, maxReason)
	}
	f.endAs(ctx, schemas.FleetCancelled, "", reason)
	return fmt.Sprintf("nothing more starts, and the %d in flight are cancelled and undone", len(f.flights))
}

// obeyCancellation takes a cancellation of the workflow for the order to cancel.
func (f *fleet) obeyCancellation(ctx workflow.Context) {
	workflow.GoNamed(ctx, "cancellation-of-the-fleet", func(ctx workflow.Context) {
		ctx.Done().Receive(ctx, nil)
		ctx, _ = workflow.NewDisconnectedContext(ctx)
		f.endAs(ctx, schemas.FleetCancelled, "", "cancelled")
	})
}
