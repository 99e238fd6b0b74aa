package manifest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestASecretAnywhereInAURLIsRefusedWithTheWayOut(t *testing.T) {
	for _, tail := range []string{
		// By the parameter's name.
		"/?token=abc", "/?key=abc", "/?api_key=abc", "/?subscription-key=abc", "/?Ocp-Apim-Subscription-Key=abc", "/?sig=abc",
		"/?sv=2024-01-01&sig=abc%3D", "/?X-Amz-Signature=abc", "/?access_token=abc", "/?apikey=", "/?client_secret=abc", "/?x=1;api_key=abc",
		"/?x=1&auth=abc", "/?pass=abc",
		// By the value, whatever its name.
		"/?k=sk-proj-abcdefghijklmnop", "/?id=AIzaSyD9tSrke72PouQMnMXa7eZSW0jkFMBWY1", "/?code=Xq3vT9pLm2Rk8sWz4YbN7cJd0FhGtVu1",
		"/?q=ghp_abcdefghij", "/?x=eyJhbGciOiJIUzI1NiJ9.e30.x", "/?v=9f3a1c7e5b2d8f4a6c0e1b3d5f7a9c2e", "/?x=hf_abcdefghijklmnopqrst",
		"/?next=https://b.example/?x=sk-ant-api03-abcdefgh", "/?x=1;y=sk-proj-abcdefghijklmnop", "/?sk-proj-abcdefghijklmnop",
		"/?k=%73k-proj-abcdefghijklmnop", "/?k=%2573k-proj-abcdefghijklmnop",
		// In the path.
		"/sk-proj-abcdefghijklmnop/v1", "/v1/gsk_abcdefghijklmnop", "/k/AIzaSyD9tSrke72PouQMnMXa7eZSW0jkFMBWY1/v1",
		"/services/T0000/B0000/XqvT9pLm2Rk8sWz4YbN7cJdF", "/t=sk-proj-abcdefghijklmnop/v1", "/%73k-proj-abcdefghijklmnop/v1",
		"/whsec_abcdefghijklmnopqrst", "/xoxb-123-abc/v1",
	} {
		for _, test := range []struct{ path, instead string }{
			{"endpoint_url", "REGISTRAR_CREDENTIALS_FILE"}, {"probe.url", "REGISTRAR_CREDENTIALS_FILE"},
			{"webhook_callback_url", "REGISTRAR_WEBHOOK_CREDENTIALS_FILE"},
		} {
			set := map[string]any{test.path: "https://llm.example.com" + tail}
			v := only(t, "m.json", with(schemas.Custom, set)).Violations
			require.Len(t, v, 1, "%s: %s", test.path, tail)
			require.Equal(t, schemas.CodeSecret, v[0].Code, tail)
			require.Equal(t, test.path, v[0].Path)
			require.Contains(t, v[0].Message, test.instead)
			require.NotContains(t, v[0].Message, "abc", "the message repeats the secret")
		}
	}
}

func TestLongNamesAndIDsInAURLAreNoSecrets(t *testing.T) {
	for _, tail := range []string{
		"", "/v1?api-version=2024-05-01-preview", "/v1/9f3a1c7e5b2d8f4a6c0e1b3d5f7a9c2e/my-gateway/openai", "/v1?beta=true&tokens=100",
		"/projects/4b825dc6-42cb-4eb9-a060-e54bf8d69288/v1", "/openai/deployments/Meta-Llama-3.1-8B-Instruct-Turbo?api-version=2024-10-21",
		"/models/deepseek-ai/DeepSeek-R1-Distill-Qwen-32B", "/serving-endpoints/databricks-meta-llama-3-3-70b-instruct/invocations",
		"/v1/text/chatcompletion_v2", "/webhooks/genesys-llm?tenant=ContactCentreEmeaNorth2&max_tokens=5", "/v1/projects/p/locations/us-central1",
		"/01HXYZ3V8M4Q7N2K5T9W6R1B0C/v1", "/v1?expand=usage,billing&id=4b825dc6-42cb-4eb9-a060-e54bf8d69288", "/skip-ahead/v1", "/basic/v1",
	} {
		for _, path := range []string{"endpoint_url", "webhook_callback_url"} {
			v := only(t, "m.json", with(schemas.Custom, map[string]any{path: "https://llm.example.com" + tail})).Violations
			require.Empty(t, v, tail)
		}
	}
}
