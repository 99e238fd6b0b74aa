package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// applyOptions are the flags of apply.
type applyOptions struct {
	registerOptions
	prune     bool
	yes       bool
	window    int
	maxRetire int
}

// pruneReason is the reason of a retirement that a plan asks for.
const pruneReason = "in no manifest any more"

func (a *app) applyCommand() *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use:   "apply PATH… | PLANFILE",
		Short: "Do what a plan says, and follow it to the end",
		Long: `Make a plan of the manifests (see starter plan) or take the one that was saved with --out, show it, ask at a terminal, and
run it: each model is an operation of its own, with the proof, the approval and the record that it has when started singly.

Each operation is bound to what the plan saw. A model that has changed since is refused (PlanOutdated), and the others go on.
What waits for a person's approval takes no place in the window.

The exit code is 0 if everything was done, 1 if anything failed, and 3 if anything was rejected, rolled back or cancelled.`,
		Example: `  starter apply models/
  starter apply models/ --prune --yes
  starter plan models/ --out plan.json && starter apply plan.json --yes`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return fmt.Errorf("name at least one manifest file or folder, or a saved plan")
			case o.window < 1 || o.window > schemas.MaxWindow:
				return fmt.Errorf("--window must be from 1 to %d", schemas.MaxWindow)
			case o.maxRetire < 0:
				return fmt.Errorf("--max-retire must not be negative")
			}
			return nil
		},
		RunE: offline(func(ctx context.Context, paths []string) error { return a.apply(ctx, paths, o) }),
	}
	f := cmd.Flags()
	f.BoolVar(&o.prune, "prune", false, "retire what is owned and in no manifest")
	f.IntVar(&o.maxRetire, "max-retire", 10, "retire at most this many models; a plan with more is refused")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	f.IntVarP(&o.window, "window", "w", schemas.DefaultWindow, "how many operations run at a time")
	f.StringVar(&o.requester, "requester", "", "who asks, and so cannot approve (default $REGISTRAR_REQUESTER, or user@host)")
	f.StringVar(&o.uiURL, "ui-url", "", "base address of the Temporal UI, for links (default $REGISTRAR_UI_URL)")
	return cmd
}

func (a *app) apply(ctx context.Context, paths []string, o applyOptions) error {
	p, err := a.planOf(ctx, paths, o)
	if err != nil {
		return err
	}
	a.err.Print(planLines(p, false)...)
	if n := p.Counts[schemas.PlanRetire]; n > o.maxRetire {
		return misused("the plan retires %s, and --max-retire allows %d; nothing was started", counted(n, "model"), o.maxRetire).
			hinting("Is a folder of manifests missing? If they are to go:  --max-retire %d", n)
	}
	conflicts := map[bool]int{true: exitFailed}[p.Counts[schemas.PlanConflict] > 0]
	if p.Work() == 0 {
		return exitWith(conflicts)
	}
	switch {
	case o.yes:
	case !a.interactive():
		return misused("there is nobody to ask; say --yes. Nothing was started")
	case !a.confirm(ctx, "Apply this plan?"):
		return failed("nothing was started")
	}
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if o.uiURL != "" {
		c.uiURL = o.uiURL
	}
	err = a.run(ctx, c, p, o)
	if err == nil {
		return exitWith(conflicts)
	}
	return err
}

// planOf takes a saved plan, or makes one of manifests.
func (a *app) planOf(ctx context.Context, paths []string, o applyOptions) (schemas.Plan, error) {
	if len(paths) == 1 && strings.HasSuffix(paths[0], ".json") {
		if saved, ok, err := a.savedPlan(paths[0]); ok || err != nil {
			return saved, err
		}
	}
	return a.makePlan(ctx, paths, o.prune)
}

// savedPlan reads a plan, and reports whether the file holds one.
func (a *app) savedPlan(file string) (p schemas.Plan, ok bool, err error) {
	label, data, err := a.readFile(file, maxFleetFile)
	if err != nil {
		return p, false, failed("%w", err)
	}
	var looks struct {
		Version int              `json:"version"`
		Items   *json.RawMessage `json:"items"`
	}
	if json.Unmarshal(data, &looks) != nil || looks.Items == nil || looks.Version == 0 {
		return p, false, nil
	}
	if looks.Version != schemas.PlanVersion {
		return p, true, misused("%s: a plan of version %d; this starter knows version %d. Make a new plan", label, looks.Version, schemas.PlanVersion)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return p, true, misused("%s: this plan cannot be read: %w", label, err)
	}
	p.Counts = map[schemas.PlanAction]int{}
	for _, i := range p.Items {
		if _, known := planSigns[i.Action]; !known && i.Action != schemas.PlanUnchanged {
			return p, true, misused("%s: %s: no plan has the action %q", label, i.Name, i.Action)
		}
		if i.Action.Applies() && i.Action != schemas.PlanRetire && (i.Manifest == nil || i.Manifest.Name != i.Name) {
			return p, true, misused("%s: %s: the manifest of this name is missing", label, i.Name)
		}
		p.Counts[i.Action]++
	}
	return p, true, nil
}

// requestOf is the operation that does what a plan says about one model.
func requestOf(i schemas.PlanItem, requester string) registrar.Request {
	r := registrar.Request{Manifest: schemas.Manifest{Name: i.Name}, Requester: requester, Seen: &i.Seen}
	if i.Manifest != nil {
		r.Manifest = *i.Manifest
	}
	switch i.Action {
	case schemas.PlanChange:
		r.Operation = schemas.ChangeModelWorkflow
	case schemas.PlanRestore:
		r.Operation, r.Restore = schemas.ChangeModelWorkflow, true
	case schemas.PlanAdopt:
		r.Operation = schemas.AdoptModelWorkflow
	case schemas.PlanRetire:
		r.Operation, r.Reason = schemas.RetireModelWorkflow, pruneReason
	default:
		r.Operation, r.Seen = schemas.RegisterModelWorkflow, nil // what a registration finds decides
	}
	return r
}

// run runs the operations of a plan, as many at a time as the window allows, and follows them to their end.
func (a *app) run(ctx context.Context, c *connection, p schemas.Plan, o applyOptions) error {
	requester := strings.TrimSpace(o.requester)
	if requester == "" {
		requester = a.identity()
	}
	var requests []registrar.Request
	for _, i := range p.Items {
		if i.Action.Applies() {
			requests = append(requests, requestOf(i, requester))
		}
	}
	all := a.runWindow(ctx, c, requests, o.window)
	err := a.conclude(c, all)
	done, left := 0, len(requests)-len(all)
	for _, r := range all {
		if r.ending != nil && (r.ending.Completed() || r.result.Status == schemas.Unchanged) {
			done++
		}
	}
	summary := console.Styled(console.Strong, "Applied: ").And(console.Plain, fmt.Sprintf("%d of %d done", done, len(requests)))
	if left > 0 {
		summary = summary.And(console.Alert, fmt.Sprintf(", %d not started; apply again", left))
	}
	a.err.Print(nil, summary)
	if left > 0 && err == nil {
		return exitWith(exitInterrupted)
	}
	return err
}
