package probe_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"golang.org/x/net/http/httpproxy"

	"model-registrar/internal/credentials"
	"model-registrar/internal/netguard"
	"model-registrar/internal/probe"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
)

const token = simulator.DefaultProviderToken

// world is a simulator, and a prober that may call it.
type world struct {
	testing.TB
	url     string
	control *control.Client
	prober  *probe.Prober
}

func newWorld(t testing.TB) *world {
	t.Helper()
	sim := simulator.New(simulator.Options{})
	server := httptest.NewServer(sim)
	t.Cleanup(func() { sim.Close(); server.Close() })
	return &world{TB: t, url: server.URL, control: control.New(server.URL), prober: proberFor(t, server.URL)}
}

// proberFor makes a prober that may dial loopback and send the token to the hosts of these URLs.
func proberFor(t testing.TB, urls ...string) *probe.Prober {
	t.Helper()
	return proberWithToken(t, token, urls...)
}

func proberWithToken(t testing.TB, token string, urls ...string) *probe.Prober {
	t.Helper()
	guard, err := netguard.New(netguard.Config{
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Proxy: &httpproxy.Config{},
	})
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, raw := range urls {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		hosts = append(hosts, u.Host)
	}
	store, err := credentials.Load(credentials.Config{Token: token, TokenHosts: hosts})
	if err != nil {
		t.Fatal(err)
	}
	return probe.New(probe.Config{Guard: guard, Credentials: store})
}

// serve starts an endpoint of the test's own and returns the prober and input for it.
func serve(t testing.TB, handler http.HandlerFunc) (*probe.Prober, schemas.ProbeInput) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body) // a server only notices that its client is gone once it has read the request
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return proberFor(t, server.URL), input(server.URL, schemas.OpenAI)
}

func input(endpoint string, a schemas.Architecture) schemas.ProbeInput {
	return schemas.ProbeInput{
		Name: "test-model", EndpointURL: endpoint, AuthCredentialID: "cred_test", Architecture: a,
		Spec: schemas.ProbeSpec{Timeout: schemas.Duration(10 * time.Second)},
	}
}

// variants are the protocols that the simulator speaks, and how each is written in a manifest.
var variants = []struct {
	name         string
	path         string
	architecture schemas.Architecture
	spec         schemas.ProbeSpec
}{
	{name: "openai", path: "/providers/openai", architecture: schemas.OpenAI},
	{name: "custom", path: "/providers/custom", architecture: schemas.Custom},
	{name: "azure classic", path: "/providers/azure", architecture: schemas.Azure,
		spec: schemas.ProbeSpec{Deployment: "gpt-4o", APIVersion: "2024-10-21"}},
	{name: "azure v1", path: "/providers/azure", architecture: schemas.Azure, spec: schemas.ProbeSpec{Deployment: "gpt-4o"}},
	{name: "anthropic", path: "/providers/anthropic", architecture: schemas.Anthropic},
	{name: "anthropic 2026-10-21", path: "/providers/anthropic-2026-10-21", architecture: schemas.Anthropic,
		spec: schemas.ProbeSpec{APIVersion: "2026-10-21"}},
	{name: "cohere", path: "/providers/cohere", architecture: schemas.Cohere},
}

// everyVariant runs a test for each protocol, streaming and not.
func everyVariant(t *testing.T, test func(t *testing.T, w *world, in schemas.ProbeInput)) {
	for _, v := range variants {
		for _, stream := range []bool{true, false} {
			name := v.name + " streaming"
			if !stream {
				name = v.name + " whole"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				in := input(w.url+v.path, v.architecture)
				in.Spec = v.spec
				in.Spec.Timeout, in.Spec.Stream = schemas.Duration(10*time.Second), &stream
				test(t, w, in)
			})
		}
	}
}

func (w *world) order(action control.Action) {
	w.Helper()
	w.orderRule(control.Fault{Action: action})
}

func (w *world) orderRule(f control.Fault) {
	w.Helper()
	f.Match.Op = control.OpProvider
	if _, err := w.control.Fault(w.Context(), f); err != nil {
		w.Fatal(err)
	}
}

func (w *world) requests() []control.Request {
	w.Helper()
	all, err := w.control.Requests(w.Context(), control.RequestFilter{})
	if err != nil {
		w.Fatal(err)
	}
	return all
}

// report runs a probe that must end in a report.
func report(t testing.TB, p *probe.Prober, in schemas.ProbeInput) *schemas.ProbeReport {
	t.Helper()
	r, err := p.Run(t.Context(), in)
	if err != nil {
		t.Fatalf("no report but %T: %v", err, err)
	}
	return r
}

// outcome runs a probe and returns its report, or the one that it would become once time is up.
func outcome(t testing.TB, p *probe.Prober, in schemas.ProbeInput) (r *schemas.ProbeReport, retry *probe.RetryableError) {
	t.Helper()
	r, err := p.Run(context.WithoutCancel(t.Context()), in)
	if errors.As(err, &retry) {
		return retry.Report(), retry
	}
	if err != nil {
		t.Fatalf("neither a report nor a retry but %T: %v", err, err)
	}
	return r, nil
}

func wantPass(t testing.TB, r *schemas.ProbeReport) {
	t.Helper()
	if r.Status != schemas.ProbePass || r.ErrorCode != "" || r.Error != "" {
		t.Fatalf("want PASS, got %s %s: %s", r.Status, r.ErrorCode, r.Error)
	}
}

func wantFail(t testing.TB, r *schemas.ProbeReport, code string) {
	t.Helper()
	if r.Status != schemas.ProbeFail || r.ErrorCode != code {
		t.Fatalf("want FAIL %s, got %s %s: %s", code, r.Status, r.ErrorCode, r.Error)
	}
	if r.Error == "" {
		t.Fatal("a FAIL without a sentence")
	}
}
