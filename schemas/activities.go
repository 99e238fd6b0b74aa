package schemas

import "time"

// ValidateInput is the input of ValidatePayload.
type ValidateInput struct {
	Manifest Manifest `json:"manifest"`
}

// ValidatedPayload is the result of ValidatePayload: what will be sent, and under which policy.
type ValidatedPayload struct {
	Payload Payload `json:"payload"`
	Hash    string  `json:"payloadHash"`
	// Approval is the stricter of the worker's floor and the manifest's policy.
	Approval ApprovalPolicy `json:"approval"`
}

// SubmitInput is the input of SubmitRegistration.
type SubmitInput struct {
	Payload Payload `json:"payload"`
}

// Submission is the result of SubmitRegistration.
type Submission struct {
	JobID   string `json:"jobId"`
	ModelID string `json:"modelId,omitempty"` // known only when a repeated attempt adopted the model
	Adopted bool   `json:"adopted,omitempty"`
}

// PollInput is the input of PollJob.
type PollInput struct {
	JobID string `json:"jobId"`
	// Window is how long this activity may poll before it hands the waiting back to a durable timer.
	Window Duration `json:"window"`
	// Polls is how often the job was asked for before; the gaps grow with it.
	Polls int `json:"polls"`
}

// PollProgress is what PollJob heartbeats and goes on from after a crash.
type PollProgress struct {
	JobID      string `json:"jobId"`
	Polls      int    `json:"polls"`
	LastStatus string `json:"lastStatus"`
}

// PollResult is the result of PollJob: the job's end, or how far it came within the window.
type PollResult struct {
	Done       bool   `json:"done"` // the job succeeded and ModelID is set; a job that failed is an error
	ModelID    string `json:"modelId,omitempty"`
	Polls      int    `json:"polls"`
	LastStatus string `json:"lastStatus"`
	// RetryAfter is how long the platform asks to wait before the next look, if it does.
	RetryAfter Duration `json:"retryAfter,omitzero"`
}

// ProbeInput is the input of SyntheticProbe.
type ProbeInput struct {
	Name             string       `json:"name"`
	EndpointURL      string       `json:"endpointUrl"`
	AuthCredentialID string       `json:"authCredentialId"`
	Architecture     Architecture `json:"architecture"`
	Spec             ProbeSpec    `json:"spec"`
}

// ProbeInput is how the manifest's endpoint is to be probed.
func (m Manifest) ProbeInput() ProbeInput {
	return ProbeInput{
		Name: m.Name, EndpointURL: m.EndpointURL, AuthCredentialID: m.AuthCredentialID,
		Architecture: m.ModelArchitecture, Spec: m.Probe,
	}
}

// ProbeStatus is the verdict of a probe.
type ProbeStatus string

// The verdicts of a probe.
const (
	ProbePass ProbeStatus = "PASS"
	ProbeFail ProbeStatus = "FAIL"
)

