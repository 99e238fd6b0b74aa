// Package workflows orchestrates registrations: deterministic code without I/O that reads like the story it tells.
// It knows activities only by their names and types in schemas.
package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// Register registers every workflow under its fixed name.
func Register(r worker.WorkflowRegistry) {
	r.RegisterWorkflowWithOptions(RegisterModel, workflow.RegisterOptions{Name: schemas.RegisterModelWorkflow})
}
