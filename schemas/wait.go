package schemas

import "time"

// WaitFor is what a registration waits for.
type WaitFor string

// What a step of a registration waits for without failing.
const (
	WaitAsked WaitFor = "ASKED" // the gateway, or its quota, asked to wait: at most an hour in all for one step
	// the worker's login is refused (401, 403): operator action required, at most 24 hours
	WaitLogin WaitFor = "LOGIN_REFUSED"
	WaitJob   WaitFor = "JOB_RUNNING" // a rollback waits for the job that may yet make the model
	// WaitReadLag: an answer was lost, and the gateway's reads may lag behind.
	WaitReadLag WaitFor = "READ_LAG"
)

// Wait is why a registration does not go on at the moment, and until when it sleeps.
type Wait struct {
	For   WaitFor   `json:"for"`
	Since time.Time `json:"since"` // a refused login: when it was first refused
	Until time.Time `json:"until"` // the next attempt
	// Message is a sentence for people; Reason is what the gateway answered, with its correlation id.
	Message string `json:"message"`
	Reason  string `json:"reason,omitempty"`
}
