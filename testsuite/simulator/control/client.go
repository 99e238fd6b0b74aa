// Package control is the client of the simulator's control interface and the home of its wire types.
// Tests and the demo use it to order faults and to read what the simulator saw; it does not import the simulator.
package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxReply = 512 << 20         // a full journal of 200,000 requests is well below this
	maxWait  = 20 * time.Second  // one long poll
	giveUp   = 120 * time.Second // a Wait whose context has no deadline
)

// Client talks to one simulator. It is safe for concurrent use.
type Client struct {
	base string
	http *http.Client
}

// New returns a client of the simulator at baseURL, for example "http://127.0.0.1:9090".
func New(baseURL string) *Client {
	transport := &http.Transport{Proxy: nil, MaxIdleConnsPerHost: 16, IdleConnTimeout: 30 * time.Second}
	return &Client{
		base: strings.TrimRight(baseURL, "/") + "/_sim",
		http: &http.Client{Transport: transport, Timeout: 2 * maxWait},
	}
}

// Error is a refusal by the control interface.
type Error struct {
	Status  int
	Message string
}

func (e *Error) Error() string {
	return fmt.Sprintf("the simulator's control interface answered %d: %s", e.Status, e.Message)
}

// Health returns nil when the simulator answers.
func (c *Client) Health(ctx context.Context) error {
	return c.call(ctx, http.MethodGet, "/health", nil, nil, nil)
}

// Fault adds a rule and returns its id.
func (c *Client) Fault(ctx context.Context, f Fault) (string, error) {
	var added FaultState
	err := c.call(ctx, http.MethodPost, "/faults", nil, f, &added)
	return added.ID, err
}

// ClearFault removes one rule.
func (c *Client) ClearFault(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/faults/"+url.PathEscape(id), nil, nil, nil)
}

// ClearFaults removes all rules.
func (c *Client) ClearFaults(ctx context.Context) error {
	return c.call(ctx, http.MethodDelete, "/faults", nil, nil, nil)
}

// Faults lists the rules and what became of them.
func (c *Client) Faults(ctx context.Context) ([]FaultState, error) {
	return get[[]FaultState](ctx, c, "/faults", nil)
}

// State returns everything that the simulator knows.
func (c *Client) State(ctx context.Context) (State, error) {
	return get[State](ctx, c, "/state", nil)
}

// Counts returns how many requests came since the start or the last reset, also those that are no longer kept.
func (c *Client) Counts(ctx context.Context) (Counts, error) {
	return get[Counts](ctx, c, "/counts", nil)
}

// Models lists the models that exist, oldest first; with a name, those of exactly that name.
func (c *Client) Models(ctx context.Context, name string) ([]Model, error) {
	return get[[]Model](ctx, c, "/models", nonEmpty("name", name))
}

// Jobs lists the jobs, oldest first; with a name, those of models of exactly that name.
func (c *Client) Jobs(ctx context.Context, name string) ([]Job, error) {
	return get[[]Job](ctx, c, "/jobs", nonEmpty("name", name))
}

// FinishJob ends a job now, also a stuck one, with the outcome that it was going to have.
func (c *Client) FinishJob(ctx context.Context, id string) (Job, error) {
	var job Job
	err := c.call(ctx, http.MethodPost, "/jobs/"+url.PathEscape(id)+"/finish", nil, nil, &job)
	return job, err
}

// EditModel changes members of a model's payload at once, as somebody does in the admin interface.
func (c *Client) EditModel(ctx context.Context, id string, members map[string]any) error {
	return c.call(ctx, http.MethodPatch, "/models/"+url.PathEscape(id), nil, members, nil)
}

// DropModel deletes a model at once, as somebody does in the admin interface.
func (c *Client) DropModel(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/models/"+url.PathEscape(id), nil, nil, nil)
}

// Requests lists the kept requests that filter selects, oldest first.
func (c *Client) Requests(ctx context.Context, filter RequestFilter) ([]Request, error) {
	return get[[]Request](ctx, c, "/requests", filter.query())
}

// Webhooks lists the kept deliveries that filter selects, oldest first.
func (c *Client) Webhooks(ctx context.Context, filter WebhookFilter) ([]Webhook, error) {
	return get[[]Webhook](ctx, c, "/webhooks", filter.query())
}

// Settings returns the current settings.
func (c *Client) Settings(ctx context.Context) (Settings, error) {
	return get[Settings](ctx, c, "/settings", nil)
}

// ChangeSettings changes some settings and returns all of them.
func (c *Client) ChangeSettings(ctx context.Context, change SettingsChange) (Settings, error) {
	var now Settings
	err := c.call(ctx, http.MethodPatch, "/settings", nil, change, &now)
	return now, err
}

// Reset forgets models, jobs, requests, webhooks, callbacks and faults, and restores the settings of the
// start. Tokens stay valid and sequence numbers go on, so that a running client and a reader are not disturbed.
func (c *Client) Reset(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "/reset", nil, nil, nil)
}

func get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	var out T
	err := c.call(ctx, http.MethodGet, path, query, nil, &out)
	return out, err
}

func (c *Client) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	address := c.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("the order to the simulator cannot be written as JSON: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return fmt.Errorf("the simulator's address is wrong: %w", err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("the simulator does not answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	return decode(resp, out)
}

func decode(resp *http.Response, out any) error {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return fmt.Errorf("the simulator's answer broke off: %w", err)
	}
	if resp.StatusCode >= 300 {
		var refusal struct {
			Error string `json:"error"`
		}
		if json.Unmarshal(raw, &refusal) != nil || refusal.Error == "" {
			refusal.Error = http.StatusText(resp.StatusCode)
		}
		return &Error{Status: resp.StatusCode, Message: refusal.Error}
	}
	if out == nil || len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("the simulator's answer is not what this client expects: %w", err)
	}
	return nil
}
