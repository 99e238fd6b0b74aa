package main

import (
	"context"

	"model-registrar/internal/follow"
	"model-registrar/registrar"
	"model-registrar/schemas"
)

// lookAfter brings what a result says of its webhooks up to date.
func (c *connection) lookAfter(ctx context.Context, r *schemas.Result) {
	r.Webhook = c.delivery(ctx, r.Webhook)
	if r.Approval != nil {
		r.Approval.Announced = c.delivery(ctx, r.Approval.Announced)
	}
}

// delivery is what has become of a webhook by now. What cannot be asked for stays as it was when the registration ended.
func (c *connection) delivery(ctx context.Context, d *schemas.WebhookDelivery) *schemas.WebhookDelivery {
	if d == nil || !d.Pending || d.WorkflowID == "" {
		return d
	}
	ctx, cancel := context.WithTimeout(ctx, registrar.CallTimeout)
	defer cancel()
	now, err := follow.Delivery(ctx, c.Temporal(), c.Decoder(), *d)
	if err != nil {
		return d
	}
	return &now
}
