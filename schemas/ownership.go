package schemas

import "time"

// ModelState is how a model that is owned is doing.
type ModelState string

// The states of an owned model.
const (
	ModelActive   ModelState = "ACTIVE"   // as it was approved, as far as is known
	ModelDegraded ModelState = "DEGRADED" // its probe fails
	ModelDrifted  ModelState = "DRIFTED"  // it is in the gateway with another payload than the approved one
	ModelMissing  ModelState = "MISSING"  // it is not in the gateway any more
	ModelPaused   ModelState = "PAUSED"   // its checks are paused
)

// Ownership is the record that a model is ours: what was approved, under which id the gateway has it, and by which
// operation. A model without one is nobody's, and counts as registered nowhere.
type Ownership struct {
	Name        string `json:"name"`
	ModelID     string `json:"modelId"`
	PayloadHash string `json:"payloadHash"` // that of Payload
	// Payload is what is registered.
	Payload  SealedPayload `json:"payload"`
	Manifest Manifest      `json:"manifest"`
	State    ModelState    `json:"state"`

	// workflow type of the operation that handed the model over, e.g. RegisterModel
	Operation  string     `json:"operation"`
	WorkflowID string     `json:"workflowId"`
	RunID      string     `json:"runId"`
	JobID      string     `json:"jobId,omitempty"`
	Requester  string     `json:"requester,omitempty"`
	Approvals  []Approval `json:"approvals,omitempty"`
	// Authorization is what people signed, where decisions have to be signed: what was approved can be put back by it.
	Authorization *Authorization `json:"authorization,omitempty"`
	Since         time.Time      `json:"since"` // when the operation handed the model over

	// LastCheck is set where ownerships are listed, and does not travel with a hand-over.
	LastCheck *LastCheck `json:"lastCheck,omitempty"`
}

// LastCheck is what can be read of a model's checks without a worker.
type LastCheck struct {
	At         time.Time `json:"at,omitzero"`         // when the model was last seen; zero: not yet
	StateSince time.Time `json:"stateSince,omitzero"` // since when it is in its state
	// Trouble says why the last check found nothing out; empty if it did.
	Trouble string `json:"trouble,omitempty"`
}

// HandOverInput is the input of the activity HandOver.
type HandOverInput struct {
	Ownership
	// Label is the name as lists show it: one line of visible characters.
	Label string `json:"label"`
}

// ManageModelInput starts a ManageModel workflow.
type ManageModelInput struct {
	Name string `json:"name"`
	// Status is what the run before knew, or what the operation hands over that starts the first run; nil: a first run
	// that waits for the update `hand-over`.
	Status *ModelStatus `json:"status,omitempty"`
	// Owned says that Status is all that the run needs. Runs that were started before there was this field have begun
	// to wait for a hand-over all the same, by a timer, and have noted the version of their code: both is in their
	// histories.
	Owned bool `json:"owned,omitempty"`
}

// ModelStatus answers the query `status` of ManageModel.
type ModelStatus struct {
	Ownership
	StateSince time.Time `json:"stateSince"`
	// Reason says why the model is in its state; empty for ACTIVE.
	Reason    string `json:"reason,omitempty"`
	HandOvers int    `json:"handOvers"` // operations that have handed the model over so far
	Checks    Checks `json:"checks,omitzero"`
}

// ReleaseInput is the input of the activity ReleaseModel, and the argument of the update `release`: the model is given
// up.
type ReleaseInput struct {
	Name string `json:"name"`
	// RunID names the operation whose hand-over is taken back. Another operation's is left alone. Empty: whoever's.
	RunID  string `json:"runId,omitempty"`
	Reason string `json:"reason"`
}

// FindOwnerInput is the input of the activity FindOwner.
type FindOwnerInput struct {
	Name string `json:"name"`
}

// FoundOwner is the result of the activity FindOwner. A model that is nobody's has no owner.
type FoundOwner struct {
	Owner *Ownership `json:"owner,omitempty"`
}
