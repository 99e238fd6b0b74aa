package activities

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/netguard"
	"model-registrar/internal/telemetry"
	"model-registrar/internal/webhook"
	"model-registrar/schemas"
)

// NotifyWebhook delivers one event, as Standard Webhooks asks: id and body are the same on every attempt, the timestamp
// is the attempt's. A receiver that is gone for good (410), or whose address the guard refuses, is WebhookRefused. An
// error's detail is a [schemas.WebhookFailure]. The attempt ends a little before the activity's time does, so that what
// it came to is told rather than timed out. A delivery is recorded at once if it is asked for.
func (a *Activities) NotifyWebhook(ctx context.Context, in schemas.WebhookInput) (schemas.Notified, error) {
	body, err := eventBody(in)
	if err != nil {
		return schemas.Notified{}, err
	}
	ctx = telemetry.About(ctx, in.Event.Name)
	attempt := int(activity.GetInfo(ctx).Attempt)
	sending, cancel := endingBefore(ctx, tellTime)
	defer cancel()
	status, err := a.Webhooks.Send(sending, in.URL, in.MessageID, body, time.Now())
	if err != nil {
		return schemas.Notified{}, webhookError(err, schemas.WebhookFailure{Attempt: attempt, ResponseCode: status})
	}
	out := schemas.Notified{WebhookDelivery: schemas.WebhookDelivery{
		Delivered: true, MessageID: in.MessageID, Attempts: attempt,
		ResponseCode: status, DeliveredAt: time.Now().UTC(),
	}}
	out.Recorded = in.Record != nil && a.recordDelivery(ctx, in, out.WebhookDelivery)
	return out, nil
}

// recordDelivery has the trail record a delivery if it can be written within half of the time that is left. If not, the
// workflow goes on with the very same entry, so that there is one, whatever becomes of this one.
func (a *Activities) recordDelivery(ctx context.Context, in schemas.WebhookInput, d schemas.WebhookDelivery) bool {
	ctx, cancel := endingBefore(ctx, tellTime/2)
	defer cancel()
	receipt, err := a.appendEntry(ctx, schemas.DeliveryEntry(in, d, *in.Record, d.DeliveredAt))
	return err == nil && !receipt.Conflict
}

// endingBefore is a context that ends that long before the activity's time does, or when three quarters of it are over.
func endingBefore(ctx context.Context, margin time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(margin, time.Until(deadline)/4)))
}

// eventBody is what is sent: the bytes that the workflow made of the event, so that attempts by workers of several
// versions do not differ. As far as this worker knows the event, they have to be of it.
func eventBody(in schemas.WebhookInput) ([]byte, error) {
	want, err := schemas.Seal(in.Event)
	if err != nil {
		return nil, fatal(schemas.ErrInternal, err.Error())
	}
	var event schemas.Event
	if json.Unmarshal([]byte(in.Body), &event) != nil {
		return nil, fatal(schemas.ErrSealedInput, "the event has no body that could be sent")
	}
	if is, err := schemas.Seal(event); err != nil || is.Hash != want.Hash {
		return nil, fatal(schemas.ErrSealedInput, "the body of the event is of another event; nothing was sent")
	}
	return []byte(in.Body), nil
}

// tellTime is what an attempt leaves of the activity's time: one half to record the delivery, the other to tell of it.
const tellTime = time.Second

func webhookError(err error, attempt schemas.WebhookFailure) error {
	var refused *webhook.Error
	var blocked *netguard.BlockedError
	var badURL *netguard.URLError
	switch {
	case errors.As(err, &blocked), errors.As(err, &badURL):
		return fatal(schemas.ErrWebhookRefused, err.Error(), attempt)
	case errors.As(err, &refused):
		return temporal.NewApplicationErrorWithOptions(err.Error(), webhookErrorType(refused),
			temporal.ApplicationErrorOptions{
				NonRetryable: refused.Permanent, NextRetryDelay: refused.RetryAfter, Details: []any{attempt},
			})
	}
	return temporal.NewApplicationError(err.Error(), string(schemas.ErrWebhookUndelivered), attempt)
}

func webhookErrorType(e *webhook.Error) string {
	if e.Permanent {
		return string(schemas.ErrWebhookRefused)
	}
	return string(schemas.ErrWebhookUndelivered)
}
