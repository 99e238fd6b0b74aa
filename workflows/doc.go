// Package workflows orchestrates registrations: deterministic code without I/O that reads like the story it tells.
// It knows activities only by their names and types in schemas.
package workflows

import (
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// Registry is a worker or a replayer.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}

// Register registers every workflow under its fixed name.
func Register(r Registry) {
	r.RegisterWorkflowWithOptions(RegisterModel, workflow.RegisterOptions{Name: schemas.RegisterModelWorkflow})
	r.RegisterWorkflowWithOptions(ChangeModel, workflow.RegisterOptions{Name: schemas.ChangeModelWorkflow})
	r.RegisterWorkflowWithOptions(AdoptModel, workflow.RegisterOptions{Name: schemas.AdoptModelWorkflow})
	r.RegisterWorkflowWithOptions(RetireModel, workflow.RegisterOptions{Name: schemas.RetireModelWorkflow})
	r.RegisterWorkflowWithOptions(RegisterFleet, workflow.RegisterOptions{Name: schemas.RegisterFleetWorkflow})
	r.RegisterWorkflowWithOptions(HoldFleetPart, workflow.RegisterOptions{Name: schemas.HoldFleetPartWorkflow})
	r.RegisterWorkflowWithOptions(RecordDecision, workflow.RegisterOptions{Name: schemas.RecordDecisionWorkflow})
	r.RegisterWorkflowWithOptions(ManageModel, workflow.RegisterOptions{Name: schemas.ManageModelWorkflow})
	r.RegisterWorkflowWithOptions(ReadGateway, workflow.RegisterOptions{Name: schemas.ReadGatewayWorkflow})
	r.RegisterWorkflowWithOptions(DeliverWebhook, workflow.RegisterOptions{Name: schemas.DeliverWebhookWorkflow})
}
