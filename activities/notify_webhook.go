package activities

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/netguard"
	"model-registrar/internal/webhook"
	"model-registrar/schemas"
)

// NotifyWebhook delivers one event, as Standard Webhooks asks: id and body are the same on every attempt, the timestamp
// is the attempt's. A receiver that is gone for good (410), or whose address the guard refuses, is WebhookRefused.
func (a *Activities) NotifyWebhook(ctx context.Context, in schemas.WebhookInput) (schemas.WebhookDelivery, error) {
	body, err := json.Marshal(in.Event)
	if err != nil {
		return schemas.WebhookDelivery{}, fatal(schemas.ErrInternal, err.Error())
	}
	status, err := a.Webhooks.Send(ctx, in.URL, in.MessageID, body, time.Now())
	if err != nil {
		return schemas.WebhookDelivery{}, webhookError(err)
	}
	return schemas.WebhookDelivery{
		Delivered: true, MessageID: in.MessageID, Attempts: int(activity.GetInfo(ctx).Attempt),
		ResponseCode: status, DeliveredAt: time.Now().UTC(),
	}, nil
}

func webhookError(err error) error {
	var refused *webhook.Error
	var blocked *netguard.BlockedError
	var badURL *netguard.URLError
	switch {
	case errors.As(err, &blocked), errors.As(err, &badURL):
		return fatal(schemas.ErrWebhookRefused, err.Error())
	case errors.As(err, &refused):
		return temporal.NewApplicationErrorWithOptions(err.Error(), webhookErrorType(refused),
			temporal.ApplicationErrorOptions{NonRetryable: refused.Permanent, NextRetryDelay: refused.RetryAfter})
	}
	return temporal.NewApplicationError(err.Error(), string(schemas.ErrWebhookUndelivered))
}

func webhookErrorType(e *webhook.Error) string {
	if e.Permanent {
		return string(schemas.ErrWebhookRefused)
	}
	return string(schemas.ErrWebhookUndelivered)
}
