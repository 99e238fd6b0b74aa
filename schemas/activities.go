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
	// Running is how long the job has run when this activity is scheduled.
	Running Duration `json:"running,omitzero"`
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
	// RetryAfter is how long to wait before the next look: what the platform asks for, or when the job is likely to end.
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

// Event is the body of the webhook that announces that a registration waits for approval, or how it ended: the
// tutorial's fields, and more.
type Event struct {
	Event       string       `json:"event"` // always "llm_model_registration_updated"
	Timestamp   time.Time    `json:"timestamp"`
	ModelID     string       `json:"modelId"`
	Status      string       `json:"status"` // an [Outcome], or WAITING_FOR_APPROVAL
	Metrics     EventMetrics `json:"metrics"`
	Name        string       `json:"name"`
	Reason      string       `json:"reason,omitempty"`
	PayloadHash string       `json:"payloadHash,omitempty"`
	WorkflowID  string       `json:"workflowId"`
	RunID       string       `json:"runId"`
	// Checkpoint is the head of the audit trail just after this ending was recorded, signed if the worker has a key to
	// sign with. Who keeps it can prove later that the trail was not rewritten or cut.
	Checkpoint *Checkpoint `json:"checkpoint,omitempty"`
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
	Delivered bool `json:"delivered"`
	// Pending says that delivery goes on in the workflow WorkflowID, for up to 24 hours.
	Pending      bool      `json:"pending,omitempty"`
	WorkflowID   string    `json:"workflowId,omitempty"`
	MessageID    string    `json:"messageId"`
	Attempts     int       `json:"attempts"`               // that ended
	ResponseCode int       `json:"responseCode,omitempty"` // of the last answer
	DeliveredAt  time.Time `json:"deliveredAt,omitzero"`
	Error        string    `json:"error,omitempty"` // why it was not delivered
	// Since and NextAttemptAt are when the workflow took over and when it tries again. The starter fills them in for a
	// pending delivery.
	Since         time.Time `json:"since,omitzero"`
	NextAttemptAt time.Time `json:"nextAttemptAt,omitzero"`
}

// WebhookFailure is the detail of an attempt's error: which attempt it was, and what the receiver answered.
type WebhookFailure struct {
	Attempt      int `json:"attempt"`
	ResponseCode int `json:"responseCode,omitempty"` // 0 when there was no answer
}

// DeliverWebhookInput starts a DeliverWebhook workflow, which goes on where a registration left off.
type DeliverWebhookInput struct {
	Webhook WebhookInput `json:"webhook"`
	// Delivery is what has come of it so far. One that is not pending is only to be recorded.
	Delivery WebhookDelivery `json:"delivery"`
	// Wait is how long to wait before the next attempt: what the receiver asked for, or the first of the growing gaps.
	Wait Duration `json:"wait,omitempty"`
	// JobID and Requester are the registration's, for the audit trail.
	JobID     string `json:"jobId,omitempty"`
	Requester string `json:"requester"`
}

// AuditEvent says what an audit entry records.
type AuditEvent string

// What is recorded. Every registration has one entry of its start and one of its ending, and one for each decision,
// refused ones included. Its webhook's delivery is recorded when it has been delivered or given up.
const (
	AuditStarted  AuditEvent = "registration_started"
	AuditDecision AuditEvent = "decision"
	AuditEnded    AuditEvent = "registration_ended"
	AuditWebhook  AuditEvent = "webhook"
)

