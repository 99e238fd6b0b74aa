package manifest

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// with returns the minimal manifest as a tree, with fields set. A key of two words by a dot sets a block's field.
func with(architecture schemas.Architecture, set map[string]any) string {
	tree := map[string]any{
		"name": "model-a", "endpoint_url": "https://llm.example.com", "auth_credential_id": "cred_1",
		"model_architecture": architecture, "max_requests_per_minute": 1, "max_tokens_per_minute": 1,
	}
	for key, value := range set {
		block, field, nested := strings.Cut(key, ".")
		switch {
		case value == absent:
			delete(tree, key)
		case !nested:
			tree[key] = value
		default:
			if tree[block] == nil {
				tree[block] = map[string]any{}
			}
			tree[block].(map[string]any)[field] = value
		}
	}
	raw, _ := json.Marshal(tree)
	return string(raw)
}

type marker struct{}

var absent = marker{}

func TestEachRuleSaysWhatIsWrongAndWhere(t *testing.T) {
	long := strings.Repeat("x", 3000)
	many := func(n int) []string { return strings.Split(strings.Repeat("s,", n-1)+"s", ",") }
	cases := map[string]struct {
		architecture schemas.Architecture
		set          map[string]any
		want         string // "path: message"; empty if valid
		code         string
	}{
		"name missing":             {schemas.Custom, map[string]any{"name": absent}, "name: is missing", schemas.CodeMissing},
		"name null":                {schemas.Custom, map[string]any{"name": nil}, "name: is missing", schemas.CodeMissing},
		"name short":               {schemas.Custom, map[string]any{"name": "ab"}, "name: must have at least 3 characters", schemas.CodeLength},
		"name of 64 letters":       {schemas.Custom, map[string]any{"name": strings.Repeat("ü", 64)}, "", ""},
		"name of 65 letters":       {schemas.Custom, map[string]any{"name": strings.Repeat("ü", 65)}, "name: must have at most 64 characters", schemas.CodeLength},
		"name with a control":      {schemas.Custom, map[string]any{"name": "a\x1b[31mb"}, "name: must begin and end with a visible character and hold no control characters", schemas.CodePattern},
		"name with a final space":  {schemas.Custom, map[string]any{"name": "abc "}, "name: must begin and end with a visible character and hold no control characters", schemas.CodePattern},
		"name with a no-break":     {schemas.Custom, map[string]any{"name": "abc\u00a0"}, "name: must begin and end with a visible character and hold no control characters", schemas.CodePattern},
		"name is a number":         {schemas.Custom, map[string]any{"name": 12345}, "name: must be text; put it in quotes", schemas.CodeType},
		"credential of 129":        {schemas.Custom, map[string]any{"auth_credential_id": strings.Repeat("c", 129)}, "auth_credential_id: must have at most 128 characters", schemas.CodeLength},
		"credential with a space":  {schemas.Custom, map[string]any{"auth_credential_id": "my cred"}, "auth_credential_id: must begin with a letter or digit and hold only letters, digits and . _ : / - because it is a reference to a credential, not the credential", schemas.CodePattern},
		"architecture in capitals": {"OpenAI", nil, "model_architecture: must be one of openai, anthropic, azure, cohere, custom; did you mean openai?", schemas.CodeEnum},
		"no requests":              {schemas.Custom, map[string]any{"max_requests_per_minute": 0}, "max_requests_per_minute: must be between 1 and 10000", schemas.CodeRange},
		"too many requests":        {schemas.Custom, map[string]any{"max_requests_per_minute": 10001}, "max_requests_per_minute: must be between 1 and 10000", schemas.CodeRange},
		"most requests":            {schemas.Custom, map[string]any{"max_requests_per_minute": 10000}, "", ""},
		"half a request":           {schemas.Custom, map[string]any{"max_requests_per_minute": 1.5}, "max_requests_per_minute: must be a whole number", schemas.CodeType},
		"requests as text":         {schemas.Custom, map[string]any{"max_requests_per_minute": "500"}, "max_requests_per_minute: must be a whole number, without quotes", schemas.CodeType},
		"too many tokens a minute": {schemas.Custom, map[string]any{"max_tokens_per_minute": 5000001}, "max_tokens_per_minute: must be between 1 and 5000000", schemas.CodeRange},
		"most tokens a minute":     {schemas.Custom, map[string]any{"max_tokens_per_minute": 5000000}, "", ""},
		"long URL":                 {schemas.Custom, map[string]any{"endpoint_url": "https://" + long}, "endpoint_url: must have at most 2048 characters", schemas.CodeLength},
		"webhook null":             {schemas.Custom, map[string]any{"webhook_callback_url": nil}, "", ""},
		"webhook empty":            {schemas.Custom, map[string]any{"webhook_callback_url": ""}, "webhook_callback_url: must not be empty", schemas.CodeLength},
		"webhook plain http":       {schemas.Custom, map[string]any{"webhook_callback_url": "http://hook.example"}, "webhook_callback_url: must be https; http is for localhost, 127.0.0.0/8 and [::1] only", schemas.CodeURL},
		"parameters a list":        {schemas.Custom, map[string]any{"parameters": []int{}}, "parameters: must be a block of keys", schemas.CodeType},
		"parameters null":          {schemas.Custom, map[string]any{"parameters": nil}, "", ""},

		"openai temperature 2":         {schemas.OpenAI, map[string]any{"parameters.temperature": 2}, "", ""},
		"openai temperature 2.1":       {schemas.OpenAI, map[string]any{"parameters.temperature": 2.1}, "parameters.temperature: must be between 0 and 2 for openai", schemas.CodeRange},
		"azure temperature below":      {schemas.Azure, map[string]any{"parameters.temperature": -0.1}, "parameters.temperature: must be between 0 and 2 for azure", schemas.CodeRange},
		"custom temperature 2.1":       {schemas.Custom, map[string]any{"parameters.temperature": 2.1}, "parameters.temperature: must be between 0 and 2 for custom", schemas.CodeRange},
		"anthropic temperature 1":      {schemas.Anthropic, map[string]any{"parameters.temperature": 1}, "", ""},
		"anthropic temperature 1.1":    {schemas.Anthropic, map[string]any{"parameters.temperature": 1.1}, "parameters.temperature: must be between 0 and 1 for anthropic", schemas.CodeRange},
		"cohere temperature 1.1":       {schemas.Cohere, map[string]any{"parameters.temperature": 1.1}, "parameters.temperature: must be between 0 and 1 for cohere", schemas.CodeRange},
		"openai top_p 0":               {schemas.OpenAI, map[string]any{"parameters.top_p": 0}, "", ""},
		"openai top_p 1.1":             {schemas.OpenAI, map[string]any{"parameters.top_p": 1.1}, "parameters.top_p: must be between 0 and 1 for openai", schemas.CodeRange},
		"cohere top_p 1":               {schemas.Cohere, map[string]any{"parameters.top_p": 1}, "parameters.top_p: must be between 0.01 and 0.99 for cohere", schemas.CodeRange},
		"max_tokens 0":                 {schemas.OpenAI, map[string]any{"parameters.max_tokens": 0}, "parameters.max_tokens: must be between 1 and 1000000 for openai", schemas.CodeRange},
		"max_tokens a million":         {schemas.OpenAI, map[string]any{"parameters.max_tokens": 1000000}, "", ""},
		"max_tokens too many":          {schemas.OpenAI, map[string]any{"parameters.max_tokens": 1000001}, "parameters.max_tokens: must be between 1 and 1000000 for openai", schemas.CodeRange},
		"openai penalty -2":            {schemas.OpenAI, map[string]any{"parameters.frequency_penalty": -2}, "", ""},
		"openai penalty -2.1":          {schemas.OpenAI, map[string]any{"parameters.frequency_penalty": -2.1}, "parameters.frequency_penalty: must be between -2 and 2 for openai", schemas.CodeRange},
		"cohere penalty -0.1":          {schemas.Cohere, map[string]any{"parameters.frequency_penalty": -0.1}, "parameters.frequency_penalty: must be between 0 and 1 for cohere", schemas.CodeRange},
		"anthropic penalty":            {schemas.Anthropic, map[string]any{"parameters.frequency_penalty": 0}, "parameters.frequency_penalty: is not supported by anthropic; leave it out", schemas.CodeUnsupported},
		"temperature of nobody":        {"other", map[string]any{"model_architecture": absent, "parameters.temperature": 99}, "model_architecture: is missing|parameters.temperature: must be between 0 and 2", schemas.CodeMissing},
		"openai 4 stops":               {schemas.OpenAI, map[string]any{"parameters.stop_sequences": many(4)}, "", ""},
		"openai 5 stops":               {schemas.OpenAI, map[string]any{"parameters.stop_sequences": many(5)}, "parameters.stop_sequences: must have at most 4 entries for openai", schemas.CodeLength},
		"azure 5 stops":                {schemas.Azure, map[string]any{"parameters.stop_sequences": many(5)}, "parameters.stop_sequences: must have at most 4 entries for azure", schemas.CodeLength},
		"cohere 5 stops":               {schemas.Cohere, map[string]any{"parameters.stop_sequences": many(5)}, "", ""},
		"cohere 6 stops":               {schemas.Cohere, map[string]any{"parameters.stop_sequences": many(6)}, "parameters.stop_sequences: must have at most 5 entries for cohere", schemas.CodeLength},
		"anthropic 16 stops":           {schemas.Anthropic, map[string]any{"parameters.stop_sequences": many(16)}, "", ""},
		"custom 17 stops":              {schemas.Custom, map[string]any{"parameters.stop_sequences": many(17)}, "parameters.stop_sequences: must have at most 16 entries for custom", schemas.CodeLength},
		"stops none":                   {schemas.Custom, map[string]any{"parameters.stop_sequences": []string{}}, "parameters.stop_sequences: must not be empty", schemas.CodeLength},
		"stop empty":                   {schemas.Custom, map[string]any{"parameters.stop_sequences": ""}, "parameters.stop_sequences: must not be empty", schemas.CodeLength},
		"second stop empty":            {schemas.Custom, map[string]any{"parameters.stop_sequences": []string{"a", ""}}, "parameters.stop_sequences[1]: must not be empty", schemas.CodeLength},
		"second stop a number":         {schemas.Custom, map[string]any{"parameters.stop_sequences": []any{"a", 1}}, "parameters.stop_sequences[1]: must be text; put it in quotes", schemas.CodeType},
		"second stop null":             {schemas.Custom, map[string]any{"parameters.stop_sequences": []any{"a", nil}}, "parameters.stop_sequences[1]: must be text", schemas.CodeType},
		"stops a number":               {schemas.Custom, map[string]any{"parameters.stop_sequences": 1}, "parameters.stop_sequences: must be text, or a list", schemas.CodeType},
		"azure classic":                {schemas.Azure, map[string]any{"probe.deployment": "d", "probe.api_version": "v"}, "", ""},
		"azure v1, by deployment":      {schemas.Azure, map[string]any{"probe.deployment": "d"}, "", ""},
		"azure classic, by name":       {schemas.Azure, map[string]any{"probe.api_version": "v"}, "", ""},
		"azure path without version":   {schemas.Azure, map[string]any{"endpoint_url": "https://llm.example.com/openai/deployments/d"}, "probe.api_version: is missing; an endpoint_url that names a deployment needs it, such as 2024-10-21", schemas.CodeMissing},
		"azure two deployments":        {schemas.Azure, map[string]any{"endpoint_url": "https://llm.example.com/openai/deployments/d?api-version=v", "probe.deployment": "e"}, "probe.deployment: is another deployment than the one in endpoint_url; make them agree or remove one", schemas.CodeUnsupported},
		"anthropic version":            {schemas.Anthropic, map[string]any{"probe.api_version": "2026-10-21"}, "", ""},
		"anthropic on bedrock":         {schemas.Anthropic, map[string]any{"endpoint_url": "https://bedrock-runtime.us-east-1.amazonaws.com"}, "endpoint_url: is Vertex AI or Bedrock, whose requests to Anthropic's models name the model in the path and are signed or carry tokens of an hour, which no credential here can; see docs/endpoints.md", schemas.CodeURL},
		"api_version of openai":        {schemas.OpenAI, map[string]any{"probe.api_version": "v"}, "probe.api_version: is for model_architecture azure and anthropic only", schemas.CodeUnsupported},
		"exact url":                    {schemas.OpenAI, map[string]any{"probe.url": "https://llm.example.com/v2/text/"}, "", ""},
		"exact url elsewhere":          {schemas.OpenAI, map[string]any{"probe.url": "https://other.example.com/v2"}, "probe.url: must be on the scheme, host and port of endpoint_url, which is what is registered", schemas.CodeURL},
		"exact url of plain http":      {schemas.OpenAI, map[string]any{"probe.url": "http://llm.example.com/v2"}, "probe.url: must be https; http is for localhost, 127.0.0.0/8 and [::1] only", schemas.CodeURL},
		"responses":                    {schemas.Custom, map[string]any{"probe.api": "responses"}, "", ""},
		"responses of cohere":          {schemas.Cohere, map[string]any{"probe.api": "responses"}, "probe.api: is for model_architecture openai, azure and custom only", schemas.CodeUnsupported},
		"an api that is none":          {schemas.OpenAI, map[string]any{"probe.api": "completions"}, "probe.api: must be one of chat, responses", schemas.CodeEnum},
		"deployment elsewhere":         {schemas.OpenAI, map[string]any{"probe.deployment": "d"}, "probe.deployment: is for model_architecture azure only", schemas.CodeUnsupported},
		"samples 0":                    {schemas.Custom, map[string]any{"probe.samples": 0}, "probe.samples: must be between 1 and 20", schemas.CodeRange},
		"stream yes":                   {schemas.Custom, map[string]any{"probe.stream": "yes"}, "probe.stream: must be true or false, without quotes", schemas.CodeType},
		"min_success 1.1":              {schemas.Custom, map[string]any{"probe.min_success": 1.1}, "probe.min_success: must be between 0 and 1", schemas.CodeRange},
		"token_budget 1":               {schemas.Custom, map[string]any{"probe.token_budget": 1}, "probe.token_budget: must be between 16 and 100000", schemas.CodeRange},
		"latency_slo_ms -1":            {schemas.Custom, map[string]any{"probe.latency_slo_ms": -1}, "probe.latency_slo_ms: must be between 1 and 600000", schemas.CodeRange},
		"job_timeout 1s":               {schemas.Custom, map[string]any{"job_timeout": "1s"}, "", ""},
		"job_timeout 999ms":            {schemas.Custom, map[string]any{"job_timeout": "999ms"}, "job_timeout: must be between 1s and 720h", schemas.CodeDuration},
		"job_timeout 721h":             {schemas.Custom, map[string]any{"job_timeout": "721h"}, "job_timeout: must be between 1s and 720h", schemas.CodeDuration},
		"job_timeout negative":         {schemas.Custom, map[string]any{"job_timeout": "-5m"}, "job_timeout: must be between 1s and 720h", schemas.CodeDuration},
		"job_timeout beyond int64":     {schemas.Custom, map[string]any{"job_timeout": "99999999999h"}, "job_timeout: must be a time span such as 90s, 5m or 1h30m", schemas.CodeDuration},
		"job_timeout in words":         {schemas.Custom, map[string]any{"job_timeout": "two minutes"}, "job_timeout: must be a time span such as 90s, 5m or 1h30m", schemas.CodeDuration},
		"job_timeout endless":          {schemas.Custom, map[string]any{"job_timeout": strings.Repeat("1h", 20)}, "job_timeout: must have at most 32 characters", schemas.CodeLength},
		"job_timeout a number":         {schemas.Custom, map[string]any{"job_timeout": 120}, "job_timeout: must be text; put it in quotes", schemas.CodeType},
		"job_timeout with a sign":      {schemas.Custom, map[string]any{"job_timeout": "+90s"}, "job_timeout: must be a time span such as 90s, 5m or 1h30m", schemas.CodePattern},
		"probe.timeout 6m":             {schemas.Custom, map[string]any{"probe.timeout": "6m"}, "probe.timeout: must be between 1s and 5m", schemas.CodeDuration},
		"approval.timeout 2160h":       {schemas.Custom, map[string]any{"approval.timeout": "2160h"}, "", ""},
		"approval.timeout 2161h":       {schemas.Custom, map[string]any{"approval.timeout": "2161h"}, "approval.timeout: must be between 1s and 2160h", schemas.CodeDuration},
		"approval a word":              {schemas.Custom, map[string]any{"approval": "on_failure"}, "", ""},
		"approval a wrong word":        {schemas.Custom, map[string]any{"approval": "sometimes"}, "approval: must be one of never, on_failure, always", schemas.CodeEnum},
		"approval a wrong policy":      {schemas.Custom, map[string]any{"approval.policy": "sometimes"}, "approval.policy: must be one of never, on_failure, always", schemas.CodeEnum},
		"approval yes":                 {schemas.Custom, map[string]any{"approval": true}, "approval: must be text, or a block of keys", schemas.CodeType},
		"approval null":                {schemas.Custom, map[string]any{"approval": nil}, "approval: is empty; write never, on_failure or always, or leave the key out", schemas.CodeMissing},
		"approval an empty block":      {schemas.Custom, map[string]any{"approval": map[string]any{}}, "approval: is empty; write never, on_failure or always, or leave the key out", schemas.CodeMissing},
		"approval's policy null":       {schemas.Custom, map[string]any{"approval.policy": nil}, "approval.policy: is empty; write a value, or leave the key out", schemas.CodeMissing},
		"approval's number null":       {schemas.Custom, map[string]any{"approval.policy": "always", "approval.required": nil}, "approval.required: is empty; write a value, or leave the key out", schemas.CodeMissing},
		"the schema's place":           {schemas.Custom, map[string]any{"$schema": "./manifest.schema.json"}, "", ""},
		"long URL that is forbidden":   {schemas.Custom, map[string]any{"endpoint_url": "https://169.254.169.254/" + strings.Repeat("é", 1500)}, "endpoint_url: must not be a link-local or metadata address", schemas.CodeURL},
		"unknown key, plural":          {schemas.Custom, map[string]any{"max_token_per_minute": 5}, "max_token_per_minute: is not a known key; did you mean max_tokens_per_minute?", schemas.CodeUnknownKey},
		"unknown key in the block":     {schemas.Custom, map[string]any{"parameters.maxTokens": 5}, "parameters.maxTokens: is not a known key; did you mean max_tokens?", schemas.CodeUnknownKey},
		"key outside its block":        {schemas.Custom, map[string]any{"temperature": 0.5}, "temperature: is not a known key; did you mean parameters.temperature?", schemas.CodeUnknownKey},
		"token count is not a secret":  {schemas.Custom, map[string]any{"parameters.max_token": 5}, "parameters.max_token: is not a known key; did you mean max_tokens?", schemas.CodeUnknownKey},
		"unknown key like nothing":     {schemas.Custom, map[string]any{"approval.quorum": 5}, "approval.quorum: is not a known key; known here are gate, policy, required, timeout", schemas.CodeUnknownKey},
		"unknown key with a null":      {schemas.Custom, map[string]any{"approval.quorum": nil}, "approval.quorum: is not a known key; known here are gate, policy, required, timeout", schemas.CodeUnknownKey},
		"key with a control character": {schemas.Custom, map[string]any{"approval.\x1b[2J": 5}, `approval."\x1b[2J": is not a known key; known here are gate, policy, required, timeout`, schemas.CodeUnknownKey},
		"keys of another case":         {schemas.Custom, map[string]any{"Name": "x"}, "Name: is not a known key; did you mean name?", schemas.CodeUnknownKey},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			doc := only(t, "m.json", with(c.architecture, c.set))
			var got []string
			for _, v := range doc.Violations {
				got = append(got, v.String())
				require.Equal(t, 1, v.Line, "every violation has its place")
				require.Positive(t, v.Column)
			}
			require.ElementsMatch(t, strings.FieldsFunc(c.want, func(r rune) bool { return r == '|' }), got)
			if c.want != "" && len(got) == 1 {
				require.Equal(t, c.code, doc.Violations[0].Code)
			}
		})
	}
}

