package workflows

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// Where a registration ends by itself. The server terminates a workflow with more than 50 MiB or 51,200 events of
// history, and would leave its model live; what the ending itself takes has to fit in between, and what others may send
// meanwhile.
const (
	maxHistoryBytes  = 8 << 20
	maxHistoryEvents = 20_000
)

// stop ends the story of a registration from outside it, with a reason of its own: the present step is cancelled, and
// what exists is rolled back. It does nothing once the story has ended, or what it does cannot be undone.
func (r *registration) stop(reason error) {
	if r.ended || r.committed || r.stopped != nil {
		return
	}
	r.stopped = reason
	r.halt()
}

// cancel takes the update `cancel`. It has effect at once, since to roll back is always safe; that it was asked for is
// recorded before the ending is.
func (r *registration) cancel(ctx workflow.Context, raw converter.RawValue) (schemas.CancelReceipt, error) {
	c, err := r.cancelOf(raw)
	if err != nil {
		return schemas.CancelReceipt{}, err
	}
	given := &schemas.Cancellation{By: strings.TrimSpace(c.By), Reason: strings.TrimSpace(c.Reason),
		At: workflow.Now(ctx).UTC()}
	r.result.Cancellation = given
	stage := r.stage()
	r.gate.unrecorded = append(r.gate.unrecorded, unrecorded{
		entry: func(ctx workflow.Context) schemas.AuditEntry {
			e := r.auditEntry(ctx, schemas.AuditCancel, "cancel")
			e.Cancellation, e.Reason = given, cancelledAt(stage, *given)
			return e
		},
		after: func(error) {},
	})
	r.stop(verdict{schemas.Cancelled, cancelledAt(stage, *given)})
	message := "the registration ends, and nothing is left of it in the gateway"
	switch {
	case r.operation != schemas.RegisterModelWorkflow:
		message = "the operation ends, and what it has changed in the gateway is put back"
	case r.mayExist:
		message = "the registration ends, and its model is rolled back"
	}
	return schemas.CancelReceipt{Name: r.manifest.Name, Stage: stage, Message: message}, nil
}

func (r *registration) cancelOf(raw converter.RawValue) (schemas.CancelRequest, error) {
	c, err := argumentOf[schemas.CancelRequest](raw, "cancellation")
	switch {
	case err != nil:
		return c, err
	case strings.TrimSpace(c.By) == "" || isPlaceholder(c.By):
		return c, refuse("by must say who cancels")
	case utf8.RuneCountInString(c.Reason) > maxReason:
		return c, refuse("reason must be at most %d characters", maxReason)
	case isPlaceholder(c.Reason):
		return c, refuse("reason must say why: %q is the placeholder of an example", plain(c.Reason, 40))
	case r.ended || r.committed:
		return c, refuse("%s is at %s and cannot be cancelled any more", r.label(), r.stage())
	case r.stopped != nil:
		return c, refuse("%s ends already: %s", r.label(), r.stopped)
	}
	return c, checkPerson("by", c.By)
}

// cancelledAt is a cancellation in a sentence.
func cancelledAt(stage schemas.Stage, c schemas.Cancellation) string {
	switch {
	case c.Plain:
		return fmt.Sprintf("cancelled at %s, through Temporal, which says neither who nor why", stage)
	case c.Reason == "":
		return fmt.Sprintf("cancelled at %s by %s, who gave no reason", stage, c.By)
	}
	return fmt.Sprintf("cancelled at %s by %s: %s", stage, c.By, c.Reason)
}

// watchHistory ends a registration whose history nears the server's limits, whoever fills it and with what.
func (r *registration) watchHistory(ctx workflow.Context) {
	full := func() bool {
		info := workflow.GetInfo(ctx)
		return info.GetCurrentHistorySize() >= maxHistoryBytes || info.GetCurrentHistoryLength() >= maxHistoryEvents
	}
	workflow.GoNamed(ctx, "watch-history", func(ctx workflow.Context) {
		if workflow.Await(ctx, func() bool { return r.ended || full() }) != nil || r.ended {
			return
		}
		info := workflow.GetInfo(ctx)
		r.stop(temporal.NewNonRetryableApplicationError(fmt.Sprintf(
			"the history of the registration of %s has %d events and %d KiB, near where the server terminates a "+
				"workflow, so the registration ended by itself; see who sent it so many or so large signals, and "+
				"register the model again",
			r.label(), info.GetCurrentHistoryLength(), info.GetCurrentHistorySize()>>10),
			string(schemas.ErrHistoryFull), nil))
	})
}
