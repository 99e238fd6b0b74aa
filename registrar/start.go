package registrar

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/workflows"
)

// Request asks for an operation on a model.
type Request struct {
	// Operation is the workflow type, one of [schemas.Operations]. Default: RegisterModel.
	Operation string
	// Manifest is what the model is to be. A retirement needs its name alone.
	Manifest schemas.Manifest
	// Requester is who asks, for example alice@example.com. The requester cannot approve the operation.
	Requester string
	// Seen is what a plan saw of the model, to which the operation is bound. Default: whatever there is. Registrations
	// take none: what they find decides.
	Seen *schemas.Seen
	// Restore puts back, without approval, what was approved. Only for ChangeModel.
	Restore bool
	// Reason says why a model is retired. Keep leaves it in the gateway and gives up the ownership alone. ModelID names
	// one that is nobody's. Only for RetireModel.
	Reason  string
	Keep    bool
	ModelID string
}

// item is what is asked for, without who asks.
func (r Request) item() schemas.FleetItem {
	i := schemas.FleetItem{Operation: r.Operation, Manifest: &r.Manifest}
	switch r.Operation {
	case "":
		i.Operation = schemas.RegisterModelWorkflow
	case schemas.ChangeModelWorkflow:
		i.Seen, i.Restore = r.Seen, r.Restore
	case schemas.AdoptModelWorkflow:
		i.Seen = r.Seen
	case schemas.RetireModelWorkflow:
		i.Manifest, i.Name, i.Seen, i.Reason, i.Keep, i.ModelID = nil, r.Manifest.Name, r.Seen, r.Reason, r.Keep,
			r.ModelID
		if r.Manifest.Approval != (schemas.ApprovalSpec{}) {
			i.Approval = &r.Manifest.Approval
		}
	}
	return i
}

// Registration is what came of a request.
type Registration struct {
	Name        string
	WorkflowID  string
	RunID       string
	PayloadHash string
}

// InProgress says that a registration of the name is running already. It goes on, and nothing was started.
type InProgress struct {
	Registration Timeline // as its history shows it
}

// Error says whose registration is in the way, and where it stands.
func (e *InProgress) Error() string {
	who := ""
	if r := e.Registration.Input.Requester; r != "" {
		who = " by " + r
	}
	return fmt.Sprintf("%s %s already: requested%s at %s, now at %s", e.Registration.Name(),
		words.BeingDone(e.Registration.Operation), who, e.Registration.StartedAt.Format(time.RFC3339),
		e.Registration.Progress().Stage)
}

func (*InProgress) typed() {}

// Start starts an operation, the registration of a manifest by default, which goes on whatever happens to this program.
// Whether there is anything to do the worker finds out: it asks the gateway, and what is registered already ends as
// UNCHANGED. The error is an [*InProgress] if an operation on the name is running, an [*Unsettled] if Temporal does not
// say whether the operation was started, an [*Encrypted] if the client lacks keys, or one of the errors of a call.
func (c *Client) Start(ctx context.Context, r Request) (Registration, error) {
	if r.Operation == "" {
		r.Operation = schemas.RegisterModelWorkflow
	}
	hash, err := r.Manifest.Payload().Hash()
	if r.Operation == schemas.RetireModelWorkflow {
		hash = "" // of what is there, which the worker finds out
	}
	if err != nil {
		return Registration{}, &Failed{c.address, fmt.Errorf("the manifest of %s has no payload: %w", r.Manifest.Name,
			err)}
	}
	reg := Registration{
		Name: r.Manifest.Name, WorkflowID: schemas.RegisterModelWorkflowID(r.Manifest.Name), PayloadHash: hash,
	}
	if err := c.CheckNames(ctx, reg.Name); err != nil {
		return reg, err
	}
	if err := c.checkEncryption(ctx); err != nil {
		return reg, err
	}
	reg.RunID, err = c.start(ctx, r)
	if _, taken := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); taken {
		if latest, loadErr := c.load(ctx, reg.WorkflowID, ""); loadErr == nil && latest != nil {
			return reg, &InProgress{*latest}
		}
	}
	return reg, err
}

// start starts the workflow, and returns the id of its run.
func (c *Client) start(ctx context.Context, r Request) (runID string, err error) {
	item := r.item()
	start := workflows.StartOfOperation(item, r.Requester)
	began := time.Now()
	id := schemas.RegisterModelWorkflowID(r.Manifest.Name)
	err = c.settle(ctx, id, false, func(ctx context.Context) error {
		run, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID:                                       id,
			TaskQueue:                                c.taskQueue,
			WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
			WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
			WorkflowExecutionErrorWhenAlreadyStarted: true,
			StaticSummary:                            start.Summary,
			StaticDetails:                            start.Details,
			TypedSearchAttributes:                    start.Attributes,
			Priority:                                 workflows.PriorityOf(r.Requester),
		}, item.Operation, item.Input(r.Requester))
		if err == nil {
			runID = run.GetRunID()
		}
		return err
	}, func(ctx context.Context) (bool, error) {
		t, err := c.load(ctx, id, "")
		if err != nil || t == nil {
			return false, err
		}
		runID = t.RunID
		return t.Operation == item.Operation && t.Input.Requester == r.Requester && (item.Manifest == nil ||
			same(t.Input.Manifest, r.Manifest)) && t.StartedAt.After(began.Add(-startClockSkew)), nil
	})
	return runID, err
}

// startClockSkew is how far Temporal's clock may be behind this machine's where a start is recognised as its own.
const startClockSkew = time.Minute