// Each of the tutorial's defects about validation.

func TestATemperatureOf99IsRefused(t *testing.T) {
	m := tutorial(t)
	m.Parameters.Temperature = new(99.0)
	require.Equal(t, []schemas.Violation{{Path: "parameters.temperature", Code: schemas.CodeRange,
		Message: "must be between 0 and 2 for openai"}}, Validate(m))
}

func TestNaNAndInfinityAreRefused(t *testing.T) {
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		m := tutorial(t)
		m.Parameters = schemas.Parameters{Temperature: &f, TopP: &f, FrequencyPenalty: &f}
		m.Probe.MinSuccess = &f
		violations := Validate(m)
		require.Len(t, violations, 4)
		for _, v := range violations {
			require.Equal(t, "must be a finite number", v.Message)
		}
	}
	for _, text := range []string{".nan", ".NaN", ".inf", "-.inf"} {
		doc := only(t, "m.yaml", "parameters: {temperature: "+text+"}")
		require.Contains(t, doc.Violations, schemas.Violation{Path: "parameters.temperature", Line: 1, Column: 14,
			Code: schemas.CodeNumber, Message: "must be a finite number"}, text)
	}
	_, err := Parse("m.json", []byte(`{"parameters": {"temperature": NaN}}`))
	require.ErrorIs(t, err, ErrBrokenInput)
}

