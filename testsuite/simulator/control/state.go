package control

import (
	"encoding/json"
	"time"
)

// ErrorBody is the platform's error, complete, as every Genesys answer with an error status carries it.
type ErrorBody struct {
	Message           string            `json:"message"`
	Code              string            `json:"code"`
	Status            int               `json:"status"`
	MessageWithParams string            `json:"messageWithParams"`
	MessageParams     map[string]string `json:"messageParams"`
	ContextID         string            `json:"contextId"`
	Details           []ErrorDetail     `json:"details"`
	Errors            []ErrorBody       `json:"errors"`
}

// ErrorDetail says what is wrong with one field.
type ErrorDetail struct {
	ErrorCode  string `json:"errorCode"`
	FieldName  string `json:"fieldName,omitempty"`
	EntityID   string `json:"entityId,omitempty"`
	EntityName string `json:"entityName,omitempty"`
}

// The states of a model.
const (
	ModelProvisioning = "PROVISIONING"
	ModelActive       = "ACTIVE"
	ModelFailed       = "FAILED"
)

// Model is a registered model, as it is at the time of asking.
type Model struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	State   string          `json:"state"`
	JobID   string          `json:"jobId"`
	Created time.Time       `json:"dateCreated"`
	Payload json.RawMessage `json:"payload"`
	// HealthChecks counts the health checks triggered.
	HealthChecks int `json:"healthChecks"`
}

// Job is a registration job; it outlives its model.
type Job struct {
	ID        string `json:"id"`
	ModelID   string `json:"modelId"`
	ModelName string `json:"modelName"`
	// Status is QUEUED, IN_PROGRESS, COMPLETED or FAILED, however the job is ordered to spell it.
	Status  string      `json:"status"`
	Created time.Time   `json:"created"`
	Ended   *time.Time  `json:"ended,omitempty"`
	Polls   int         `json:"polls"`
	Stuck   bool        `json:"stuck,omitempty"`
	Errors  []ErrorBody `json:"errors,omitempty"`
}

// Request is the record of one request received on a surface other than /_sim. Credentials are not kept.
type Request struct {
	Seq    uint64    `json:"seq"`
	Time   time.Time `json:"time"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"`
	Op     Op        `json:"op"`
	// Status is the status answered; 0 when the connection was cut before the request took effect.
	Status    int    `json:"status"`
	ModelName string `json:"modelName,omitempty"`
	ModelID   string `json:"modelId,omitempty"`
	JobID     string `json:"jobId,omitempty"`
	// Credential says how a credential was sent ("Authorization Bearer", "api-key"), never what it was.
	Credential string `json:"credential,omitempty"`
	// Authorized is whether that credential was valid when the request arrived.
	Authorized bool `json:"authorized"`
	// Fault is the id of the rule that decided the request, Cut where it cut the connection.
	Fault         string `json:"fault,omitempty"`
	Cut           string `json:"cut,omitempty"`
	CorrelationID string `json:"correlationId,omitempty"`
}

// Webhook is one delivery that the webhook receiver got.
type Webhook struct {
	Seq  uint64    `json:"seq"`
	Time time.Time `json:"time"`
	Path string    `json:"path"`
	// Headers holds webhook-id, webhook-timestamp, webhook-signature, content-type and user-agent, in lower case.
	Headers map[string]string `json:"headers"`
	// Body is what was received, to the byte where it was UTF-8; cut at 64 KiB.
	Body string `json:"body"`
	// Event is the body's "event" when it is a JSON object.
	Event  string `json:"event,omitempty"`
	Status int    `json:"status"`
}

// CallbackEvent is the event of the platform's own callback; its body is assumed, no public source has it.
const CallbackEvent = "llm_model_job_completed"

// Callback is the record of one call of a payload's webhookCallbackUrl, made by the platform when a job ended.
type Callback struct {
	Seq       uint64    `json:"seq"`
	Time      time.Time `json:"time"`
	Host      string    `json:"host"`
	JobID     string    `json:"jobId"`
	ModelID   string    `json:"modelId"`
	JobStatus string    `json:"jobStatus"`
	// Status is the status received; 0 with Skipped (not a loopback host) or Error.
	Status  int    `json:"status"`
	Skipped bool   `json:"skipped,omitempty"`
	Error   string `json:"error,omitempty"`
}

// State is everything that the simulator knows. Totals count what happened since the start or the last
// reset, also what is no longer kept.
type State struct {
	Models        []Model      `json:"models"`
	Jobs          []Job        `json:"jobs"`
	Requests      []Request    `json:"requests"`
	Webhooks      []Webhook    `json:"webhooks"`
	Callbacks     []Callback   `json:"callbacks"`
	Faults        []FaultState `json:"faults"`
	TokensIssued  int          `json:"tokensIssued"`
	ModelsCreated int          `json:"modelsCreated"`
	ModelsDeleted int          `json:"modelsDeleted"`
	Settings      Settings     `json:"settings"`
}

// Count is what came of the requests of one op.
type Count struct {
	Requests int `json:"requests"`
	// RateLimited is how many of them were refused with 429.
	RateLimited int `json:"rateLimited"`
}

// Counts is how many requests of each op came. An op that never came is absent.
type Counts map[Op]Count

// Genesys sums up what counts against the quota of the OAuth client, and the refusals.
func (c Counts) Genesys() (sum Count) {
	for _, op := range []Op{OpCreate, OpList, OpGet, OpUpdate, OpDelete, OpJob, OpHealth, OpHealthResult} {
		sum.Requests += c[op].Requests
		sum.RateLimited += c[op].RateLimited
	}
	return sum
}

// Settings are the simulator's habits, changeable while it runs.
type Settings struct {
	JobDurationMS   int64    `json:"jobDurationMs"`   // how long a job takes
	Quota           int      `json:"quota"`           // calls that the OAuth client may make in a window
	QuotaWindowMS   int64    `json:"quotaWindowMs"`   // length of a window
	TokenTTLSeconds int64    `json:"tokenTtlSeconds"` // validity of a token
	Scopes          []string `json:"scopes"`          // permissions of the OAuth client
	// ConflictOnDuplicateName refuses a second model of a name with 409.
	ConflictOnDuplicateName bool `json:"conflictOnDuplicateName"`
}

// SettingsChange has the [Settings] to change; nil fields stay as they are.
type SettingsChange struct {
	JobDurationMS           *int64    `json:"jobDurationMs,omitempty"`
	Quota                   *int      `json:"quota,omitempty"`
	QuotaWindowMS           *int64    `json:"quotaWindowMs,omitempty"`
	TokenTTLSeconds         *int64    `json:"tokenTtlSeconds,omitempty"`
	Scopes                  *[]string `json:"scopes,omitempty"`
	ConflictOnDuplicateName *bool     `json:"conflictOnDuplicateName,omitempty"`
}
