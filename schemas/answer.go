package schemas

import (
	"fmt"
	"strings"
)

// Asked is an input of an activity that can say in a word what it asks about. The result repeats it, so that the result
// of one question is not taken for that of another.
type Asked interface{ Subject() string }

// Answer is the part of a result that says what it answers.
type Answer struct {
	About string `json:"about,omitempty"` // the subject of what was asked
}

// SetAbout says what the result answers.
func (a *Answer) SetAbout(subject string) { a.About = subject }

// Answers returns what the result answers.
func (a *Answer) Answers() string { return a.About }

// Answered is a result that says what it answers.
type Answered interface {
	SetAbout(subject string)
	Answers() string
}

// Subject is the hash of the payload.
func (in SubmitInput) Subject() string { return in.Payload.Hash }

// Subject is the name, and what the models are compared with.
func (in ReadModelInput) Subject() string {
	if in.Want != nil {
		return in.Name + " " + in.Want.Hash
	}
	return in.Name
}

// Subject is the page to begin with.
func (in ListModelsInput) Subject() string { return fmt.Sprint("page ", in.Page) }

// Subject is the model and its new payload.
func (in UpdateInput) Subject() string { return in.ModelID + " " + in.Payload.Hash }

// Subject is the job.
func (in PollInput) Subject() string { return in.JobID }

// Subject is the hash of what is sealed: of a probe, all that is asked for.
func (s Sealed[T]) Subject() string { return s.Hash }

// Subject is the model.
func (in HealthCheckInput) Subject() string { return in.ModelID }

// Subject is the kind of message. The run is left out: an operation that was reset replays the results of the run
// before.
func (in WebhookInput) Subject() string { return withoutRun(in.MessageID, in.Event.RunID) }

// Subject is the kind of entry, without the run.
func (e AuditEntry) Subject() string { return withoutRun(e.EntryID, e.RunID) }

func withoutRun(id, runID string) string {
	if runID == "" {
		return id
	}
	return strings.ReplaceAll(id, runID, "RUN")
}