func TestNegativeMaxTokensAreRefused(t *testing.T) {
	m := tutorial(t)
	m.Parameters.MaxTokens = new(-5)
	require.Equal(t, []schemas.Violation{{Path: "parameters.max_tokens", Code: schemas.CodeRange,
		Message: "must be between 1 and 1000000 for openai"}}, Validate(m))
}

func TestAnEmptyCredentialIDIsRefused(t *testing.T) {
	m := tutorial(t)
	m.AuthCredentialID = ""
	require.Equal(t, []schemas.Violation{{Path: "auth_credential_id", Code: schemas.CodeLength,
		Message: "must not be empty"}}, Validate(m))
}

func TestALinkLocalURLIsRefused(t *testing.T) {
	m := tutorial(t)
	m.EndpointURL, m.WebhookCallbackURL = "https://169.254.169.254/latest", "https://[fe80::1]/"
	require.Equal(t, []schemas.Violation{
		{Path: "endpoint_url", Code: schemas.CodeURL, Message: "must not be a link-local or metadata address"},
		{Path: "webhook_callback_url", Code: schemas.CodeURL, Message: "must not be a link-local address"},
	}, Validate(m))
}

func TestAListOfStopSequencesIsAccepted(t *testing.T) {
	doc := only(t, "m.json", with(schemas.OpenAI, map[string]any{"parameters.stop_sequences": []string{"a", "b"}}))
	require.Empty(t, doc.Violations)
	require.Equal(t, schemas.StopSequences{"a", "b"}, doc.Manifest.Parameters.StopSequences)
}

