package schemas

import "time"

// Operations lists the workflow types that work on one model. They share one workflow id a name, so that Temporal runs
// at most one of them on it at a time.
var Operations = []string{RegisterModelWorkflow, ChangeModelWorkflow, AdoptModelWorkflow, RetireModelWorkflow}

// ChangeModelInput starts a ChangeModel workflow.
type ChangeModelInput struct {
	// Manifest is what the model is to be.
	Manifest Manifest `json:"manifest"`
	// Requester is who asks. The requester cannot approve.
	Requester string `json:"requester"`
	// Seen is what the plan saw that this operation is part of. The operation is refused if it is not so any more. Nil:
	// any.
	Seen *Seen `json:"seen,omitempty"`
	// Restore: the manifest is the approved one, and the model drifted from it. Putting it back needs no approval.
	Restore bool `json:"restore,omitempty"`
}

// AdoptModelInput starts an AdoptModel workflow.
type AdoptModelInput struct {
	// Manifest describes the model exactly as the gateway has it.
	Manifest  Manifest `json:"manifest"`
	Requester string   `json:"requester"`
	Seen      *Seen    `json:"seen,omitempty"`
}

// RetireModelInput starts a RetireModel workflow.
type RetireModelInput struct {
	Name      string `json:"name"`
	Requester string `json:"requester"`
	// Reason says why, for those who approve and for the audit trail.
	Reason string `json:"reason"`
	// Keep gives up the ownership and leaves the model in the gateway.
	Keep bool `json:"keep,omitempty"`
	// ModelID names the model of that name that is meant, where none is owned: a model that is nobody's.
	ModelID string `json:"modelId,omitempty"`
	// Approval is stricter than the owned manifest's policy, or nothing.
	Approval ApprovalSpec `json:"approval,omitzero"`
	Seen     *Seen        `json:"seen,omitempty"`
}

// Retirement is what a retirement asks for, as those who decide about it are told.
type Retirement struct {
	Reason string `json:"reason,omitempty"` // the requester's, on one line
	// Keep: the model stays in the gateway, and the ownership alone is given up.
	Keep bool `json:"keep"`
}

// maxRetirementReason bounds what people are told of a retirement's reason, in characters.
const maxRetirementReason = 500

// Retirement is what the input asks for.
func (in RetireModelInput) Retirement() *Retirement {
	return &Retirement{Reason: Plain(in.Reason, maxRetirementReason), Keep: in.Keep}
}

// Effect says what becomes of the model.
func (r Retirement) Effect() string {
	if r.Keep {
		return "kept in the gateway; the ownership alone is given up"
	}
	return "deleted from the gateway"
}

// Seen is what a plan saw of a model, and what has to be as it was when the plan is applied.
type Seen struct {
	ModelID   string `json:"modelId,omitempty"`   // in the gateway; empty: none
	LiveHash  string `json:"liveHash,omitempty"`  // of the payload in the gateway
	OwnedHash string `json:"ownedHash,omitempty"` // of the payload that was approved; empty: the model was nobody's
}

// ReadModelInput is the input of ReadModel.
type ReadModelInput struct {
	Name string `json:"name"`
	// Want is what the models are compared with; nil: nothing.
	Want *SealedPayload `json:"want,omitempty"`
	// ModelID is the model that Until is about; empty: the one that is owned.
	ModelID string `json:"modelId,omitempty"`
	// Until has the reading repeated until the gateway shows the wanted payload, for the read lag at most.
	Until bool `json:"until,omitempty"`
}

// ReadModel is the result of ReadModel: whose the model of a name is, and how the gateway has it. Values of payloads
// are in it only where they differ.
type ReadModel struct {
	Answer

	Owner *Ownership  `json:"owner,omitempty"` // nil: the model is nobody's
	Live  []LiveModel `json:"live,omitempty"`  // the models of that name in the gateway
	// Replaces: a change deletes the model and creates it anew, since the platform updates no models.
	Replaces bool      `json:"replaces,omitempty"`
	At       time.Time `json:"at"`
}

// LiveModel is one model in the gateway.
type LiveModel struct {
	ID    string `json:"id"`
	State string `json:"state,omitempty"`
	Hash  string `json:"hash,omitempty"` // of its payload; empty if it has none
	// Changes are what would change if the wanted payload took its place, and Drift how it differs from what was
	// approved.
	Changes []Change `json:"changes,omitempty"`
	Drift   []Change `json:"drift,omitempty"`
}

// Find returns the model of this id, or nil.
func (r ReadModel) Find(id string) *LiveModel {
	for i := range r.Live {
		if r.Live[i].ID == id {
			return &r.Live[i]
		}
	}
	return nil
}

// UpdateInput is the input of UpdateModel.
type UpdateInput struct {
	ModelID string        `json:"modelId"`
	Payload SealedPayload `json:"payload"` // that the model is to have
	// From is the hash of what the gateway had when it was read. Empty: whatever differs from Payload must have the
	// value of Instead, which is how an update is taken back that failed half-way.
	From    string         `json:"from,omitempty"`
	Instead *SealedPayload `json:"instead,omitempty"`
	// Before is what was approved before. An update whose answer was lost may have failed half-way, and have left some
	// of its values beside new ones. Nil: that is not known.
	Before *SealedPayload `json:"before,omitempty"`
	// Lost is how many updates earlier executions have sent whose outcome is not known: they may have taken effect, or
	// do so yet.
	Lost int `json:"lost,omitempty"`
	// After is the job of an update that has to have ended before this one is sent. Empty: there is none.
	After string `json:"after,omitempty"`
	// Authorization is what it rests on where decisions have to be signed.
	Authorization *Authorization `json:"authorization,omitempty"`
}

// SentUpdates is what an UpdateModel activity knows of what it sent: it is stored before anything is, and is the second
// detail of each of its errors.
type SentUpdates struct {
	Lost int `json:"lost"` // updates whose outcome is not known
}

// Update is the result of UpdateModel.
type Update struct {
	Answer

	JobID string `json:"jobId,omitempty"` // empty: the model had the payload already
	// Replace: nothing was sent, since the platform updates no models. The model is to be deleted and created anew.
	Replace bool `json:"replace,omitempty"`
	Lost    int  `json:"lost,omitempty"` // earlier updates whose outcome is not known
}

// DeleteInput is the input of DeleteModel.
type DeleteInput struct {
	Name    string `json:"name"`
	ModelID string `json:"modelId"`
	// From is the hash of the payload that may be deleted: what somebody else has written since is not. Empty: any.
	From string `json:"from,omitempty"`
	// For is the hash of the payload that the model is created anew with; empty: it is retired.
	For string `json:"for,omitempty"`
	// Authorization is what it rests on where decisions have to be signed.
	Authorization *Authorization `json:"authorization,omitempty"`
}

// ObserveInput is the input of ObserveModel, and the argument of ManageModel's update `observe`: how a model was found
// to be.
type ObserveInput struct {
	Name   string     `json:"name"`
	State  ModelState `json:"state"`
	Reason string     `json:"reason,omitempty"`
}
