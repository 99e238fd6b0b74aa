package baseline

import (
	"context"
	"fmt"
	"time"

	"model-registrar/schemas"
)

// Ideal registers one model with the calls that a registration needs, one after another and nothing else: look the name
// up, create, one look at the job, prompts, health check, webhook. It needs no polling, because awaitEnd, which is the
// simulator's, returns the moment that the job ends. No program that has to ask can be faster.
func (g *Gateway) Ideal(
	ctx context.Context, m schemas.Manifest, awaitEnd func(ctx context.Context, jobID string) error,
) error {
	p := m.Payload()
	taken, err := g.Lookup(ctx, m.Name)
	if err != nil {
		return err
	}
	if taken > 0 {
		return fmt.Errorf("%s exists already", m.Name)
	}
	created := time.Now()
	jobID, err := g.Create(ctx, p)
	if err != nil {
		return err
	}
	if err := awaitEnd(ctx, jobID); err != nil {
		return err
	}
	status, modelID, err := g.Job(ctx, jobID)
	if err != nil {
		return err
	}
	if status != "COMPLETED" {
		return fmt.Errorf("job %s is %s", jobID, status)
	}
	took := time.Since(created)
	for range 1 + m.Probe.Samples { // the cold one and the warm ones
		if err := g.Prompt(ctx, m.EndpointURL, m.Probe.Model); err != nil {
			return err
		}
	}
	if err := g.CheckHealth(ctx, modelID); err != nil {
		return err
	}
	return g.Announce(ctx, m.WebhookCallbackURL, event(m, modelID, took))
}

func event(m schemas.Manifest, modelID string, took time.Duration) schemas.Event {
	return schemas.Event{
		Event: schemas.RegistrationUpdated, Timestamp: time.Now().UTC(), ModelID: modelID, Name: m.Name,
		Status: string(schemas.Completed), Metrics: schemas.EventMetrics{JobDurationMs: took.Milliseconds()},
	}
}
