package workflows

import (
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// announcement is one event on its way from a registration to its receiver. The registration makes the first attempt
// itself, within seconds, since that is all it takes most of the time; whatever is left to do then is handed over to a
// DeliverWebhook workflow, so that a receiver that is down holds up nothing.
type announcement struct {
	in        schemas.DeliverWebhookInput
	concluded bool // it is settled, or another workflow does the rest: what is still under way here counts no more
	over      bool // concluded, and that workflow runs
	recorded  bool // the attempt that delivered it has recorded that, too
}

func newAnnouncement(in schemas.DeliverWebhookInput) *announcement {
	if sealed, err := schemas.Seal(in.Webhook.Event); err == nil { // if not, the activity says so
		in.Webhook.Body = sealed.Canonical
	}
	in.Delivery = schemas.WebhookDelivery{Pending: true, MessageID: in.Webhook.MessageID}
	return &announcement{in: in}
}

// announce delivers an event or hands it over, and has the trail record what came of it. It takes seconds at most. The
// attempt that delivers the event records that itself: it is awaited, and not handed over while it is under way.
func announce(ctx workflow.Context, in schemas.DeliverWebhookInput) schemas.WebhookDelivery {
	a := newAnnouncement(in)
	a.in.Webhook.Record = &schemas.DeliveryRecord{JobID: in.JobID, Requester: in.Requester}
	a.run(ctx)
	return a.in.Delivery
}

func (a *announcement) run(ctx workflow.Context) {
	err := a.attempt(ctx)
	if a.concluded {
		return
	}
	a.learn(err)
	recorded := a.recorded || !a.in.Delivery.Pending && a.record(ctx) == nil
	switch {
	case a.concluded:
	case recorded:
		a.concluded, a.over = true, true
	default:
		a.handOver(ctx)
	}
}

// attempt makes the first attempt and keeps what it came to if it succeeded. That the attempt has recorded the delivery
// is what its result says: histories of releases that scheduled an activity for that say nothing of the kind.
func (a *announcement) attempt(ctx workflow.Context) error {
	o := firstWebhookAttempt()
	o.Summary = webhookSummary(a.in.Webhook)
	if a.in.Webhook.Record != nil {
		o.Summary += ", and record the delivery"
	}
	o.Summary = unlinked(o.Summary)
	var out schemas.Notified
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, o), schemas.NotifyWebhookActivity,
		a.in.Webhook).Get(ctx, &out)
	if err == nil {
		err = answered(schemas.NotifyWebhookActivity, a.in.Webhook, &out)
	}
	if err == nil && !a.concluded {
		a.in.Delivery, a.recorded = out.WebhookDelivery, out.Recorded
	}
	return err
}

// learn takes in how the first attempt failed: whether there is to be another one, and when.
func (a *announcement) learn(err error) {
	if err == nil {
		return
	}
	a.in.Delivery = undelivered(a.in.Delivery, err)
	a.in.Delivery.Pending = !isFinal(err)
	a.in.Wait = schemas.Duration(max(firstWebhookGap, retryDelay(err)))
}

// record has one short try at writing the delivery to the trail; the registration's result does not wait for more.
func (a *announcement) record(ctx workflow.Context) error {
	o := activityTable[schemas.WriteAuditActivity]
	e := deliveryEntry(workflow.Now(ctx), a.in)
	o.Summary, o.ScheduleToCloseTimeout = unlinked(auditSummary(e)), firstWebhookTime
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, o), schemas.WriteAuditActivity, e).Get(ctx, nil)
}

// letGo hands over what has not come to an end yet, so that the registration can.
func (a *announcement) letGo(ctx workflow.Context) {
	if !a.concluded {
		a.handOver(ctx)
	}
	_ = workflow.Await(ctx, func() bool { return a.over }) // the context is never cancelled
}

// handOver starts the workflow that does the rest, and waits for its start alone: a child whose parent closes before
// that is never started.
func (a *announcement) handOver(ctx workflow.Context) {
	a.concluded = true
	defer func() { a.over = true }()
	a.in.Webhook.Record = nil // that workflow records what came of all its attempts together
	id := schemas.DeliverWebhookWorkflowID(a.in.Webhook.MessageID)
	name := a.in.Webhook.Event.Name
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: id, WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         unlinked(webhookSummary(a.in.Webhook)),
		TypedSearchAttributes: temporal.NewSearchAttributes(nameKey.ValueSet(plain(name, 80))),
	})
	child := workflow.ExecuteChildWorkflow(ctx, schemas.DeliverWebhookWorkflow, a.in)
	err := child.GetChildWorkflowExecution().Get(ctx, nil)
	switch d := &a.in.Delivery; {
	case !d.Pending: // it is settled, and only its record is left
	case err != nil:
		d.Pending = false
		d.Error = fmt.Sprintf("%s; and no workflow could be started that would try again: %s", d.Error, err)
	default:
		d.WorkflowID = id
	}
}

// undelivered adds a failed attempt, or a series of them, to what is known of a delivery.
func undelivered(d schemas.WebhookDelivery, err error) schemas.WebhookDelivery {
	d.Error = explain(err).Message
	var app *temporal.ApplicationError
	var last schemas.WebhookFailure
	if errors.As(err, &app) && app.Details(&last) == nil {
		d.Attempts, d.ResponseCode = d.Attempts+last.Attempt, last.ResponseCode
	} else if !neverStarted(err) {
		d.Attempts++
	}
	return d
}

// neverStarted reports whether an activity's time ran out before a worker took it.
func neverStarted(err error) bool {
	var t *temporal.TimeoutError
	return errors.As(err, &t) && t.TimeoutType() == enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START
}

// retryDelay is how long the receiver asked to wait.
func retryDelay(err error) time.Duration {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app.NextRetryDelay()
	}
	return 0
}

// isFinal reports whether an activity's error is one that no retry repairs.
func isFinal(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.NonRetryable()
}

func webhookSummary(in schemas.WebhookInput) string {
	return fmt.Sprintf("Tell %s that %s is %s", plain(words.Host(in.URL), 80), plain(in.Event.Name, 80),
		in.Event.Status)
}

// deliveryEntry is the audit entry of a delivery that succeeded or was given up.
func deliveryEntry(now time.Time, in schemas.DeliverWebhookInput) schemas.AuditEntry {
	return schemas.DeliveryEntry(in.Webhook, in.Delivery,
		schemas.DeliveryRecord{JobID: in.JobID, Requester: in.Requester}, now)
}

// webhookLine is a delivery in a few words.
func webhookLine(d schemas.WebhookDelivery) string {
	switch {
	case d.Delivered:
		return fmt.Sprintf("delivered (%d)", d.ResponseCode)
	case d.Pending:
		return fmt.Sprintf("not delivered yet, %s goes on: %s", d.WorkflowID, d.Error)
	}
	return "not delivered: " + d.Error
}
