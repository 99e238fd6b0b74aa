package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"model-registrar/internal/follow"
	"model-registrar/schemas"
	"model-registrar/workflows"
)

// state is what became of a request to register.
type state int

const (
	started           state = iota // to be followed, or left to itself
	alreadyRegistered              // nothing to do
	inProgress                     // somebody else's, or an earlier one
)

// registration is one run that a command deals with.
type registration struct {
	name       string
	workflowID string
	runID      string
	state      state
	since      time.Time

	result   schemas.Result        // final, or as far as it is known
	ending   *follow.Ending        // nil while it goes on
	refusal  *schemas.ErrorDetails // what the platform said, if it refused
	followed error                 // why following ended early
}

// Statuses of a result that is none yet. They are the starter's own: a workflow never returns them.
const (
	statusStarted    schemas.Outcome = "STARTED"
	statusInProgress schemas.Outcome = "IN_PROGRESS"
)

// begin starts a registration, unless one of that name is in progress or has completed with the same payload.
func (c *connection) begin(ctx context.Context, r request, force bool) (*registration, error) {
	reg := &registration{name: r.Manifest.Name, workflowID: schemas.RegisterModelWorkflowID(r.Manifest.Name)}
	latest, err := c.latest(ctx, reg.workflowID)
	if err != nil {
		return nil, err
	}
	if latest != nil && latest.Ending == nil {
		reg.occupied(latest)
		return reg, nil
	}
	done := latest
	if latest != nil && !latest.Ending.Completed() { // a failed attempt does not undo what completed before it
		if done, err = c.newestCompleted(ctx, reg.workflowID); err != nil {
			return nil, err
		}
	}
	if done != nil && done.Ending != nil && !force && done.Ending.Completed() && done.Ending.Result.PayloadHash == r.hash {
		reg.state, reg.runID, reg.since, reg.result = alreadyRegistered, done.RunID, done.Ending.At, *done.Ending.Result
		return reg, nil
	}
	var run client.WorkflowRun
	err = c.call(ctx, func(ctx context.Context) (err error) {
		run, err = c.Temporal().ExecuteWorkflow(ctx, c.startOptions(r), schemas.RegisterModelWorkflow, r.RegisterModelInput)
		return err
	})
	var taken *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &taken) { // between the look and the start
		latest, err = c.latest(ctx, reg.workflowID)
		if err == nil && latest != nil {
			reg.occupied(latest)
			return reg, nil
		}
	}
	if err != nil {
		return nil, err
	}
	reg.runID = run.GetRunID()
	reg.result = schemas.Result{
		Name: reg.name, Status: statusStarted, PayloadHash: r.hash, WorkflowID: reg.workflowID, RunID: reg.runID,
	}
	return reg, nil
}

// occupied notes that the name is being registered already, by whom, since when and how far it is.
func (r *registration) occupied(t *follow.Timeline) {
	r.state, r.runID, r.since = inProgress, t.RunID, t.StartedAt
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
}

// latest reads the newest run of a workflow id; nil if there is none.
func (c *connection) latest(ctx context.Context, workflowID string) (*follow.Timeline, error) {
	return c.load(ctx, workflowID, "")
}

// newestCompleted reads the newest run of a workflow id that ended as COMPLETED; nil if there is none.
func (c *connection) newestCompleted(ctx context.Context, workflowID string) (*follow.Timeline, error) {
	var reply *workflowservice.ListWorkflowExecutionsResponse
	err := c.call(ctx, func(ctx context.Context) (err error) {
		reply, err = c.Temporal().ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			PageSize: 1,
			Query: fmt.Sprintf("WorkflowId = %s AND %s = %s", literal(workflowID),
				schemas.RegistrationStageAttribute, literal(string(schemas.Completed))),
		})
		return err
	})
	if err != nil || len(reply.Executions) == 0 {
		return nil, err
	}
	return c.load(ctx, workflowID, reply.Executions[0].Execution.RunId)
}

// load reads one run of a workflow id, the newest for an empty run id; nil if there is none.
func (c *connection) load(ctx context.Context, workflowID, runID string) (*follow.Timeline, error) {
	var t *follow.Timeline
	err := c.call(ctx, func(ctx context.Context) (err error) {
		t, err = follow.Load(ctx, c.Temporal(), c.Decoder(), workflowID, runID)
		var none *serviceerror.NotFound
		if errors.As(err, &none) {
			t, err = nil, nil
		}
		return err
	})
	return t, err
}

func (c *connection) startOptions(r request) client.StartWorkflowOptions {
	start := workflows.StartOf(r.RegisterModelInput)
	return client.StartWorkflowOptions{
		ID:                                       schemas.RegisterModelWorkflowID(r.Manifest.Name),
		TaskQueue:                                c.TaskQueue(),
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            start.Summary,
		StaticDetails:                            start.Details,
		TypedSearchAttributes:                    start.Attributes,
	}
}
