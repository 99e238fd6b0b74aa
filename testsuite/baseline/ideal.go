package baseline

import (
	"context"
	"fmt"
	"time"

	"model-registrar/schemas"
)

// CallsPerModel is how many calls to the platform a registration needs: look-up, creation, one look at the job, the
// health check and its result.
const CallsPerModel = 5

// Ideal registers one model with the calls that a registration needs, one after another and nothing else: look the name
// up, create, one look at the job, prompts, health check, its result, webhook. It needs no polling, because awaitEnd,
// which is the simulator's, returns the moment that the job ends, and the simulator's health checks end at once. No
// program that has to ask can be faster.
func (g *Gateway) Ideal(
	ctx context.Context, m schemas.Manifest, awaitEnd func(ctx context.Context, jobID string) error,
) error {
	payload, err := m.Payload().Seal()
	if err != nil {
		return err
	}
	found, err := g.FindModels(ctx, m.Name)
	if err == nil && len(found.Models) > 0 {
		err = fmt.Errorf("%s exists already", m.Name)
	}
	if err != nil {
		return err
	}
	created := time.Now()
	jobID, err := g.CreateModel(ctx, payload)
	if err != nil {
		return err
	}
	if err := awaitEnd(ctx, jobID); err != nil {
		return err
	}
	job, err := g.GetJob(ctx, jobID)
	if err == nil && !job.Succeeded() {
		err = fmt.Errorf("job %s is %s", jobID, job.Status)
	}
	if err != nil {
		return err
	}
	took := time.Since(created)
	for range 1 + m.Probe.Samples { // the cold one and the warm ones
		if err := g.prompt(ctx, m); err != nil {
			return err
		}
	}
	check, err := g.TriggerHealthCheck(ctx, job.ModelID)
	if err != nil {
		return err
	}
	if _, _, err := g.GetHealthCheck(ctx, job.ModelID, check.ID); err != nil {
		return err
	}
	return g.announce(ctx, m, job.ModelID, took)
}
