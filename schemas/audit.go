package schemas

import "time"

// AuditEvent says what an audit entry records.
type AuditEvent string

// What is recorded. Every registration has one entry of its start and one of its ending, and one for each decision,
// refused ones included, up to a number of those; how many more were refused is summarised before the ending. Its
// webhook's delivery is recorded when it has been delivered or given up.
const (
	AuditStarted  AuditEvent = "registration_started"
	AuditDecision AuditEvent = "decision"
	AuditCancel   AuditEvent = "cancellation"      // by the update `cancel`
	AuditRefusals AuditEvent = "decisions_refused" // those that have no entries of their own
	AuditEnded    AuditEvent = "registration_ended"
	AuditWebhook  AuditEvent = "webhook"
	// AuditModelState is a transition of the state of a model that is owned, as its checks or an operation found it to
	// be.
	AuditModelState AuditEvent = "model_state_changed"
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
	Cancellation     *Cancellation    `json:"cancellation,omitempty"`
	Probe            *AuditedProbe    `json:"probe,omitempty"`
	Webhook          *WebhookDelivery `json:"webhook,omitempty"`      // of a webhook's delivery
	Deregistered     *bool            `json:"deregistered,omitempty"` // absent when there was nothing to roll back
	Restored         *bool            `json:"restored,omitempty"`     // of a change that did not complete
	Operation        string           `json:"operation,omitempty"`    // its workflow type; absent for registrations
	PreviousHash     string           `json:"previousHash,omitempty"` // of the payload that was approved before
	Changes          []Change         `json:"changes,omitempty"`
	// that was deleted, to be created anew as ModelID
	ReplacedModelID string     `json:"replacedModelId,omitempty"`
	State           ModelState `json:"state,omitempty"`       // of a transition: how the model is
	StateBefore     ModelState `json:"stateBefore,omitempty"` // and how it was
	WorkflowID      string     `json:"workflowId"`
	RunID           string     `json:"runId"`
	Hash            string     `json:"hash,omitempty"` // SHA-256, in hex, over the RFC 8785 form of the rest
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
	Status       ProbeStatus `json:"status"`
	ErrorCode    string      `json:"errorCode,omitempty"`
	ResponseCode int         `json:"responseCode"`
	Samples      int         `json:"samples"` // warm ones
	// on how many of them it rests, unless that is all; see [ProbeDetails.Share]
	Share      string        `json:"share,omitempty"`
	Remarks    []string      `json:"remarks,omitempty"`
	Latency    *Distribution `json:"latency,omitempty"`
	TTFT       *Distribution `json:"timeToFirstToken,omitempty"`
	TokensUsed int           `json:"tokensUsed,omitempty"`
}

// AuditReceipt is the result of WriteAudit: where the entry stands in the trail. Checkpoint is set for endings.
type AuditReceipt struct {
	Answer

	Seq        int64       `json:"seq"`
	Hash       string      `json:"hash"`
	Checkpoint *Checkpoint `json:"checkpoint,omitempty"`
	// Conflict says that the trail held another entry under this one's id, which therefore is kept under another.
	Conflict bool `json:"conflict,omitempty"`
	// Trail is the hash of the trail's first entry. It stays with who appends, and goes into checkpoints.
	Trail string `json:"-"`
}

// Checkpoint states what the head of an audit trail was at some time. Signature is ed25519, in base64, over the RFC
// 8785 form of the checkpoint without it.
type Checkpoint struct {
	Seq  int64     `json:"seq"`
	Hash string    `json:"hash"`
	Time time.Time `json:"time"`
	// Trail names the trail by the hash of its first entry. Checkpoints of older versions lack it.
	Trail     string `json:"trail,omitempty"`
	KeyID     string `json:"keyId,omitempty"` // SHA-256 of the public key, the first 16 hex digits
	Signature string `json:"signature,omitempty"`
}
