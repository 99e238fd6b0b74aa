package schemas

import (
	"fmt"
	"strings"
	"time"
)

// Creation is what a submission knows of the creations that it may have sent. It is recorded, as a heartbeat detail
// that Temporal has accepted, before the first one is sent, and again whenever more is known. Later attempts read it
// from there, later executions of the activity from [SubmitInput], to which the workflow carries it from the error of
// the one before. A submission without one has sent nothing.
type Creation struct {
	// Since is the platform's clock when the name was looked up before the first creation. An older model is no work of
	// this submission.
	Since time.Time `json:"since"`
	// Sent is how many creations may have been sent and were not refused.
	Sent int `json:"sent"`
	// Lost is how many of those have no known outcome: the answer was lost, or the worker was.
	Lost int `json:"lost"`
	// LastSent is the worker's clock when the last one was about to be sent.
	LastSent time.Time `json:"lastSent,omitzero"`
	// JobIDs are the jobs that answers to these creations named: what they make is proven to be ours.
	JobIDs []string `json:"jobIds,omitempty"`
}

// FoundModel is a model of the gateway, as a look-up by name showed it.
type FoundModel struct {
	ID    string `json:"id"`
	State string `json:"state,omitempty"`
	JobID string `json:"jobId,omitempty"`
	// Differs are the manifest's keys in which it differs from what this operation asked for.
	Differs []string `json:"differs,omitempty"`
}

// ModelIDs puts the ids of models into a sentence.
func ModelIDs(models []FoundModel) string {
	ids := make([]string, len(models))
	for i, m := range models {
		ids[i] = m.ID
		if m.State != "" {
			ids[i] = fmt.Sprintf("%s (%s)", m.ID, m.State)
		}
	}
	return strings.Join(ids, ", ")
}

// TwinsInput is the input of FindTwins.
type TwinsInput struct {
	Payload SealedPayload `json:"payload"`
	// ModelID is the model that the operation keeps.
	ModelID  string   `json:"modelId"`
	Creation Creation `json:"creation"`
}

// Twins is the result of FindTwins: the other models of the name. Extras that were proven to be this operation's are
// deleted.
type Twins struct {
	Deleted []FoundModel `json:"deleted,omitempty"`
	Named   []FoundModel `json:"named,omitempty"`
}
