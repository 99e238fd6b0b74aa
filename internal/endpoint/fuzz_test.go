package endpoint

import (
	"strings"
	"testing"

	"model-registrar/schemas"
)

var architectures = []schemas.Architecture{schemas.OpenAI, schemas.Azure, schemas.Anthropic, schemas.Cohere, schemas.Custom}

func FuzzEndpointURL(f *testing.F) {
	for n := range architectures {
		for _, seed := range []string{
			"https://h", "https://h/v1/", "https://h/openai/deployments/d?api-version=v", "https://u:p@h/", "https://[::1]:80/%2F",
			"http://127.0.0.1:1/v1/chat/completions?key=x", "https://１２７.1", "https://h/../..//v1", "//", "https://h/a%00b#c",
			"https://h/models", "https://h/openai/responses", "https://h/v1/responses/", "https://h/v1/x/chat",
		} {
			f.Add(byte(n), seed, "")
			f.Add(byte(n), seed, "2024-10-21")
		}
	}
	f.Fuzz(func(t *testing.T, n byte, raw, version string) {
		spec := schemas.ProbeSpec{APIVersion: version}
		if n >= 128 {
			spec.API = schemas.ResponsesAPI
		}
		target, problem := Resolve(schemas.ProbeInput{
			Name: "name", EndpointURL: raw, Architecture: architectures[int(n)%len(architectures)], Spec: spec,
		})
		if problem != nil {
			if problem.Path == "" || problem.Message == "" {
				t.Errorf("a problem without words: %+v", problem)
			}
			return
		}
		before, problem := parse("endpoint_url", raw)
		if problem != nil || before.Host != target.URL.Host || before.Scheme != target.URL.Scheme || target.URL.User != nil {
			t.Errorf("%s becomes %s", raw, target.URL)
		}
		if strings.Contains(target.URL.EscapedPath(), "//") {
			t.Errorf("a doubled slash in %s", target.URL)
		}
		if again, problem := parse("endpoint_url", target.URL.String()); problem != nil || again.Host != before.Host {
			t.Errorf("%s is not read as the same host again: %v", target.URL, problem)
		}
	})
}
