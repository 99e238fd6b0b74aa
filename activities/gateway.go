package activities

import (
	"context"

	"model-registrar/internal/gateway"
	"model-registrar/internal/quota"
	"model-registrar/schemas"
)

// Gateway is the LLM gateway in which models are registered. Its errors are [*gateway.Error]. A call that changes
// something is not made when the lease of its context is over (package lease).
type Gateway interface {
	// FindModels returns every model of exactly this name.
	FindModels(ctx context.Context, name string) (gateway.Found, error)
	// ListModels reads one page, from 1, of all models.
	ListModels(ctx context.Context, page int) (gateway.Page, error)
	// GetModel reads a model by its id; nil: there is none.
	GetModel(ctx context.Context, id string) (*gateway.Model, error)
	// CreateModel asks for a model and returns the id of the job that makes it.
	CreateModel(ctx context.Context, p schemas.SealedPayload) (jobID string, err error)
	// UpdateModel asks for another payload of a model and returns the id of the job that changes it.
	UpdateModel(ctx context.Context, id string, p schemas.SealedPayload) (jobID string, err error)
	// DeleteModel deletes a model; existed is false where the platform knows none of this id.
	DeleteModel(ctx context.Context, id string) (existed bool, err error)
	GetJob(ctx context.Context, id string) (gateway.Job, error)
	TriggerHealthCheck(ctx context.Context, modelID string) (schemas.HealthCheck, error)
	// GetHealthCheck reads how a health check stands; offered is false where the platform has no such call.
	GetHealthCheck(ctx context.Context, modelID, id string) (check schemas.HealthCheck, offered bool, err error)
	// Pacer paces the calls; nil: nothing does.
	Pacer() *quota.Pacer
}
