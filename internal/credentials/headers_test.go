package credentials_test

import (
	"strings"
	"testing"

	"model-registrar/internal/credentials"
)

func TestWhatIsWrongWithHeadersAndQueriesIsSaid(t *testing.T) {
	t.Setenv("HEADER_TEST_TOKEN", "hunter2hunter2")
	for entry, want := range map[string]string{
		"token_env: HEADER_TEST_TOKEN, query: key, header: X-A":                                     "query carries the token in place of header",
		"anonymous: true, query: key":                                                               "query needs a token",
		"token_env: HEADER_TEST_TOKEN, query: 'a&b'":                                                "query is not the name",
		"token_env: HEADER_TEST_TOKEN, headers: {X-A: {}}":                                          "exactly one of token_file and token_env",
		"token_env: HEADER_TEST_TOKEN, headers: {X-A: {value: hunter3hunter3}}":                     "value is not kept in this file",
		"token_env: HEADER_TEST_TOKEN, headers: {'X A': {token_env: HEADER_TEST_TOKEN}}":            "not the name of an HTTP header",
		"token_env: HEADER_TEST_TOKEN, headers: {Host: {token_env: HEADER_TEST_TOKEN}}":             "set by the probe itself",
		"token_env: HEADER_TEST_TOKEN, header: X-A, headers: {x-a: {token_env: HEADER_TEST_TOKEN}}": "header of the token already",
		"token_env: HEADER_TEST_TOKEN, headers: {X-A: {token_env: HEADER_TEST_NOTHING}}":            "HEADER_TEST_NOTHING",
		"token_env: HEADER_TEST_TOKEN, headers: {X-A: {token_file: nowhere}}":                       "nowhere",
		"token_env: HEADER_TEST_TOKEN, headers: {X-A: {env: HEADER_TEST_TOKEN}}":                    "unknown key",
	} {
		_, err := credentials.Load(credentials.Config{File: file(t, "credentials: {c: {hosts: [a.example], "+entry+"}}")})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: %v, want %q", entry, err, want)
		}
	}
}