func TestUnknownKeysAreReportedAndNotDropped(t *testing.T) {
	doc := only(t, "m.json", with(schemas.OpenAI, map[string]any{"endpointUrl": "https://x.example", "parameters.top_k": 4}))
	require.Len(t, doc.Violations, 2)
	var messages []string
	for _, v := range doc.Violations {
		messages = append(messages, v.String())
	}
	require.ElementsMatch(t, []string{
		"endpointUrl: is not a known key; did you mean endpoint_url?",
		"parameters.top_k: is not a known key; did you mean top_p?",
	}, messages)
}

func TestTheTutorialsManifestIsValidAsItStands(t *testing.T) {
	json, yaml := example(t, "tutorial.json"), example(t, "production-llm-v2.yaml")
	require.Empty(t, json.Violations)
	require.Empty(t, yaml.Violations)
	require.Equal(t, schemas.Manifest{
		Name: "production-llm-v2", EndpointURL: "https://api.external-ai-provider.com",
		AuthCredentialID: "cred_abc123xyz", ModelArchitecture: schemas.OpenAI,
		MaxRequestsPerMinute: 500, MaxTokensPerMinute: 100000,
		Parameters:         schemas.Parameters{Temperature: new(0.7), MaxTokens: new(4096)},
		WebhookCallbackURL: "https://my-orchestrator.internal/webhooks/genesys-llm",
	}, json.Manifest)
	yaml.Manifest.Approval = schemas.ApprovalSpec{}
	require.Equal(t, json.Manifest, yaml.Manifest, "the example adds nothing but the approval")
}

