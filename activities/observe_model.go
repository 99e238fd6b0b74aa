package activities

import (
	"context"
	"errors"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"model-registrar/schemas"
)

// ObserveModel tells ManageModel how its model was found to be. A model that is nobody's has nobody to tell.
func (a *Activities) ObserveModel(ctx context.Context, in schemas.ObserveInput) error {
	defer keepAlive(ctx)()
	handle, err := a.Temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: schemas.ManageModelWorkflowID(in.Name), UpdateID: updateID(ctx, schemas.ObserveHandler),
		UpdateName: schemas.ObserveHandler, Args: []any{in}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return nil
	}
	return updateError(ctx, "ManageModel did not learn how "+in.Name+" is", err)
}
