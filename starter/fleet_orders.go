package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

func (a *app) pauseCommand() *cobra.Command {
	return a.orderCommand("pause FLEET", "Have a fleet start nothing more until it is resumed",
		`Have a fleet start nothing more until it is resumed. What is in flight goes on to its end.`,
		"  starter pause migration-1", schemas.PauseHandler)
}

func (a *app) resumeCommand() *cobra.Command {
	return a.orderCommand("resume FLEET", "Have a paused fleet go on", `Have a paused fleet go on.`,
		"  starter resume migration-1", schemas.ResumeHandler)
}

func (a *app) windowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "window FLEET SIZE",
		Short: "Set how many registrations of a fleet run at a time",
		Long: fmt.Sprintf(`Set how many registrations of a fleet run at a time, from 1 to %d. If more are in flight, they go on, and nothing starts
until fewer are.`, schemas.MaxWindow),
		Example: "  starter window migration-1 100",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return errors.New("name one fleet and the size of its window")
			}
			if _, err := strconv.Atoi(args[1]); err != nil {
				return fmt.Errorf("the size of the window must be a number from 1 to %d", schemas.MaxWindow)
			}
			return checkFleet(args[0])
		},
		RunE: a.online(func(ctx context.Context, c *connection, args []string) error {
			size, _ := strconv.Atoi(args[1])
			return a.orderFleet(ctx, c, args[0], schemas.WindowHandler, schemas.FleetWindow{Size: size})
		}),
	}
}

func (a *app) orderCommand(use, short, long, example, update string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long + " The command waits for the fleet's answer.", Example: example,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("name exactly one fleet")
			}
			return checkFleet(args[0])
		},
		RunE: a.online(func(ctx context.Context, c *connection, args []string) error {
			return a.orderFleet(ctx, c, args[0], update)
		}),
	}
}

// checkFleet checks the name of a fleet: its id, or its workflow's.
func checkFleet(name string) error { return schemas.CheckFleetID(fleetID(name)) }

func (a *app) orderFleet(ctx context.Context, c *connection, name, update string, args ...any) error {
	receipt, err := c.order(ctx, fleetID(name), update, args...)
	if err != nil {
		return err
	}
	if a.machine() {
		return a.print(receipt)
	}
	a.out.Print(console.Styled(console.Good, "✓ ").And(console.Strong, "fleet "+receipt.FleetID).
		And(console.Plain, fmt.Sprintf(" is %s: %s", receipt.Status, receipt.Message)))
	return nil
}

// watchFleet follows a fleet to its end, or shows what it came to.
func (a *app) watchFleet(ctx context.Context, c *connection, name string) error {
	f := &fleetRun{id: fleetID(name)}
	if err := c.findFleet(ctx, f); err != nil {
		return err
	}
	if !f.ended {
		a.followFleet(ctx, c, f)
	}
	return a.concludeFleet(c, f)
}

// statusOfFleet shows where a fleet stands, or what it came to.
func (a *app) statusOfFleet(ctx context.Context, c *connection, name string) error {
	f := &fleetRun{id: fleetID(name)}
	if err := c.findFleet(ctx, f); err != nil {
		return err
	}
	if f.ended {
		if a.machine() {
			return a.print(f.result)
		}
		a.out.Print(fleetLines(f, c.page(f.workflowID(), f.result.RunID))...)
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, registrar.CallTimeout)
	defer cancel()
	p, err := queryFleet[schemas.FleetProgress](limited, c, f.workflowID(), schemas.StatusQuery)
	if err != nil && ctx.Err() == nil {
		return failed("the fleet %s does not say where it stands: %s", f.id, c.unansweredFleet(err))
	}
	if err != nil {
		return c.explain(ctx, err)
	}
	if a.machine() {
		return a.print(p)
	}
	a.out.Print(console.Styled(console.Strong, "fleet "+p.FleetID).And(console.Plain, " is ").And(console.Active, string(p.Status)).
		And(console.Plain, fmt.Sprintf(": %d of %d done", p.Ended, p.Total)))
	t := table{}
	t.row("counts", fleetCounts(p))
	t.row("requested by", p.Requester+" at "+clock(p.StartedAt))
	t.row("reason", p.Reason)
	for _, x := range p.Recent {
		t.row("failed", x.Name+" "+string(x.Outcome)+" "+x.Reason)
	}
	t.row("UI", c.page(f.workflowID(), f.runID))
	a.out.Print(t.lines()...)
	a.out.Print(console.Text("Follow it:  starter watch " + f.workflowID()))
	return nil
}

// cancelFleet asks for a fleet to be cancelled. That needs no worker to answer.
func (a *app) cancelFleet(ctx context.Context, c *connection, name string) error {
	f := &fleetRun{id: fleetID(name)}
	if err := c.findFleet(ctx, f); err != nil {
		return err
	}
	if f.ended {
		return failed("the fleet %s has ended as %s; there is nothing left to cancel", f.id, f.result.Status)
	}
	if err := c.call(ctx, func(ctx context.Context) error { return c.Temporal().CancelWorkflow(ctx, f.workflowID(), "") }); err != nil {
		return err
	}
	if a.machine() {
		return a.print(cancelled{f.id, f.workflowID(), f.runID, true})
	}
	a.out.Print(console.Styled(console.Good, "✓ ").And(console.Strong, "fleet "+f.id).
		And(console.Plain, ": cancellation requested; it starts nothing more, and the models of what is in flight are removed again"))
	a.err.Print(console.Text("  Watch it:  starter watch " + f.workflowID()))
	return nil
}
