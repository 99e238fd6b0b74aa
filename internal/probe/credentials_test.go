package probe_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/http/httpproxy"

	"model-registrar/internal/credentials"
	"model-registrar/internal/netguard"
	"model-registrar/internal/probe"
	"model-registrar/schemas"
)

func TestAMissingTokenIsAFailThatNamesIDAndHost(t *testing.T) {
	r := report(t, proberWith(t, credentials.Config{}), input("https://models.example", schemas.OpenAI))
	wantFail(t, r, schemas.ReasonCredentialMissing)
	wantInSentence(t, r, "cred_test", "models.example")
}

func TestATokenWithoutHostsIsSentNowhereAndTheReportSaysSo(t *testing.T) {
	_, in := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the endpoint was called") })
	r := report(t, proberWith(t, credentials.Config{Token: token}), in)
	wantFail(t, r, schemas.ReasonCredentialHost)
	wantInSentence(t, r, "EXTERNAL_AI_TOKEN_HOSTS is empty", "cred_test")
}

func TestATokenForAnotherHostIsNotSent(t *testing.T) {
	_, in := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the endpoint was called") })
	r := report(t, proberFor(t, "https://api.openai.com"), in)
	wantFail(t, r, schemas.ReasonCredentialHost)
	wantInSentence(t, r, "EXTERNAL_AI_TOKEN_HOSTS", "cred_test", strings.TrimPrefix(in.EndpointURL, "http://"))
}

func TestATokenFileThatHasGoneIsAFail(t *testing.T) {
	_, in := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the endpoint was called") })
	path := filepath.Join(t.TempDir(), "token")
	write(t, path, token)
	prober := proberWith(t, credentials.Config{File: credentialsFile(t, in.EndpointURL, "token_file: "+path)})
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	wantFail(t, report(t, prober, in), schemas.ReasonCredentialUnusable)
}

func TestACustomHeaderAndSchemeCarryTheToken(t *testing.T) {
	for settings, want := range map[string]string{
		"header: X-Custom-Key":                    "X-Custom-Key: " + token,
		"header: Authorization, scheme: Token":    "Authorization: Token " + token,
		"header: Authorization":                   "Authorization: Bearer " + token,
		"header: X-Custom-Key, scheme: Something": "X-Custom-Key: Something " + token,
	} {
		t.Run(settings, func(t *testing.T) {
			t.Setenv("PROBE_TEST_TOKEN", token)
			name, value, _ := strings.Cut(want, ": ")
			_, in := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get(name); got != value {
					t.Errorf("%s is not as configured", name)
				}
				if name != "Authorization" && r.Header.Get("Authorization") != "" {
					t.Error("the token is in Authorization too")
				}
				stream(chunk("VALIDATION_SUCCESS")+done)(w, r)
			})
			in.Architecture = schemas.Custom
			file := credentialsFile(t, in.EndpointURL, "token_env: PROBE_TEST_TOKEN, "+settings)
			wantPass(t, report(t, proberWith(t, credentials.Config{File: file}), in))
		})
	}
}

func TestAnEndpointThatRepeatsTheTokenDoesNotGetItIntoTheReport(t *testing.T) {
	prober, in := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		said := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		fmt.Fprintf(w, `{"error":{"code":%q,"message":"you sent %s"}}`, said, said)
	})
	r := report(t, prober, in)
	wantFail(t, r, schemas.ReasonBadRequest)
	if strings.Contains(fmt.Sprintf("%+v %+v", *r, *r.Details.Cold), token) {
		t.Errorf("the token is in the report: %s", r.Error)
	}
}

// credentialsFile writes a file with cred_test for the host of a URL.
func credentialsFile(t *testing.T, endpoint, settings string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "credentials.yaml")
	host := strings.TrimPrefix(endpoint, "http://")
	write(t, path, fmt.Sprintf("credentials: {cred_test: {hosts: [%q], %s}}", host, settings))
	return path
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func proberWith(t *testing.T, cfg credentials.Config) *probe.Prober {
	t.Helper()
	guard, err := netguard.New(netguard.Config{
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Proxy: &httpproxy.Config{},
	})
	if err != nil {
		t.Fatal(err)
	}
	store, err := credentials.Load(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return probe.New(probe.Config{Guard: guard, Credentials: store})
}

func wantInSentence(t *testing.T, r *schemas.ProbeReport, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.Error, part) {
			t.Errorf("%q is not in the sentence: %s", part, r.Error)
		}
	}
}
