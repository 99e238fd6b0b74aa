package simulator_test

import (
	"net/http"
	"strings"
	"testing"

	"model-registrar/testsuite/simulator"
)

func TestAPayloadIsReadStrictly(t *testing.T) {
	limits := func(requests, tokens any) map[string]any {
		return map[string]any{"rateLimits": map[string]any{"maxRequestsPerMinute": requests, "maxTokensPerMinute": tokens}}
	}
	parameters := func(key string, value any) map[string]any {
		return map[string]any{"parameters": map[string]any{key: value}}
	}
	cases := []struct {
		name    string
		changes map[string]any
		code    string
		field   string
	}{
		{"unknown member", map[string]any{"api_key": "x"}, "bad.request", "api_key"},
		{"member in the wrong case", map[string]any{"Name": "x"}, "bad.request", "Name"},
		{"no name", map[string]any{"name": nil}, "bad.request", "name"},
		{"name of another type", map[string]any{"name": 5}, "bad.request", "name"},
		{"short name", map[string]any{"name": "ab"}, "invalid.value", "name"},
		{"long name", map[string]any{"name": strings.Repeat("é", 65)}, "invalid.value", "name"},
		{"name with a line break", map[string]any{"name": "a\nbc"}, "invalid.value", "name"},
		{"no endpoint", map[string]any{"endpointUrl": nil}, "bad.request", "endpointUrl"},
		{"plain http endpoint", map[string]any{"endpointUrl": "http://example.com"}, "invalid.value", "endpointUrl"},
		{"relative endpoint", map[string]any{"endpointUrl": "/v1"}, "invalid.value", "endpointUrl"},
		{"endpoint with userinfo", map[string]any{"endpointUrl": "https://u:p@example.com"}, "invalid.value", "endpointUrl"},
		{"endpoint that starts like loopback", map[string]any{"endpointUrl": "http://127.0.0.1.example.com"}, "invalid.value", "endpointUrl"},
		{"empty credential id", map[string]any{"authCredentialId": ""}, "invalid.value", "authCredentialId"},
		{"unknown architecture", map[string]any{"modelArchitecture": "OpenAI"}, "invalid.value", "modelArchitecture"},
		{"no rate limits", map[string]any{"rateLimits": nil}, "bad.request", "rateLimits"},
		{"rate limits as a list", map[string]any{"rateLimits": []int{1}}, "bad.request", "rateLimits"},
		{"no requests", limits(0, 1), "invalid.value", "rateLimits.maxRequestsPerMinute"},
		{"too many requests", limits(10001, 1), "invalid.value", "rateLimits.maxRequestsPerMinute"},
		{"too many tokens", limits(1, 5000001), "invalid.value", "rateLimits.maxTokensPerMinute"},
		{"a fraction of a request", limits(1.5, 1), "bad.request", "rateLimits.maxRequestsPerMinute"},
		{"requests as text", limits("5", 1), "bad.request", "rateLimits.maxRequestsPerMinute"},
		{"no parameters", map[string]any{"parameters": nil}, "bad.request", "parameters"},
		{"unknown parameter", parameters("topP", 1), "bad.request", "parameters.topP"},
		{"hot", parameters("temperature", 99), "invalid.value", "parameters.temperature"},
		{"temperature as text", parameters("temperature", "0.7"), "bad.request", "parameters.temperature"},
		{"top_p", parameters("top_p", 1.1), "invalid.value", "parameters.top_p"},
		{"negative max_tokens", parameters("max_tokens", -1), "invalid.value", "parameters.max_tokens"},
		{"penalty", parameters("frequency_penalty", -2.5), "invalid.value", "parameters.frequency_penalty"},
		{"stop sequences as a number", parameters("stop_sequences", 1), "bad.request", "parameters.stop_sequences"},
		{"stop sequences with a number", parameters("stop_sequences", []any{"a", 1}), "bad.request", "parameters.stop_sequences"},
		{"empty stop sequence", parameters("stop_sequences", []any{""}), "invalid.value", "parameters.stop_sequences"},
		{"callback by http", map[string]any{"webhookCallbackUrl": "http://example.com"}, "invalid.value", "webhookCallbackUrl"},
		{"callback of another type", map[string]any{"webhookCallbackUrl": false}, "bad.request", "webhookCallbackUrl"},
		{"hot for anthropic", map[string]any{"modelArchitecture": "anthropic", "parameters": map[string]any{"temperature": 1.5}}, "invalid.value", "parameters.temperature"},
	}
	w := start(t, simulator.Options{})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			body := errorBody(t, w.api(http.MethodPost, gateway, edited("model-one", c.changes)), 400, c.code)
			if len(body.Details) != 1 || body.Details[0].FieldName != c.field || body.Details[0].ErrorCode == "" {
				t.Fatalf("details: %+v", body.Details)
			}
		})
	}
	if l := w.list(""); l.Total != 0 {
		t.Fatalf("%d models were made", l.Total)
	}
}

func TestEveryViolationIsNamedInOneAnswer(t *testing.T) {
	w := start(t, simulator.Options{})
	body := errorBody(t, w.api(http.MethodPost, gateway, `{"name":1,"zzz":2}`), 400, "bad.request")
	if len(body.Details) != 7 {
		t.Fatalf("%d details: %+v", len(body.Details), body.Details)
	}
}

func TestOddButValidPayloadsAreTaken(t *testing.T) {
	w := start(t, simulator.Options{})
	for name, changes := range map[string]map[string]any{
		"one stop sequence":      {"parameters": map[string]any{"stop_sequences": "END"}},
		"several stop sequences": {"parameters": map[string]any{"stop_sequences": []string{"a", "b"}}},
		"empty parameters":       {"parameters": map[string]any{}},
		"no callback":            {"webhookCallbackUrl": nil},
		"loopback endpoint":      {"endpointUrl": "http://localhost:8000/v1"},
		"IPv6 loopback endpoint": {"endpointUrl": "http://[::1]:8000"},
	} {
		if a := w.api(http.MethodPost, gateway, edited("model-one", changes)); a.status != 202 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func TestABodyThatIsNotOneJSONObjectIsRefused(t *testing.T) {
	w := start(t, simulator.Options{})
	good := payloadOf("model-one")
	for name, body := range map[string]string{
		"empty": "", "no JSON": "name: x", "an array": "[" + good + "]", "cut off": good[:len(good)-1],
		"trailing data": good + "{}", "a member twice": `{"name":"abc",` + good[1:], "not UTF-8": strings.Replace(good, "model-one", "mod\xff", 1),
		"null": "null",
	} {
		a := w.must(http.MethodPost, gateway, body, "Authorization", "Bearer "+w.token(), "Content-Type", "application/json")
		t.Log(name)
		errorBody(t, a, 400, "bad.request")
	}
	for _, contentType := range []string{"", "text/plain", "application/json; charset=latin1"} {
		a := w.must(http.MethodPost, gateway, good, "Authorization", "Bearer "+w.token(), "Content-Type", contentType)
		errorBody(t, a, 400, "bad.request")
	}
	a := w.must(http.MethodPost, gateway, strings.Repeat(" ", 2<<20), "Authorization", "Bearer "+w.token(), "Content-Type", "application/json")
	errorBody(t, a, 413, "request.entity.too.large")
}
