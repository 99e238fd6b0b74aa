package activities

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"

	"model-registrar/schemas"
)

// handing is a Temporal that models are handed over to.
type handing struct {
	mocks.Client
	runs    bool // a workflow owns the model already
	started []client.StartWorkflowOptions
	input   schemas.ManageModelInput
	updated []client.UpdateWorkflowOptions
}

func (h *handing) ExecuteWorkflow(
	_ context.Context, o client.StartWorkflowOptions, _ any, args ...any,
) (client.WorkflowRun, error) {
	if h.runs {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("it runs", "", "")
	}
	h.started, h.input = append(h.started, o), args[0].(schemas.ManageModelInput)
	return &mocks.WorkflowRun{}, nil
}

func (h *handing) NewWithStartWorkflowOperation(client.StartWorkflowOptions, any, ...any) client.WithStartWorkflowOperation {
	return nil
}

func (h *handing) UpdateWithStartWorkflow(
	_ context.Context, o client.UpdateWithStartWorkflowOptions,
) (client.WorkflowUpdateHandle, error) {
	h.updated = append(h.updated, o.UpdateOptions)
	return nil, errors.New("this Temporal answers no updates")
}

func recordBy(t *testing.T, operation string) schemas.HandOverInput {
	t.Helper()
	sealed, err := payload().Seal()
	require.NoError(t, err)
	return schemas.HandOverInput{Label: "llm", Ownership: schemas.Ownership{
		Name: sealed.Value.Name, ModelID: "model-1", PayloadHash: sealed.Hash, Payload: sealed, Operation: operation,
		WorkflowID: schemas.RegisterModelWorkflowID(sealed.Value.Name), RunID: "run-1", Since: time.Unix(100, 0).UTC(),
	}}
}

func TestAModelThatIsNobodysIsOwnedFromTheStartOfItsWorkflow(t *testing.T) {
	for _, operation := range []string{schemas.RegisterModelWorkflow, schemas.AdoptModelWorkflow} {
		temporal, in := &handing{}, recordBy(t, operation)
		_, err := HandOver(t.Context(), temporal, "queue", "update-1", in)
		require.NoError(t, err)
		require.Empty(t, temporal.updated)
		require.Len(t, temporal.started, 1)
		start := temporal.started[0]
		require.True(t, start.WorkflowExecutionErrorWhenAlreadyStarted, "nobody else's record is taken for this one")
		want := in.Ownership
		want.State = schemas.ModelActive
		require.Equal(t, map[string]any{
			schemas.OwnershipMemo: want, schemas.LastCheckMemo: schemas.LastCheck{StateSince: in.Since}}, start.Memo)
		require.Equal(t, schemas.ManageModelInput{Name: in.Name, Owned: true, Status: &schemas.ModelStatus{
			Ownership: want, StateSince: in.Since, HandOvers: 1}}, temporal.input)
	}
}

func TestAWorkflowThatOwnsTheModelIsToldByAnUpdate(t *testing.T) {
	for name, c := range map[string]struct {
		operation string
		runs      bool
	}{
		"a change":                         {schemas.ChangeModelWorkflow, false},
		"a repeated hand-over, or so":      {schemas.RegisterModelWorkflow, true},
		"an adoption of what has an owner": {schemas.AdoptModelWorkflow, true},
	} {
		temporal := &handing{runs: c.runs}
		_, err := HandOver(t.Context(), temporal, "queue", "update-1", recordBy(t, c.operation))
		require.Error(t, err, name)
		require.Empty(t, temporal.started, name)
		require.Len(t, temporal.updated, 1, name)
		require.Equal(t, "update-1", temporal.updated[0].UpdateID, name)
		require.Equal(t, schemas.HandOverHandler, temporal.updated[0].UpdateName, name)
	}
}

func TestNoOwnerIsStartedWithARecordThatItWouldRefuse(t *testing.T) {
	temporal, in := &handing{}, recordBy(t, schemas.RegisterModelWorkflow)
	in.Requester = strings.Repeat("r", 5000)
	_, err := HandOver(t.Context(), temporal, "queue", "update-1", in)
	wantFatal(t, updateError(t.Context(), "ManageModel did not take it", err), schemas.ErrHandOverRefused)
	require.Empty(t, temporal.started)
	require.Empty(t, temporal.updated)
}
