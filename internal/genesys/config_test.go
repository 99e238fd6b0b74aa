package genesys

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
)

func TestNewNamesEverythingThatIsWrongAndNoSecret(t *testing.T) {
	_, err := New(Config{APIBaseURL: "https://user:hunter2@api.mypurecloud.com", LoginBaseURL: "nonsense", GatewayPath: "models?x"})
	if err == nil {
		t.Fatal("accepted")
	}
	contains(t, err.Error(), "client id is missing", "client secret is missing", "API base URL must have no user", "login base URL is not", "gateway path")
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("the password is in the error")
	}
}

func TestPlainHTTPIsForLoopbackUnlessAllowed(t *testing.T) {
	for base, ok := range map[string]bool{
		"http://127.0.0.1:8080": true, "http://localhost:1": true, "http://[::1]:1": true,
		"http://simulator:8080": false, "http://10.0.0.1": false, "ftp://localhost": false,
	} {
		cfg := Config{APIBaseURL: base, LoginBaseURL: base, ClientID: "a", ClientSecret: "b"}
		if _, err := New(cfg); (err == nil) != ok {
			t.Errorf("%s: %v", base, err)
		}
	}
	cfg := Config{APIBaseURL: "http://simulator:8080", LoginBaseURL: "http://simulator:8080", ClientID: "a", ClientSecret: "b", AllowHTTP: true}
	if _, err := New(cfg); err != nil {
		t.Error(err)
	}
}

func TestRegionHostsTakesARegionOrADomain(t *testing.T) {
	for in, api := range map[string]string{
		"us-east-1": "https://api.mypurecloud.com", "EU-West-1": "https://api.mypurecloud.ie",
		"mypurecloud.de": "https://api.mypurecloud.de", " usw2.pure.cloud ": "https://api.usw2.pure.cloud",
		"eusc-de-east-1": "https://api.edee1.eusc-pure.cloud",
	} {
		a, l, err := RegionHosts(in)
		if err != nil || a != api || l != strings.Replace(api, "api.", "login.", 1) {
			t.Errorf("%q: %s, %s, %v", in, a, l, err)
		}
	}
	if _, _, err := RegionHosts("moon-1"); err == nil || !strings.Contains(err.Error(), "eu-central-1") {
		t.Errorf("got %v, want the known regions", err)
	}
	if len(regions) != 18 {
		t.Errorf("%d regions, want 18", len(regions))
	}
}

func TestLoginHostFollowsFromTheAPIHost(t *testing.T) {
	for in, want := range map[string]string{
		"https://api.mypurecloud.com": "https://login.mypurecloud.com", "https://API.mypurecloud.ie/": "https://login.mypurecloud.ie",
		"http://api.localhost:8080": "http://login.localhost:8080", "https://example.com": "", "nonsense": "",
	} {
		got, err := LoginHostFor(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", in, got, err)
		}
	}
}

func TestTransportRefusesOldTLSAndKeepsConnectionsForEverySlot(t *testing.T) {
	tr := newTransport()
	if tr.TLSClientConfig.MinVersion != tls.VersionTLS12 || tr.MaxIdleConnsPerHost < 100 || tr.MaxResponseHeaderBytes > 64<<10 {
		t.Errorf("%+v", tr)
	}
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, token string) {
		w.Header().Set("X-Long", strings.Repeat("x", 100<<10))
		jobDone(w, r, token)
	})
	_, err := f.client(t).GetJob(t.Context(), "job-1")
	failure(t, err, "GatewayUnavailable")
}
