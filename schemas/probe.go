package schemas

import "fmt"

// ProbeInput is the input of SyntheticProbe.
type ProbeInput struct {
	Name             string       `json:"name"`
	EndpointURL      string       `json:"endpointUrl"`
	AuthCredentialID string       `json:"authCredentialId"`
	Architecture     Architecture `json:"architecture"`
	Spec             ProbeSpec    `json:"spec"`
	// What is registered, and therefore what the probe has to prove.
	Parameters Parameters `json:"parameters,omitzero"`
	RateLimits RateLimits `json:"rateLimits,omitzero"`
}

// ProbeInput is how the manifest's endpoint is to be probed.
func (m Manifest) ProbeInput() ProbeInput {
	return ProbeInput{
		Name: m.Name, EndpointURL: m.EndpointURL, AuthCredentialID: m.AuthCredentialID,
		Architecture: m.ModelArchitecture, Spec: m.Probe, Parameters: m.Parameters,
		RateLimits: RateLimits{m.MaxRequestsPerMinute, m.MaxTokensPerMinute},
	}
}

// ProbeStatus is the verdict of a probe.
type ProbeStatus string

// The verdicts of a probe.
const (
	ProbePass ProbeStatus = "PASS"
	ProbeFail ProbeStatus = "FAIL"
	// ProbeNone is the verdict that a decision names which was made before the probe had ended. No report has it.
	ProbeNone ProbeStatus = "NONE"
)

// ProbeReport is what a probe found. It holds no part of an answer, of a header or of a credential.
type ProbeReport struct {
	Answer

	Status           ProbeStatus   `json:"status"`
	LatencyMs        float64       `json:"latencyMs"`    // total latency; the median over the warm samples
	ResponseCode     int           `json:"responseCode"` // 0 when there was no response
	PayloadSizeBytes int64         `json:"payloadSizeBytes"`
	ErrorCode        string        `json:"errorCode,omitempty"` // why it is a FAIL, for machines
	Error            string        `json:"error,omitempty"`     // why it is a FAIL, for people
	Details          *ProbeDetails `json:"details,omitempty"`
}

// ProbeDetails holds the figures of a probe's samples. All times are milliseconds by the monotonic clock.
type ProbeDetails struct {
	URL      string        `json:"url"` // without query and userinfo
	Model    string        `json:"model,omitempty"`
	Streamed bool          `json:"streamed"`
	Cold     *ProbeSample  `json:"cold,omitempty"`
	Warm     []ProbeSample `json:"warm,omitempty"`
	// sent with the registered parameters, when there are any
	Registered  *ProbeSample  `json:"registered,omitempty"`
	Asked       int           `json:"asked,omitempty"`            // warm samples that the manifest asks for
	Needed      int           `json:"needed,omitempty"`           // how many of them must succeed
	Succeeded   int           `json:"succeeded"`                  // how many of them did
	Latency     *Distribution `json:"latency,omitempty"`          // over the warm samples that succeeded
	TTFT        *Distribution `json:"timeToFirstToken,omitempty"` // likewise; absent when not streamed
	TokensPerS  float64       `json:"tokensPerSecond,omitempty"`
	TokensUsed  int           `json:"tokensUsed"`
	TokenBudget int           `json:"tokenBudget"`
	// parameters that the endpoint refused, and what was sent instead
	Adapted []string `json:"adapted,omitempty"`
	Remarks []string `json:"remarks,omitempty"` // what does not decide and should be known, a sentence each
}

// Share says on how many samples a verdict rests, as "2 of 3 samples, 1 was asked for", and "" when it is all of them.
func (d *ProbeDetails) Share() string {
	if d == nil || d.Asked == 0 || d.Succeeded == d.Asked && d.Needed == d.Asked {
		return ""
	}
	were := "were"
	if d.Needed == 1 {
		were = "was"
	}
	return fmt.Sprintf("%d of %d samples, %d %s asked for", d.Succeeded, d.Asked, d.Needed, were)
}

// ProbeSample is one synthetic prompt and its answer.
type ProbeSample struct {
	Status        ProbeStatus `json:"status"`
	ErrorCode     string      `json:"errorCode,omitempty"`
	Error         string      `json:"error,omitempty"`
	ResponseCode  int         `json:"responseCode,omitempty"`
	LatencyMs     float64     `json:"latencyMs"`
	TTFTMs        float64     `json:"ttftMs,omitempty"`        // first token of any kind, reasoning included
	VisibleTTFTMs float64     `json:"visibleTtftMs,omitempty"` // first visible text, when reasoning came before it
	DNSMs         float64     `json:"dnsMs,omitempty"`
	ConnectMs     float64     `json:"connectMs,omitempty"`
	TLSMs         float64     `json:"tlsMs,omitempty"`
	Bytes         int64       `json:"bytes"`
	Tokens        int         `json:"tokens,omitempty"`
	FinishReason  string      `json:"finishReason,omitempty"`
	AnswerMatches bool        `json:"answerMatches"`
}

// Distribution summarises samples, in milliseconds.
type Distribution struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
	Max    float64 `json:"max"`
}
