package follow

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

var began = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

// script writes a history as the server would.
type script struct {
	t      *testing.T
	now    time.Time
	events []*historypb.HistoryEvent
}

func newScript(t *testing.T) *script {
	s := &script{t: t, now: began}
	s.add(&historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
		WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{
			WorkflowId: "register-model/llm-v2", OriginalExecutionRunId: "run-1",
			TaskQueue: &taskqueuepb.TaskQueue{Name: "model-registrar"},
			Input: s.payloads(schemas.RegisterModelInput{
				Manifest: schemas.Manifest{Name: "llm-v2", ModelArchitecture: schemas.OpenAI}, Requester: "alice@example.com",
			}),
		}}})
	return s
}

func (s *script) payloads(v any) *commonpb.Payloads {
	p, err := converter.GetDefaultDataConverter().ToPayloads(v)
	require.NoError(s.t, err)
	return p
}

func (s *script) failure(err error) *failurepb.Failure {
	return temporal.GetDefaultFailureConverter().ErrorToFailure(err)
}

func (s *script) add(e *historypb.HistoryEvent) int64 {
	e.EventId = int64(len(s.events) + 1)
	e.EventTime = timestamppb.New(s.now)
	s.events = append(s.events, e)
	return e.EventId
}

// after lets time pass before the next event.
func (s *script) after(d time.Duration) *script {
	s.now = s.now.Add(d)
	return s
}

// activity has an activity scheduled and, with its attempt, started.
func (s *script) activity(name, summary string, attempt int32) int64 {
	return s.activityOf(name, summary, attempt, map[string]any{
		schemas.WriteAuditActivity:    schemas.AuditEntry{Event: schemas.AuditEnded},
		schemas.NotifyWebhookActivity: schemas.WebhookInput{},
	}[name])
}

func (s *script) activityOf(name, summary string, attempt int32, input any) int64 {
	text := s.payloads(summary).GetPayloads()[0]
	id := s.add(&historypb.HistoryEvent{
		UserMetadata: &sdkpb.UserMetadata{Summary: text},
		Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
				ActivityType: &commonpb.ActivityType{Name: name}, Input: s.payloads(input),
			}}})
	if attempt > 0 {
		s.add(&historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_ActivityTaskStartedEventAttributes{
			ActivityTaskStartedEventAttributes: &historypb.ActivityTaskStartedEventAttributes{ScheduledEventId: id, Attempt: attempt},
		}})
	}
	return id
}

// ran is an activity that took so long and came to this result.
func (s *script) ran(name string, took time.Duration, result any) {
	id := s.activity(name, "", 1)
	s.after(took).add(&historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
		ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{ScheduledEventId: id, Result: s.payloads(result)},
	}})
}

// ranLocally is a local activity, of which only the marker of its result is in the history.
func (s *script) ranLocally(name string, took time.Duration, result any) {
	s.after(took).add(localMarker(name, s, s.payloads(result), nil))
}

// brokeLocally is a local activity that failed.
func (s *script) brokeLocally(name string, err error) {
	s.add(localMarker(name, s, nil, s.failure(err)))
}

func localMarker(name string, s *script, result *commonpb.Payloads, failure *failurepb.Failure) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_MarkerRecordedEventAttributes{
		MarkerRecordedEventAttributes: &historypb.MarkerRecordedEventAttributes{
			MarkerName: localActivityMarker, Failure: failure, Details: map[string]*commonpb.Payloads{
				"data": s.payloads(map[string]string{"ActivityID": "1", "ActivityType": name}), "result": result,
			},
		}}}
}

// broke is an activity that took so many attempts and so long, and failed.
func (s *script) broke(name string, attempts int32, took time.Duration, err error) {
	id := s.activity(name, "", attempts)
	s.after(took).add(&historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_ActivityTaskFailedEventAttributes{
		ActivityTaskFailedEventAttributes: &historypb.ActivityTaskFailedEventAttributes{ScheduledEventId: id, Failure: s.failure(err)},
	}})
}

// indexed is an upsert of the stage.
func (s *script) indexed(stage string) {
	s.add(&historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_UpsertWorkflowSearchAttributesEventAttributes{
		UpsertWorkflowSearchAttributesEventAttributes: &historypb.UpsertWorkflowSearchAttributesEventAttributes{
			SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{
				schemas.RegistrationStageAttribute: s.payloads(stage).GetPayloads()[0],
			}},
		}}})
}

