package schemas

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// meant is why a manifest that the schema lets through is refused by the registrar nevertheless: each is a rule that
// concerns several fields, or that JSON Schema has no words for. There is none the other way round.
type meant string

const (
	secrets    meant = "a secret where none may stand"
	spans      meant = "the length of a time span"
	addresses6 meant = "which addresses in IPv6 no endpoint has"
	metadata   meant = "the names of clouds' metadata services"
	requests   meant = "which URL the probe calls"
	lastLabel  meant = "how long a host's name may be"
	written    meant = "how the text is written, which is lost once it is read"
)

// compared is one manifest and what all have to make of it.
type compared struct {
	name, text string
	good       bool
	except     meant // for a bad one that the schema lets through
}

// manifests are a hundred of them and more, good and bad.
func manifests(t *testing.T) (all []compared) {
	add := func(good bool, except meant, name string, changes map[string]any) {
		all = append(all, compared{name, manifest(t, changes), good, except})
	}
	for name, changes := range goodManifests() {
		add(true, "", name, changes)
	}
	for name, changes := range badManifests() {
		add(false, "", name, changes)
	}
	for except, cases := range meantManifests() {
		for name, changes := range cases {
			add(false, except, name, changes)
		}
	}
	all = append(all,
		compared{"a list", `[]`, false, ""}, compared{"text", `"name"`, false, ""}, compared{"null", `null`, false, ""},
		compared{"nothing in it", `{}`, false, ""},
		compared{"a key twice", strings.Replace(manifest(t, nil), "{", `{"name": "model-b", `, 1), false, written})
	require.GreaterOrEqual(t, len(all), 100)
	return all
}

// manifest is the minimal one with changes; a key of two words by a dot sets a block's field, and drop removes one.
func manifest(t *testing.T, changes map[string]any) string {
	tree := map[string]any{
		"name": "model-a", "endpoint_url": "https://llm.example.com", "auth_credential_id": "cred_1",
		"model_architecture": "custom", "max_requests_per_minute": 1, "max_tokens_per_minute": 1,
	}
	for key, value := range changes {
		block, field, nested := strings.Cut(key, ".")
		switch {
		case value == drop:
			delete(tree, key)
		case nested && tree[block] == nil:
			tree[block] = map[string]any{field: value}
		case nested:
			tree[block].(map[string]any)[field] = value
		default:
			tree[key] = value
		}
	}
	raw, err := json.Marshal(tree)
	require.NoError(t, err)
	return string(raw)
}

type dropped struct{}

var drop = dropped{}

type set = map[string]any

// one makes a case of each value of a field.
func one(into map[string]set, key string, values ...any) {
	for _, value := range values {
		raw, _ := json.Marshal(value)
		into[key+" "+string(raw)] = set{key: value}
	}
}

func of(architecture string, changes set) set {
	changes = maps.Clone(changes)
	changes["model_architecture"] = architecture
	return changes
}

func goodManifests() map[string]set {
	c := map[string]set{
		"the least":                {},
		"everything":               {"parameters.temperature": 0.5, "probe.samples": 3, "approval.policy": "always", "job_timeout": "5m"},
		"openai's most":            of("openai", set{"parameters.temperature": 2, "parameters.frequency_penalty": -2, "probe.api": "responses"}),
		"anthropic's most":         of("anthropic", set{"parameters.temperature": 1, "probe.api_version": "2026-10-21"}),
		"anthropic's null":         of("anthropic", set{"parameters.frequency_penalty": nil, "probe.deployment": nil}),
		"azure":                    of("azure", set{"probe.deployment": "d", "probe.api_version": "2024-10-21"}),
		"cohere's most":            of("cohere", set{"parameters.top_p": 0.99, "parameters.stop_sequences": stops(5)}),
		"a schema's place":         {"$schema": "https://example.com/manifest.schema.json"},
		"a whole number as 5.0":    {"max_requests_per_minute": json.RawMessage("5.0")},
		"a whole number as 1e3":    {"max_requests_per_minute": json.RawMessage("1e3")},
		"an empty block":           {"parameters": set{}},
		"a stop sequence":          {"parameters.stop_sequences": "END"},
		"an approval's time alone": {"approval.timeout": "24h"},
	}
	one(c, "name", "abc", strings.Repeat("ü", 64), "می\u200cخواهم", "👩\u200d💻 x", "a b", "名前は")
	one(c, "auth_credential_id", "c", "vault:llm/prod.key", strings.Repeat("c", 128))
	one(c, "endpoint_url", "https://a", "HTTPS://A.Example./x?y=z", "https://10.0.0.1:8443/v1", "https://[2001:db8::1]:443/", "http://localhost:11434",
		"http://127.0.0.1/v1", "http://[::1]:80", "https://a.example/%20?q=%", "https://a-b.example:00443/ü", "https://a.example?x", "http://127.1.2.3.")
	one(c, "webhook_callback_url", "https://hook.example/x", nil)
	for _, key := range []string{"parameters", "probe", "job_timeout", "probe.url", "probe.samples", "probe.api", "probe.stream",
		"parameters.temperature", "parameters.stop_sequences", "probe.timeout"} {
		one(c, key, nil)
	}
	one(c, "approval", "never", "on_failure", "always")
	one(c, "job_timeout", "1.5h", "1h30m", "90s", "1500ms")
	return c
}

