package main

import (
	"context"
	"errors"
	"fmt"

	"model-registrar/registrar"
	"model-registrar/starter/console"
)

// watchFleet follows a fleet to its end, or shows what it came to.
func (a *app) watchFleet(ctx context.Context, c *connection, name string) error {
	f, err := c.foundFleet(ctx, name)
	if err != nil {
		return err
	}
	if !f.ended {
		f.watch(ctx, a.err, c)
	}
	return a.concludeFleet(c, f)
}

// statusOfFleet shows where a fleet stands, or what it came to.
func (a *app) statusOfFleet(ctx context.Context, c *connection, name string) error {
	f, err := c.foundFleet(ctx, name)
	if err != nil {
		return err
	}
	if f.ended {
		if a.machine() {
			return a.print(f.result)
		}
		a.out.Print(fleetLines(f, c.page(f.workflowID, f.result.RunID))...)
		return nil
	}
	p, err := c.FleetStatus(ctx, f.id)
	if err != nil && ctx.Err() == nil {
		return failed("the fleet %s does not say where it stands: %s", f.id, c.unansweredFleet(err))
	}
	if err != nil {
		return err
	}
	if a.machine() {
		return a.print(p)
	}
	a.out.Print(console.Styled(console.Strong, "fleet "+p.FleetID).And(console.Plain, " is ").And(console.Active, string(p.Status)).
		And(console.Plain, fmt.Sprintf(": %d of %d done", p.Ended, p.Total)))
	t := table{}
	t.row("counts", fleetCounts(p))
	operationRows(&t, p.Operations)
	t.row("requested by", p.Requester+" at "+clock(p.StartedAt))
	t.row("reason", p.Reason)
	for _, x := range p.Recent {
		t.row("failed", failedName(x)+" "+string(x.Outcome)+" "+x.Reason)
	}
	t.row("UI", c.page(f.workflowID, f.runID))
	a.out.Print(t.lines()...)
	a.out.Print(console.Text("Follow it:  starter watch " + f.workflowID))
	return nil
}

// cancelFleet asks for a fleet to be cancelled. That needs no worker to answer.
func (a *app) cancelFleet(ctx context.Context, c *connection, name string) error {
	if err := checkFleet(name); err != nil {
		return misused("%w", err)
	}
	f, err := c.CancelFleet(ctx, registrar.FleetID(name))
	if ended, ok := errors.AsType[*registrar.FleetEnded](err); ok {
		return failed("%w; there is nothing left to cancel", ended)
	}
	if err != nil {
		return err
	}
	if a.machine() {
		return a.print(cancelled{Name: f.ID, WorkflowID: f.WorkflowID, RunID: f.RunID, Requested: true})
	}
	a.out.Print(console.Styled(console.Good, "✓ ").And(console.Strong, "fleet "+f.ID).
		And(console.Plain, ": cancellation requested; it starts nothing more, and what is in flight is undone"))
	a.err.Print(console.Text("  Watch it:  starter watch " + f.WorkflowID))
	return nil
}
