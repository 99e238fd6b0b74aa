package follow

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// deliveryRecord is what a timeline calls the activity that records what came of a webhook.
const deliveryRecord = "WriteAudit of a delivery"

// Delivery finds out what has become of a webhook that its registration left to a workflow of its own. No worker is
// needed: one that has ended tells by its result, and one that goes on by what the server knows of its attempts. What
// cannot be found out stays as it was.
func Delivery(
	ctx context.Context, c client.Client, d Decoder, so schemas.WebhookDelivery,
) (schemas.WebhookDelivery, error) {
	now, err := c.DescribeWorkflowExecution(ctx, so.WorkflowID, "")
	if err != nil {
		return so, err
	}
	var out schemas.WebhookDelivery
	if !IsOver(now.GetWorkflowExecutionInfo().GetStatus()) {
		if !recording(now) {
			return pendingDelivery(so, now, d), nil
		}
		// It is settled, and waits for the audit trail; only the workflow itself can say how.
		answer, err := c.QueryWorkflow(ctx, so.WorkflowID, "", schemas.StatusQuery)
		if err != nil || answer.Get(&out) != nil {
			return so, err
		}
		return out, nil
	}
	err = c.GetWorkflow(ctx, so.WorkflowID, "").Get(ctx, &out)
	var cancelled *temporal.CanceledError
	var failed *temporal.WorkflowExecutionError
	switch {
	case err == nil:
		return out, nil
	case errors.As(err, &cancelled) && cancelled.Details(&out) == nil:
		return out, nil
	case errors.As(err, &failed):
		so.Pending, so.Error = false, so.Error+"; and the workflow that went on with it failed: "+sentence(err)
		return so, nil
	}
	return so, err
}

func recording(now *workflowservice.DescribeWorkflowExecutionResponse) bool {
	for _, a := range now.GetPendingActivities() {
		if a.GetActivityType().GetName() == schemas.WriteAuditActivity {
			return true
		}
	}
	return false
}

func pendingDelivery(
	so schemas.WebhookDelivery, now *workflowservice.DescribeWorkflowExecutionResponse, d Decoder,
) schemas.WebhookDelivery {
	so.Since = now.GetWorkflowExecutionInfo().GetStartTime().AsTime()
	for _, a := range now.GetPendingActivities() {
		if a.GetActivityType().GetName() != schemas.NotifyWebhookActivity {
			continue
		}
		so.Attempts += int(a.GetAttempt()) - 1
		if a.GetLastFailure() != nil {
			so.Error = sentence(d.failure(a.GetLastFailure()))
		}
		if a.GetState() == enumspb.PENDING_ACTIVITY_STATE_SCHEDULED && a.GetNextAttemptScheduleTime() != nil {
			so.NextAttemptAt = a.GetNextAttemptScheduleTime().AsTime()
		}
	}
	return so
}
