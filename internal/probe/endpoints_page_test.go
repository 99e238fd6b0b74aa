package probe

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"model-registrar/internal/credentials"
	"model-registrar/internal/manifest"
)

// onThePage are what the page has to have a row for.
var onThePage = []string{
	"OpenAI", "OpenAI, Responses API only", "Azure OpenAI, classic", "Azure OpenAI, v1", "Azure AI Foundry", "Anthropic", "Cohere",
	"Mistral", "Groq", "Gemini, OpenAI path", "DeepSeek", "Kimi (Moonshot)", "OpenRouter", "vLLM", "TGI", "Ollama", "LM Studio",
	"llama.cpp", "LiteLLM in front", "Portkey in front", "Cloudflare in front of OpenAI", "MiniMax", "Databricks", "Open WebUI",
}

func TestEachFormOnTheEndpointsPageMakesTheRequestThatStandsThere(t *testing.T) {
	page, err := os.ReadFile("../../docs/endpoints.md")
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 6 || !strings.HasPrefix(line, "| ") || strings.Contains(line, "the request goes to") {
			continue
		}
		for n := range cells {
			cells[n] = strings.Trim(cells[n], "|` ")
		}
		seen = append(seen, cells[0])
		t.Run(cells[0], func(t *testing.T) { makeRequest(t, cells) })
	}
	for _, name := range onThePage {
		if !slices.Contains(seen, name) {
			t.Errorf("the page has no row for %s", name)
		}
	}
}

// makeRequest registers nothing: it reads the row as a manifest and makes the first request of its probe.
func makeRequest(t *testing.T, row []string) {
	t.Helper()
	text := fmt.Sprintf("name: page-row\nendpoint_url: %s\nmodel_architecture: %s\nprobe: %s\nauth_credential_id: cred_page\n"+
		"max_requests_per_minute: 1\nmax_tokens_per_minute: 1\n", row[1], row[2], row[3])
	documents, err := manifest.Parse("page.yaml", []byte(text))
	if err != nil || len(documents) != 1 || len(documents[0].Violations) > 0 {
		t.Fatalf("%v: %+v", err, documents)
	}
	p, f := newPlan(documents[0].Manifest.ProbeInput())
	if f != nil {
		t.Fatal(f)
	}
	file := filepath.Join(t.TempDir(), "credentials.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "credentials: {cred_page: {hosts: ['%s'], token_env: PAGE_TEST_TOKEN}}", p.target.URL.Host), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PAGE_TEST_TOKEN", "hunter2hunter2")
	store, err := credentials.Load(credentials.Config{File: file})
	if err != nil {
		t.Fatal(err)
	}
	credential, err := store.Lookup("cred_page", p.target.URL)
	if err != nil {
		t.Fatal(err)
	}
	x := exchanger{plan: p, credential: credential}
	req, err := x.request(t.Context(), prompt{model: p.target.Model, maxTokens: 100, shape: p.firstShape()})
	if err != nil {
		t.Fatal(err)
	}
	if req.Method != http.MethodPost || req.URL.String() != row[4] {
		t.Errorf("the request is %s %s, and the page says %s", req.Method, req.URL, row[4])
	}
	name, scheme, _ := strings.Cut(row[5], ":")
	if got := req.Header.Get(name); got != strings.TrimSpace(scheme+" hunter2hunter2") {
		t.Errorf("%s is %q, and the page says %s", name, got, row[5])
	}
}
