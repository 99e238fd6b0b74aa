package follow

import (
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"model-registrar/schemas"
)

// Timeline is what a workflow's history says of a registration. [Timeline.Apply] builds it event by event, and nothing
// else changes it. Its times are the server's.
type Timeline struct {
	WorkflowID string
	RunID      string
	TaskQueue  string
	StartedAt  time.Time
	Operation  string                     // the workflow type
	Input      schemas.RegisterModelInput // zero when it cannot be decoded; of a retirement the requester alone
	Retirement *schemas.Retirement        // what a retirement asks for; nil of another operation

	Stages   []schemas.StageRecord // as far as the history shows them
	Current  *Step                 // nil once ended
	Log      []Entry               // what has happened, in order; only ever grows
	Evidence Evidence
	Refusal  *schemas.ErrorDetails // what the platform said with the newest failure, if it said anything
	Ending   *Ending               // nil while running

	decode     Decoder
	scheduled  map[int64]string         // activity types by the id of the event that scheduled them
	beside     map[int64]bool           // those that belong to no stage
	decision   *schemas.AuditedDecision // the newest that counts
	decisions  int                      // those that count
	required   int                      // how many have to approve, as the worker has it
	entries    map[string]bool          // audit entries of decisions that were taken in, by their id
	cancelling bool                     // cancellation was requested, and has not shown yet
	lastEvent  int64
}

// Step is the stage that a registration is in.
type Step struct {
	Stage     schemas.Stage
	StartedAt time.Time
	Doing     string // the summary of the newest activity or timer; may be empty

	note    string // what to say of it when it ends
	failed  bool
	attempt int32 // attempts of its newest activity
}

// Mark says what kind of thing an [Entry] tells.
type Mark int

// The marks.
const (
	Done   Mark = iota // a stage ended well
	Failed             // a stage ended badly
	Note               // something worth knowing
	Warn               // something worth worrying about
)

// Entry is one thing that happened.
type Entry struct {
	Mark  Mark
	Stage schemas.Stage // of Done and Failed
	Took  time.Duration // of Done and Failed
	Text  string
}

// Evidence is what the activities found that a person may want to see before deciding.
type Evidence struct {
	PayloadHash string
	JobID       string
	ModelID     string
	Probe       *schemas.ProbeReport
}

// Ending is how a workflow closed.
type Ending struct {
	Status enumspb.WorkflowExecutionStatus
	At     time.Time
	Result *schemas.Result // nil when the workflow left none: terminated, or not decodable
	Err    error           // nil when it completed
}

// NewTimeline returns an empty timeline that decodes payloads as a client with the decoder's converters does.
func NewTimeline(d Decoder) *Timeline {
	return &Timeline{decode: d, scheduled: map[int64]string{}, beside: map[int64]bool{}, entries: map[string]bool{}}
}

// Name is the name of the model, from the workflow's input or, if that cannot be decoded, its id.
func (t *Timeline) Name() string {
	if t.Input.Manifest.Name != "" {
		return t.Input.Manifest.Name
	}
	if name, ok := schemas.ModelNameOf(t.WorkflowID); ok {
		return name
	}
	return t.WorkflowID
}

// Progress is what the query `status` would answer, as far as the history tells.
func (t *Timeline) Progress() schemas.Progress {
	p := schemas.Progress{
		Name: t.Name(), RunID: t.RunID, Requester: t.Input.Requester, StartedAt: t.StartedAt,
		Stages: slices.Clone(t.Stages), PayloadHash: t.Evidence.PayloadHash, JobID: t.Evidence.JobID,
		ModelID: t.Evidence.ModelID, Validation: t.Evidence.Probe, Operation: t.Operation,
		Retirement: t.Retirement,
	}
	switch {
	case t.Current != nil:
		p.Stage = t.Current.Stage
	case t.Ending != nil:
		p.Stage = schemas.Stage(t.Ending.Outcome())
		p.Result = t.Ending.Result
	}
	return p
}

// Outcome is the ending's outcome as far as it is known: a workflow that was terminated or timed out has FAILED.
func (e *Ending) Outcome() schemas.Outcome {
	if e.Result != nil && e.Result.Status != "" {
		return e.Result.Status
	}
	switch e.Status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return schemas.Completed
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return schemas.Cancelled
	}
	return schemas.Failed
}

// Undecided reports whether the registration waits for a person, as far as the history shows.
func (t *Timeline) Undecided() bool {
	return t.Current != nil && t.Current.Stage == schemas.StageApproval &&
		(t.decision == nil || t.decision.Decision == schemas.Approve && t.decisions < t.approvers())
}

// snapshot returns a copy that later events do not change.
func (t *Timeline) snapshot() Timeline {
	c := *t
	c.Stages, c.Log = slices.Clone(t.Stages), slices.Clone(t.Log)
	if t.Current != nil {
		step := *t.Current
		c.Current = &step
	}
	c.scheduled, c.beside = nil, nil
	return c
}

// enter begins a stage, and so ends the one before.
func (t *Timeline) enter(stage schemas.Stage, at time.Time) {
	if t.Current != nil && t.Current.Stage == stage {
		return
	}
	t.cutShort(stage)
	t.leave(at)
	t.Current = &Step{Stage: stage, StartedAt: at}
	t.Stages = append(t.Stages, schemas.StageRecord{Stage: stage, StartedAt: at})
	if stage == schemas.StageApproval && t.decision != nil {
		t.noteDecision()
	}
}

// cutShort marks the current stage if the next one shows that it did not come to its own end.
func (t *Timeline) cutShort(next schemas.Stage) {
	if t.Current == nil || t.Current.Stage == schemas.StageRollingBack {
		return
	}
	switch {
	case t.cancelling && (next == schemas.StageRollingBack || next == schemas.StageRecording):
		t.Current.failed, t.Current.note = true, "cancelled"
		t.cancelling = false
	case next == schemas.StageRollingBack:
		t.Current.failed = true
		if t.Current.Stage == schemas.StageApproval && (t.Current.note == "" || t.Undecided()) {
			t.Current.note = "nobody decided in time"
		}
	}
}

// leave ends the current stage and logs it.
func (t *Timeline) leave(at time.Time) {
	if t.Current == nil {
		return
	}
	t.Stages[len(t.Stages)-1].EndedAt = at
	e := Entry{Mark: Done, Stage: t.Current.Stage, Took: max(at.Sub(t.Current.StartedAt), 0), Text: t.Current.text()}
	if t.Current.failed {
		e.Mark = Failed
	}
	t.Log = append(t.Log, e)
	t.Current = nil
}

func (t *Timeline) note(mark Mark, text string) {
	t.Log = append(t.Log, Entry{Mark: mark, Text: text})
}
