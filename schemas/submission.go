package schemas

import "time"

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
