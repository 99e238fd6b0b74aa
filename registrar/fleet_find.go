package registrar

import (
	"context"
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/follow"
	"model-registrar/schemas"
)

// FindFleet looks a fleet up by its id, with its result if it has ended. It needs no worker. The error is a [*NotFound]
// if there is none, and a [*Closed] if it was closed from outside.
func (c *Client) FindFleet(ctx context.Context, id string) (Fleet, error) {
	f := Fleet{ID: id, WorkflowID: schemas.RegisterFleetWorkflowID(id)}
	var found *workflowservice.DescribeWorkflowExecutionResponse
	err := c.call(ctx, func(ctx context.Context) (err error) {
		found, err = c.temporal.DescribeWorkflowExecution(ctx, f.WorkflowID, "")
		return err
	})
	if _, none := errors.AsType[*serviceerror.NotFound](err); none {
		return f, &NotFound{Name: id, Fleet: true, Namespace: c.namespace}
	}
	if err != nil {
		return f, err
	}
	f.RunID = found.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	switch found.GetWorkflowExecutionInfo().GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED,
		enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW:
		return f, nil
	}
	limited, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	result, err := c.AwaitFleet(limited, id)
	if err == nil {
		f.Result = &result
	}
	return f, c.Explain(ctx, err)
}

// AwaitFleet waits until a fleet has ended, over all its runs and while Temporal cannot be reached, and returns its
// result however it ended. The error is a [*Closed] if it left none.
func (c *Client) AwaitFleet(ctx context.Context, id string) (schemas.FleetResult, error) {
	wait := 500 * time.Millisecond
	for {
		var r schemas.FleetResult
		err := c.temporal.GetWorkflow(ctx, schemas.RegisterFleetWorkflowID(id), "").Get(ctx, &r)
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		if err == nil {
			return r, nil
		}
		if r, ok := follow.Carried[schemas.FleetResult](err); ok && r.Status != "" {
			return r, nil
		}
		if closed, ok := errors.AsType[*temporal.WorkflowExecutionError](err); ok {
			return r, &Closed{id, errors.Unwrap(closed)}
		}
		if !isUnreachable(err) {
			return r, c.Explain(ctx, err)
		}
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-time.After(wait):
			wait = min(2*wait, 5*time.Second)
		}
	}
}

// FleetStatus asks a running fleet where it stands. The error is a [*NoWorker] if none answers.
func (c *Client) FleetStatus(ctx context.Context, id string) (schemas.FleetProgress, error) {
	return query[schemas.FleetProgress](ctx, c, schemas.RegisterFleetWorkflowID(id), "", schemas.StatusQuery)
}

// FleetItems reads what a fleet was started to do, in its order, from what Temporal holds. The error is a [*NotFound]
// if there is no such fleet, and a [*Forgotten] if Temporal does not hold it any longer.
func (c *Client) FleetItems(ctx context.Context, id string) ([]schemas.FleetItem, error) {
	var in schemas.RegisterFleetInput
	_, err := c.startInput(ctx, schemas.RegisterFleetWorkflowID(id), &in)
	if _, none := errors.AsType[*serviceerror.NotFound](err); none {
		return nil, &NotFound{Name: id, Fleet: true, Namespace: c.namespace}
	}
	if err != nil {
		return nil, c.Explain(ctx, err)
	}
	return c.held(ctx, id, in.Parts)
}

// held reads the parts of a fleet.
func (c *Client) held(ctx context.Context, id string, parts int) (all []schemas.FleetItem, err error) {
	for i := range parts {
		limited, cancel := context.WithTimeout(ctx, CallTimeout)
		part, err := follow.FleetPart(limited, c.temporal, c.namespace, c.decoder.Data, id, i)
		cancel()
		if errors.Is(err, follow.ErrNoPart) {
			return nil, &Forgotten{id}
		}
		if err != nil {
			return nil, c.Explain(ctx, err)
		}
		all = append(all, part.All()...)
	}
	return all, nil
}

// Unregistered reads the names of the models about which a fleet did not do what it was to do, from what Temporal
// holds. The error is a [*Forgotten] if it does no longer.
func (c *Client) Unregistered(ctx context.Context, r schemas.FleetResult) (map[string]bool, error) {
	items, err := c.held(ctx, r.FleetID, r.Parts)
	if err != nil {
		return nil, err
	}
	names, done := map[string]bool{}, map[string]bool{}
	for i, item := range items {
		if name := item.ModelName(); r.IsRegistered(i) {
			done[name] = true
		} else {
			names[name] = true
		}
	}
	for name := range done { // its name came twice
		delete(names, name)
	}
	return names, nil
}
