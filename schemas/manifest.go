package schemas

import "slices"

// Manifest is what a person writes to have a model registered. The first eight fields are those of the Genesys Cloud
// tutorial; the rest says how the registration is to be proven and approved. No secret has a place in it:
// AuthCredentialID is a reference.
type Manifest struct {
	// Name of the model in the LLM Gateway: 3 to 64 characters, none of them a control character, no space at either
	// end. The joiners that some scripts and emoji need (U+200C and U+200D) may stand within.
	Name string `json:"name" jsonschema:"minLength=3,maxLength=64"`
	// Absolute https URL of the model's endpoint; http only for loopback hosts.
	EndpointURL string `json:"endpoint_url" jsonschema:"minLength=1,maxLength=2048"`
	// Reference to the credential with which the gateway calls the endpoint. Never the credential itself.
	AuthCredentialID string `json:"auth_credential_id" jsonschema:"minLength=1,maxLength=128"`
	// Which protocol the endpoint speaks.
	ModelArchitecture Architecture `json:"model_architecture"`
	// Requests a minute that the gateway may send.
	MaxRequestsPerMinute int `json:"max_requests_per_minute" jsonschema:"minimum=1,maximum=10000"`
	// Tokens a minute that the gateway may use.
	MaxTokensPerMinute int `json:"max_tokens_per_minute" jsonschema:"minimum=1,maximum=5000000"`
	// Inference parameters.
	Parameters Parameters `json:"parameters,omitzero"`
	// Absolute https URL that is told how the registration ends; http only for loopback hosts.
	WebhookCallbackURL string `json:"webhook_callback_url,omitempty" jsonschema:"minLength=1,maxLength=2048"`
	// How the endpoint is proven.
	Probe ProbeSpec `json:"probe,omitzero"`
	// Whether a person has to approve.
	Approval ApprovalSpec `json:"approval,omitzero"`
	// How the registered model is checked.
	Monitor MonitorSpec `json:"monitor,omitzero"`
	// How long the job that creates the model may take (default 120s, 1s to 720h).
	JobTimeout Duration `json:"job_timeout,omitzero"`
}

// IsJoiner reports whether a character is one of the two invisible ones that a model's name may hold, because Persian,
// Hindi and other scripts, and emoji of several parts, are spelled with them: U+200C and U+200D.
func IsJoiner(c rune) bool { return c == '\u200c' || c == '\u200d' }

// Architecture names the protocol that a model's endpoint speaks.
type Architecture string

// The architectures that the LLM Gateway knows.
const (
	OpenAI    Architecture = "openai"
	Anthropic Architecture = "anthropic"
	Azure     Architecture = "azure"
	Cohere    Architecture = "cohere"
	Custom    Architecture = "custom"
)

// Architectures lists the architectures.
var Architectures = []Architecture{OpenAI, Anthropic, Azure, Cohere, Custom}