func badManifests() map[string]set {
	c := map[string]set{
		"an unknown key":               {"nmae": "abc"},
		"an unknown key in a block":    {"parameters.top_k": 1},
		"openai above":                 of("openai", set{"parameters.temperature": 2.1}),
		"openai's stops":               of("openai", set{"parameters.stop_sequences": stops(5)}),
		"anthropic above":              of("anthropic", set{"parameters.temperature": 1.1}),
		"anthropic's penalty":          of("anthropic", set{"parameters.frequency_penalty": 0}),
		"anthropic's api":              of("anthropic", set{"probe.api": "chat"}),
		"azure below":                  of("azure", set{"parameters.frequency_penalty": -2.1}),
		"cohere's top_p":               of("cohere", set{"parameters.top_p": 1}),
		"cohere's penalty":             of("cohere", set{"parameters.frequency_penalty": -0.1}),
		"cohere's stops":               of("cohere", set{"parameters.stop_sequences": stops(6)}),
		"openai's deployment":          of("openai", set{"probe.deployment": "d"}),
		"openai's api_version":         of("openai", set{"probe.api_version": "v"}),
		"an approval's null policy":    {"approval.policy": nil},
		"an approval's null number":    {"approval.policy": "always", "approval.required": nil},
		"an approval's null time":      {"approval.policy": "always", "approval.timeout": nil},
		"an approval's unknown key":    {"approval.quorum": 2},
		"an empty stop sequence":       {"parameters.stop_sequences": []string{""}},
		"a null among stop sequences":  {"parameters.stop_sequences": []any{"a", nil}},
		"an integer beyond everything": {"max_tokens_per_minute": json.RawMessage("1e300")},
	}
	for _, key := range []string{"name", "endpoint_url", "auth_credential_id", "model_architecture", "max_requests_per_minute", "max_tokens_per_minute"} {
		one(c, key, drop, nil)
	}
	one(c, "name", "ab", strings.Repeat("ü", 65), "abc ", "abc\n", "\u00a0abc", "a\u001bbc", "a\u202ebc", "\u200dabc", "a\u2028", "a\U000e0041bc", 12345)
	one(c, "auth_credential_id", "", "my cred", "cred_1\n", "-cred", strings.Repeat("c", 129))
	one(c, "model_architecture", "OpenAI", "gpt", 1)
	one(c, "endpoint_url", "", "llm.example.com", "ftp://a.example", "https://", "http://a.example", "https://a.example/#x", "https://a.example\n",
		"https://u:p@a.example", "https://a.example:0", "https://a.example:65536", "https://a.example:", "https://a example", `https://a.example\x`,
		"https://169.254.169.254/latest", "https://0.0.0.0", "https://224.0.0.1", "https://100.100.100.200", "https://127.1", "https://0x7f000001",
		"https://2130706433", "https://1.2.3.256", "https://a..b", "https://-a.example", "https://bücher.example", "https://a.example/%zz",
		"https:a.example", "https://a.example/\u200b", "http://127.0.0.1.example.com", "https://a.0x7F")
	one(c, "webhook_callback_url", "", "http://hook.example")
	one(c, "probe.url", "http://llm.example.com/v2", "x")
	one(c, "max_requests_per_minute", 0, 10001, 1.5, "500", true)
	one(c, "probe.samples", 0, 21)
	one(c, "probe.stream", "yes")
	one(c, "parameters", []any{}, "x")
	one(c, "parameters.temperature", -0.1, "0.7")
	one(c, "approval", nil, true, "sometimes", set{})
	one(c, "job_timeout", "", "two minutes", "-5m", "90", "90s\n", 120, strings.Repeat("1h", 20))
	one(c, "$schema", 5)
	return c
}

// meantManifests are refused by the registrar, and let through by the schema.
func meantManifests() map[meant]map[string]set {
	c := map[meant]map[string]set{secrets: {}, spans: {}, addresses6: {}, metadata: {}, requests: {}, lastLabel: {}}
	one(c[secrets], "auth_credential_id", "sk-proj-abcdefgh12345678", "AKIAIOSFODNN7EXAMPLE")
	one(c[secrets], "endpoint_url", "https://a.example/?api_key=x")
	one(c[spans], "job_timeout", "0s", "721h")
	one(c[spans], "probe.timeout", "6m")
	one(c[spans], "approval.timeout", "2161h")
	one(c[addresses6], "endpoint_url", "https://[fe80::1]", "https://[::ffff:127.0.0.1]", "https://[:]")
	one(c[metadata], "endpoint_url", "https://metadata.google.internal")
	one(c[requests], "probe.url", "https://other.example.com/v2")
	one(c[requests], "endpoint_url", "https://a_b.example")
	c[requests]["a deployment without a version"] = of("azure", set{"endpoint_url": "https://llm.example.com/openai/deployments/d"})
	one(c[lastLabel], "endpoint_url", "https://"+strings.Repeat("a.", 150)+"example")
	return c
}

func stops(n int) []string { return strings.Split(strings.Repeat("s,", n-1)+"s", ",") }
