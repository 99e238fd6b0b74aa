package follow

import (
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"

	"model-registrar/schemas"
)

// stageOf says which stage an activity belongs to. Not every stage is in the search attributes, as each upsert costs an
// action; an activity being scheduled tells as much.
var stageOf = map[string]schemas.Stage{
	schemas.ValidatePayloadActivity:    schemas.StageValidating,
	schemas.SubmitRegistrationActivity: schemas.StageSubmitting,
	schemas.PollJobActivity:            schemas.StageRegistering,
	schemas.SyntheticProbeActivity:     schemas.StageProbing,
	schemas.TriggerHealthCheckActivity: schemas.StageHealthCheck,
	schemas.ReadModelActivity:          schemas.StageComparing,
	schemas.UpdateModelActivity:        schemas.StageUpdating,
	schemas.DeleteModelActivity:        schemas.StageDeleting,
	schemas.HandOverActivity:           schemas.StageHandOver,
	schemas.DeregisterModelActivity:    schemas.StageRollingBack,
	schemas.ReleaseModelActivity:       schemas.StageRollingBack,
	schemas.FindOwnerActivity:          schemas.StageRecording,
}

// stage says which stage an activity that is scheduled belongs to; none for one that goes on beside a stage, such as
// the recording of a decision.
func (t *Timeline) stage(activity string, input *commonpb.Payloads) (schemas.Stage, bool) {
	switch activity {
	case schemas.WriteAuditActivity:
		var entry schemas.AuditEntry
		return schemas.StageRecording, t.decode.value(input, &entry) && entry.Event == schemas.AuditEnded
	case schemas.NotifyWebhookActivity:
		var in schemas.WebhookInput
		return schemas.StageRecording, t.decode.value(input, &in) && in.Event.Status != string(schemas.StageApproval)
	case schemas.ReleaseModelActivity:
		var in schemas.ReleaseInput
		if t.decode.value(input, &in) && in.RunID != t.RunID {
			return schemas.StageHandOver, true // a retirement gives up what another operation handed over
		}
	}
	stage, ok := stageOf[activity]
	return stage, ok
}

// Known reports whether a stage is one of a running registration, and not an outcome.
func Known(s schemas.Stage) bool { return slices.Contains(schemas.Stages, s) }

// Apply takes in the next event. Events that were taken in before are passed over, so that a history may be read again.
func (t *Timeline) Apply(e *historypb.HistoryEvent) {
	if e.GetEventId() <= t.lastEvent {
		return
	}
	t.lastEvent = e.GetEventId()
	at := e.GetEventTime().AsTime()
	switch {
	case e.GetWorkflowExecutionStartedEventAttributes() != nil:
		t.started(e.GetWorkflowExecutionStartedEventAttributes(), at)
	case e.GetUpsertWorkflowSearchAttributesEventAttributes() != nil:
		t.indexed(e.GetUpsertWorkflowSearchAttributesEventAttributes(), at)
	case e.GetTimerStartedEventAttributes() != nil:
		t.doing(t.decode.text(e.GetUserMetadata().GetSummary()))
	case e.GetWorkflowExecutionSignaledEventAttributes() != nil:
		t.signalled(e.GetWorkflowExecutionSignaledEventAttributes())
	case e.GetWorkflowExecutionCancelRequestedEventAttributes() != nil:
		t.cancelling = true
		t.note(Warn, "cancellation was requested")
	case e.GetWorkflowTaskFailedEventAttributes() != nil:
		t.taskFailed(e.GetWorkflowTaskFailedEventAttributes())
	case e.GetMarkerRecordedEventAttributes() != nil:
		t.applyLocalActivity(e.GetMarkerRecordedEventAttributes())
	default:
		t.applyActivity(e, at)
		t.applyEnding(e, at)
	}
}

