package credentials_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"model-registrar/internal/credentials"
)

func TestAWebhooksHostIsCalledWithItsOwnCredential(t *testing.T) {
	t.Setenv("RECEIVER_TEST_TOKEN", "hunter2hunter2")
	r, err := credentials.LoadReceivers(file(t, `credentials:
  by-header: {hosts: [a.example], token_env: RECEIVER_TEST_TOKEN}
  by-own-header: {hosts: ["b.example:8443"], token_env: RECEIVER_TEST_TOKEN, header: X-Api-Key}
  by-query: {hosts: [c.example], token_env: RECEIVER_TEST_TOKEN, query: sig}
  by-several: {hosts: [d.example], anonymous: true, headers: {X-A: {token_env: RECEIVER_TEST_TOKEN}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		"https://a.example/hook?x=1": "Authorization=Bearer hunter2hunter2", "https://A.example:443/hook": "Authorization=Bearer hunter2hunter2",
		"https://b.example:8443/": "X-Api-Key=hunter2hunter2", "https://b.example/": "", "https://c.example/hook?x=1": "?sig=hunter2hunter2",
		"https://d.example/": "X-A=hunter2hunter2", "https://e.example/": "", "https://a.example.evil.example/": "",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Authorize(req); err != nil {
			t.Fatal(err)
		}
		name, value, _ := strings.Cut(want, "=")
		if parameter, is := strings.CutPrefix(name, "?"); is {
			if req.URL.Query().Get(parameter) != value || req.URL.Query().Get("x") != "1" || len(req.Header) != 0 {
				t.Errorf("%s is called as %s with %v", url, req.URL, req.Header)
			}
			continue
		}
		if want != "" && req.Header.Get(name) != value || want == "" && len(req.Header) != 0 {
			t.Errorf("%s is called with %v", url, req.Header)
		}
	}
}

func TestWhatIsWrongWithReceiversIsSaidAtOnceAndWithoutSecrets(t *testing.T) {
	t.Setenv("RECEIVER_TEST_TOKEN", "hunter2hunter2")
	_, err := credentials.LoadReceivers(file(t, `credentials:
  a: {hosts: [a.example], token_env: RECEIVER_TEST_TOKEN}
  b: {hosts: [a.example], token_env: RECEIVER_TEST_TOKEN}
  c: {hosts: [c.example], token_env: RECEIVER_TEST_TOKEN, proxy: "http://p.example"}
  d: {hosts: [d.example], token_env: RECEIVER_TEST_TOKEN, header: webhook-id}
  e: {hosts: [e.example], token_env: RECEIVER_TEST_NOTHING}
`))
	if err == nil {
		t.Fatal("it is loaded")
	}
	for _, part := range []string{`has the credential "a" already`, "have no place here", "header of the signature", "RECEIVER_TEST_NOTHING"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not said: %v", part, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a secret is said: %v", err)
	}
}

func TestReceiversWithoutAFileHaveNoCredentials(t *testing.T) {
	r, err := credentials.LoadReceivers("")
	if err != nil {
		t.Fatal(err)
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://a.example", http.NoBody)
	if err := r.Authorize(req); err != nil || len(req.Header) != 0 {
		t.Errorf("%v, %v", err, req.Header)
	}
	if _, err := credentials.LoadReceivers(t.TempDir() + "/nothing"); err == nil || !os.IsNotExist(err) && !strings.Contains(err.Error(), "REGISTRAR_WEBHOOK_CREDENTIALS_FILE") {
		t.Errorf("got %v", err)
	}
}
