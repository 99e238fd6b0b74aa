package follow

import (
	"errors"
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
)

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

	require.Equal(t, []schemas.Retry{{Activity: schemas.SubmitRegistrationActivity, Number: 3, Failure: "503", Next: now.Add(8 * time.Second)}}, p.attempts)
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
