package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"model-registrar/internal/follow"
	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// state is what became of a request to register.
type state int

const (
	started    state = iota // to be followed, or left to itself
	inProgress              // somebody else's, or an earlier one
)

// registration is one run that a command deals with.
type registration struct {
	name       string
	workflowID string
	runID      string
	state      state

	result   schemas.Result        // final, or as far as it is known
	ending   *registrar.Ending     // nil while it goes on
	refusal  *schemas.ErrorDetails // what the platform said, if it refused
	followed error                 // why following ended early
	waited   time.Duration         // after which it is no longer followed; 0: it still is, or somebody interrupted that
}

// Statuses of a result that is none yet. They are the starter's own: a workflow never returns them.
const (
	statusStarted    schemas.Outcome = "STARTED"
	statusInProgress schemas.Outcome = "IN_PROGRESS"
)

// begin starts a registration, unless one of that name is in progress.
func (c *connection) begin(ctx context.Context, r registrar.Request) (*registration, error) {
	got, err := c.Start(ctx, r)
	reg := &registration{name: got.Name, workflowID: got.WorkflowID, runID: got.RunID}
	if busy, ok := errors.AsType[*registrar.InProgress](err); ok {
		reg.occupied(busy.Registration, got.PayloadHash)
		return reg, nil
	}
	if err != nil {
		return nil, err
	}
	reg.result = schemas.Result{
		Name: reg.name, Status: statusStarted, PayloadHash: got.PayloadHash, WorkflowID: reg.workflowID,
		RunID: reg.runID,
	}
	return reg, nil
}

// occupied notes that the name is being registered already, by whom, since when and how far it is, and whether that comes to
// the same as what was asked for.
func (r *registration) occupied(t registrar.Timeline, hash string) {
	r.state, r.runID = inProgress, t.RunID
	who := ""
	if t.Input.Requester != "" {
		who = " by " + t.Input.Requester
	}
	r.result = schemas.Result{
		Name: r.name, Status: statusInProgress, WorkflowID: r.workflowID, RunID: r.runID,
		PayloadHash: t.Evidence.PayloadHash, JobID: t.Evidence.JobID, ModelID: t.Evidence.ModelID,
		Reason: fmt.Sprintf("%s is being registered already: requested%s at %s, now at %s",
			r.name, who, clock(t.StartedAt), t.Progress().Stage),
	}
	theirs, err := t.Input.Manifest.Payload().Hash()
	switch {
	case err != nil || hash == "" || t.Input.Manifest.Name == "": // a retirement has none, and what is encrypted may not be readable
	case theirs == hash:
		r.result.Reason += "; its payload is the same as this manifest's"
	default:
		r.result.Reason += fmt.Sprintf("; its payload is another: %s, and this manifest's is %s", follow.Short(theirs), follow.Short(hash))
	}
}

// tellBegun says what became of a request.
func (r *registration) tellBegun(out *console.Printer, c *connection) {
	name := console.Clean(r.name)
	switch r.state {
	case started:
		tellRun(out, c, console.Styled(console.Strong, name).And(console.Plain, ": started "), r.workflowID, r.runID)
	case inProgress:
		out.Print(console.Styled(console.Alert, "! ").And(console.Plain, r.result.Reason))
		out.Print(console.Text("  Watch it:  starter watch " + argument(r.name)))
	}
}
