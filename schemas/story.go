package schemas

import "time"

// ModelStory is the life of one model, as far as it is known: what is approved and ours, and what happened to it.
type ModelStory struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"` // when it was read
	// Model is what is approved and ours, and how it is doing; absent for a model that is nobody's.
	Model *ModelStatus `json:"model,omitempty"`
	// Former is what was ours last, of a model that is nobody's now. Temporal forgets it after the namespace's
	// retention time.
	Former *ModelStatus `json:"former,omitempty"`
	// Operations are the registrations, changes, adoptions and retirements, in the order in which they began.
	Operations []StoryOperation `json:"operations"`
	// Transitions are the changes of the model's state, in their order.
	Transitions []StoryTransition `json:"transitions"`
	Sources     StorySources      `json:"sources"`
}

// StoryOperation is one operation on a model, running or ended.
type StoryOperation struct {
	Operation  string    `json:"operation"` // its workflow type
	WorkflowID string    `json:"workflowId"`
	RunID      string    `json:"runId"`
	Requester  string    `json:"requester,omitempty"`
	AskedFor   string    `json:"askedFor,omitempty"` // the reason that a retirement was asked for with
	StartedAt  time.Time `json:"startedAt,omitzero"`
	EndedAt    time.Time `json:"endedAt,omitzero"`
	Stage      Stage     `json:"stage,omitempty"`   // while it runs
	Outcome    Outcome   `json:"outcome,omitempty"` // once it has ended
	Reason     string    `json:"reason,omitempty"`  // of the outcome
	ErrorType  ErrorType `json:"errorType,omitempty"`

	ModelID         string   `json:"modelId,omitempty"`
	ReplacedModelID string   `json:"replacedModelId,omitempty"` // that was deleted, to be created anew as ModelID
	PayloadHash     string   `json:"payloadHash,omitempty"`
	PreviousHash    string   `json:"previousHash,omitempty"` // of what was approved before
	Changes         []Change `json:"changes,omitempty"`
	ChangedSettings []string `json:"changedSettings,omitempty"`

	Probe *AuditedProbe `json:"probe,omitempty"`
	// Decisions are those that were recorded, in their order, with those that did not count.
	Decisions    []AuditedDecision `json:"decisions,omitempty"`
	Approval     *ApprovalReport   `json:"approval,omitempty"`
	Cancellation *Cancellation     `json:"cancellation,omitempty"`
	Deregistered *bool             `json:"deregistered,omitempty"`
	Restored     *bool             `json:"restored,omitempty"`
	Webhook      *WebhookDelivery  `json:"webhook,omitempty"` // that announced the ending
	Remarks      []string          `json:"remarks,omitempty"`
}

// StoryTransition is a change of the state of a model that was ours.
type StoryTransition struct {
	At      time.Time        `json:"at"`
	Before  ModelState       `json:"before"`
	After   ModelState       `json:"after"`
	Reason  string           `json:"reason,omitempty"`
	ModelID string           `json:"modelId,omitempty"`
	Drift   []Change         `json:"drift,omitempty"` // from what was approved to what the gateway had
	Probe   *AuditedProbe    `json:"probe,omitempty"`
	Webhook *WebhookDelivery `json:"webhook,omitempty"`
}

// StorySources says what a story was told from.
type StorySources struct {
	Temporal StorySource `json:"temporal"`
	Trail    StorySource `json:"trail"`
}

// StorySource is one of them.
type StorySource struct {
	Name string `json:"name,omitempty"` // which one
	Read bool   `json:"read"`
	// Problem says why it was not read, or what of it could not be; empty for nothing.
	Problem string `json:"problem,omitempty"`
}
