package follow

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"model-registrar/schemas"
	"model-registrar/starter/console"
)

func text(lines []console.Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.String() + "\n")
	}
	return b.String()
}

// submitting is a view of a registration that has been submitting for a while.
func submitting(t *testing.T) View {
	s := newScript(t)
	s.ranLocally(schemas.ValidatePayloadActivity, 12*time.Millisecond, schemas.ValidatedPayload{Hash: "2f5b"})
	s.activity(schemas.SubmitRegistrationActivity, "Create llm-v2", 0)
	return View{Timeline: *s.timeline()}
}

func TestATerminalShowsTheStageItsRetriesAndWhatHoldsItUp(t *testing.T) {
	v := submitting(t)
	now := began.Add(3 * time.Second)
	v.Attempts = []Attempt{{
		Activity: schemas.SubmitRegistrationActivity, Number: 4, Failure: "503 unavailable\nsecond line", Next: now.Add(7500 * time.Millisecond),
	}}
	v.Stalled = "no worker is polling"
	v.Lost = errors.New("refused")

	require.Equal(t, `⠋ submit          2.9s  Create llm-v2
  ↻ SubmitRegistration attempt 4 in 8s; last failure: 503 unavailable
  ! no worker is polling
  ! no connection to Temporal; trying until it is back: refused
`, text(v.Block(now)))
}

func TestALogTellsEachThingOnce(t *testing.T) {
	var l Log
	now := began.Add(time.Second)
	v := submitting(t)
	require.Equal(t, "✓ validate        12ms  payload 2f5b\n", text(l.Next(v, now)))
	require.Empty(t, l.Next(v, now))

	v.Attempts = []Attempt{{Activity: schemas.SubmitRegistrationActivity, Number: 2, Failure: "503"}}
	require.Equal(t, "↻ SubmitRegistration attempt 2 is running; last failure: 503\n", text(l.Next(v, now)))
	require.Empty(t, l.Next(v, now))

	v.Lost = errors.New("refused")
	require.Equal(t, "! no connection to Temporal; trying until it is back: refused\n", text(l.Next(v, now)))
	require.Empty(t, l.Next(v, now))
	v.Lost = nil
	require.Equal(t, "· connected to Temporal again\n", text(l.Next(v, now)))

	v.Stalled = "no worker is polling"
	require.Equal(t, "! no worker is polling\n", text(l.Next(v, now)))
	require.Empty(t, l.Next(v, now))
}

func TestALogSaysAtGrowingDistancesThatAStageGoesOn(t *testing.T) {
	var l Log
	v := submitting(t)
	said := 0
	for now := began.Add(time.Second); now.Before(began.Add(time.Hour)); now = now.Add(time.Second) {
		for _, line := range l.Next(v, now) {
			if strings.HasPrefix(line.String(), "… submit") {
				said++
			}
		}
	}
	require.Equal(t, 9, said) // after about 11 s, 22 s, 44 s, … 47 min
}

func TestAHistoryReadInOneGoDoesNotSayThatItsStagesGoOn(t *testing.T) {
	s := newScript(t).upToProbe()
	var l Log
	tl := NewTimeline(Decoder{})
	later := began.Add(time.Hour)
	for _, e := range s.events {
		tl.Apply(e)
		require.NotContains(t, text(l.Next(View{Timeline: *tl}, later)), "…")
	}
	require.Contains(t, text(l.Next(View{Timeline: *tl}, later.Add(time.Second))), "… Genesys job    1h00m")
}

func TestADescriptionShowsRetriesHeartbeatsAndWhatWaitsForAWorker(t *testing.T) {
	s := newScript(t)
	now := began.Add(time.Minute)
	p := Decoder{}.look(&workflowservice.DescribeWorkflowExecutionResponse{
		PendingWorkflowTask: &workflowpb.PendingWorkflowTaskInfo{State: enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED},
		PendingActivities: []*workflowpb.PendingActivityInfo{
			{
				ActivityId: "5", ActivityType: &commonpb.ActivityType{Name: schemas.SubmitRegistrationActivity},
				State: enumspb.PENDING_ACTIVITY_STATE_SCHEDULED, Attempt: 3, LastFailure: s.failure(errors.New("503")),
				NextAttemptScheduleTime: timestamppb.New(now.Add(8 * time.Second)),
			},
			{
				ActivityId: "6", ActivityType: &commonpb.ActivityType{Name: schemas.WriteAuditActivity},
				State: enumspb.PENDING_ACTIVITY_STATE_SCHEDULED, Attempt: 1, ScheduledTime: timestamppb.New(began),
			},
			{
				ActivityId: "7", ActivityType: &commonpb.ActivityType{Name: schemas.PollJobActivity},
				State: enumspb.PENDING_ACTIVITY_STATE_STARTED, Attempt: 1,
				HeartbeatDetails: s.payloads(schemas.PollProgress{JobID: "j", Polls: 4, LastStatus: "InProgress"}),
			},
		},
	}, now)

	require.Equal(t, []Attempt{{schemas.SubmitRegistrationActivity, 3, "503", now.Add(8 * time.Second)}}, p.attempts)
	require.Equal(t, "InProgress after 4 looks", p.polling)
	require.Len(t, p.waiting, 2) // the workflow task and the audit, and not what waits for its next attempt
}

func TestATaskThatWaitsTooLongIsNoticed(t *testing.T) {
	q := queue{}
	require.False(t, q.stalled([]string{"a"}, began))
	require.False(t, q.stalled([]string{"b"}, began.Add(patience)), "another task waits anew")
	require.False(t, q.stalled([]string{"a", "b"}, began.Add(patience+1)))
	require.True(t, q.stalled([]string{"a", "b"}, began.Add(2*patience)))
	require.False(t, q.stalled(nil, began.Add(3*patience)))
}

func TestAWorkerSeenLongAgoIsNoWorker(t *testing.T) {
	seen := func(ago time.Duration) *workflowservice.DescribeTaskQueueResponse {
		return &workflowservice.DescribeTaskQueueResponse{Pollers: []*taskqueuepb.PollerInfo{{LastAccessTime: timestamppb.New(began.Add(-ago))}}}
	}
	require.Contains(t, noWorker("q", nil, nil, began), `no worker is polling task queue "q"; start one`)
	require.Contains(t, noWorker("q", seen(3*time.Minute), nil, began), "the last one was seen 3m00s ago")
	require.Contains(t, noWorker("q", seen(20*time.Second), nil, began), "one was polling 20.0s ago")
	require.Contains(t, noWorker("q", nil, errors.New("x"), began), "no worker has taken the next task")
}

func TestSpansAreWrittenAsPeopleDo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0ms", 12 * time.Millisecond: "12ms", 2050 * time.Millisecond: "2.0s", 59990 * time.Millisecond: "59.9s",
		65 * time.Second: "1m05s", 3*time.Hour + 12*time.Minute: "3h12m", 75 * time.Hour: "3d3h",
	} {
		require.Equal(t, want, Span(d))
	}
	require.Equal(t, "4.2ms", Millis(4.2))
}
