package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
)

// world is a running simulator and what a test needs to talk to it.
type world struct {
	t       *testing.T
	url     string
	sim     *simulator.Server
	control *control.Client
	http    *http.Client
	bearer  string
}

// answer is a whole HTTP answer.
type answer struct {
	status int
	header http.Header
	body   string
}

const gateway = "/api/v2/ai/llm-gateway/models"

func start(t *testing.T, options simulator.Options) *world {
	t.Helper()
	if options.JobDuration == 0 {
		options.JobDuration = time.Hour // ends when the test says so
	}
	sim := simulator.New(options)
	server := httptest.NewServer(sim)
	client := &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true}, // on a new connection Go's client repeats nothing by itself
		Timeout:   20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
	t.Cleanup(func() {
		sim.Close()
		server.Close()
	})
	return &world{t: t, url: server.URL, sim: sim, control: control.New(server.URL), http: client}
}

// request sends one request; headers are pairs.
func (w *world) request(method, path, body string, headers ...string) (answer, error) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := w.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	return answer{status: resp.StatusCode, header: resp.Header, body: string(raw)}, err
}

func (w *world) must(method, path, body string, headers ...string) answer {
	w.t.Helper()
	a, err := w.request(method, path, body, headers...)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// token fetches an access token.
func (w *world) token() string {
	w.t.Helper()
	a := w.oauth("simulator-client", "simulator-secret", "grant_type=client_credentials")
	if a.status != http.StatusOK {
		w.t.Fatalf("no token: %d %s", a.status, a.body)
	}
	return decode[struct {
		Token string `json:"access_token"`
	}](w.t, a.body).Token
}

func (w *world) oauth(id, secret, form string) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url+"/oauth/token", strings.NewReader(form))
	if err != nil {
		w.t.Fatal(err)
	}
	req.SetBasicAuth(id, secret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := w.http.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: string(raw)}
}

// api calls the Genesys API with a token that it keeps.
func (w *world) api(method, path, body string) answer {
	w.t.Helper()
	a, err := w.tryAPI(method, path, body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (w *world) tryAPI(method, path, body string) (answer, error) {
	w.t.Helper()
	if w.bearer == "" {
		w.bearer = w.token()
	}
	headers := []string{"Authorization", "Bearer " + w.bearer}
	if body != "" {
		headers = append(headers, "Content-Type", "application/json")
	}
	return w.request(method, path, body, headers...)
}

// create makes a model of that name and returns its job's id.
func (w *world) create(name string) string {
	w.t.Helper()
	a := w.api(http.MethodPost, gateway, payloadOf(name))
	if a.status != http.StatusAccepted {
		w.t.Fatalf("create: %d %s", a.status, a.body)
	}
	return decode[struct {
		JobID string `json:"jobId"`
	}](w.t, a.body).JobID
}

// active makes a model and ends its job; it returns the model's id.
func (w *world) active(name string) string {
	w.t.Helper()
	job, err := w.control.FinishJob(w.t.Context(), w.create(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return job.ModelID
}

func (w *world) order(f control.Fault) string {
	w.t.Helper()
	id, err := w.control.Fault(w.t.Context(), f)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// wait bounds a wait in a test.
func (w *world) wait() context.Context {
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	w.t.Cleanup(cancel)
	return ctx
}

func payloadOf(name string) string { return edited(name, nil) }

// edited is the tutorial's payload with some members replaced, or removed where the value is nil.
func edited(name string, changes map[string]any) string {
	p := map[string]any{
		"name": name, "endpointUrl": "https://api.external-ai-provider.com", "authCredentialId": "cred_abc123xyz",
		"modelArchitecture": "openai",
		"rateLimits":        map[string]any{"maxRequestsPerMinute": 500, "maxTokensPerMinute": 100000},
		"parameters":        map[string]any{"temperature": 0.7, "max_tokens": 4096}, "webhookCallbackUrl": nil,
	}
	for key, value := range changes {
		p[key] = value
		if value == nil {
			delete(p, key)
		}
	}
	raw, _ := json.Marshal(p)
	return string(raw)
}

func decode[T any](t *testing.T, body string) T {
	t.Helper()
	var out T
	dec := json.NewDecoder(bytes.NewReader([]byte(body)))
	if err := dec.Decode(&out); err != nil {
		t.Fatalf("not JSON: %v: %s", err, body)
	}
	return out
}

func errorBody(t *testing.T, a answer, status int, code string) control.ErrorBody {
	t.Helper()
	body := decode[control.ErrorBody](t, a.body)
	if a.status != status || body.Status != status || body.Code != code {
		t.Fatalf("want %d %s, got %d %s", status, code, a.status, a.body)
	}
	if body.ContextID == "" || body.ContextID != a.header.Get("ININ-Correlation-Id") {
		t.Fatalf("no correlation id: %s, header %q", a.body, a.header.Get("ININ-Correlation-Id"))
	}
	return body
}
