package main

import (
	"context"
	"fmt"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// fleetRun is one fleet that a command deals with.
type fleetRun struct {
	id, workflowID, runID string

	paths    []string // that it was made of, if this command made it
	result   schemas.FleetResult
	ended    bool
	followed error // why following ended early
}

// foundFleet looks up the fleet that a command names, by its id or its workflow's.
func (c *connection) foundFleet(ctx context.Context, name string) (*fleetRun, error) {
	id := registrar.FleetID(name)
	if err := schemas.CheckFleetID(id); err != nil {
		return nil, misused("%w", err)
	}
	found, err := c.FindFleet(ctx, id)
	if err != nil {
		return nil, err
	}
	f := &fleetRun{id: id, workflowID: found.WorkflowID, runID: found.RunID}
	if found.Result != nil {
		f.result, f.ended = *found.Result, true
		return f, nil
	}
	f.result = schemas.FleetResult{FleetID: id, Status: schemas.FleetStatus(statusInProgress),
		Outcomes: schemas.FleetTally{}, WorkflowID: f.workflowID, RunID: f.runID}
	return f, nil
}

// beginFleet starts a fleet.
func (a *app) beginFleet(ctx context.Context, c *connection, requests []request, o fleetOptions) (*fleetRun, error) {
	manifests := make([]schemas.Manifest, len(requests))
	for i, r := range requests {
		manifests[i] = r.Manifest
	}
	started, err := c.StartFleet(ctx, registrar.FleetRequest{
		ID: o.id, Manifests: manifests, Requester: requests[0].Requester, Window: o.window, StopOnFailure: o.stopOnFailure,
		PartSize: o.partSize,
	})
	if err != nil {
		return nil, about("the fleet was not started", explained(err))
	}
	f := &fleetRun{id: started.ID, workflowID: started.WorkflowID, runID: started.RunID}
	f.result = schemas.FleetResult{
		FleetID: f.id, Status: schemas.FleetStatus(statusStarted), Requester: started.Requester, Total: started.Total,
		NotStarted: started.Total, Outcomes: schemas.FleetTally{}, Parts: started.Parts, WorkflowID: f.workflowID, RunID: f.runID,
	}
	a.err.Print(console.Text("fleet ").And(console.Strong, f.id).And(console.Plain, ": "+counted(started.Total, "model")+" ").
		And(console.Faint, f.workflowID+" run "+f.runID))
	if page := c.page(f.workflowID, f.runID); page != "" {
		a.err.Print(console.Text("  " + page))
	}
	return f, nil
}

// onlyUnregistered keeps the requests whose models a fleet that has ended did not register.
func (a *app) onlyUnregistered(ctx context.Context, c *connection, requests []request, id string) ([]request, error) {
	f, err := c.foundFleet(ctx, id)
	if err != nil {
		return nil, err
	}
	if !f.ended {
		return nil, failed("the fleet %s has not ended; what it will not register is not known yet", id).
			hinting("Watch it with `starter watch %s`, or end it with `starter cancel %s`.", f.workflowID, f.workflowID)
	}
	wanted, err := c.Unregistered(ctx, f.result)
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