func TestEveryExampleIsValid(t *testing.T) {
	for _, file := range []string{"production-llm-v2.yaml", "minimal.yaml", "anthropic.yaml", "azure.yaml", "tutorial.json"} {
		doc := example(t, file)
		require.Empty(t, doc.Violations, file)
		require.Empty(t, Validate(doc.Manifest), file)
	}
	require.Equal(t, schemas.ApproveAlways, example(t, "production-llm-v2.yaml").Manifest.Approval.Policy)
	require.Equal(t, schemas.ApprovalSpec{Policy: schemas.ApproveOnFailure, Timeout: schemas.Duration(24 * time.Hour)}, example(t, "anthropic.yaml").Manifest.Approval)
}

func TestNoSecretHasAPlaceInAManifest(t *testing.T) {
	const sentence = "no secret has a place in a manifest; use auth_credential_id"
	for _, key := range []string{"api_key", "apikey", "apiKey", "API-KEY", "x-api-key", "token", "access_token", "authToken",
		"secret", "client_secret", "password", "authorization", "Authorization", "bearer", "bearer_token", "private_key"} {
		doc := only(t, "m.json", with(schemas.OpenAI, map[string]any{key: "hunter2hunter2"}))
		require.Len(t, doc.Violations, 1, key)
		require.Equal(t, key+": "+sentence, doc.Violations[0].String())
		require.Equal(t, schemas.CodeSecret, doc.Violations[0].Code)
	}
	for _, key := range []string{"api_key", "token_secret"} {
		doc := only(t, "m.json", with(schemas.OpenAI, map[string]any{"probe." + key: "hunter2hunter2"}))
		require.Equal(t, "probe."+key+": "+sentence, doc.Violations[0].String())
	}
}

