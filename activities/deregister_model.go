package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/genesys"
	"model-registrar/internal/quota"
	"model-registrar/schemas"
)

// DeregisterModel deletes what a registration made; a model that is gone already is done. Where the registration never
// learnt the model's id, the model is looked up by name and must be this registration's own. If there is none while the
// job still runs, the job may yet make it: that is JobStillRunning, for which the workflow waits on a timer.
func (a *Activities) DeregisterModel(ctx context.Context, in schemas.DeregisterInput) error {
	defer keepAlive(ctx)()
	ctx = quota.Finishing(ctx)
	if in.ModelID != "" {
		return a.deleteModel(ctx, in.ModelID)
	}
	payload, err := unsealed(in.Payload)
	if err != nil {
		return err
	}
	found, err := a.Genesys.FindModels(ctx, payload.Name)
	if err != nil {
		return platformError(ctx, err)
	}
	deleted := false
	for _, m := range found {
		if madeHere(m, payload, in.SubmittedAt) {
			if err := a.deleteModel(ctx, m.ID); err != nil {
				return err
			}
			deleted = true
		}
	}
	if deleted || in.JobID == "" {
		return nil
	}
	return a.deleteModelOfJob(ctx, in.JobID)
}

func (a *Activities) deleteModelOfJob(ctx context.Context, jobID string) error {
	job, err := a.Genesys.GetJob(ctx, jobID)
	var e *genesys.Error
	switch {
	case errors.As(err, &e) && e.Type == schemas.ErrNotFound:
		return nil
	case err != nil:
		return platformError(ctx, err)
	case job.Failed():
		return nil
	case !job.Succeeded():
		return temporal.NewApplicationErrorWithOptions(
			fmt.Sprintf("job %s is still %s and may yet create the model", jobID, job.Status),
			string(schemas.ErrJobStillRunning), temporal.ApplicationErrorOptions{NonRetryable: true, NextRetryDelay: job.RetryAfter})
	case job.ModelID == "":
		return nil
	}
	return a.deleteModel(ctx, job.ModelID)
}

func (a *Activities) deleteModel(ctx context.Context, id string) error {
	if err := a.Genesys.DeleteModel(ctx, id); err != nil {
		return platformError(ctx, err)
	}
	return nil
}
