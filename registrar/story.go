package registrar

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"model-registrar/schemas"
)

// teller puts the story of one model together, from the runs that Temporal remembers and the entries of the audit
// trail. Both hold the same entries; Temporal forgets, and the trail does not know what runs or was terminated.
type teller struct {
	name       string
	seen       map[string]bool // entries, by id: those of a run's history are in the trail too
	operations map[string]*schemas.StoryOperation
	messages   map[string]int // the transitions that webhooks told of, by the message's id
	story      schemas.ModelStory
}

func newTeller(name string, at time.Time) *teller {
	return &teller{
		name: name, seen: map[string]bool{}, operations: map[string]*schemas.StoryOperation{},
		messages: map[string]int{}, story: schemas.ModelStory{
			Name: name, At: at, Operations: []schemas.StoryOperation{}, Transitions: []schemas.StoryTransition{}},
	}
}

// run takes in what the history of an operation says.
func (t *teller) run(line *Timeline, entries []schemas.AuditEntry) {
	o := t.operation(line.WorkflowID, line.RunID)
	o.Operation, o.Requester, o.StartedAt = line.Operation, line.Input.Requester, line.StartedAt
	if line.Retirement != nil {
		o.AskedFor = line.Retirement.Reason
	}
	o.ModelID, o.PayloadHash = line.Evidence.ModelID, line.Evidence.PayloadHash
	if line.Current != nil {
		o.Stage = line.Current.Stage
	}
	for _, e := range entries {
		t.entry(e)
	}
	if line.Ending == nil {
		return
	}
	r := line.Result()
	o.Stage, o.EndedAt, o.Outcome, o.Reason, o.ErrorType = "", line.Ending.At, r.Status, r.Reason, r.ErrorType
	o.ModelID, o.ReplacedModelID = r.ModelID, r.ReplacedModelID
	o.PayloadHash, o.PreviousHash = r.PayloadHash, r.PreviousHash
	o.Changes, o.ChangedSettings, o.Approval, o.Cancellation = r.Changes, r.ChangedSettings, r.Approval, r.Cancellation
	if o.Webhook == nil {
		o.Webhook = r.Webhook
	}
}

// about reports whether an entry is about the model.
func (t *teller) about(e schemas.AuditEntry) bool {
	return e.Name == schemas.RecordedName(t.name) && !t.seen[e.EntryID]
}

// entry takes in an entry of the trail, of whatever model.
func (t *teller) entry(e schemas.AuditEntry) {
	if !t.about(e) {
		return
	}
	if e.EntryID != "" {
		t.seen[e.EntryID] = true
	}
	if _, state := schemas.OwnedNameOf(e.WorkflowID); state {
		t.transition(e)
		return
	}
	o := t.operation(e.WorkflowID, e.RunID)
	o.Operation = cmp.Or(o.Operation, e.Operation, schemas.RegisterModelWorkflow)
	o.Requester = cmp.Or(o.Requester, e.Requester)
	o.ModelID, o.PayloadHash = cmp.Or(e.ModelID, o.ModelID), cmp.Or(e.PayloadHash, o.PayloadHash)
	o.PreviousHash, o.ReplacedModelID = cmp.Or(e.PreviousHash, o.PreviousHash), cmp.Or(e.ReplacedModelID,
		o.ReplacedModelID)
	if len(e.Changes) > 0 {
		o.Changes = e.Changes
	}
	if e.Probe != nil {
		o.Probe = e.Probe
	}
	event(o, e)
}

// transition takes in a change of the model's state, or what became of its webhook.
func (t *teller) transition(e schemas.AuditEntry) {
	switch e.Event {
	case schemas.AuditModelState:
		_, kind, _ := strings.Cut(e.EntryID, "/")
		t.messages[schemas.MessageID(e.RunID, kind)] = len(t.story.Transitions)
		t.story.Transitions = append(t.story.Transitions, schemas.StoryTransition{
			At: e.Timestamp, Before: e.StateBefore, After: e.State, Reason: e.Reason, ModelID: e.ModelID,
			Drift: e.Changes, Probe: e.Probe,
		})
	case schemas.AuditWebhook:
		if i, known := t.messages[messageOf(e)]; known {
			t.story.Transitions[i].Webhook = e.Webhook
		}
	}
}

// messageOf is the id of the message whose delivery an entry records.
func messageOf(e schemas.AuditEntry) string {
	id, _, _ := strings.Cut(e.EntryID, schemas.DeliveryMark)
	return id
}

// event takes in what an entry says beside what each says.
func event(o *schemas.StoryOperation, e schemas.AuditEntry) {
	switch e.Event {
	case schemas.AuditStarted:
		o.AskedFor = cmp.Or(o.AskedFor, e.Reason)
		if o.StartedAt.IsZero() {
			o.StartedAt = e.Timestamp
		}
	case schemas.AuditDecision:
		if e.Decision != nil {
			o.Decisions = append(o.Decisions, *e.Decision)
		}
	case schemas.AuditCancel:
		o.Cancellation = e.Cancellation
	case schemas.AuditRefusals:
		o.Remarks = append(o.Remarks, e.Reason)
	case schemas.AuditWebhook:
		if messageOf(e) != schemas.MessageID(e.RunID, schemas.WaitingMessage) {
			o.Webhook = e.Webhook
		}
	default: // the ending; entries from before the chain have no event
		o.EndedAt, o.Outcome, o.Reason, o.ErrorType = e.Timestamp, e.Outcome, e.Reason, e.ErrorType
		o.Approval, o.Deregistered, o.Restored = e.Approval, e.Deregistered, e.Restored
		if o.StartedAt.IsZero() {
			o.StartedAt = e.Timestamp.Add(-time.Duration(e.JobDurationMs) * time.Millisecond)
		}
	}
}

func (t *teller) operation(workflowID, runID string) *schemas.StoryOperation {
	key := workflowID + "\n" + runID
	if t.operations[key] == nil {
		t.operations[key] = &schemas.StoryOperation{WorkflowID: workflowID, RunID: runID}
	}
	return t.operations[key]
}

// tell is the whole, in the order in which it happened.
func (t *teller) tell() schemas.ModelStory {
	for _, o := range t.operations {
		t.story.Operations = append(t.story.Operations, *o)
	}
	slices.SortFunc(t.story.Operations, func(a, b schemas.StoryOperation) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.RunID, b.RunID))
	})
	slices.SortStableFunc(t.story.Transitions, func(a, b schemas.StoryTransition) int { return a.At.Compare(b.At) })
	return t.story
}
