package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// applyOptions are what apply is asked to do.
type applyOptions struct {
	fleetOptions
	prune     bool
	yes       bool
	maxRetire int
}

func applyCommand(a *app) *cobra.Command {
	o := &applyOptions{fleetOptions: fleetOptions{beginOptions: beginOptions{app: a}}}
	cmd := &cobra.Command{
		Use:   "apply PATH… | PLANFILE",
		Short: "Do what a plan says as one fleet, and follow it to the end",
		Long: `Make a plan of the manifests (see starter plan) or take the one that was saved
with --out, show it, ask at a terminal, and run it as one fleet: each model is
an operation of its own, with the proof, the approval and the record that it has
when started singly. What goes for starter fleet goes for it: the fleet goes on
without this command, and is steered by starter fleet pause, resume, window and
cancel.

Each operation is bound to what the plan saw. A model that has changed since is
refused (PlanOutdated), and the others go on. What waits for a person's approval
takes no place in the window. Retirements begin last.

The same plan under the same --id joins the fleet that was started before; so do
the manifests of which it was made.

With --output json, one schemas.FleetResult is printed at the end. The exit code
is 0 if everything was done, 1 if anything failed or is a conflict, and 3 if
anything was rejected, rolled back or cancelled.`,
		Example: `  starter apply models/
  starter apply models/ --prune --yes
  starter plan models/ --out plan.json && starter apply plan.json --yes
  starter apply plan.json --yes --only-failed-of 20261201-101500-abcde`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return fmt.Errorf("name at least one manifest file or folder, or a saved plan")
			case o.maxRetire < 0:
				return fmt.Errorf("--max-retire must not be negative")
			}
			return o.check()
		},
		RunE: offline(o.run),
	}
	f := cmd.Flags()
	f.BoolVar(&o.prune, "prune", false, "retire what is owned and in no manifest")
	f.IntVar(&o.maxRetire, "max-retire", 10, "retire at most this many models; a plan with more is refused")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	f.StringVar(&o.onlyFailedOf, "only-failed-of", "", "do only what the fleet of this id did not")
	o.flags(f)
	return cmd
}

func (o *applyOptions) run(ctx context.Context, paths []string) error {
	plan, manifests, err := o.read(paths)
	if err != nil {
		return err
	}
	return o.connected(ctx, o.uiURL, func(c *connection) error { return o.apply(ctx, c, paths, plan, manifests) })
}

func (o *applyOptions) apply(
	ctx context.Context, c *connection, paths []string, plan *schemas.Plan, manifests []schemas.Manifest,
) error {
	f := &fleetRun{paths: paths, applied: true, prune: o.prune, saved: plan != nil}
	items, err := o.joined(ctx, c, manifests)
	if err == nil && items == nil {
		items, f.least, err = o.planned(ctx, c, plan, manifests)
	}
	switch {
	case err != nil:
		return err
	case len(items) > 0:
		return o.operate(ctx, c, registrar.FleetRequest{Items: items}, f)
	case o.machine():
		err = o.print(schemas.FleetResult{Status: schemas.FleetCompleted, Outcomes: schemas.FleetTally{}})
	}
	return cmp.Or(err, exitWith(f.least))
}

// read reads what is to be applied: a saved plan, or manifests.
func (o *applyOptions) read(paths []string) (*schemas.Plan, []schemas.Manifest, error) {
	if len(paths) == 1 && strings.HasSuffix(paths[0], ".json") {
		if saved, ok, err := savedPlan(o.app, paths[0]); ok || err != nil {
			return &saved, nil, err
		}
	}
	manifests, err := o.validManifests(paths, "")
	return nil, manifests, err
}

// planned makes a plan unless there is one, and returns the operations that are to be run, and the code that the
// command exits with at least: what is otherwise than the manifests say and left alone is nothing that was done.
func (o *applyOptions) planned(
	ctx context.Context, c *connection, plan *schemas.Plan, manifests []schemas.Manifest,
) (items []schemas.FleetItem, code int, err error) {
	if plan == nil {
		made, err := c.Plan(ctx, manifests, registrar.PlanOptions{Prune: o.prune})
		if err != nil {
			return nil, exitFailed, err
		}
		plan = &made
	}
	if plan.Undone() > 0 {
		code = exitFailed
	}
	items, err = o.agreed(ctx, c, *plan)
	return items, code, err
}

// agreed shows a plan and asks for it, and returns its operations.
func (o *applyOptions) agreed(ctx context.Context, c *connection, p schemas.Plan) ([]schemas.FleetItem, error) {
	o.err.Print(planLines(p, false)...)
	if n := p.Counts[schemas.PlanRetire]; n > o.maxRetire {
		return nil, misused("the plan retires %s, and --max-retire allows %d; nothing was started",
			counted(n, "model"), o.maxRetire).hinting(
			"Is a folder of manifests missing? If they are to go:  --max-retire %d", n)
	}
	items := registrar.Items(p)
	var err error
	if o.onlyFailedOf != "" {
		items, err = onlyUndone(ctx, c, items, schemas.FleetItem.ModelName, o.onlyFailedOf)
	}
	switch {
	case err != nil || len(items) == 0:
		return nil, err
	case len(items) > schemas.MaxFleet:
		return nil, misused("a fleet has at most %d operations, these are %d; apply the manifests folder by folder",
			schemas.MaxFleet, len(items))
	}
	var created []string
	for _, i := range items {
		if i.Operation == schemas.RegisterModelWorkflow {
			created = append(created, i.ModelName())
		}
	}
	c.warnOfLookalikes(ctx, created)
	switch {
	case o.yes:
	case !o.interactive():
		return nil, misused("there is nobody to ask; say --yes. Nothing was started")
	case !o.confirm(ctx, "Apply this plan?"):
		return nil, failed("nothing was started")
	}
	return items, nil
}

// joined returns what the fleet of the id that was asked for does, if there is one and it does what these manifests ask
// for: a plan that is made in the middle of an apply has less to do, and is another one. Nil: there is nothing to join.
func (o *applyOptions) joined(
	ctx context.Context, c *connection, manifests []schemas.Manifest,
) ([]schemas.FleetItem, error) {
	if o.id == "" || len(manifests) == 0 {
		return nil, nil
	}
	items, err := c.FleetItems(ctx, o.id)
	if _, none := errors.AsType[*registrar.NotFound](err); none {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	wanted := map[string]*schemas.Manifest{}
	for i := range manifests {
		wanted[manifests[i].Name] = &manifests[i]
	}
	for _, i := range items {
		m := wanted[i.ModelName()]
		retires := i.Operation == schemas.RetireModelWorkflow
		if retires != (m == nil) || retires && !o.prune || !retires && !writtenAlike(m, i.Manifest) {
			return nil, &registrar.Taken{ID: o.id}
		}
	}
	o.err.Print(console.Text("The fleet ").And(console.Strong, o.id).And(console.Plain,
		" was started with these manifests before; joining it. What else they ask for is for another apply."))
	return items, nil
}

func writtenAlike(a, b *schemas.Manifest) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
