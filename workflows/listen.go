package workflows

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/people"
	"model-registrar/schemas"
)

const (
	maxReason    = 2000     // characters
	maxHashOrRun = 128      // bytes
	maxArgument  = 64 << 10 // bytes of an update's or signal's argument; a larger one is refused unread
	keptRefused  = 20       // refused decisions that the progress remembers
	// refused decisions that have entries in the trail: of those that cannot count, and of others
	maxListed = 100
)

const decisionShape = `{"decision":"approve"|"reject","approver":"who you are","reason":"why",` +
	`"payloadHash":"of what you approve"}`

// listen registers the handlers. From here on decisions and cancellations are taken, by update and by signal: the SDK
// may call a handler before this returns, so that the state has to be valid before.
func (r *registration) listen(ctx workflow.Context) error {
	r.gate.signals = workflow.GetSignalChannelWithOptions(ctx, schemas.DecideHandler, workflow.SignalChannelOptions{
		Description: "Approve or reject, without an answer: " + decisionShape +
			". One that does not count is listed under refusedDecisions of the status query.",
	})
	// a decision is recorded even if the registration is cancelled meanwhile
	detached, _ := workflow.NewDisconnectedContext(ctx)
	workflow.GoNamed(detached, "hear-decisions", r.hearDecisions)
	workflow.GoNamed(detached, "record-decisions", r.recordDecisions)
	workflow.GoNamed(detached, "decide-signals", func(ctx workflow.Context) {
		for {
			// Received raw: the SDK drops a signal that does not fit its type, and a person would wait in vain.
			var raw converter.RawValue
			r.gate.signals.Receive(ctx, &raw)
			r.takeSignal(ctx, raw)
		}
	})
	err := workflow.SetUpdateHandlerWithOptions(ctx, schemas.DecideHandler, r.decide, workflow.UpdateHandlerOptions{
		// What is no decision leaves no trace; everything else is recorded, refused or not.
		Validator: func(_ workflow.Context, raw converter.RawValue) error {
			_, err := decisionOf(raw)
			return err
		},
		Description: "Approve or reject, and be told at once whether it is accepted: " + decisionShape,
	})
	if err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, schemas.CancelHandler, r.cancel, workflow.UpdateHandlerOptions{
		Validator: func(_ workflow.Context, raw converter.RawValue) error {
			_, err := r.cancelOf(raw)
			return err
		},
		Description: `Cancel the registration; a model that exists is rolled back: {"by":"who you are","reason":"why"}`,
	})
}

// decide answers an update once the decision was verified, checked and kept. It does not wait for the audit trail.
func (r *registration) decide(ctx workflow.Context, raw converter.RawValue) (schemas.DecisionReceipt, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	d, err := decisionOf(raw)
	if err != nil {
		return schemas.DecisionReceipt{}, err
	}
	r.drainSignals(ctx) // those in the history came before
	t := r.come(ctx, d)
	if err := workflow.Await(ctx, func() bool { return t.answered }); err != nil {
		return schemas.DecisionReceipt{}, err
	}
	if t.refusal != "" {
		return schemas.DecisionReceipt{}, refuse("%s", t.refusal)
	}
	return t.receipt, nil
}

// drainSignals takes every signal that has come: the coroutine that receives them may not have had its turn.
func (r *registration) drainSignals(ctx workflow.Context) {
	var raw converter.RawValue
	for r.gate.signals.ReceiveAsync(&raw) {
		r.takeSignal(ctx, raw)
	}
}

// takeSignal takes a decision that has no answer: what comes of it is in the progress and in the audit trail.
func (r *registration) takeSignal(ctx workflow.Context, raw converter.RawValue) {
	d, err := decisionOf(raw)
	if err != nil {
		r.noteRefusal(ctx, explain(err).Message)
		return
	}
	r.come(ctx, d)
}

// settleDecisions waits until every decision that has come was heard and recorded.
func (r *registration) settleDecisions(ctx workflow.Context) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	r.drainSignals(ctx)
	_ = workflow.Await(ctx, r.gate.quiet) // the context is never cancelled
}

// heardEverybody reports whether every decision that has come was dealt with, and everybody who waits for it answered.
func (r *registration) heardEverybody(ctx workflow.Context) bool {
	return workflow.AllHandlersFinished(ctx) && r.gate.quiet()
}

// argumentOf reads the argument of an update or signal, which is refused unread if it is too large.
func argumentOf[T any](raw converter.RawValue, what string) (out T, err error) {
	p := raw.Payload()
	switch {
	case p == nil:
		return out, refuse("a %s needs an argument", what)
	case len(p.GetData()) > maxArgument:
		return out, refuse("a %s of %d bytes was refused unread; it has at most %d", what, len(p.GetData()),
			maxArgument)
	case converter.GetDefaultDataConverter().FromPayload(p, &out) != nil:
		return out, refuse("the argument of a %s cannot be read", what)
	}
	return out, nil
}

func decisionOf(raw converter.RawValue) (schemas.Decision, error) {
	d, err := argumentOf[schemas.Decision](raw, "decision")
	if err != nil {
		return d, refuse("%s; it is %s", explain(err).Message, decisionShape)
	}
	return d, wellFormed(d)
}

// wellFormed refuses what is no decision, or too large for one.
func wellFormed(d schemas.Decision) error {
	switch {
	case d.Decision != schemas.Approve && d.Decision != schemas.Reject:
		return refuse(`decision must be "approve" or "reject"`)
	case strings.TrimSpace(d.Approver) == "" && d.Signature == "":
		return refuse("approver must say who decides")
	case isPlaceholder(d.Approver):
		return refuse("approver must say who decides: %q is the placeholder of an example",
			plain(strings.TrimSpace(d.Approver), 40))
	case isPlaceholder(d.Reason):
		return refuse("reason must say why: %q is the placeholder of an example",
			plain(strings.TrimSpace(d.Reason), 40))
	case utf8.RuneCountInString(d.Reason) > maxReason:
		return refuse("reason must be at most %d characters", maxReason)
	case len(d.Signature) > schemas.MaxSignature:
		return refuse("signature must be at most %d bytes", schemas.MaxSignature)
	case len(d.PayloadHash) > maxHashOrRun || len(d.RunID) > maxHashOrRun:
		return refuse("payloadHash and runId must be at most %d bytes of a decision", maxHashOrRun)
	}
	switch d.Probe {
	case "", schemas.ProbeNone, schemas.ProbePass, schemas.ProbeFail:
	default:
		return refuse(`probe, the verdict that the decision rests on, must be "PASS", "FAIL" or "NONE"`)
	}
	return checkPerson("approver", d.Approver)
}

// checkPerson refuses a name of a person that does not read as what it is.
func checkPerson(field, name string) error {
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) > schemas.MaxApprover {
		return refuse("%s must be at most %d characters, none of them a control character or invisible", field,
			schemas.MaxApprover)
	}
	if err := people.Check(name); err != nil {
		return refuse("%s must be a name that reads as what it is: %s", field, fmt.Sprint(err))
	}
	return nil
}

// placeholders are what the examples of a decision say where a person has to say something.
var placeholders = []string{"who you are", "WHO", "why", "…", "..."}

func isPlaceholder(s string) bool {
	for _, p := range placeholders {
		if strings.EqualFold(strings.Trim(strings.TrimSpace(s), `"<>`), p) {
			return true
		}
	}
	return false
}
