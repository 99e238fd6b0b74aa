package baseline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"model-registrar/internal/genesys"
	"model-registrar/schemas"
)

// Gateway makes the platform's calls, not paced, and those to the endpoint and the webhook's receiver, one HTTP request
// each and with nothing around them: no retries, no guard, no checks but the status.
type Gateway struct {
	*genesys.Client
	providerToken string
	http          *http.Client
}

// New returns a gateway of the Genesys Cloud at this address, which is its login service too. The provider's token is
// sent with prompts.
func New(address, clientID, clientSecret, providerToken string) (*Gateway, error) {
	c, err := genesys.New(genesys.Config{APIBaseURL: address, LoginBaseURL: address, ClientID: clientID,
		ClientSecret: clientSecret})
	return &Gateway{Client: c, providerToken: providerToken, http: &http.Client{}}, err
}

// prompt sends the endpoint of a manifest, which has to be an OpenAI one, the synthetic prompt, and reads the answer.
func (g *Gateway) prompt(ctx context.Context, m schemas.Manifest) error {
	return g.post(ctx, m.EndpointURL+"/v1/chat/completions", g.providerToken, map[string]any{
		"model": m.Probe.Model, "temperature": 0, "max_tokens": 32,
		"messages": []map[string]string{{"role": "user", "content": "Respond with exactly: VALIDATION_SUCCESS"}},
	})
}

// announce tells the webhook's receiver that the model is registered.
func (g *Gateway) announce(ctx context.Context, m schemas.Manifest, modelID string, took time.Duration) error {
	return g.post(ctx, m.WebhookCallbackURL, "", schemas.Event{
		Event: schemas.RegistrationUpdated, Timestamp: time.Now().UTC(), ModelID: modelID, Name: m.Name,
		Status: string(schemas.Completed), Metrics: schemas.EventMetrics{JobDurationMs: took.Milliseconds()},
	})
}

func (g *Gateway) post(ctx context.Context, target, token string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := g.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("%s answered %d", req.URL.Path, resp.StatusCode)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