// ProbeReport is what a probe found. It holds no part of an answer, of a header or of a credential.
type ProbeReport struct {
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
	URL         string        `json:"url"` // without query and userinfo
	Model       string        `json:"model,omitempty"`
	Streamed    bool          `json:"streamed"`
	Cold        *ProbeSample  `json:"cold,omitempty"`
	Warm        []ProbeSample `json:"warm,omitempty"`
	Latency     *Distribution `json:"latency,omitempty"`          // over the warm samples that succeeded
	TTFT        *Distribution `json:"timeToFirstToken,omitempty"` // likewise; absent when not streamed
	TokensPerS  float64       `json:"tokensPerSecond,omitempty"`
	TokensUsed  int           `json:"tokensUsed"`
	TokenBudget int           `json:"tokenBudget"`
	Adapted     []string      `json:"adapted,omitempty"` // parameters that the endpoint refused, and what was sent instead
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

// HealthCheckInput is the input of TriggerHealthCheck.
type HealthCheckInput struct {
	ModelID string `json:"modelId"`
}

// HealthCheck is the result of TriggerHealthCheck.
type HealthCheck struct {
	ID     string `json:"id,omitempty"`
	Status string `json:"status,omitempty"`
}

// DeregisterInput is the input of DeregisterModel.
type DeregisterInput struct {
	Payload Payload `json:"payload"`
	// ModelID is empty when the registration ended before it was known; the model is then looked up by name, and
	// deleted only if its payload is this one and it is not older than SubmittedAt.
	ModelID string `json:"modelId,omitempty"`
	// JobID is empty when the submission's answer was never seen. A job that still runs may yet make the model.
	JobID       string    `json:"jobId,omitempty"`
	SubmittedAt time.Time `json:"submittedAt"`
}

// Event is the body of the webhook that announces how a registration ended: the tutorial's fields, and more.
type Event struct {
	Event       string       `json:"event"` // always "llm_model_registration_updated"
	Timestamp   time.Time    `json:"timestamp"`
	ModelID     string       `json:"modelId"`
	Status      Outcome      `json:"status"`
	Metrics     EventMetrics `json:"metrics"`
	Name        string       `json:"name"`
	Reason      string       `json:"reason,omitempty"`
	PayloadHash string       `json:"payloadHash,omitempty"`
	WorkflowID  string       `json:"workflowId"`
	RunID       string       `json:"runId"`
}

// RegistrationUpdated is the type of every [Event].
const RegistrationUpdated = "llm_model_registration_updated"

// EventMetrics are the tutorial's two figures. ValidationLatencyMs is null when no probe ran.
type EventMetrics struct {
	JobDurationMs       int64    `json:"jobDurationMs"`
	ValidationLatencyMs *float64 `json:"validationLatencyMs" jsonschema:"nullable"`
}

// WebhookInput is the input of NotifyWebhook.
type WebhookInput struct {
	URL string `json:"url"`
	// MessageID is the webhook-id: the same on every retry of one event, without a dot.
	MessageID string `json:"messageId"`
	Event     Event  `json:"event"`
}

// WebhookDelivery says whether a webhook arrived.
type WebhookDelivery struct {
	Delivered    bool      `json:"delivered"`
	MessageID    string    `json:"messageId"`
	Attempts     int       `json:"attempts"`
	ResponseCode int       `json:"responseCode,omitempty"`
	DeliveredAt  time.Time `json:"deliveredAt,omitzero"`
	Error        string    `json:"error,omitempty"` // why it was not delivered
}

// AuditEntry is one line of the audit trail: the tutorial's fields, and what an auditor asks for a year later. It
// holds hashes, ids and figures, never a payload.
type AuditEntry struct {
	// EntryID makes repeated appends of the same entry one entry.
	EntryID          string          `json:"entryId"`
	Timestamp        time.Time       `json:"timestamp"`
	ModelID          string          `json:"modelId"`
	PayloadHash      string          `json:"payloadHash"`
	JobDurationMs    int64           `json:"jobDurationMs"`
	ValidationStatus ProbeStatus     `json:"validationStatus,omitempty"` // absent when no probe ran
	LatencyMs        *float64        `json:"latencyMs" jsonschema:"nullable"`
	Compliance       string          `json:"compliance"` // always "RECORD_STORED"
	Name             string          `json:"name"`
	Outcome          Outcome         `json:"outcome"`
	Reason           string          `json:"reason,omitempty"`
	ErrorType        ErrorType       `json:"errorType,omitempty"`
	JobID            string          `json:"jobId,omitempty"`
	Requester        string          `json:"requester"`
	Approval         *ApprovalReport `json:"approval,omitempty"`
	Deregistered     *bool           `json:"deregistered,omitempty"` // absent when there was nothing to roll back
	WorkflowID       string          `json:"workflowId"`
	RunID            string          `json:"runId"`
}

// RecordStored is the tutorial's constant value of an audit entry's compliance field.
const RecordStored = "RECORD_STORED"
