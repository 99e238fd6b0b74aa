package schemas

import "time"

// SubmitInput is the input of SubmitRegistration.
type SubmitInput struct {
	Payload SealedPayload `json:"payload"`
	// Creation is what earlier executions of this submission may have sent; nil: nothing.
	Creation *Creation `json:"creation,omitempty"`
	// Replaces is the model of this name that this operation has deleted before; a read that lags behind may show it
	// still. Empty: there is none.
	Replaces string `json:"replaces,omitempty"`
	// Authorization is what it rests on where decisions have to be signed.
	Authorization *Authorization `json:"authorization,omitempty"`
}

// Submission is the result of SubmitRegistration.
type Submission struct {
	Answer

	JobID   string `json:"jobId"`
	ModelID string `json:"modelId,omitempty"` // known only when a repeated attempt adopted the model
	// Adopted: the answer to the creation was lost, and the one model that can be its work was found by name. It counts
	// as this operation's, which is not proven: it is never deleted.
	Adopted bool `json:"adopted,omitempty"`
	// Unchanged says that nothing was created: the model is owned with this payload, and the gateway had it as ModelID,
	// in the state State, at SeenAt. Owner is the record that it is owned.
	Unchanged bool       `json:"unchanged,omitempty"`
	State     string     `json:"state,omitempty"`
	SeenAt    time.Time  `json:"seenAt,omitzero"`
	Owner     *Ownership `json:"owner,omitempty"`
	// Creation is what was sent; nil when nothing was.
	Creation *Creation `json:"creation,omitempty"`
	// LookAgain is when the name has to be looked up once more before the ending says what exists; zero: it need not.
	LookAgain time.Time `json:"lookAgain,omitzero"`
}

// DeregisterInput is the input of DeregisterModel.
type DeregisterInput struct {
	Payload SealedPayload `json:"payload"`
	// ModelID is empty when the registration ended before it was known; the model is then looked up by name, and
	// deleted only if its payload is this one and it is not older than SubmittedAt.
	ModelID string `json:"modelId,omitempty"`
	// JobID is empty when the submission's answer was never seen. A job that still runs may yet make the model.
	JobID       string    `json:"jobId,omitempty"`
	SubmittedAt time.Time `json:"submittedAt"`
	// Adopted: ModelID and JobID were found by name, not told by the answer to a creation. Nothing is deleted then.
	Adopted bool `json:"adopted,omitempty"`
	// Creation is what the submission may have sent; nil: it ended without a word about it, and may have sent one
	// creation.
	Creation *Creation `json:"creation,omitempty"`
}
