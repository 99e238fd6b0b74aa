package e2e

import (
	"crypto/rand"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"model-registrar/schemas"
)

// reset resets a registration to its first workflow task, or to the first one after the submission, and returns the new run.
func (k *kit) reset(name string, toStart bool) (runID string) {
	k.t.Helper()
	id := schemas.RegisterModelWorkflowID(name)
	var at int64
	submission := int64(-1)
	it := k.client.GetWorkflowHistory(k.ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		e, err := it.Next()
		require.NoError(k.t, err)
		if a := e.GetActivityTaskScheduledEventAttributes(); a.GetActivityType().GetName() == schemas.SubmitRegistrationActivity {
			submission = e.EventId
		}
		if a := e.GetActivityTaskCompletedEventAttributes(); a != nil && a.ScheduledEventId == submission {
			at = -1
		}
		if toStart && at == 0 && e.EventType == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			at = e.EventId
			break
		}
		if at == -1 && e.EventType == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			at = e.EventId
		}
	}
	require.Positive(k.t, at)
	answer, err := k.client.ResetWorkflowExecution(k.ctx, &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: client.DefaultNamespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: id},
		Reason: "a test", WorkflowTaskFinishEventId: at, RequestId: rand.Text(),
	})
	require.NoError(k.t, err)
	return answer.GetRunId()
}

func TestARegistrationThatWasResetIsFollowedDecidedAboutAndCancelled(t *testing.T) {
	t.Parallel()
	approve := []string{"approve", "--approver", "approver", "--reason", "fine", "--yes"}
	for what, c := range map[string]struct {
		order   []string
		ends    schemas.Outcome
		toStart bool
	}{
		"after the submission, approved":   {order: approve, ends: schemas.Completed},
		"after the submission, cancelled":  {order: []string{"cancel", "--reason", "a test"}, ends: schemas.Cancelled},
		"before the submission, approved":  {order: approve, ends: schemas.Completed, toStart: true},
		"before the submission, cancelled": {order: []string{"cancel", "--reason", "a test"}, ends: schemas.Cancelled, toStart: true},
	} {
		t.Run(what, func(t *testing.T) {
			k := onShared(t)
			name := k.atGate(0)
			model := k.models(name)[0]
			run := k.reset(name, c.toStart)
			k.awaitStage(name, schemas.StageApproval)

			k.order(append([]string{c.order[0], name}, c.order[1:]...)...)

			_, stderr, _ := k.Run(k.ctx, "watch", name)
			result := k.end(name)
			require.Equal(t, c.ends, result.Status, stderr)
			require.Equal(t, run, result.RunID)
			require.Equal(t, model.ID, result.ModelID, "what the run before made is this one's")
			o := k.owner(name)
			require.Equal(t, c.ends == schemas.Completed, o != nil)
			if o != nil {
				require.Equal(t, run, o.RunID)
				require.Equal(t, model.ID, o.ModelID)
			}
		})
	}
}
