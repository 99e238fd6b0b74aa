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
	applied  bool     // by apply, with prune and a code that the command exits with at least
	prune    bool
	code     int
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

// start starts the fleet.
func (f *fleetRun) start(ctx context.Context, out *console.Printer, c *connection, r registrar.FleetRequest) error {
	started, err := c.StartFleet(ctx, r)
	if err != nil {
		return about("the fleet was not started", explained(err))
	}
	f.id, f.workflowID, f.runID = started.ID, started.WorkflowID, started.RunID
	f.result = schemas.FleetResult{
		FleetID: f.id, Status: schemas.FleetStatus(statusStarted), Requester: started.Requester, Total: started.Total,
		NotStarted: started.Total, Outcomes: schemas.FleetTally{}, Parts: started.Parts, WorkflowID: f.workflowID, RunID: f.runID,
	}
	what := "model"
	if f.applied {
		what = "operation"
	}
	tellRun(out, c, console.Text("fleet ").And(console.Strong, f.id).
		And(console.Plain, ": "+counted(started.Total, what)+" "), f.workflowID, f.runID)
	return nil
}

// onlyUndone keeps those that are about models with which a fleet that has ended was not done.
func onlyUndone[T any](ctx context.Context, a *app, c *connection, all []T, name func(T) string, id string) ([]T, error) {
	f, err := c.foundFleet(ctx, id)
	if err != nil {
		return nil, err
	}
	if !f.ended {
		return nil, failed("the fleet %s has not ended; what it will not do is not known yet", id).
			hinting("Watch it with `starter watch %s`, or end it with `starter cancel %s`.", f.workflowID, f.workflowID)
	}
	wanted, err := c.Unregistered(ctx, f.result)
	if err != nil {
		return nil, err
	}
	var kept []T
	for _, one := range all {
		if wanted[name(one)] {
			kept = append(kept, one)
			delete(wanted, name(one))
		}
	}
	if len(wanted) > 0 {
		a.err.Print(console.Styled(console.Alert, fmt.Sprintf("! %s of the fleet %s not among these, and left out",
			counted(len(wanted), "unfinished model"), map[bool]string{true: id + " is", false: id + " are"}[len(wanted) == 1])))
	}
	return kept, nil
}
