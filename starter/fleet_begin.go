package main

import (
	"context"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// fleetRun is one fleet that a command deals with.
type fleetRun struct {
	handle
	paths   []string // that it was made of, if this command made it
	applied bool     // by apply, with prune and a code that the command exits with at least
	prune   bool
	saved   bool // the plan was a file
	least   int
	result  schemas.FleetResult
}

// found takes over where a fleet is.
func (f *fleetRun) found(at registrar.Fleet) {
	f.handle = handle{kind: "fleet ", name: at.ID, argument: at.WorkflowID, workflowID: at.WorkflowID, runID: at.RunID}
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
	f := &fleetRun{}
	f.found(found)
	if found.Result != nil {
		f.ends(*found.Result)
		return f, nil
	}
	f.result = schemas.FleetResult{FleetID: id, Status: schemas.FleetStatus(statusInProgress),
		Outcomes: schemas.FleetTally{}, WorkflowID: f.workflowID, RunID: f.runID}
	return f, nil
}

// ends takes over what the fleet came to.
func (f *fleetRun) ends(r schemas.FleetResult) { f.ended, f.result, f.runID = true, r, r.RunID }

// begin starts the fleet.
func (f *fleetRun) begin(ctx context.Context, c *connection, r registrar.FleetRequest) error {
	started, err := c.StartFleet(ctx, r)
	if err != nil {
		return about("the fleet was not started", explained(err))
	}
	f.found(started)
	f.result = schemas.FleetResult{
		FleetID: f.name, Status: schemas.FleetStatus(statusStarted), Requester: started.Requester,
		Total: started.Total, NotStarted: started.Total, Outcomes: schemas.FleetTally{}, Parts: started.Parts,
		WorkflowID: f.workflowID, RunID: f.runID,
	}
	return nil
}

// tell says what was started.
func (f *fleetRun) tell(c *connection) {
	what := "model"
	if f.applied {
		what = "operation"
	}
	f.tellRun(c, console.Text("fleet ").And(console.Strong, f.name).
		And(console.Plain, ": "+counted(f.result.Total, what)+" "))
}

// onlyUndone keeps those that are about models with which a fleet that has ended was not done.
func onlyUndone[T any](
	ctx context.Context, c *connection, all []T, name func(T) string, id string,
) ([]T, error) {
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
		are := map[bool]string{true: " is", false: " are"}[len(wanted) == 1]
		c.err.Alertf("%s of the fleet %s%s not among these, and left out",
			counted(len(wanted), "unfinished model"), id, are)
	}
	return kept, nil
}
