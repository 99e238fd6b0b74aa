package schemas

import (
	"fmt"
	"time"
)

// Event is the body of the webhook that announces that a registration waits for approval, or how it ended: the
// tutorial's fields, and more.
type Event struct {
	Event     string    `json:"event"` // "llm_model_registration_updated" or "llm_model_state_changed"
	Timestamp time.Time `json:"timestamp"`
	ModelID   string    `json:"modelId"`
	// an [Outcome], or WAITING_FOR_APPROVAL; of a change of state, a [ModelState]
	Status      string       `json:"status"`
	Metrics     EventMetrics `json:"metrics"`
	Name        string       `json:"name"`
	Reason      string       `json:"reason,omitempty"`
	PayloadHash string       `json:"payloadHash,omitempty"`
	// Share says on how many samples the probe's verdict rests, unless that is all; see [ProbeDetails.Share].
	Share string `json:"share,omitempty"`
	// Approvers are all who have approved, in their order, and RejectedBy who rejected.
	Approvers  []string `json:"approvers,omitempty"`
	RejectedBy string   `json:"rejectedBy,omitempty"`
	// Operation is the workflow type, absent for registrations; PreviousHash is that of the payload that was approved
	// before, and Changes are those of a change.
	Operation    string   `json:"operation,omitempty"`
	PreviousHash string   `json:"previousHash,omitempty"`
	Changes      []Change `json:"changes,omitempty"`
	// ReplacedModelID is the model that a change has deleted and created anew, as ModelID, completed or not.
	ReplacedModelID string `json:"replacedModelId,omitempty"`
	// Retirement is what a retirement asks for.
	Retirement *Retirement `json:"retirement,omitempty"`
	// StateBefore is how a model was whose state changed. Changes are then how the gateway differs from what was
	// approved.
	StateBefore ModelState `json:"stateBefore,omitempty"`
	WorkflowID  string     `json:"workflowId"`
	RunID       string     `json:"runId"`
	// Checkpoint is the head of the audit trail just after this ending was recorded, signed if the worker has a key to
	// sign with. Who keeps it can prove later that the trail was not rewritten or cut.
	Checkpoint *Checkpoint `json:"checkpoint,omitempty"`
}

// The types of an [Event].
const (
	RegistrationUpdated = "llm_model_registration_updated"
	ModelStateChanged   = "llm_model_state_changed" // of a model that is owned
)

// Sender is the id of the workflow that an event comes from: the operation on the model, or the workflow that owns it.
func (e Event) Sender() string {
	if e.Event == ModelStateChanged {
		return ManageModelWorkflowID(e.Name)
	}
	return RegisterModelWorkflowID(e.Name)
}

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
	// Body is what is sent, on each attempt and by each worker, whether it knows all of the event or not: the event's
	// RFC 8785 form.
	Body string `json:"body,omitempty"`
	// Record has the attempt that succeeds record the delivery in the audit trail, too; nil: it is for the workflow.
	Record *DeliveryRecord `json:"record,omitempty"`
}

// DeliveryRecord is what the audit trail holds of a delivery beside the event and what came of it.
type DeliveryRecord struct {
	JobID     string `json:"jobId,omitempty"`
	Requester string `json:"requester"`
}

// Notified is the result of NotifyWebhook.
type Notified struct {
	WebhookDelivery
	// Recorded says that the delivery is in the audit trail. Releases that do not know of it never say so, and neither
	// does an attempt that could not write the trail: then the workflow has it recorded.
	Recorded bool `json:"recorded,omitempty"`
}

// WebhookDelivery says whether a webhook arrived.
type WebhookDelivery struct {
	Answer

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

// DeliveryEntry is the audit entry of a delivery that succeeded, or was given up by now. Of one that succeeded it says
// the same whoever writes it, and when.
func DeliveryEntry(in WebhookInput, d WebhookDelivery, r DeliveryRecord, now time.Time) AuditEntry {
	e := in.Event
	if d.Delivered {
		now = d.DeliveredAt
	}
	d.Pending, d.WorkflowID = false, ""
	return AuditEntry{
		EntryID: in.MessageID + DeliveryMark, Event: AuditWebhook, Timestamp: now.UTC(),
		ModelID: e.ModelID, PayloadHash: e.PayloadHash, JobDurationMs: e.Metrics.JobDurationMs,
		LatencyMs: e.Metrics.ValidationLatencyMs, Compliance: RecordStored, Name: RecordedName(e.Name),
		Reason: fmt.Sprintf("the event %s was %s", e.Status, d.String()),
		JobID:  r.JobID, Requester: r.Requester, Webhook: &d, WorkflowID: e.WorkflowID, RunID: e.RunID,
	}
}

const (
	// DeliveryMark follows the id of a message in the id of the entry of its delivery.
	DeliveryMark = "/delivery"
	// AgainMark follows that where DeliverWebhook has tried again: the attempt before may have succeeded and have been
	// recorded, although nobody learnt of it.
	AgainMark = "-again"
)

// String says what came of a delivery that is over.
func (d WebhookDelivery) String() string {
	attempts := fmt.Sprintf("after %d attempts", d.Attempts)
	if d.Attempts == 1 {
		attempts = "at the first attempt"
	}
	if d.Delivered {
		return "delivered " + attempts
	}
	return fmt.Sprintf("given up %s: %s", attempts, d.Error)
}