func TestACredentialInPlaceOfItsIDIsRefusedAndNotRepeated(t *testing.T) {
	for _, secret := range []string{"sk-proj-abcdefgh12345678", "sk_live_4242424242424242", "Bearer abcdefgh", "bearer:abcdefgh",
		"Basic dXNlcjpwYXNz", "eyJhbGciOiJIUzI1NiJ9.e30.abc", "ghp_0123456789", "github_pat_0123", "glpat-0123", "xoxb-0123",
		"hf_abcdefghijklmnop", "gsk_0123", "whsec_MfKQ9r8G", "AKIAIOSFODNN7EXAMPLE", "-----BEGIN PRIVATE KEY-----"} {
		doc := only(t, "m.json", with(schemas.OpenAI, map[string]any{"auth_credential_id": secret}))
		require.Len(t, doc.Violations, 1, secret)
		require.Equal(t, schemas.CodeSecret, doc.Violations[0].Code, secret)
		require.NotContains(t, doc.Violations[0].In("m.json"), secret)
	}
	doc := only(t, "m.json", with(schemas.OpenAI, map[string]any{"sk-proj-abcdefgh12345678": 1}))
	require.Equal(t, `"…": no secret has a place in a manifest; use auth_credential_id`, doc.Violations[0].String())
	for _, id := range []string{"cred_abc123xyz", "sk", "skyline-prod", "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", "vault:llm/prod.key"} {
		require.Empty(t, only(t, "m.json", with(schemas.OpenAI, map[string]any{"auth_credential_id": id})).Violations, id)
	}
}