// Parameters are the inference parameters that the gateway sends with each request. A nil pointer means unset.
type Parameters struct {
	// Sampling temperature: 0 to 2 for openai, azure and custom, 0 to 1 for anthropic and cohere.
	Temperature *float64 `json:"temperature,omitempty" jsonschema:"minimum=0,maximum=2"`
	// Nucleus sampling: 0 to 1, for cohere 0.01 to 0.99.
	TopP *float64 `json:"top_p,omitempty" jsonschema:"minimum=0,maximum=1"`
	// Most tokens of an answer.
	MaxTokens *int `json:"max_tokens,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// One stop sequence or a list of them: at most 4 for openai and azure, 5 for cohere, 16 for anthropic and custom.
	StopSequences StopSequences `json:"stop_sequences,omitempty"`
	// -2 to 2 for openai, azure and custom, 0 to 1 for cohere, not for anthropic.
	FrequencyPenalty *float64 `json:"frequency_penalty,omitempty" jsonschema:"minimum=-2,maximum=2"`
}

// ApprovalPolicy says when a person has to decide.
type ApprovalPolicy string

// Approval policies, from the most lenient to the strictest.
const (
	ApproveNever     ApprovalPolicy = "never"      // a failed probe rolls the model back
	ApproveOnFailure ApprovalPolicy = "on_failure" // a failed probe waits for a person
	ApproveAlways    ApprovalPolicy = "always"     // every registration waits for a person
)

// ApprovalPolicies lists the policies, from the most lenient to the strictest.
var ApprovalPolicies = []ApprovalPolicy{ApproveNever, ApproveOnFailure, ApproveAlways}

// Stricter returns the stricter of two policies. An empty policy counts as never.
func (p ApprovalPolicy) Stricter(q ApprovalPolicy) ApprovalPolicy {
	rank := func(p ApprovalPolicy) int { return max(0, slices.Index(ApprovalPolicies, p)) }
	if rank(q) > rank(p) {
		return q
	}
	return ApprovalPolicies[rank(p)]
}

// MaxRequired is how many people may be required to approve at most.
const MaxRequired = 10

// Gate says when in its course a registration waits for a person.
type Gate string

// The gates.
const (
	// GateAfterProbe is the tutorial's order and the default: the model is created, and is in the gateway while it
	// waits.
	GateAfterProbe Gate = "after_probe"
	// GateBeforeSubmission has the endpoint probed and approved before anything is created.
	GateBeforeSubmission Gate = "before_submission"
)

// Gates lists the gates, from the most lenient to the strictest.
var Gates = []Gate{GateAfterProbe, GateBeforeSubmission}

// Stricter returns the stricter of two gates. An empty gate is the default.
func (g Gate) Stricter(other Gate) Gate {
	if g == GateBeforeSubmission || other == GateBeforeSubmission {
		return GateBeforeSubmission
	}
	return GateAfterProbe
}

// ApprovalSpec is a manifest's approval block. It can be written as a bare policy: `approval: always`.
type ApprovalSpec struct {
	Policy ApprovalPolicy `json:"policy,omitempty"`
	// How many people have to approve (default 1), none of them the requester.
	Required int `json:"required,omitempty" jsonschema:"minimum=1,maximum=10"`
	// How long to wait for a decision (default 72h); then the model is rolled back.
	Timeout Duration `json:"timeout,omitzero"`
	// after_probe (default): the model is in the gateway while it waits. before_submission: the endpoint is probed and
	// approved before anything is created.
	Gate Gate `json:"gate,omitempty"`
}

// ProbeAPI names one of the APIs that an OpenAI-shaped endpoint may have.
type ProbeAPI string

// The APIs of OpenAI-shaped endpoints.
const (
	ChatAPI      ProbeAPI = "chat"      // chat completions; the default
	ResponsesAPI ProbeAPI = "responses" // for models that speak only that
)

// ProbeSpec is a manifest's probe block. Zero values mean the defaults stated here.
type ProbeSpec struct {
	// Model name that the probe asks for (default: the manifest's name).
	Model string `json:"model,omitempty" jsonschema:"maxLength=256"`
	// Azure deployment (default: the one in the URL, or else the model).
	Deployment string `json:"deployment,omitempty" jsonschema:"maxLength=256"`
	// Azure: the api-version, added where the URL has none. Anthropic: the anthropic-version (default: the one that
	// the endpoint takes).
	APIVersion string `json:"api_version,omitempty" jsonschema:"maxLength=64"`
	// Which of OpenAI's APIs the model speaks (openai, azure, custom): chat (default) or responses.
	API ProbeAPI `json:"api,omitempty" jsonschema:"enum=chat,enum=responses"`
	// The exact URL to call, on the host of endpoint_url, where completing endpoint_url does not lead there.
	URL string `json:"url,omitempty" jsonschema:"minLength=1,maxLength=2048"`
	// Warm samples after the cold one (default 3).
	Samples int `json:"samples,omitempty" jsonschema:"minimum=1,maximum=20"`
	// Whether to stream (default true).
	Stream *bool `json:"stream,omitempty"`
	// Time limit of one sample (default 15s, 1s to 5m).
	Timeout Duration `json:"timeout,omitzero"`
	// Highest median total latency, in milliseconds, that passes (default: no limit).
	LatencySLOMs int `json:"latency_slo_ms,omitempty" jsonschema:"minimum=1,maximum=600000"`
	// Highest median time to first token, in milliseconds, that passes (default: no limit).
	TTFTSLOMs int `json:"ttft_slo_ms,omitempty" jsonschema:"minimum=1,maximum=600000"`
	// Share of the warm samples that must succeed (default 1); one must in any case.
	MinSuccess *float64 `json:"min_success,omitempty" jsonschema:"minimum=0,maximum=1"`
	// Completion tokens that the whole probe may use (default 10240).
	TokenBudget int `json:"token_budget,omitempty" jsonschema:"minimum=16,maximum=100000"`
}
