// Package gateway has what every LLM gateway product has in common, as the activities see it: models, jobs, and when a
// look-up was made. The packages of the products, such as genesys, fill it in.
package gateway

import (
	"strings"
	"time"

	"model-registrar/schemas"
)

// Model is a model that exists in the gateway.
type Model struct {
	ID          string
	Payload     schemas.Payload
	State       string
	JobID       string    // the job that made it, if the platform says so
	DateCreated time.Time // by the platform's clock; zero when the platform does not say
}

// Found is what a look-up by name showed.
type Found struct {
	Models []Model
	// AsOf is the platform's clock at the look-up, to a second; ours where the platform does not say.
	AsOf time.Time
}

// Page is some of all models.
type Page struct {
	Models []Model
	More   bool // another page follows
	// Unreadable is how many models are of a form that is not known, and left out.
	Unreadable int
}

// Job is how a job stood when it was asked for.
type Job struct {
	ID      string
	Status  string
	ModelID string // set once the job succeeded, if its result names a model
	Errors  []Reason
	// RetryAfter is how long the platform asks to wait before the next question, at most an hour; 0 when it does not.
	RetryAfter time.Duration
}

// Reason is one of the platform's sentences about why a job failed.
type Reason interface{ String() string }

// Succeeded reports whether the job ended well.
func (j Job) Succeeded() bool { return isOneOf(j.Status, "completed", "succeeded") }

// Failed reports whether the job ended badly. A job that neither succeeded nor failed goes on, whatever its status
// says.
func (j Job) Failed() bool { return isOneOf(j.Status, "failed") }

func isOneOf(status string, words ...string) bool {
	for _, word := range words {
		if strings.EqualFold(status, word) {
			return true
		}
	}
	return false
}