func (t *Timeline) started(a *historypb.WorkflowExecutionStartedEventAttributes, at time.Time) {
	t.WorkflowID, t.RunID = a.GetWorkflowId(), a.GetOriginalExecutionRunId()
	t.TaskQueue, t.StartedAt, t.Operation = a.GetTaskQueue().GetName(), at, a.GetWorkflowType().GetName()
	t.decode.value(a.GetInput(), &t.Input)
	if t.Operation == schemas.RetireModelWorkflow {
		var in schemas.RetireModelInput
		t.decode.value(a.GetInput(), &in)
		t.Retirement = in.Retirement()
	}
	// one that is longer is refused, and shown all the same
	t.Input.Requester = schemas.Cut(t.Input.Requester, schemas.MaxRequester)
	t.enter(schemas.StageValidating, at)
}

// indexed takes in an upsert. That of an outcome ends nothing yet: what is left to do may still follow.
func (t *Timeline) indexed(a *historypb.UpsertWorkflowSearchAttributesEventAttributes, at time.Time) {
	fields := a.GetSearchAttributes().GetIndexedFields()
	stage := schemas.Stage(Keyword(fields[schemas.RegistrationStageAttribute]))
	if Known(stage) {
		t.enter(stage, at)
	}
	if hash := Keyword(fields[schemas.PayloadHashAttribute]); hash != "" {
		t.Evidence.PayloadHash = hash
	}
}

func (t *Timeline) signalled(a *historypb.WorkflowExecutionSignaledEventAttributes) {
	var d schemas.Decision
	if a.GetSignalName() == schemas.DecideHandler && t.decode.value(a.GetInput(), &d) && d.Approver != "" {
		// Whether it counts is for the workflow to say, which records it.
		t.note(Note, d.Approver+" sent the signal to "+string(d.Decision))
		return
	}
	t.note(Note, "a signal arrived: "+a.GetSignalName())
}

// decided takes in a decision that is about to be recorded, with what became of it.
func (t *Timeline) decided(d *schemas.AuditedDecision) {
	if !d.Accepted {
		t.note(Warn, "the decision of "+d.Approver+" to "+string(d.Decision)+" was refused: "+d.Refusal)
		return
	}
	t.decision = d
	t.decisions++
	if t.Current == nil || t.Current.Stage != schemas.StageApproval {
		t.note(Note, verb(d.Decision)+" by "+d.Approver+" before the probe has run; the decision is kept")
		return
	}
	if t.Undecided() {
		t.note(Note, fmt.Sprintf("%s by %s; %d of %d approvals", verb(d.Decision), d.Approver, t.decisions,
			t.approvers()))
	}
	t.noteDecision()
}

func (t *Timeline) noteDecision() {
	d := t.decision
	t.Current.note = verb(d.Decision) + " by " + d.Approver
	if d.Reason != "" {
		t.Current.note += ": " + d.Reason
	}
	t.Current.failed = d.Decision == schemas.Reject
}

// approvers is how many people have to approve.
func (t *Timeline) approvers() int { return max(1, t.Input.Manifest.Approval.Required, t.required) }

// taskFailed tells of a worker that cannot run the workflow. Failures that the server resolves by itself at once (a
// signal that arrived meanwhile, a reset of the sticky queue) say nothing to a person.
func (t *Timeline) taskFailed(a *historypb.WorkflowTaskFailedEventAttributes) {
	switch a.GetCause() {
	case enumspb.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW:
		t.RunID = a.GetNewRunId() // the start is the old run's, copied, and names that
		return
	case enumspb.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
		enumspb.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE,
		enumspb.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND, enumspb.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_UPDATE:
		return
	}
	t.note(Warn, "the worker cannot run the workflow, and tries again ("+a.GetCause().String()+"): "+
		sentence(t.decode.failure(a.GetFailure())))
}

func (t *Timeline) doing(summary string) {
	if t.Current != nil && summary != "" {
		t.Current.Doing = summary
	}
}

// keyword decodes a search attribute, which is never encoded by a codec.
// Keyword reads a search attribute of type Keyword; an odd value is none.
func Keyword(p *payload) string {
	var s string
	if p == nil || converter.GetDefaultDataConverter().FromPayload(p, &s) != nil {
		return ""
	}
	return s
}

func verb(v schemas.Verdict) string {
	switch v {
	case schemas.Approve:
		return "approved"
	case schemas.Reject:
		return "rejected"
	}
	return "decided"
}
