package workflows

import (
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// announceEnding tells the receiver how the registration ended, with the head of the trail that has it recorded. What
// is still under way of what it was told before goes on without the registration.
func (r *registration) announceEnding(ctx workflow.Context, head *schemas.Checkpoint) {
	if r.waiting != nil {
		r.waiting.letGo(ctx)
		r.result.Approval.Announced = r.announced()
	}
	if r.manifest.WebhookCallbackURL == "" || r.unannounced {
		return
	}
	in := r.deliveryOf(ctx, string(r.result.Status), "ended")
	in.Webhook.Event.Checkpoint = head
	out := announce(ctx, in)
	r.result.Webhook = &out
}

// announceWaiting tells the receiver, beside the open gate, that a person has to decide.
func (r *registration) announceWaiting(ctx workflow.Context) {
	if r.manifest.WebhookCallbackURL == "" {
		return
	}
	ctx, _ = workflow.NewDisconnectedContext(ctx) // it is true even if the registration is cancelled now
	r.waiting = newAnnouncement(r.deliveryOf(ctx, string(schemas.StageApproval), schemas.WaitingMessage))
	workflow.GoNamed(ctx, "announce-waiting", func(ctx workflow.Context) { r.waiting.run(ctx) })
}

// announced is what came of telling that a person has to decide; nil if nobody was told.
func (r *registration) announced() *schemas.WebhookDelivery {
	if r.waiting == nil {
		return nil
	}
	delivery := r.waiting.in.Delivery
	return &delivery
}

// deliveryOf is the event of a status, to be delivered under the message id of that kind of event.
func (r *registration) deliveryOf(ctx workflow.Context, status, kind string) schemas.DeliverWebhookInput {
	e := schemas.Event{
		Event: schemas.RegistrationUpdated, Timestamp: workflow.Now(ctx).UTC(), ModelID: r.result.ModelID,
		Status: status, Metrics: schemas.EventMetrics{JobDurationMs: r.result.JobDurationMs},
		Name: r.manifest.Name, Reason: plain(r.result.Reason, 2000), PayloadHash: r.result.PayloadHash,
		WorkflowID: r.result.WorkflowID, RunID: r.result.RunID, Operation: r.named(),
		PreviousHash: r.result.PreviousHash,
		Changes:      r.result.Changes, ReplacedModelID: r.result.ReplacedModelID,
		Retirement: r.retires(),
	}
	if a := r.result.Approval; a != nil {
		e.Approvers = approvers(a.Approvals)
		if a.Decision == schemas.Reject {
			e.RejectedBy = a.Approver
		}
	}
	if v := r.result.Validation; v != nil {
		e.Metrics.ValidationLatencyMs = &v.LatencyMs
		e.Share = v.Details.Share()
	}
	return schemas.DeliverWebhookInput{
		Webhook: schemas.WebhookInput{
			URL: r.manifest.WebhookCallbackURL, MessageID: schemas.MessageID(r.result.RunID, kind), Event: e,
		},
		JobID: r.result.JobID, Requester: plain(r.requester, 200),
	}
}
