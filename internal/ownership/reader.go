// Package ownership reads whose a model is from Temporal: the workflow that owns it keeps the record as a memo, which
// the server tells without a worker.
package ownership

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"model-registrar/internal/follow"
	"model-registrar/schemas"
)

// Describer is the part of a Temporal client that is needed.
type Describer interface {
	DescribeWorkflowExecution(ctx context.Context, workflowID,
		runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
}

// Reader reads whose models are. Data decodes what it reads; nil is the SDK's.
type Reader struct {
	Temporal  Describer
	Namespace string
	Data      converter.DataConverter
}

// Owner is the record that the model of this name is ours; nil for a model that is nobody's: one that no operation has
// handed over, that was released, or whose ManageModel was terminated. An error says that it is not known.
func (r Reader) Owner(ctx context.Context, name string) (*schemas.Ownership, error) {
	d, err := r.Temporal.DescribeWorkflowExecution(ctx, schemas.ManageModelWorkflowID(name), "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return r.Of(d.GetWorkflowExecutionInfo())
}

// LastApproved is what was approved last under a name, also of a model that was given up meanwhile, for as long as
// Temporal keeps that; nil if nothing is known of any.
func (r Reader) LastApproved(ctx context.Context, name string) (*schemas.Ownership, error) {
	d, err := r.Temporal.DescribeWorkflowExecution(ctx, schemas.ManageModelWorkflowID(name), "")
	switch {
	case errors.As(err, new(*serviceerror.NotFound)):
		return nil, nil
	case err != nil:
		return nil, err
	}
	o, err := r.record(d.GetWorkflowExecutionInfo())
	if err != nil || o == nil || o.PayloadHash == "" {
		return nil, err
	}
	return o, nil
}

// Of is the record that a ManageModel workflow keeps; nil if it keeps none, has ended, or is another workflow.
func (r Reader) Of(info *workflowpb.WorkflowExecutionInfo) (*schemas.Ownership, error) {
	if gone(info.GetStatus()) {
		return nil, nil
	}
	o, err := r.record(info)
	if err != nil || o == nil || o.ModelID == "" { // given up, while its workflow has something left to tell
		return nil, err
	}
	return o, nil
}

// record is what a ManageModel workflow keeps, or kept to its end.
func (r Reader) record(info *workflowpb.WorkflowExecutionInfo) (*schemas.Ownership, error) {
	memo := info.GetMemo().GetFields()[schemas.OwnershipMemo]
	if info.GetType().GetName() != schemas.ManageModelWorkflow || memo == nil {
		return nil, nil
	}
	data := r.Data
	if data == nil {
		data = converter.GetDefaultDataConverter()
	}
	id := info.GetExecution().GetWorkflowId()
	data = converter.WithDataConverterSerializationContext(data,
		converter.WorkflowSerializationContext{Namespace: r.Namespace, WorkflowID: id})
	var o schemas.Ownership
	if err := data.FromPayload(memo, &o); err != nil {
		return nil, fmt.Errorf("the record of %s cannot be read: %w", id, err)
	}
	if schemas.ManageModelWorkflowID(o.Name) != id {
		return nil, fmt.Errorf("the record of %s is about another model", id)
	}
	if last := info.GetMemo().GetFields()[schemas.LastCheckMemo]; last != nil {
		o.LastCheck = &schemas.LastCheck{}
		if err := data.FromPayload(last, o.LastCheck); err != nil {
			return nil, fmt.Errorf("the last check of %s cannot be read: %w", id, err)
		}
	}
	return &o, nil
}

// gone reports whether a workflow with this status has ended, and no other run goes on for it.
func gone(s enumspb.WorkflowExecutionStatus) bool {
	return follow.IsOver(s) && s != enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW
}
