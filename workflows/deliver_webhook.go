package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// DeliverWebhook goes on delivering an event where its registration left off: for 24 hours, with growing gaps or those
// that the receiver asks for, until the receiver takes it or says that it never will. Then it records in the audit
// trail what came of it. An event that was given up is a result, not a failure.
func DeliverWebhook(ctx workflow.Context, in schemas.DeliverWebhookInput) (schemas.WebhookDelivery, error) {
	if err := checkDelivery(workflow.GetInfo(ctx), in.Webhook); err != nil {
		return schemas.WebhookDelivery{}, err
	}
	d := &delivery{in: in, again: in.Delivery.Pending, since: workflow.Now(ctx)}
	if err := d.setUp(ctx); err != nil {
		return schemas.WebhookDelivery{}, err
	}
	var cancelled error
	if d.in.Delivery.Pending {
		cancelled = d.deliver(ctx)
	}
	ctx, _ = workflow.NewDisconnectedContext(ctx) // what came of it is recorded even if somebody cancelled it
	if err := d.record(ctx); err != nil {
		return d.in.Delivery, err
	}
	d.describe(ctx, "")
	return d.in.Delivery, cancelled
}

// checkDelivery refuses an event that is not one of the parent's own: signed events come from operations and from
// owners of models alone, and not from whoever can start a workflow.
func checkDelivery(info *workflow.Info, in schemas.WebhookInput) error {
	e, parent := in.Event, info.ParentWorkflowExecution
	if want := schemas.DeliverWebhookWorkflowID(in.MessageID); info.WorkflowExecution.ID != want {
		return wrongID("the delivery of "+in.MessageID, want, info.WorkflowExecution.ID)
	}
	if parent == nil || parent.ID != e.WorkflowID || parent.RunID != e.RunID || e.WorkflowID != e.Sender() ||
		!strings.HasPrefix(in.MessageID, schemas.MessageID(e.RunID, "")) {
		return temporal.NewNonRetryableApplicationError("an event is delivered for the workflow that it comes from, "+
			"as its child, "+
			"and for nobody else; nothing was sent", string(schemas.ErrCallerRefused), nil)
	}
	return nil
}

// cancelledDelivery is why a delivery ended that somebody cancelled. A cancelled activity does not say how often it
// tried.
const cancelledDelivery = "the delivery was cancelled, and the attempts of its workflow are not counted here"

// delivery is the state of one DeliverWebhook workflow.
type delivery struct {
	in    schemas.DeliverWebhookInput
	again bool // it is not only to be recorded
	since time.Time
}

func (d *delivery) setUp(ctx workflow.Context) error {
	d.in.Delivery.WorkflowID = workflow.GetInfo(ctx).WorkflowExecution.ID
	d.describe(ctx, "")
	return workflow.SetQueryHandlerWithOptions(ctx, schemas.StatusQuery,
		func() (schemas.WebhookDelivery, error) { return d.in.Delivery, nil },
		workflow.QueryHandlerOptions{Description: "What has come of the delivery so far: delivered, pending or given " +
			"up. " +
			"The attempts that were made since it began are under Pending Activities"})
}

// deliver makes attempts until one succeeds, or none is to be made any more. The error is a cancellation.
func (d *delivery) deliver(ctx workflow.Context) error {
	out, err := d.attempts(ctx)
	so := d.in.Delivery
	switch {
	case err == nil:
		out.Attempts += so.Attempts
		d.in.Delivery = out
	case temporal.IsCanceledError(err):
		d.in.Delivery.Error = strings.TrimSuffix(cancelledDelivery+"; before that: "+so.Error, "; before that: ")
		d.in.Delivery.Pending = false
		return temporal.NewCanceledError(d.in.Delivery)
	default:
		d.in.Delivery = undelivered(so, err)
	}
	d.in.Delivery.Pending = false
	d.in.Delivery.WorkflowID = so.WorkflowID
	return nil
}

func (d *delivery) attempts(ctx workflow.Context) (out schemas.WebhookDelivery, err error) {
	if wait := d.in.Wait.Std(); wait > 0 {
		err := workflow.NewTimerWithOptions(ctx, wait, workflow.TimerOptions{
			Summary: fmt.Sprintf("Try again in %s", words.Exactly(wait.Round(time.Second))),
		}).Get(ctx, nil)
		if err != nil {
			return out, err
		}
	}
	o := activityTable[schemas.NotifyWebhookActivity]
	o.Summary = unlinked(webhookSummary(d.in.Webhook))
	var notified schemas.Notified
	err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, o), schemas.NotifyWebhookActivity,
		d.in.Webhook).Get(ctx, &notified)
	if err == nil {
		err = answered(schemas.NotifyWebhookActivity, d.in.Webhook, &notified)
	}
	return notified.WebhookDelivery, err
}

func (d *delivery) record(ctx workflow.Context) error {
	d.describe(ctx, "")
	e := deliveryEntry(workflow.Now(ctx), d.in)
	if d.again {
		e.EntryID += schemas.AgainMark
	}
	_, err := writeAudit(ctx, e, func(reason string) { d.describe(ctx, reason) })
	return err
}

// describe writes the UI's current details. waiting is why the trail cannot be written.
func (d *delivery) describe(ctx workflow.Context, waiting string) {
	var b strings.Builder
	e, so := d.in.Webhook.Event, d.in.Delivery
	state := so.String()
	if so.Pending {
		state = fmt.Sprintf("being delivered since %s", d.since.UTC().Format("2006-01-02 15:04 MST"))
	}
	fmt.Fprintf(&b, "The event **%s** of **%s** to **%s** is %s\n\n", e.Status, markdown(e.Name),
		markdown(words.Host(d.in.Webhook.URL)), markdown(state))
	if so.Pending {
		fmt.Fprintf(&b, "- **attempts before**: %d\n", so.Attempts)
		if so.Error != "" {
			fmt.Fprintf(&b, "- **last error**: %s\n", markdown(so.Error))
		}
		fmt.Fprintf(&b, "- **gives up**: after %s of attempts with growing gaps, or when the receiver answers 410\n",
			words.Exactly(activityTable[schemas.NotifyWebhookActivity].ScheduleToCloseTimeout))
	}
	if waiting != "" {
		fmt.Fprintf(&b, "- **waits for the audit trail**: it cannot be written: %s. It is tried again until it can\n",
			markdown(waiting))
	}
	fmt.Fprintf(&b, "- **registration**: %s, run %s\n- **message**: %s\n", markdown(e.WorkflowID), markdown(e.RunID),
		markdown(so.MessageID))
	workflow.SetCurrentDetails(ctx, b.String())
}
