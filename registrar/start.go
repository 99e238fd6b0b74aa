package registrar

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"model-registrar/schemas"
	"model-registrar/workflows"
)

// Request asks for a registration.
type Request struct {
	Manifest schemas.Manifest
	// Requester is who asks, for example alice@example.com. The requester cannot approve the registration.
	Requester string
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
	return fmt.Sprintf("%s is being registered already: requested%s at %s, now at %s", e.Registration.Name(), who,
		e.Registration.StartedAt.Format(time.RFC3339), e.Registration.Progress().Stage)
}

func (*InProgress) typed() {}

// Start starts the registration of a manifest, which goes on whatever happens to this program. Whether there is anything
// to do the worker finds out: it asks the gateway, and what is registered already ends as UNCHANGED. The error is an
// [*InProgress] if a registration of the name is running, or one of the errors of a call.
func (c *Client) Start(ctx context.Context, r Request) (Registration, error) {
	hash, err := r.Manifest.Payload().Hash()
	if err != nil {
		return Registration{}, &Failed{c.address, fmt.Errorf("the manifest of %s has no payload: %w", r.Manifest.Name, err)}
	}
	reg := Registration{
		Name: r.Manifest.Name, WorkflowID: schemas.RegisterModelWorkflowID(r.Manifest.Name), PayloadHash: hash,
	}
	if err := c.CheckNames(ctx, reg.Name); err != nil {
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
	in := schemas.RegisterModelInput{Manifest: r.Manifest, Requester: r.Requester}
	start := workflows.StartOf(in)
	err = c.call(ctx, func(ctx context.Context) error {
		run, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID:                                       schemas.RegisterModelWorkflowID(r.Manifest.Name),
			TaskQueue:                                c.taskQueue,
			WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
			WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
			WorkflowExecutionErrorWhenAlreadyStarted: true,
			StaticSummary:                            start.Summary,
			StaticDetails:                            start.Details,
			TypedSearchAttributes:                    start.Attributes,
		}, schemas.RegisterModelWorkflow, in)
		if err == nil {
			runID = run.GetRunID()
		}
		return err
	})
	return runID, err
}