func TestAManifestWithEveryFieldWrongListsThemAll(t *testing.T) {
	const text = `name: a
endpoint_url: ftp://user:hunter2@host
auth_credential_id: ""
model_architecture: gpt
max_requests_per_minute: 0
max_tokens_per_minute: many
parameters:
  temperature: 99
  top_p: .nan
  max_tokens: -5
  stop_sequences: [ok, 7]
  frequency_penalty: low
webhook_callback_url: http://169.254.169.254/
probe:
  model: [x]
  deployment: 1
  api_version: 2
  samples: 21
  stream: maybe
  timeout: 1h
  latency_slo_ms: 0
  ttft_slo_ms: 0.5
  min_success: 2
  token_budget: 1
approval:
  policy: no
  timeout: later
job_timeout: forever
api_key: hunter2
`
	doc := only(t, "bad.yaml", text)
	var places []string
	for _, v := range doc.Violations {
		require.NotContains(t, v.In("bad.yaml"), "hunter2")
		line := strings.Split(text, "\n")[v.Line-1]
		key := v.Path[strings.LastIndexByte(v.Path, '.')+1:]
		if key == "stop_sequences[1]" {
			require.Equal(t, "7]", line[v.Column-1:])
		} else {
			require.Equal(t, key, strings.TrimSpace(line[:strings.IndexByte(line, ':')]))
			require.True(t, strings.HasPrefix(line[v.Column-1:], key), "%v in %q", v.In("bad.yaml"), line)
		}
		places = append(places, v.Path)
	}
	require.Equal(t, []string{
		"name", "endpoint_url", "auth_credential_id", "model_architecture", "max_requests_per_minute",
		"max_tokens_per_minute", "parameters.temperature", "parameters.top_p", "parameters.max_tokens",
		"parameters.stop_sequences[1]", "parameters.frequency_penalty", "webhook_callback_url", "probe.model",
		"probe.deployment", "probe.api_version", "probe.samples", "probe.stream", "probe.timeout",
		"probe.latency_slo_ms", "probe.ttft_slo_ms", "probe.min_success", "probe.token_budget", "approval.policy",
		"approval.timeout", "job_timeout", "api_key",
	}, places)
}

