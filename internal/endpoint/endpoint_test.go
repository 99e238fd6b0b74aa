package endpoint

import (
	"testing"

	"model-registrar/schemas"
)

func TestEndpointURLsInEveryFormEndInTheRightRequest(t *testing.T) {
	deployment := schemas.ProbeSpec{Deployment: "gpt-4o"}
	classic := schemas.ProbeSpec{Deployment: "gpt-4o", APIVersion: "2024-10-21"}
	for _, test := range []struct {
		architecture schemas.Architecture
		spec         schemas.ProbeSpec
		endpoint     string
		url, model   string
	}{
		{schemas.OpenAI, schemas.ProbeSpec{}, "https://h", "https://h/v1/chat/completions", "name"},
		{schemas.OpenAI, schemas.ProbeSpec{Model: "m"}, "https://h/", "https://h/v1/chat/completions", "m"},
		{schemas.OpenAI, schemas.ProbeSpec{}, "https://h//", "https://h/v1/chat/completions", "name"},
		{schemas.OpenAI, schemas.ProbeSpec{}, "https://h/v1", "https://h/v1/chat/completions", "name"},
		{schemas.OpenAI, schemas.ProbeSpec{}, "https://h/v1/", "https://h/v1/chat/completions", "name"},
		{schemas.OpenAI, schemas.ProbeSpec{}, "https://h/v1/chat", "https://h/v1/chat/completions", "name"},
		{schemas.OpenAI, schemas.ProbeSpec{}, "https://h/v1/chat/completions", "https://h/v1/chat/completions", "name"},
		{schemas.OpenAI, schemas.ProbeSpec{}, "https://h/v1/chat/completions/", "https://h/v1/chat/completions", "name"},
		{schemas.OpenAI, schemas.ProbeSpec{}, "https://h/v1/chat/completions?x=1", "https://h/v1/chat/completions?x=1", "name"},
		{schemas.OpenAI, schemas.ProbeSpec{}, "https://h/openai/v1", "https://h/openai/v1/chat/completions", "name"},
		{schemas.OpenAI, schemas.ProbeSpec{}, "https://h/v1beta/openai/", "https://h/v1beta/openai/chat/completions", "name"},
		{schemas.OpenAI, schemas.ProbeSpec{}, "https://h/llm?x=1", "https://h/llm/v1/chat/completions?x=1", "name"},
		{schemas.OpenAI, schemas.ProbeSpec{}, " https://H.Example.:443/v1 ", "https://h.example/v1/chat/completions", "name"},
		{schemas.OpenAI, schemas.ProbeSpec{}, "https://h/a%2Fb/", "https://h/a%2Fb/v1/chat/completions", "name"},
		{schemas.Custom, schemas.ProbeSpec{}, "http://127.0.0.1:8000", "http://127.0.0.1:8000/v1/chat/completions", "name"},
		{schemas.Azure, classic, "https://h", "https://h/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21", "gpt-4o"},
		{schemas.Azure, classic, "https://h/openai/", "https://h/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21", "gpt-4o"},
		{schemas.Azure, classic, "https://h/apim/", "https://h/apim/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21", "gpt-4o"},
		{schemas.Azure, schemas.ProbeSpec{}, "https://h?api-version=v", "https://h/openai/deployments/name/chat/completions?api-version=v", "name"},
		{schemas.Azure, schemas.ProbeSpec{}, "https://h/openai/deployments/d?api-version=v", "https://h/openai/deployments/d/chat/completions?api-version=v", "d"},
		{schemas.Azure, schemas.ProbeSpec{}, "https://h/openai/deployments/d/chat/completions?api-version=v", "https://h/openai/deployments/d/chat/completions?api-version=v", "d"},
		{schemas.Azure, schemas.ProbeSpec{APIVersion: "v"}, "https://h/openai/deployments/d/", "https://h/openai/deployments/d/chat/completions?api-version=v", "d"},
		{schemas.Azure, schemas.ProbeSpec{Deployment: "a b", APIVersion: "v"}, "https://h", "https://h/openai/deployments/a%20b/chat/completions?api-version=v", "a b"},
		{schemas.Azure, deployment, "https://h", "https://h/openai/v1/chat/completions", "gpt-4o"},
		{schemas.Azure, deployment, "https://h/openai", "https://h/openai/v1/chat/completions", "gpt-4o"},
		{schemas.Azure, deployment, "https://h/openai/v1/", "https://h/openai/v1/chat/completions", "gpt-4o"},
		{schemas.Azure, classic, "https://h/openai/v1/chat/completions", "https://h/openai/v1/chat/completions?api-version=2024-10-21", "gpt-4o"},
		{schemas.Azure, schemas.ProbeSpec{}, "https://h/openai/v1/", "https://h/openai/v1/chat/completions", "name"},
		{schemas.Anthropic, schemas.ProbeSpec{}, "https://h", "https://h/v1/messages", "name"},
		{schemas.Anthropic, schemas.ProbeSpec{}, "https://h/v1/", "https://h/v1/messages", "name"},
		{schemas.Anthropic, schemas.ProbeSpec{}, "https://h/v1/messages?beta=true", "https://h/v1/messages?beta=true", "name"},
		{schemas.Anthropic, schemas.ProbeSpec{}, "https://h/anthropic/", "https://h/anthropic/v1/messages", "name"},
		{schemas.Cohere, schemas.ProbeSpec{}, "https://h", "https://h/v2/chat", "name"},
		{schemas.Cohere, schemas.ProbeSpec{}, "https://h/v2/", "https://h/v2/chat", "name"},
		{schemas.Cohere, schemas.ProbeSpec{}, "https://h/v2/chat/", "https://h/v2/chat", "name"},
		{schemas.Cohere, schemas.ProbeSpec{}, "https://h/v1", "https://h/v2/chat", "name"},
		{schemas.Cohere, schemas.ProbeSpec{}, "https://h/x/v1/chat/", "https://h/x/v2/chat", "name"},
	} {
		t.Run(string(test.architecture)+" "+test.endpoint, func(t *testing.T) {
			target, p := Resolve(schemas.ProbeInput{
				Name: "name", EndpointURL: test.endpoint, Architecture: test.architecture, Spec: test.spec,
			})
			if p != nil {
				t.Fatal(p)
			}
			if got := target.URL.String(); got != test.url || target.Model != test.model {
				t.Errorf("got %s for %s\nwant %s for %s", got, target.Model, test.url, test.model)
			}
		})
	}
}

func TestAnAzureDeploymentThatCannotBeMeantIsRefused(t *testing.T) {
	for name, in := range map[string]schemas.ProbeInput{
		"no API version":  {EndpointURL: "https://h/openai/deployments/d"},
		"two deployments": {EndpointURL: "https://h/openai/deployments/d?api-version=v", Spec: schemas.ProbeSpec{Deployment: "e"}},
	} {
		t.Run(name, func(t *testing.T) {
			in.Name, in.Architecture = "name", schemas.Azure
			if _, p := Resolve(in); p == nil {
				t.Error("it is resolved")
			}
		})
	}
}
