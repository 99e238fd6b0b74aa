package credentials_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"model-registrar/internal/credentials"
)

func TestEverythingThatIsWrongIsReportedAtOnce(t *testing.T) {
	path := file(t, `
credentials:
  no_hosts: {hosts: [], token_file: token}
  bad_host: {hosts: ["https://a.example/", "*.example", "a.example:0"], token_file: token}
  no_token: {hosts: [a.example]}
  two_tokens: {hosts: [a.example], token_file: token, token_env: X}
  inline: {hosts: [a.example], token: `+secret+`}
  gone: {hosts: [a.example], token_file: nowhere}
  unset: {hosts: [a.example], token_env: CREDENTIALS_TEST_NOT_SET}
  bad_header: {hosts: [a.example], token_file: token, header: "a b"}
  lone_scheme: {hosts: [a.example], token_file: token, scheme: Token}
  bad_scheme: {hosts: [a.example], token_file: token, header: X-Key, scheme: "a\r\nb"}
  half_pair: {hosts: [a.example], token_file: token, client_cert_file: c.pem}
  no_pair: {hosts: [a.example], token_file: token, client_cert_file: c.pem, client_key_file: k.pem}
  bad_ca: {hosts: [a.example], token_file: token, ca_file: token}
  bad_proxy: {hosts: [a.example], token_file: token, proxy: "ftp://user:`+secret+`@p"}
  good: {hosts: [a.example], token_file: token}
`)
	_, err := credentials.Load(credentials.Config{File: path, Token: "two words", TokenHosts: []string{"a b"}})
	if err == nil {
		t.Fatal("loaded")
	}
	for _, want := range []string{
		`"no_hosts": hosts is empty`, `"bad_host": "https://a.example/"`, `"bad_host": "*.example"`, `"bad_host": "a.example:0"`,
		`"no_token": exactly one of`, `"two_tokens": exactly one of`, `"inline": token is not kept in this file`, `"gone": token_file`,
		`"unset": environment variable CREDENTIALS_TEST_NOT_SET`, `"bad_header": header`, `"lone_scheme": scheme needs header`,
		`"bad_scheme": scheme`, `"half_pair": client_cert_file and client_key_file need each other`, `"no_pair": client_cert_file`,
		`"bad_ca": ca_file`, `"bad_proxy": proxy`, "EXTERNAL_AI_TOKEN: ", `EXTERNAL_AI_TOKEN_HOSTS: "a b"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not reported in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), `"good"`) || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "two words") {
		t.Errorf("what is right or secret is in:\n%v", err)
	}
}

func TestAFileThatCannotBeReadIsNamedWithThePlaceAndNotQuoted(t *testing.T) {
	for name, test := range map[string]struct{ content, place string }{
		"an unknown key":   {"credentials:\n  a:\n    hosts: [a.example]\n    tokn_file: " + secret, ":4:"},
		"a key twice":      {"credentials:\n  a: {hosts: [" + secret + "]}\n  a: {hosts: [b]}", ":3:"},
		"a wrong type":     {"credentials:\n  a: " + secret, ":2:"},
		"not YAML":         {"credentials: [" + secret, ":"},
		"tabs":             {"credentials:\n\ta: " + secret, ":"},
		"another document": {secret, ":1:"},
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t, test.content)
			_, err := credentials.Load(credentials.Config{File: path})
			if err == nil {
				t.Fatal("loaded")
			}
			if !strings.Contains(err.Error(), path+test.place) || strings.Contains(err.Error(), secret) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTheFileCanBeJSON(t *testing.T) {
	path := file(t, `{"credentials": {"cred_a": {"hosts": ["a.example"], "token_file": "token", "header": "X-Key"}}}`)
	c, err := load(t, credentials.Config{File: path}).Lookup("cred_a", endpoint(t, "https://a.example"))
	if err != nil || c.Token() != secret || c.Header != "X-Key" || c.Scheme != "" {
		t.Errorf("%v", err)
	}
}

func TestFilesAreBounded(t *testing.T) {
	big := filepath.Join(t.TempDir(), "big")
	write(t, big, strings.Repeat("#", 2<<20))
	if _, err := credentials.Load(credentials.Config{File: big}); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("got %v", err)
	}
	if _, err := credentials.Load(credentials.Config{File: filepath.Join(t.TempDir(), "nowhere")}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
