package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"model-registrar/registrar"
	"model-registrar/schemas"
)

// fleetOptions are what a fleet is asked to do.
type fleetOptions struct {
	beginOptions
	id            string
	window        int
	stopOnFailure bool
	onlyFailedOf  string
	partSize      int
}

func fleetCommand(a *app) *cobra.Command {
	o := &fleetOptions{beginOptions: beginOptions{app: a}}
	cmd := &cobra.Command{
		Use:   "fleet PATH…",
		Short: "Register many models as one fleet, and follow it to the end",
		Long: fmt.Sprintf(`Register the models of many manifests: files, folders with all that is in them
(.yaml, .yml, .json, .jsonl, .ndjson), or - for stdin. All manifests are checked
before anything starts; every violation is named with its file, line and column.

The fleet runs so many registrations at a time as its window allows. One that
waits for a person's approval takes no place. It goes on after failures, and
does so without this command: Ctrl-C, a lost connection or --detach change
nothing. At the end, what failed is listed with the reason, and a command that
retries just that.

A fleet is steered by its id: starter fleet pause, resume, window, cancel,
status and watch. (A folder of such a name is ./pause.) Other commands that
take a name know a fleet by its id too, or as register-fleet/ID. A fleet has
up to %d manifests.

With --output json, one schemas.FleetResult is printed at the end. Its status is
STARTED for a fleet started with --detach, and IN_PROGRESS for one that goes on
without this command. The exit code is 0 if every model is registered, 1 if any
failed, and 3 if others were rejected, rolled back or cancelled.`, schemas.MaxFleet),
		Example: `  starter fleet models/
  starter fleet --window 20 --stop-on-failure models/ more.jsonl
  starter fleet --detach --id migration-1 models/
  starter fleet watch migration-1
  starter fleet models/ --only-failed-of migration-1
  starter fleet - < models.jsonl`,
		Args:    paths,
		PreRunE: func(*cobra.Command, []string) error { return o.check() },
		RunE:    offline(o.run),
	}
	f := cmd.Flags()
	o.flags(f)
	f.StringVar(&o.onlyFailedOf, "only-failed-of", "", "register only the models that the fleet of this id did not")
	o.approvalFlag(f)
	cmd.AddCommand(steeringOfFleets(a)...)
	return cmd
}

// flags are those of every command that runs a fleet.
func (o *fleetOptions) flags(f *pflag.FlagSet) {
	o.beginFlags(f)
	f.IntVarP(&o.window, "window", "w", schemas.DefaultWindow, "how many operations run at a time")
	f.BoolVar(&o.stopOnFailure, "stop-on-failure", false, "start no more once a model ended otherwise than asked for")
	f.StringVar(&o.id, "id", "", "the fleet's id (default: the time and some letters)")
	f.IntVar(&o.partSize, "part-size", schemas.MaxPart, "operations in one part of the fleet's input")
	_ = f.MarkHidden("part-size") // for tests
}

func (o *fleetOptions) check() error {
	if o.window < 1 || o.window > schemas.MaxWindow {
		return fmt.Errorf("--window must be from 1 to %d", schemas.MaxWindow)
	}
	if o.partSize < 1 || o.partSize > schemas.MaxPart {
		return fmt.Errorf("--part-size must be from 1 to %d", schemas.MaxPart)
	}
	o.onlyFailedOf = registrar.FleetID(o.onlyFailedOf)
	for flag, id := range map[string]string{"--id": o.id, "--only-failed-of": o.onlyFailedOf} {
		if err := schemas.CheckFleetID(id); id != "" && err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
	}
	return nil
}

func (o *fleetOptions) run(ctx context.Context, paths []string) error {
	manifests, err := o.validManifests(paths, o.approval)
	if err != nil {
		return err
	}
	return o.connected(ctx, o.uiURL, func(c *connection) error { return o.register(ctx, c, paths, manifests) })
}

// register registers the models of manifests as one fleet.
func (o *fleetOptions) register(
	ctx context.Context, c *connection, paths []string, manifests []schemas.Manifest,
) (err error) {
	if o.onlyFailedOf != "" {
		name := func(m schemas.Manifest) string { return m.Name }
		manifests, err = onlyUndone(ctx, c, manifests, name, o.onlyFailedOf)
	}
	switch {
	case err != nil:
		return err
	case len(manifests) == 0:
		o.err.Donef("every model of the fleet %s that is in these manifests is registered; nothing to do",
			o.onlyFailedOf)
		return nil
	case len(manifests) > schemas.MaxFleet:
		return misused("a fleet has at most %d manifests, these are %d; make several fleets",
			schemas.MaxFleet, len(manifests))
	}
	c.warnOfLookalikes(ctx, namesOf(manifests))
	return o.operate(ctx, c, registrar.FleetRequest{Manifests: manifests}, &fleetRun{paths: paths})
}

// operate starts a fleet, and follows it to its end unless it is to be left to itself.
func (o *fleetOptions) operate(ctx context.Context, c *connection, r registrar.FleetRequest, f *fleetRun) error {
	r.ID, r.Window, r.StopOnFailure, r.PartSize = o.id, o.window, o.stopOnFailure, o.partSize
	r.Requester = o.env.requester(o.requester)
	begin := func(ctx context.Context, r registrar.FleetRequest) (operation, error) { return f, f.begin(ctx, c, r) }
	return operate(ctx, c, []registrar.FleetRequest{r}, begin, o.followOptions)
}
