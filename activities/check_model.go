package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/creation"
	"model-registrar/internal/follow"
	"model-registrar/schemas"
)

// CheckModel compares how the gateway has a model that is ours with what was approved. It does not judge a model on
// which an operation works: what differs then may be the operation's doing. Soon after an operation it reads again
// until the model is as approved or the gateway's reads must have caught up.
func (a *Activities) CheckModel(ctx context.Context, in schemas.CheckInput) (schemas.CheckResult, error) {
	defer keepAlive(ctx)()
	before, err := a.lastOperation(ctx, in.Name)
	if err != nil {
		return schemas.CheckResult{}, err
	}
	began := time.Now()
	for {
		out := schemas.CheckResult{Busy: busy(before)}
		if out.Busy == "" {
			out, err = a.compareWithApproved(ctx, in)
		}
		if err != nil || out.Busy != "" || !out.Missing && len(out.Drift) == 0 {
			return out, err
		}
		now, err := a.lastOperation(ctx, in.Name)
		if err != nil {
			return out, err
		}
		if now.GetExecution().GetRunId() != before.GetExecution().GetRunId() {
			before, began = now, time.Now()
			continue // what was read may have been in the middle of it
		}
		since := time.Since(began)
		if settled(now, a.ReadLag) || since >= a.ReadLag || !pause(ctx, creation.Gap(since, a.ReadLag)) {
			return out, ctx.Err()
		}
	}
}

// compareWithApproved reads the model once.
func (a *Activities) compareWithApproved(ctx context.Context, in schemas.CheckInput) (schemas.CheckResult, error) {
	found, err := a.readModel(ctx, in.Name, nil)
	out := schemas.CheckResult{At: found.At}
	switch {
	case err != nil:
		return out, err
	case found.Owner == nil || found.Owner.RunID != in.RunID:
		out.Busy = "another operation has handed the model over meanwhile"
		return out, nil
	}
	live := found.Find(found.Owner.ModelID)
	if live == nil {
		out.Missing = true
		return out, nil
	}
	out.Drift = live.Drift
	return out, nil
}

// lastOperation is the latest run of an operation on a model; nil: Temporal keeps none.
func (a *Activities) lastOperation(ctx context.Context, name string) (*workflowpb.WorkflowExecutionInfo, error) {
	d, err := a.Temporal.DescribeWorkflowExecution(ctx, schemas.RegisterModelWorkflowID(name), "")
	var none *serviceerror.NotFound
	switch {
	case err == nil:
		return d.GetWorkflowExecutionInfo(), nil
	case errors.As(err, &none):
		return nil, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, temporal.NewApplicationError("Temporal could not be asked whether an operation works on "+name+": "+
		err.Error(),
		string(schemas.ErrTemporal))
}

// busy says which operation works on a model; empty if none does.
func busy(last *workflowpb.WorkflowExecutionInfo) string {
	if follow.IsOver(last.GetStatus()) {
		return ""
	}
	return fmt.Sprintf("%s works on the model, run %s", last.GetType().GetName(), last.GetExecution().GetRunId())
}

// settled reports whether the gateway's reads must show what an operation did.
func settled(last *workflowpb.WorkflowExecutionInfo, lag time.Duration) bool {
	return last.GetCloseTime() == nil || time.Since(last.GetCloseTime().AsTime()) >= lag
}
