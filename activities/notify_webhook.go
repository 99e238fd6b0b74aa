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
// it came to is told rather than timed out.
func (a *Activities) NotifyWebhook(ctx context.Context, in schemas.WebhookInput) (schemas.WebhookDelivery, error) {
	body, err := eventBody(in)
	if err != nil {
		return schemas.WebhookDelivery{}, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-min(tellTime, time.Until(deadline)/4)))
		defer cancel()
	}
	ctx = telemetry.About(ctx, in.Event.Name)
	attempt := int(activity.GetInfo(ctx).Attempt)
	status, err := a.Webhooks.Send(ctx, in.URL, in.MessageID, body, time.Now())
	if err != nil {
		return schemas.WebhookDelivery{}, webhookError(err,
			schemas.WebhookFailure{Attempt: attempt, ResponseCode: status})
	}
	return schemas.WebhookDelivery{
		Delivered: true, MessageID: in.MessageID, Attempts: attempt,
		ResponseCode: status, DeliveredAt: time.Now().UTC(),
	}, nil
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

// tellTime is what an attempt leaves of the activity's time.
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
