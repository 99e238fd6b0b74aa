package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/follow"
	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

const (
	fleetLook      = time.Second     // between two looks at a fleet on a terminal
	fleetLookPlain = 5 * time.Second // elsewhere
	fleetQueryTime = 5 * time.Second
)

// followFleet shows how a fleet goes until it has ended or the context does. What it came to is in the run.
func (a *app) followFleet(ctx context.Context, c *connection, f *fleetRun) {
	ends := make(chan error, 1)
	go func() { ends <- c.awaitFleet(ctx, f.workflowID(), &f.result) }()
	show := newFleetProgress(a.err)
	defer show.close()
	every := fleetLookPlain
	if a.err.Terminal() {
		every = fleetLook
	}
	look := time.NewTimer(0)
	defer look.Stop()
	answers := make(chan fleetLooked, 1)
	for {
		select {
		case err := <-ends:
			f.ended, f.followed = err == nil, err
			if errors.Is(err, context.Canceled) || ctx.Err() != nil && !f.ended {
				f.followed, f.result.Status = nil, schemas.FleetStatus(statusInProgress)
			}
			return
		case <-look.C:
			go func() {
				limited, cancel := context.WithTimeout(ctx, fleetQueryTime)
				defer cancel()
				p, err := queryFleet[schemas.FleetProgress](limited, c, f.workflowID(), schemas.StatusQuery)
				answers <- fleetLooked{p, err}
			}()
		case l := <-answers:
			if ctx.Err() == nil {
				show.look(l.progress, c.unansweredFleet(l.err))
			}
			look.Reset(every)
		}
	}
}

// fleetLooked is what one look at a fleet found.
type fleetLooked struct {
	progress schemas.FleetProgress
	err      error
}

// unansweredFleet says why a fleet did not say where it stands; nothing if it did.
func (c *connection) unansweredFleet(err error) string {
	var closed *serviceerror.NotFound
	switch {
	case err == nil, errors.As(err, &closed):
		return ""
	case isQueryFailure(err), follow.TimedOut(err):
		return fmt.Sprintf("no worker on task queue %q answers; the fleet goes on when one does", c.TaskQueue())
	}
	return "Temporal at " + c.Address() + ": " + console.FirstLine(err.Error()) + "; trying again"
}

func isQueryFailure(err error) bool {
	_, ok := err.(*serviceerror.FailedPrecondition)
	return ok
}

// queryFleet asks the newest run of a fleet. It needs a worker.
func queryFleet[T any](ctx context.Context, c *connection, workflowID, query string) (answer T, err error) {
	value, err := c.Temporal().QueryWorkflow(ctx, workflowID, "", query)
	if err == nil {
		err = value.Get(&answer)
	}
	return answer, err
}

// awaitFleet waits until a fleet has ended, over all its runs and while Temporal cannot be reached, and takes its result
// however it ended. An error says that there is none.
func (c *connection) awaitFleet(ctx context.Context, workflowID string, result *schemas.FleetResult) error {
	wait := 500 * time.Millisecond
	for {
		var r schemas.FleetResult
		err := c.Temporal().GetWorkflow(ctx, workflowID, "").Get(ctx, &r)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil || endedFleet(err, &r) {
			*result = r
			return nil
		}
		var closed *temporal.WorkflowExecutionError
		if errors.As(err, &closed) {
			return failed("the fleet was closed from outside, and left no summary: %w", errors.Unwrap(closed)).
				hinting("Its registrations go on by themselves: starter list --fleet %s", fleetID(workflowID))
		}
		if !unreachable(err) {
			return c.explain(ctx, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
			wait = min(2*wait, 5*time.Second)
		}
	}
}

// endedFleet finds the result that a failed or cancelled fleet carries in its error.
func endedFleet(err error, r *schemas.FleetResult) bool {
	var app *temporal.ApplicationError
	var cancelled *temporal.CanceledError
	switch {
	case errors.As(err, &app):
		return app.Details(r) == nil && r.Status != ""
	case errors.As(err, &cancelled):
		return cancelled.Details(r) == nil && r.Status != ""
	}
	return false
}

// findFleet looks a fleet up: its result if it has ended.
func (c *connection) findFleet(ctx context.Context, f *fleetRun) error {
	if err := schemas.CheckFleetID(f.id); err != nil {
		return misused("%w", err)
	}
	limited, cancel := context.WithTimeout(ctx, registrar.CallTimeout)
	defer cancel()
	d, err := c.Temporal().DescribeWorkflowExecution(limited, f.workflowID(), "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return failed("no fleet %q is known in namespace %q", f.id, c.Namespace()).
			hinting("`starter list --fleets` shows those that are; Temporal forgets ended ones after the namespace's retention time.")
	}
	if err != nil {
		return c.explain(ctx, err)
	}
	f.runID = d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	switch d.GetWorkflowExecutionInfo().GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW:
		f.result = schemas.FleetResult{FleetID: f.id, Status: schemas.FleetStatus(statusInProgress), Outcomes: schemas.FleetTally{}, WorkflowID: f.workflowID(), RunID: f.runID}
		return nil
	}
	err = c.awaitFleet(limited, f.workflowID(), &f.result)
	f.ended = err == nil
	return err
}

// order sends an update to a fleet.
func (c *connection) order(ctx context.Context, id, update string, args ...any) (receipt schemas.FleetReceipt, err error) {
	limited, cancel := context.WithTimeout(ctx, registrar.AnswerTimeout)
	defer cancel()
	handle, err := c.Temporal().UpdateWorkflow(limited, client.UpdateWorkflowOptions{
		WorkflowID: schemas.RegisterFleetWorkflowID(id), UpdateName: update, Args: args, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(limited, &receipt)
	}
	var (
		refused *temporal.ApplicationError
		gone    *serviceerror.NotFound
		late    *client.WorkflowUpdateServiceTimeoutOrCanceledError
	)
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.As(err, &gone):
		f := &fleetRun{id: id}
		if err = c.findFleet(ctx, f); err == nil {
			err = failed("the fleet %s has ended as %s", id, f.result.Status)
		}
	case errors.As(err, &refused):
		err = failed("the fleet refused: %s", refused.Message())
	case errors.As(err, &late):
		err = failed("no worker answered within %s; whether the order counts is not known", registrar.AnswerTimeout).
			hinting("Check that a worker polls task queue %q, then look with `starter status %s`.", c.TaskQueue(), schemas.RegisterFleetWorkflowID(id))
	}
	return receipt, c.explain(ctx, err)
}