// decision is one that counts, being recorded.
func (s *script) decision(d schemas.Decision) { s.audited(d, "") }

// audited is the recording of a decision that was refused for a reason, or counts.
func (s *script) audited(d schemas.Decision, refusal string) {
	s.activityOf(schemas.WriteAuditActivity, "", 1, schemas.AuditEntry{Event: schemas.AuditDecision,
		Decision: &schemas.AuditedDecision{DecisionStatement: d.Statement("llm-v2"), Accepted: refusal == "", Refusal: refusal}})
}

func (s *script) cancelRequested() {
	s.add(&historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionCancelRequestedEventAttributes{
		WorkflowExecutionCancelRequestedEventAttributes: &historypb.WorkflowExecutionCancelRequestedEventAttributes{},
	}})
}

func (s *script) signal(name string, arg any) {
	s.add(&historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{
		WorkflowExecutionSignaledEventAttributes: &historypb.WorkflowExecutionSignaledEventAttributes{SignalName: name, Input: s.payloads(arg)},
	}})
}

func (s *script) taskFailed(cause enumspb.WorkflowTaskFailedCause, err error) {
	s.add(&historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowTaskFailedEventAttributes{
		WorkflowTaskFailedEventAttributes: &historypb.WorkflowTaskFailedEventAttributes{Cause: cause, Failure: s.failure(err)},
	}})
}

func (s *script) completed(r schemas.Result) {
	s.add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionCompletedEventAttributes{
			WorkflowExecutionCompletedEventAttributes: &historypb.WorkflowExecutionCompletedEventAttributes{Result: s.payloads(r)},
		}})
}

func (s *script) failedWith(err error) {
	s.add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{
			WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{Failure: s.failure(err)},
		}})
}

func (s *script) cancelled(details any) {
	s.add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionCanceledEventAttributes{
			WorkflowExecutionCanceledEventAttributes: &historypb.WorkflowExecutionCanceledEventAttributes{Details: s.payloads(details)},
		}})
}

func (s *script) terminated() {
	s.add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionTerminatedEventAttributes{
			WorkflowExecutionTerminatedEventAttributes: &historypb.WorkflowExecutionTerminatedEventAttributes{},
		}})
}

// upToProbe is how every registration begins that gets that far.
func (s *script) upToProbe() *script {
	s.ranLocally(schemas.ValidatePayloadActivity, 12*time.Millisecond, schemas.ValidatedPayload{Payload: schemas.SealedPayload{Hash: "2f5b4f5d5b0bc7504c32"}})
	s.ran(schemas.SubmitRegistrationActivity, 48*time.Millisecond, schemas.Submission{JobID: "job-17"})
	s.indexed(string(schemas.StageRegistering))
	s.ran(schemas.PollJobActivity, 2*time.Second, schemas.PollResult{Done: true, ModelID: "mdl-1"})
	return s
}

func passed() schemas.ProbeReport {
	return schemas.ProbeReport{
		Status: schemas.ProbePass, LatencyMs: 182.4, ResponseCode: 200, Details: &schemas.ProbeDetails{
			Warm: make([]schemas.ProbeSample, 3), TTFT: &schemas.Distribution{Median: 41.2},
		},
	}
}

// timeline reads the script.
func (s *script) timeline() *Timeline {
	tl := NewTimeline(Decoder{})
	for _, e := range s.events {
		tl.Apply(e)
	}
	return tl
}

// told is what a timeline tells, in short: a mark, the stage, how long it took, and what there is to say.
func told(tl *Timeline) string {
	text := "\n"
	for _, e := range tl.Log {
		mark := map[Mark]string{Done: "✓", Failed: "✗", Warn: "!", Note: "·"}[e.Mark]
		if e.Stage != "" {
			mark += " " + string(e.Stage) + " " + words.Span(e.Took)
		}
		text += strings.TrimSpace(mark+" "+e.Text) + "\n"
	}
	if c := tl.Current; c != nil {
		text += strings.TrimSpace(fmt.Sprintf("… %s %s %s", c.Stage, words.Span(began.Add(time.Minute).Sub(c.StartedAt)), c.Doing)) + "\n"
	}
	return text
}
