package ownership

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"model-registrar/schemas"
)

// described is a Temporal that knows one ManageModel workflow.
type described struct {
	info *workflowpb.WorkflowExecutionInfo
	err  error
}

func (d described) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: d.info}, d.err
}

func keeping(t *testing.T, status enumspb.WorkflowExecutionStatus, o schemas.Ownership) described {
	t.Helper()
	memo, err := converter.GetDefaultDataConverter().ToPayload(o)
	require.NoError(t, err)
	return described{info: &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: schemas.ManageModelWorkflowID("llm")}, Status: status,
		Type: &commonpb.WorkflowType{Name: schemas.ManageModelWorkflow},
		Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{schemas.OwnershipMemo: memo}},
	}}
}

func TestWhatWasApprovedLastOutlivesTheOwnership(t *testing.T) {
	owned := schemas.Ownership{Name: "llm", ModelID: "model-1", PayloadHash: "abc", Since: time.Unix(1, 0).UTC()}
	former := owned
	former.ModelID = ""
	for name, c := range map[string]struct {
		temporal          described
		isOwned, approved bool
	}{
		"registered":                          {keeping(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, owned), true, true},
		"paused in Temporal":                  {keeping(t, enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED, owned), true, true},
		"retired":                             {keeping(t, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, owned), false, true},
		"terminated":                          {keeping(t, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, owned), false, true},
		"retired, with something left to say": {keeping(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, former), false, true},
		"never handed over":                   {keeping(t, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, schemas.Ownership{Name: "llm"}), false, false},
		"never heard of":                      {described{err: serviceerror.NewNotFound("no")}, false, false},
	} {
		r := Reader{Temporal: c.temporal, Namespace: "default"}
		o, err := r.Owner(t.Context(), "llm")
		require.NoError(t, err, name)
		require.Equal(t, c.isOwned, o != nil, name)
		last, err := r.LastApproved(t.Context(), "llm")
		require.NoError(t, err, name)
		require.Equal(t, c.approved, last != nil, name)
		if c.approved {
			require.Equal(t, "abc", last.PayloadHash, name)
		}
	}
	down := Reader{Temporal: described{err: errors.New("down")}}
	_, err := down.LastApproved(t.Context(), "llm")
	require.Error(t, err)
	of := keeping(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, schemas.Ownership{Name: "other", ModelID: "m", PayloadHash: "abc"})
	_, err = Reader{Temporal: of}.LastApproved(t.Context(), "llm")
	require.ErrorContains(t, err, "about another model")
}
