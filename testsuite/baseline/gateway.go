package baseline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"model-registrar/schemas"
)

// Gateway makes the platform's calls and those to the endpoint and the webhook's receiver, one HTTP request each and
// with nothing around them: no retries, no guard, no checks but the status.
type Gateway struct {
	URL                    string // of Genesys Cloud and of its login service
	ClientID, ClientSecret string
	ProviderToken          string
	HTTP                   *http.Client

	mu    sync.Mutex
	token string
}

// StatusError is an answer other than 2xx.
type StatusError struct {
	Call   string
	Status int
}

// Error names the call and the status.
func (e *StatusError) Error() string { return fmt.Sprintf("%s answered %d", e.Call, e.Status) }

const (
	gatewayPath = "/api/v2/ai/llm-gateway/models"
	jobsPath    = "/api/v2/ai/jobs/"
)

// Login fetches the access token, once.
func (g *Gateway) Login(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.token != "" {
		return nil
	}
	form := strings.NewReader(url.Values{"grant_type": {"client_credentials"}}.Encode())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL+"/oauth/token", form)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(g.ClientID, g.ClientSecret)
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := g.do(req, &answer); err != nil {
		return err
	}
	g.token = answer.AccessToken
	return nil
}

// Lookup tells how many models have this name.
func (g *Gateway) Lookup(ctx context.Context, name string) (int, error) {
	var answer struct {
		Total int `json:"total"`
	}
	err := g.api(ctx, http.MethodGet, gatewayPath+"?pageNumber=1&name="+url.QueryEscape(name), nil, &answer)
	return answer.Total, err
}

// Page reads a page of the list of models, as large as the platform has them, and returns how many pages there are.
func (g *Gateway) Page(ctx context.Context, number int) (models []schemas.Payload, ids []string, pages int, err error) {
	var answer struct {
		PageCount int `json:"pageCount"`
		Entities  []struct {
			ID string `json:"id"`
			schemas.Payload
		} `json:"entities"`
	}
	err = g.api(ctx, http.MethodGet, fmt.Sprintf("%s?pageSize=100&pageNumber=%d", gatewayPath, number), nil, &answer)
	for _, e := range answer.Entities {
		models, ids = append(models, e.Payload), append(ids, e.ID)
	}
	return models, ids, answer.PageCount, err
}

// Create asks for a model and returns the job that makes it.
func (g *Gateway) Create(ctx context.Context, p schemas.Payload) (jobID string, err error) {
	var answer struct {
		JobID string `json:"jobId"`
	}
	err = g.api(ctx, http.MethodPost, gatewayPath, p, &answer)
	return answer.JobID, err
}

// Job returns a job's status, and the model that it made.
func (g *Gateway) Job(ctx context.Context, id string) (status, modelID string, err error) {
	var answer struct {
		Status string `json:"status"`
		Result struct {
			ID string `json:"id"`
		} `json:"result"`
	}
	err = g.api(ctx, http.MethodGet, jobsPath+id, nil, &answer)
	return answer.Status, answer.Result.ID, err
}

// CheckHealth has the platform check a model.
func (g *Gateway) CheckHealth(ctx context.Context, modelID string) error {
	return g.api(ctx, http.MethodPost, gatewayPath+"/"+modelID+"/health-checks", nil, nil)
}

// Prompt sends an OpenAI endpoint the synthetic prompt, and reads the answer.
func (g *Gateway) Prompt(ctx context.Context, endpoint, model string) error {
	body := map[string]any{
		"model": model, "temperature": 0, "max_tokens": 32,
		"messages": []map[string]string{{"role": "user", "content": "Respond with exactly: VALIDATION_SUCCESS"}},
	}
	return g.send(ctx, http.MethodPost, endpoint+"/v1/chat/completions", g.ProviderToken, body, nil)
}

// Announce posts an event to a webhook's receiver.
func (g *Gateway) Announce(ctx context.Context, target string, e schemas.Event) error {
	return g.send(ctx, http.MethodPost, target, "", e, nil)
}

func (g *Gateway) api(ctx context.Context, method, path string, in, out any) error {
	return g.send(ctx, method, g.URL+path, g.token, in, out)
}

func (g *Gateway) send(ctx context.Context, method, target, token string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return g.do(req, out)
}

func (g *Gateway) do(req *http.Request, out any) error {
	resp, err := g.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return &StatusError{Call: req.Method + " " + req.URL.Path, Status: resp.StatusCode}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(raw, out)
}