func TestMistakesThatFormatsMakeEasyGetTheirHint(t *testing.T) {
	for _, number := range []string{"0123", "1_000", "0x10"} {
		require.Contains(t, only(t, "m.yaml", "auth_credential_id: "+number).Violations, schemas.Violation{Path: "auth_credential_id",
			Line: 1, Column: 1, Code: schemas.CodeType, Message: "must be text; put it in quotes"}, number)
	}
	for text, message := range map[string]string{
		"probe: {model: 007}":         "must be text; put it in quotes",
		"max_tokens_per_minute: 0123": "must be a plain decimal number such as 500 or 0.7",
	} {
		violations := only(t, "m.yaml", text).Violations
		require.True(t, slices.ContainsFunc(violations, func(v schemas.Violation) bool { return v.Message == message }), "%v", violations)
	}
	for _, comment := range []string{"// one", "/* one */", "# one"} {
		for _, text := range []string{comment + "\n{}", "{" + comment + "\n}", "{}\n" + comment, "{\"name\": \"abc\", " + comment + "\n}"} {
			_, err := Parse("m.json", []byte(text))
			require.ErrorContains(t, err, "JSON has no comments", text)
		}
	}
	for file, text := range map[string]string{"m.json": `[{"name": "abc"}]`, "m.yaml": "- name: abc\n"} {
		require.Contains(t, only(t, file, text).Violations[0].Message, "this is a list", file)
	}
}

func TestAnEmptyManifestNamesWhatIsMissing(t *testing.T) {
	var paths []string
	for _, v := range only(t, "m.json", "{}").Violations {
		paths = append(paths, v.Path)
		require.Equal(t, schemas.Violation{Path: v.Path, Line: 1, Column: 1, Code: schemas.CodeMissing, Message: "is missing"}, v)
	}
	require.ElementsMatch(t, []string{"name", "endpoint_url", "auth_credential_id", "model_architecture",
		"max_requests_per_minute", "max_tokens_per_minute"}, paths)
	require.Len(t, Validate(schemas.Manifest{}), 6)
}

func TestAThousandMistakesAreCutToAHundred(t *testing.T) {
	text := strings.Repeat("not a key: 1\n", 1000)
	violations := only(t, "m.yaml", text).Violations
	require.Len(t, violations, maxViolations+1)
	require.Equal(t, schemas.CodeTooMany, violations[maxViolations].Code)
}
