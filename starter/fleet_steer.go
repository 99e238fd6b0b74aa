package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// steeringOfFleets are the commands that steer a fleet, and show where it stands.
func steeringOfFleets(a *app) []*cobra.Command {
	return []*cobra.Command{
		pauseCommand(a), resumeCommand(a), windowCommand(a),
		cancelFleetCommand(a),
		fleetSubcommand(a, "status ID", "Show where a fleet stands", (*connection).statusOfFleet,
			`Show where a fleet stands, or what it came to. With --output json, a
schemas.FleetProgress is printed, and once it has ended a schemas.FleetResult.`),
		fleetSubcommand(a, "watch ID", "Follow a fleet to its end",
			func(c *connection, ctx context.Context, id string) error { return c.watchFleet(ctx, id, 0) },
			`Follow a fleet to its end and print what it came to, with the same exit codes as
fleet.`),
	}
}

// fleetSubcommand is a command about one fleet.
func fleetSubcommand(
	a *app, use, short string, do func(*connection, context.Context, string) error, long string,
) *cobra.Command {
	verb, _, _ := strings.Cut(use, " ")
	return &cobra.Command{
		Use: use, Short: short, Long: long, Example: "  starter fleet " + verb + " migration-1", Args: oneFleet,
		RunE: a.online(func(ctx context.Context, c *connection, args []string) error {
			return do(c, ctx, args[0])
		}),
	}
}

// formerSpellings are commands that scripts of earlier versions call.
func formerSpellings(a *app) []*cobra.Command {
	all := []*cobra.Command{pauseCommand(a), resumeCommand(a), windowCommand(a)}
	for _, cmd := range all {
		cmd.Hidden = true
	}
	return all
}

// oneFleet is the argument of what is about one fleet.
func oneFleet(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return errors.New("name exactly one fleet")
	}
	return checkFleet(args[0])
}

func pauseCommand(a *app) *cobra.Command {
	return fleetSubcommand(a, "pause ID", "Have a fleet start nothing more until it is resumed",
		ordering((*registrar.Client).Pause),
		`Have a fleet start nothing more until it is resumed. What is in flight goes on
to its end. The command waits for the fleet's answer.`)
}

func resumeCommand(a *app) *cobra.Command {
	return fleetSubcommand(a, "resume ID", "Have a paused fleet go on", ordering((*registrar.Client).Resume),
		`Have a paused fleet go on. The command waits for the fleet's answer.`)
}

func cancelFleetCommand(a *app) *cobra.Command {
	var why schemas.FleetCancel
	cmd := &cobra.Command{
		Use:   "cancel ID --reason TEXT",
		Short: "Cancel a fleet",
		Long: `Cancel a fleet: it starts nothing more, has all that is in flight cancelled and
undone, and ends after it. Who cancelled and why is in its result. Where no
worker answers, the fleet is cancelled through Temporal, and its result says
only that.`,
		Example: `  starter fleet cancel migration-1 --reason "the wrong folder"`,
		Args:    oneFleet,
		RunE: a.online(func(ctx context.Context, c *connection, args []string) error {
			if strings.TrimSpace(why.By) == "" {
				why.By = a.env.identity()
			}
			return c.cancelFleet(ctx, args[0], why)
		}),
	}
	cmd.Flags().StringVarP(&why.Reason, "reason", "r", "", "why, for those who read the fleet's result")
	cmd.Flags().StringVar(&why.By, "by", "", "who cancels (default $REGISTRAR_REQUESTER, or user@host)")
	return cmd
}

func windowCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "window ID SIZE",
		Short: "Set how many operations of a fleet run at a time",
		Long: fmt.Sprintf(`Set how many operations of a fleet run at a time, from 1 to %d. If more are in
flight, they go on, and nothing starts until fewer are.`, schemas.MaxWindow),
		Example: "  starter fleet window migration-1 100",
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
			receipt, err := c.SetWindow(ctx, registrar.FleetID(args[0]), size)
			return c.steered(args[0], receipt, err)
		}),
	}
}

// ordering gives an order to a fleet, and prints its answer.
func ordering(
	give func(*registrar.Client, context.Context, string) (schemas.FleetReceipt, error),
) func(*connection, context.Context, string) error {
	return func(c *connection, ctx context.Context, name string) error {
		receipt, err := give(c.Client, ctx, registrar.FleetID(name))
		return c.steered(name, receipt, err)
	}
}

// steered prints what a fleet answered to an order.
func (c *connection) steered(name string, receipt schemas.FleetReceipt, err error) error {
	if _, unknown := errors.AsType[*registrar.NoWorker](err); unknown {
		return failed("%w", err).hinting("Check that a worker polls task queue %q, then look with `starter status %s`.",
			c.TaskQueue(), schemas.RegisterFleetWorkflowID(registrar.FleetID(name)))
	}
	if err != nil {
		return err
	}
	if c.machine() {
		return c.print(receipt)
	}
	c.out.Print(console.Styled(console.Good, "✓ ").And(console.Strong, "fleet "+receipt.FleetID).
		And(console.Plain, fmt.Sprintf(" is %s: %s", receipt.Status, receipt.Message)))
	return nil
}
