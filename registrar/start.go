package registrar

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"model-registrar/schemas"
	"model-registrar/workflows"
)

// Request asks for a registration.
type Request struct {
	Manifest schemas.Manifest
	// Requester is who asks, for example alice@example.com. The requester cannot approve the registration.
	Requester string
	// Force starts a registration also where the same payload is registered already. Default: nothing is started then.
	Force bool
}

// Registration is what came of a request.
type Registration struct {
	Name        string
	WorkflowID  string
	RunID       string
	PayloadHash string
	// Registered is the earlier registration that completed with the same payload; nothing was started then. It is nil for
	// a registration that was started.
	Registered *Timeline
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

// Start starts the registration of a manifest, which goes on whatever happens to this program. Nothing is started if
// the newest completed registration of the name has the same payload. The error is an [*InProgress] if a registration of
// the name is running, or one of the errors of a call.
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
	if !r.Force {
		done, err := c.registered(ctx, reg.WorkflowID, hash)
		if err != nil {
			return reg, err
		}
		if done != nil {
			reg.RunID, reg.Registered = done.RunID, done
			return reg, nil
		}
	}
	reg.RunID, err = c.start(ctx, r)
	if _, taken := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); taken { // since the look at it, if there was one
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

// registered is the newest completed registration, if it is of this payload; nil otherwise. The error is an [*InProgress] if
// a registration is running.
func (c *Client) registered(ctx context.Context, workflowID, hash string) (*Timeline, error) {
	latest, err := c.load(ctx, workflowID, "")
	switch {
	case err != nil || latest == nil:
		return nil, err
	case latest.Ending == nil:
		return nil, &InProgress{*latest}
	}
	done, err := c.completed(ctx, latest)
	if err != nil || done == nil || done.Ending.Result.PayloadHash != hash {
		return nil, err
	}
	return done, nil
}

// completed is the newest run that ended as COMPLETED, given the newest run; nil if there is none. An attempt that failed
// does not undo what completed before it.
func (c *Client) completed(ctx context.Context, latest *Timeline) (*Timeline, error) {
	if latest.Ending.Completed() {
		return latest, nil
	}
	var reply *workflowservice.ListWorkflowExecutionsResponse
	err := c.call(ctx, func(ctx context.Context) (err error) {
		reply, err = c.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			PageSize: 1,
			Query: fmt.Sprintf("WorkflowId = %s AND %s = %s", literal(latest.WorkflowID),
				schemas.RegistrationStageAttribute, literal(string(schemas.Completed))),
		})
		return err
	})
	if err != nil || len(reply.Executions) == 0 {
		return nil, err
	}
	found, err := c.load(ctx, latest.WorkflowID, reply.Executions[0].Execution.RunId)
	if err != nil || found == nil || found.Ending == nil || !found.Ending.Completed() {
		return nil, err
	}
	return found, nil
}
