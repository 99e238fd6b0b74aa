package activities

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http/httpproxy"

	"model-registrar/internal/audit"
	"model-registrar/internal/credentials"
	"model-registrar/internal/genesys"
	"model-registrar/internal/netguard"
	"model-registrar/internal/polling"
	"model-registrar/internal/probe"
	"model-registrar/internal/webhook"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
)

// world is the simulator, and activities that may call it.
type world struct {
	*Activities
	*testing.T
	url string
	sim *control.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	sim := simulator.New(simulator.Options{JobDuration: time.Minute})
	server := httptest.NewServer(sim)
	t.Cleanup(func() { sim.Close(); server.Close() })
	return &world{activitiesFor(t, server.URL), t, server.URL, control.New(server.URL)}
}

// activitiesFor makes activities for which everything outside is at one loopback address.
func activitiesFor(t *testing.T, address string) *Activities {
	t.Helper()
	platform, err := genesys.New(genesys.Config{
		APIBaseURL: address, LoginBaseURL: address,
		ClientID: simulator.DefaultClientID, ClientSecret: simulator.DefaultClientSecret,
	})
	require.NoError(t, err)
	guard, err := netguard.New(netguard.Config{
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Proxy: &httpproxy.Config{},
	})
	require.NoError(t, err)
	host, err := url.Parse(address)
	require.NoError(t, err)
	store, err := credentials.Load(credentials.Config{Token: simulator.DefaultProviderToken, TokenHosts: []string{host.Host}})
	require.NoError(t, err)
	sender, err := webhook.New(webhook.Config{HTTPClient: guard.Client(netguard.Options{})})
	require.NoError(t, err)
	trail, err := audit.Open(t.Context(), "file:"+filepath.Join(t.TempDir(), "audit.log"), audit.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	t.Cleanup(func() { _ = trail.Close() })
	return &Activities{
		Gateway: platform, ReadLag: 400 * time.Millisecond, Owners: owners{}, Jobs: polling.New(platform.Pacer()),
		HealthChecks: polling.New(platform.Pacer()), Prober: probe.New(probe.Config{Guard: guard, Credentials: store}), Webhooks: sender, Audit: trail,
	}
}

// playing makes activities whose platform is one handler, which need not bother with tokens.
func playing(t *testing.T, api http.HandlerFunc) *Activities {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/oauth/token" {
			_, _ = w.Write([]byte(`{"access_token":"token-of-this-test","token_type":"bearer","expires_in":86400}`))
			return
		}
		api(w, r)
	}))
	t.Cleanup(server.Close)
	return activitiesFor(t, server.URL)
}

// owners plays the workflows that own models, by name.
type owners map[string]schemas.Ownership

func (o owners) Owner(_ context.Context, name string) (*schemas.Ownership, error) {
	if record, ok := o[name]; ok {
		return &record, nil
	}
	return nil, nil
}

func (o owners) LastApproved(ctx context.Context, name string) (*schemas.Ownership, error) {
	return o.Owner(ctx, name)
}

// own has a model be owned with this payload.
func (w *world) own(modelID string, p schemas.Payload) {
	w.Helper()
	w.Owners.(owners)[p.Name] = schemas.Ownership{
		Name: p.Name, ModelID: modelID, Payload: sealed(p), PayloadHash: sealed(p).Hash, State: schemas.ModelActive,
		Operation: schemas.RegisterModelWorkflow, RunID: "run-1", Since: time.Unix(1, 0).UTC(),
	}
}

// order has the simulator misbehave that often; 0 means from now on.
func (w *world) order(op control.Op, times int, action control.Action) {
	w.Helper()
	w.orderRule(control.Fault{Match: control.Match{Op: op}, Times: times, Action: action})
}

func (w *world) orderRule(f control.Fault) {
	w.Helper()
	_, err := w.sim.Fault(w.Context(), f)
	require.NoError(w, err)
}

// submitted creates a model and returns its job and the model.
func (w *world) submitted(p schemas.Payload) (jobID string, m control.Model) {
	w.Helper()
	jobID, err := w.Gateway.CreateModel(w.Context(), sealed(p))
	require.NoError(w, err)
	models := w.models()
	return jobID, models[len(models)-1]
}

func (w *world) models() []control.Model {
	w.Helper()
	models, err := w.sim.Models(w.Context(), "")
	require.NoError(w, err)
	return models
}

func (w *world) requests(op control.Op) []control.Request {
	w.Helper()
	requests, err := w.sim.Requests(w.Context(), control.RequestFilter{Op: op})
	require.NoError(w, err)
	return requests
}

func aManifest() schemas.Manifest {
	temperature := 0.7
	return schemas.Manifest{
		Name: "production-llm-v2", EndpointURL: "https://api.external-ai-provider.com", AuthCredentialID: "cred_abc123xyz",
		ModelArchitecture: schemas.OpenAI, MaxRequestsPerMinute: 500, MaxTokensPerMinute: 100000,
		Parameters: schemas.Parameters{Temperature: &temperature},
	}
}

// payload is the manifest's, or another one of the same name.
// sealed is a payload as the workflow hands it on.
func sealed(p schemas.Payload) schemas.SealedPayload {
	s, err := p.Seal()
	if err != nil {
		panic(err)
	}
	return s
}

func payload(requestsPerMinute ...int) schemas.Payload {
	m := aManifest()
	if len(requestsPerMinute) > 0 {
		m.MaxRequestsPerMinute = requestsPerMinute[0]
	}
	return m.Payload()
}

// details reads the details of an error of the platform's.
func details(t *testing.T, err error) schemas.ErrorDetails {
	t.Helper()
	var d schemas.ErrorDetails
	require.NoError(t, applicationError(t, err).Details(&d))
	return d
}

var errNotRun = errors.New("the activity was not run")

// sealedProbe is how a workflow has an endpoint probed.
func sealedProbe(in schemas.ProbeInput) schemas.Sealed[schemas.ProbeInput] {
	s, err := schemas.Seal(in)
	if err != nil {
		panic(err)
	}
	return s
}
