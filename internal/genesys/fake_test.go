package genesys

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"model-registrar/internal/gateway"
	"model-registrar/schemas"
)

const (
	testID     = "client-1"
	testSecret = "s3cr3t/with+signs=and-more"
)

// fake plays the login service and the API on one loopback port, and counts.
type fake struct {
	*httptest.Server
	// api answers everything else; it is called with the token that came.
	api func(w http.ResponseWriter, r *http.Request, token string)

	mu       sync.Mutex
	login    http.HandlerFunc // answers token requests; nil issues token-1, token-2, … for a day each
	logins   int
	requests []string // method and URI
}

func newFake(t *testing.T, api func(w http.ResponseWriter, r *http.Request, token string)) *fake {
	t.Helper()
	f := &fake{api: api}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/oauth/token" {
		f.mu.Lock()
		f.logins++
		n, login := f.logins, f.login
		f.mu.Unlock()
		if login != nil {
			login(w, r)
			return
		}
		issue(w, fmt.Sprintf("token-%d", n), 86400)
		return
	}
	f.mu.Lock()
	f.requests = append(f.requests, r.Method+" "+r.URL.RequestURI())
	f.mu.Unlock()
	f.api(w, r, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
}

func (f *fake) onLogin(h http.HandlerFunc) { f.mu.Lock(); defer f.mu.Unlock(); f.login = h }
func (f *fake) tokenRequests() int         { f.mu.Lock(); defer f.mu.Unlock(); return f.logins }
func (f *fake) calls() []string            { f.mu.Lock(); defer f.mu.Unlock(); return f.requests }

func issue(w http.ResponseWriter, token string, expiresIn int) {
	answer(w, 200, map[string]any{"access_token": token, "token_type": "bearer", "expires_in": expiresIn})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if s, ok := body.(string); ok {
		_, _ = io.WriteString(w, s)
		return
	}
	_ = json.NewEncoder(w).Encode(body)
}

func (f *fake) config() Config {
	return Config{APIBaseURL: f.URL, LoginBaseURL: f.URL, ClientID: testID, ClientSecret: testSecret}
}

// client returns a client of the fake, changed by the options.
func (f *fake) client(t *testing.T, options ...func(*Config)) *Client {
	t.Helper()
	cfg := f.config()
	for _, o := range options {
		o(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

func within(d time.Duration) func(*Config) { return func(c *Config) { c.Timeout = d } }

func loggingTo(buf *lockedBuffer) func(*Config) {
	return func(c *Config) {
		c.Logger = slog.New(slog.NewJSONHandler(buf, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}
func (b *lockedBuffer) String() string { b.mu.Lock(); defer b.mu.Unlock(); return b.buf.String() }

// failure returns err as *gateway.Error of the wanted type.
func failure(t *testing.T, err error, want schemas.ErrorType) *gateway.Error {
	t.Helper()
	var e *gateway.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v (%T), want an *gateway.Error of type %s", err, err, want)
	}
	if e.Type != want {
		t.Fatalf("got type %s, want %s: %v", e.Type, want, e)
	}
	return e
}

func contains(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in %q", w, text)
		}
	}
}

func sealed(t *testing.T, p schemas.Payload) schemas.SealedPayload {
	t.Helper()
	s, err := p.Seal()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func testPayload() schemas.Payload {
	return schemas.Payload{
		Name: "production-llm-v2", EndpointURL: "https://llm.example.com", AuthCredentialID: "cred_abc",
		ModelArchitecture: schemas.OpenAI, RateLimits: schemas.RateLimits{MaxRequestsPerMinute: 500, MaxTokensPerMinute: 100000},
	}
}
