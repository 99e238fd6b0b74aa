package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"model-registrar/internal/fleetparts"
	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
	"model-registrar/workflows"
)

// fleetRun is one fleet that a command deals with.
type fleetRun struct {
	id       string
	runID    string   // of its first run, as far as it is known
	paths    []string // that it was made of, if this command made it
	result   schemas.FleetResult
	ended    bool
	followed error // why following ended early
}

// fleetID takes the folder off a fleet's workflow id.
func fleetID(name string) string {
	return strings.TrimPrefix(name, schemas.RegisterFleetWorkflowID(""))
}

// isFleet tells whether a command's NAME is that of a fleet.
func isFleet(name string) bool { return strings.HasPrefix(name, schemas.RegisterFleetWorkflowID("")) }

func (f *fleetRun) workflowID() string { return schemas.RegisterFleetWorkflowID(f.id) }

// newFleetID makes an id that says when and that nobody else makes.
func newFleetID(now time.Time) string {
	return now.UTC().Format("20060102-150405") + "-" + strings.ToLower(rand.Text()[:5])
}

// beginFleet starts the workflows that hold the parts, then the fleet. If one cannot be started, those before it are
// released again.
func (a *app) beginFleet(ctx context.Context, c *connection, requests []request, o fleetOptions) (*fleetRun, error) {
	id := o.id
	if id == "" {
		id = newFleetID(time.Now())
	}
	manifests := make([]schemas.Manifest, len(requests))
	for i, r := range requests {
		manifests[i] = r.Manifest
	}
	parts, err := fleetparts.Split(id, manifests, o.partSize, schemas.MaxPartBytes)
	if err != nil {
		return nil, err
	}
	in := schemas.RegisterFleetInput{
		FleetID: id, Total: len(requests), Parts: len(parts), Window: o.window, StopOnFailure: o.stopOnFailure,
		Requester: requests[0].Requester,
	}
	for i, p := range parts {
		if err := c.startPart(ctx, p, len(parts)); err != nil {
			c.release(id, i)
			return nil, about("the fleet was not started", c.taken(ctx, id, err))
		}
	}
	run, err := c.startFleet(ctx, in)
	if err != nil {
		c.release(id, len(parts))
		return nil, about("the fleet was not started", c.taken(ctx, id, err))
	}
	f := &fleetRun{id: id, runID: run.GetRunID()}
	f.result = schemas.FleetResult{
		FleetID: id, Status: schemas.FleetStatus(statusStarted), Requester: in.Requester, Total: in.Total, NotStarted: in.Total,
		Outcomes: schemas.FleetTally{},
		Parts:    in.Parts, WorkflowID: f.workflowID(), RunID: f.runID,
	}
	a.err.Print(console.Text("fleet ").And(console.Strong, id).And(console.Plain, ": "+counted(in.Total, "model")+" ").
		And(console.Faint, f.workflowID()+" run "+f.runID))
	if page := c.page(f.workflowID(), f.runID); page != "" {
		a.err.Print(console.Text("  " + page))
	}
	return f, nil
}

// unique are the options of a workflow whose id is used once.
func (c *connection) unique(id, summary string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID: id, TaskQueue: c.TaskQueue(),
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            summary,
	}
}

func (c *connection) startPart(ctx context.Context, p schemas.FleetPart, of int) error {
	options := c.unique(schemas.FleetPartWorkflowID(p.FleetID, p.Part), fmt.Sprintf("Part %d of %d of the fleet %s", p.Part+1, of, p.FleetID))
	limited, cancel := context.WithTimeout(ctx, registrar.CallTimeout)
	defer cancel()
	_, err := c.Temporal().ExecuteWorkflow(limited, options, schemas.HoldFleetPartWorkflow, p)
	return err
}

func (c *connection) startFleet(ctx context.Context, in schemas.RegisterFleetInput) (client.WorkflowRun, error) {
	start := workflows.StartOfFleet(in)
	options := c.unique(schemas.RegisterFleetWorkflowID(in.FleetID), start.Summary)
	options.StaticDetails, options.TypedSearchAttributes = start.Details, start.Attributes
	limited, cancel := context.WithTimeout(ctx, registrar.CallTimeout)
	defer cancel()
	return c.Temporal().ExecuteWorkflow(limited, options, schemas.RegisterFleetWorkflow, in)
}

// taken explains why a workflow of the fleet was not started.
func (c *connection) taken(ctx context.Context, id string, err error) error {
	var exists *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &exists) {
		return failed("the id %q is taken by another fleet", id).
			hinting("Choose another --id, or leave it out. That one:  starter status %s", quote(schemas.RegisterFleetWorkflowID(id)))
	}
	return c.explain(ctx, err)
}

// release lets go of the first parts of a fleet that was not started. Those that it does not reach end by themselves.
func (c *connection) release(id string, parts int) {
	ctx, cancel := context.WithTimeout(context.Background(), registrar.CallTimeout)
	defer cancel()
	for part := range parts {
		if c.Temporal().SignalWorkflow(ctx, schemas.FleetPartWorkflowID(id, part), "", schemas.ReleaseSignal, nil) != nil {
			return
		}
	}
}

// onlyUnregistered keeps the requests whose models a fleet that has ended did not register.
func (a *app) onlyUnregistered(ctx context.Context, c *connection, requests []request, id string) ([]request, error) {
	f := &fleetRun{id: id}
	if err := c.findFleet(ctx, f); err != nil {
		return nil, err
	}
	if !f.ended {
		return nil, failed("the fleet %s has not ended; what it will not register is not known yet", id).
			hinting("Watch it with `starter watch %s`, or end it with `starter cancel %s`.", f.workflowID(), f.workflowID())
	}
	wanted, err := c.unregistered(ctx, f.result)
	if err != nil {
		return nil, err
	}
	var kept []request
	for _, r := range requests {
		if wanted[r.Manifest.Name] {
			kept = append(kept, r)
			delete(wanted, r.Manifest.Name)
		}
	}
	if len(wanted) > 0 {
		a.err.Print(console.Styled(console.Alert, fmt.Sprintf("! %s of the fleet %s in none of these manifests, and left out",
			counted(len(wanted), "unregistered model"), map[bool]string{true: id + " is", false: id + " are"}[len(wanted) == 1])))
	}
	return kept, nil
}

// unregistered reads the names of the models that a fleet did not register from its parts.
func (c *connection) unregistered(ctx context.Context, r schemas.FleetResult) (map[string]bool, error) {
	names, done := map[string]bool{}, map[string]bool{}
	for i := range r.Parts {
		limited, cancel := context.WithTimeout(ctx, registrar.CallTimeout)
		part, err := fleetparts.Read(limited, c.Temporal(), c.Namespace(), c.Decoder().Data, r.FleetID, i)
		cancel()
		if errors.Is(err, fleetparts.ErrMissing) {
			return nil, failed("Temporal has forgotten the manifests of the fleet %s, so what it did not register is not known", r.FleetID).
				hinting("Register all of them: those that are registered are left alone.")
		}
		if err != nil {
			return nil, c.explain(ctx, err)
		}
		for k, m := range part.Manifests {
			if r.IsRegistered(part.First + k) {
				done[m.Name] = true
			} else {
				names[m.Name] = true
			}
		}
	}
	for name := range done { // its name came twice
		delete(names, name)
	}
	return names, nil
}
