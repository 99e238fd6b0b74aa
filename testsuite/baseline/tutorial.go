package baseline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"model-registrar/internal/gateway"
	"model-registrar/schemas"
)

// The tutorial's times.
const (
	tutorialPoll      = 3 * time.Second
	tutorialRateLimit = 5 * time.Second
	tutorialTimeout   = 120 * time.Second
)

// tutorialGaps are between the attempts of a creation, as tenacity's wait_exponential(multiplier=1, min=2, max=30) has
// them.
var tutorialGaps = []time.Duration{0, 2 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// Tutorial registers one model as the tutorial's script does: create it (up to five attempts, between which it waits 2,
// 2, 4 and 8 seconds), ask for the job every three seconds, wait five after a 429, send one prompt, trigger the health
// check, call the webhook, append a line to the audit file.
func (g *Gateway) Tutorial(ctx context.Context, m schemas.Manifest, auditFile string) error {
	payload, err := m.Payload().Seal()
	if err != nil {
		return err
	}
	started := time.Now()
	jobID, err := g.submitLikeTheTutorial(ctx, payload)
	if err != nil {
		return err
	}
	modelID, err := g.pollLikeTheTutorial(ctx, jobID)
	if err != nil {
		return err
	}
	took := time.Since(started)
	prompted := time.Now()
	if err := g.prompt(ctx, m); err != nil {
		return err
	}
	latency := time.Since(prompted)
	if _, err := g.TriggerHealthCheck(ctx, modelID); err != nil {
		return err
	}
	if err := g.announce(ctx, m, modelID, took); err != nil {
		return err
	}
	return appendLine(auditFile, map[string]any{
		"timestamp": time.Now().UTC(), "modelId": modelID, "payloadHash": payload.Hash,
		"jobDurationMs": took.Milliseconds(), "validationStatus": "PASS", "latencyMs": latency.Milliseconds(),
		"compliance": schemas.RecordStored,
	})
}

func (g *Gateway) submitLikeTheTutorial(ctx context.Context, p schemas.SealedPayload) (jobID string, err error) {
	for _, gap := range tutorialGaps {
		if err := sleep(ctx, gap); err != nil {
			return "", err
		}
		jobID, err = g.CreateModel(ctx, p)
		if refused, is := errors.AsType[*gateway.Error](err); !is || refused.Status == 0 {
			return jobID, err
		}
	}
	return "", err
}

func (g *Gateway) pollLikeTheTutorial(ctx context.Context, jobID string) (modelID string, err error) {
	for started := time.Now(); time.Since(started) < tutorialTimeout; {
		job, err := g.GetJob(ctx, jobID)
		refused, is := errors.AsType[*gateway.Error](err)
		gap := tutorialPoll
		switch {
		case is && refused.Status == http.StatusTooManyRequests:
			gap = tutorialRateLimit
		case err != nil:
			return "", err
		case job.Succeeded():
			return job.ModelID, nil
		case job.Failed():
			return "", fmt.Errorf("job %s failed", jobID)
		}
		if err := sleep(ctx, gap); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("job %s did not end within %s", jobID, tutorialTimeout)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func appendLine(file string, entry any) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(json.NewEncoder(f).Encode(entry), f.Close())
}
