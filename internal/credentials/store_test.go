package credentials_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"model-registrar/internal/credentials"
)

const secret = "s3cr3t-token"

func load(t *testing.T, cfg credentials.Config) *credentials.Store {
	t.Helper()
	s, err := credentials.Load(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// file writes a credentials file, and beside it a token file named token.
func file(t *testing.T, content string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "token"), secret+"\n")
	path := filepath.Join(dir, "credentials.yaml")
	write(t, path, content)
	return path
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func endpoint(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestACredentialOfTheFileGoesToItsHostsOnly(t *testing.T) {
	s := load(t, credentials.Config{File: file(t, `
credentials:
  cred_a:
    hosts: [API.Example.com., "llm.example:8443", "bücher.example", "127.0.0.1:9000", "[::1]:9000", "2606:4700::1111"]
    token_file: token
`)})
	for raw, allowed := range map[string]bool{
		"https://api.example.com/v1":      true,
		"https://API.EXAMPLE.COM.:443":    true,
		"https://ａpi.example.com":         true,
		"https://llm.example:8443":        true,
		"https://xn--bcher-kva.example/":  true,
		"http://127.0.0.1:9000":           true,
		"http://[::ffff:127.0.0.1]:9000":  true,
		"http://[::1]:9000":               true,
		"https://[2606:4700:0:0::1111]/":  true,
		"https://api.example.com:8443":    false,
		"https://llm.example":             false,
		"https://evil.api.example.com":    false,
		"https://api.example.com.evil.io": false,
		"https://example.com":             false,
		"http://127.0.0.1":                false,
		"https://аpi.example.com":         false, // a Cyrillic letter
	} {
		c, err := s.Lookup("cred_a", endpoint(t, raw))
		_, refused := errors.AsType[*credentials.HostNotAllowedError](err)
		if allowed && (err != nil || c.Token() != secret) || !allowed && !refused {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestTheFallbackTokenIsForEveryIDButItsHostsOnly(t *testing.T) {
	s := load(t, credentials.Config{
		File:  file(t, "credentials: {cred_a: {hosts: [a.example], token_file: token}}"),
		Token: "fallback", TokenHosts: []string{"b.example", ""},
	})
	if c, err := s.Lookup("anything", endpoint(t, "https://b.example")); err != nil || c.Token() != "fallback" {
		t.Errorf("to its host: %v", err)
	}
	_, err := s.Lookup("anything", endpoint(t, "https://a.example"))
	if refused, ok := errors.AsType[*credentials.HostNotAllowedError](err); !ok || !refused.Fallback {
		t.Errorf("to another host: %v", err)
	}
	if _, err := s.Lookup("cred_a", endpoint(t, "https://b.example")); err == nil {
		t.Error("the fallback stands in for a credential that the file names")
	}
}

func TestErrorsNameIDAndHostAndTheRemedy(t *testing.T) {
	named := file(t, "credentials: {cred_a: {hosts: [a.example], token_file: token}}")
	for name, test := range map[string]struct {
		cfg  credentials.Config
		want []string
	}{
		"nothing configured":  {credentials.Config{}, []string{"REGISTRAR_CREDENTIALS_FILE", "EXTERNAL_AI_TOKEN_HOSTS=h.example:81"}},
		"a token, no hosts":   {credentials.Config{Token: secret}, []string{"EXTERNAL_AI_TOKEN_HOSTS is empty", "nowhere"}},
		"a token, other host": {credentials.Config{Token: secret, TokenHosts: []string{"x.example"}}, []string{"EXTERNAL_AI_TOKEN_HOSTS"}},
		"a file, other host":  {credentials.Config{File: named}, []string{"REGISTRAR_CREDENTIALS_FILE"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, test.cfg).Lookup("cred_a", endpoint(t, "https://h.example:81/path?key=hidden"))
			if err == nil {
				t.Fatal("found")
			}
			for _, part := range append(test.want, "cred_a", "h.example:81") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q is not in: %v", part, err)
				}
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "hidden") {
				t.Errorf("a secret in: %v", err)
			}
		})
	}
}

func TestARotatedTokenCountsFromTheNextLookup(t *testing.T) {
	path := file(t, "credentials: {cred_a: {hosts: [a.example], token_file: token}}")
	s := load(t, credentials.Config{File: path})
	write(t, filepath.Join(filepath.Dir(path), "token"), "rotated")
	if c, err := s.Lookup("cred_a", endpoint(t, "https://a.example")); err != nil || c.Token() != "rotated" {
		t.Errorf("%v", err)
	}
	write(t, filepath.Join(filepath.Dir(path), "token"), "")
	_, err := s.Lookup("cred_a", endpoint(t, "https://a.example"))
	if _, ok := errors.AsType[*credentials.UnreadableError](err); !ok {
		t.Errorf("an emptied file: %v", err)
	}
}

func TestAnAnonymousCredentialSendsNothing(t *testing.T) {
	s := load(t, credentials.Config{File: file(t, "credentials: {local: {hosts: ['127.0.0.1:11434'], anonymous: true}}")})
	c, err := s.Lookup("local", endpoint(t, "http://127.0.0.1:11434"))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:11434", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	c.Authorize(req, "Authorization", "Bearer")
	if len(req.Header) != 0 || !c.Anonymous() {
		t.Errorf("headers %v", req.Header)
	}
}

func TestACredentialNeverShowsItsToken(t *testing.T) {
	s := load(t, credentials.Config{Token: secret, TokenHosts: []string{"a.example"}})
	c, err := s.Lookup("cred_a", endpoint(t, "https://a.example"))
	if err != nil {
		t.Fatal(err)
	}
	type holder struct{ inner credentials.Credential }
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb, c, &c, holder{c})
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "c", c, "p", &c, "h", holder{c})
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "c", c, "p", &c, "h", holder{c})
	logger := zerolog.New(&out)
	logger.Info().Interface("c", c).Interface("h", holder{c}).Any("p", &c).Send()
	raw, err := json.Marshal(map[string]any{"c": c, "p": &c})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(raw)
	fmt.Fprintf(&out, "%v %+v %#v", s, s, *s)
	for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprint([]byte(secret))} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the token is shown as %q", form)
		}
	}
	if !strings.Contains(out.String(), "credential cred_a") {
		t.Error("the credential is not named either")
	}
}
