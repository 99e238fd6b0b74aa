package main

import (
	"context"
	"fmt"
	"time"

	"model-registrar/starter/console"
)

// watchFleet follows a fleet to its end, or shows what it came to.
func (c *connection) watchFleet(ctx context.Context, name string, limit time.Duration) error {
	f, err := c.foundFleet(ctx, name)
	if err != nil {
		return err
	}
	return c.watch(ctx, limit, f)
}

// statusOfFleet shows where a fleet stands, or what it came to.
func (c *connection) statusOfFleet(ctx context.Context, name string) error {
	f, err := c.foundFleet(ctx, name)
	if err != nil {
		return err
	}
	if f.ended {
		if c.machine() {
			return c.print(f.result)
		}
		c.out.Print(f.lines(c.page(f.workflowID, f.runID))...)
		return nil
	}
	p, err := c.FleetStatus(ctx, f.name)
	if err != nil && ctx.Err() == nil {
		return failed("the fleet %s does not say where it stands: %s", f.name, c.unansweredFleet(err))
	}
	if err != nil {
		return err
	}
	if c.machine() {
		return c.print(p)
	}
	c.out.Print(console.Styled(console.Strong, "fleet "+p.FleetID).And(console.Plain, " is ").
		And(console.Active, string(p.Status)).And(console.Plain, fmt.Sprintf(": %d of %d done", p.Ended, p.Total)))
	t := table{}
	t.row("counts", fleetCounts(p))
	operationRows(&t, p.Operations)
	t.row("requested by", p.Requester+" at "+clock(p.StartedAt))
	t.row("reason", p.Reason)
	for _, x := range p.Recent {
		t.row("failed", failedName(x)+" "+string(x.Outcome)+" "+x.Reason)
	}
	t.row("UI", c.page(f.workflowID, f.runID))
	c.out.Print(t.lines()...)
	c.out.Print(console.Text("Follow it:  starter watch " + f.workflowID))
	return nil
}
