package main

import (
	"context"
	"errors"
	"fmt"

	"model-registrar/internal/follow"
	"model-registrar/internal/words"
	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// registration is one run of an operation on a model that a command deals with.
type registration struct {
	handle
	result  schemas.Result        // final, or as far as it is known
	ending  *registrar.Ending     // nil while it goes on
	refusal *schemas.ErrorDetails // what the platform said, if it refused
}

// newRegistration is that of a run of an operation.
func newRegistration(operation, name, workflowID, runID string) *registration {
	return &registration{handle: handle{
		kind: words.Operation(operation) + " of ", name: name, argument: argument(name), workflowID: workflowID,
		runID: runID,
	}}
}

// Statuses of a result that is none yet. They are the starter's own: a workflow never returns them.
const (
	statusStarted    schemas.Outcome = "STARTED"
	statusInProgress schemas.Outcome = "IN_PROGRESS"
)

// begin starts an operation, unless one on that name is in progress.
func (c *connection) begin(ctx context.Context, request registrar.Request) (operation, error) {
	got, err := c.Start(ctx, request)
	r := newRegistration(request.Operation, got.Name, got.WorkflowID, got.RunID)
	if busy, ok := errors.AsType[*registrar.InProgress](err); ok {
		r.occupied(busy.Registration, got.PayloadHash)
		return r, nil
	}
	if err != nil {
		return nil, about(request.Manifest.Name+" was not started", explained(err))
	}
	r.result = schemas.Result{
		Name: r.name, Status: statusStarted, PayloadHash: got.PayloadHash, WorkflowID: r.workflowID, RunID: r.runID,
	}
	return r, nil
}

// occupied notes that an operation runs on the name already, whose, since when and how far it is, and whether that
// comes to the same as what was asked for.
func (r *registration) occupied(t registrar.Timeline, hash string) {
	r.foreign, r.runID = true, t.RunID
	who := ""
	if t.Input.Requester != "" {
		who = " by " + t.Input.Requester
	}
	r.result = schemas.Result{
		Name: r.name, Status: statusInProgress, WorkflowID: r.workflowID, RunID: r.runID,
		PayloadHash: t.Evidence.PayloadHash, JobID: t.Evidence.JobID, ModelID: t.Evidence.ModelID,
		Reason: fmt.Sprintf("%s %s already: requested%s at %s, now at %s", r.name, words.BeingDone(t.Operation), who,
			clock(t.StartedAt), t.Progress().Stage),
	}
	theirs, err := t.Input.Manifest.Payload().Hash()
	switch {
	case err != nil || hash == "" || t.Input.Manifest.Name == "": // a retirement has none, and some cannot be decrypted
	case theirs == hash:
		r.result.Reason += "; its payload is the same as this manifest's"
	default:
		r.result.Reason += fmt.Sprintf("; its payload is another: %s, and this manifest's is %s",
			follow.Short(theirs), follow.Short(hash))
	}
}

// tell says what became of the request.
func (r *registration) tell(c *connection) {
	if !r.foreign {
		r.tellRun(c, console.Styled(console.Strong, r.name).And(console.Plain, ": started "))
		return
	}
	c.err.Alertf("%s", r.result.Reason)
	c.err.Print(console.Text("  Watch it:  starter watch " + r.argument))
}