// AuditEntry is one entry of the audit trail: the tutorial's fields, and what an auditor asks for a year later. It
// holds hashes, ids and figures, never a payload. The trail gives Seq, PrevHash and Hash when it appends the entry.
type AuditEntry struct {
	Seq      int64  `json:"seq,omitempty"`      // from 1, without gaps
	PrevHash string `json:"prevHash,omitempty"` // hash of the entry before; 64 zeros in the first
	// EntryID makes repeated appends of the same entry one entry.
	EntryID          string           `json:"entryId"`
	Event            AuditEvent       `json:"event"`
	Timestamp        time.Time        `json:"timestamp"`
	ModelID          string           `json:"modelId"`
	PayloadHash      string           `json:"payloadHash"`
	JobDurationMs    int64            `json:"jobDurationMs"`
	ValidationStatus ProbeStatus      `json:"validationStatus,omitempty"` // absent when no probe ran
	LatencyMs        *float64         `json:"latencyMs" jsonschema:"nullable"`
	Compliance       string           `json:"compliance"` // always "RECORD_STORED"
	Name             string           `json:"name"`
	Outcome          Outcome          `json:"outcome,omitempty"` // of an ending
	Reason           string           `json:"reason,omitempty"`
	ErrorType        ErrorType        `json:"errorType,omitempty"`
	JobID            string           `json:"jobId,omitempty"`
	Requester        string           `json:"requester"`
	Approval         *ApprovalReport  `json:"approval,omitempty"`
	Decision         *AuditedDecision `json:"decision,omitempty"` // of a decision
	Probe            *AuditedProbe    `json:"probe,omitempty"`
	Webhook          *WebhookDelivery `json:"webhook,omitempty"`      // of a webhook's delivery
	Deregistered     *bool            `json:"deregistered,omitempty"` // absent when there was nothing to roll back
	WorkflowID       string           `json:"workflowId"`
	RunID            string           `json:"runId"`
	Hash             string           `json:"hash,omitempty"` // SHA-256, in hex, over the RFC 8785 form of the rest
}

// RecordStored is the tutorial's constant value of an audit entry's compliance field.
const RecordStored = "RECORD_STORED"

// AuditedDecision is a decision as it was made, and what became of it.
type AuditedDecision struct {
	DecisionStatement
	Accepted bool   `json:"accepted"`
	Refusal  string `json:"refusal,omitempty"` // why it did not count
	// Signature is the armoured SSH signature over the statement's canonical form, if the decision was signed, and
	// KeyFingerprint the SHA256 fingerprint of the key that it was found to be made with.
	Signature      string    `json:"signature,omitempty"`
	KeyFingerprint string    `json:"keyFingerprint,omitempty"`
	DecidedAt      time.Time `json:"decidedAt"`
}

// AuditedProbe is the figures of the probe that a decision or an ending rests on.
type AuditedProbe struct {
	Status       ProbeStatus   `json:"status"`
	ErrorCode    string        `json:"errorCode,omitempty"`
	ResponseCode int           `json:"responseCode"`
	Samples      int           `json:"samples"` // warm ones
	Latency      *Distribution `json:"latency,omitempty"`
	TTFT         *Distribution `json:"timeToFirstToken,omitempty"`
	TokensUsed   int           `json:"tokensUsed,omitempty"`
}

// AuditReceipt is the result of WriteAudit: where the entry stands in the trail. Checkpoint is set for endings.
type AuditReceipt struct {
	Seq        int64       `json:"seq"`
	Hash       string      `json:"hash"`
	Checkpoint *Checkpoint `json:"checkpoint,omitempty"`
}

// Checkpoint states what the head of an audit trail was at some time. Signature is ed25519, in base64, over the RFC 8785
// form of the checkpoint without it.
type Checkpoint struct {
	Seq       int64     `json:"seq"`
	Hash      string    `json:"hash"`
	Time      time.Time `json:"time"`
	KeyID     string    `json:"keyId,omitempty"` // SHA-256 of the public key, the first 16 hex digits
	Signature string    `json:"signature,omitempty"`
}

// VerifyDecisionInput is the input of VerifyDecision.
type VerifyDecisionInput struct {
	// Registration is what a decision has to be about. Its Decision, Approver and Reason are empty.
	Registration DecisionStatement `json:"registration"`
	Decision     Decision          `json:"decision"`
	// DecidedAt is when the decision came. A key has to be valid then.
	DecidedAt time.Time `json:"decidedAt"`
}

// VerifiedDecision is the result of VerifyDecision. A decision that does not count is a result, not an error.
type VerifiedDecision struct {
	Approver string `json:"approver"` // the signer's principal, or who the decision says when no signature is asked for
	Signed   bool   `json:"signed"`   // by a key that is the approver's
	// KeyFingerprint is that of the key that signed the decision, whosever it is.
	KeyFingerprint string `json:"keyFingerprint,omitempty"`
	Refusal        string `json:"refusal,omitempty"` // why the decision does not count; empty if it may
}
