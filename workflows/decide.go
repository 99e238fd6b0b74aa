package workflows

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

const (
	maxName      = 64      // characters, of a model
	maxApprover  = 128     // characters
	maxReason    = 2000    // characters
	maxSignature = 8 << 10 // bytes
	keptRefused  = 20      // refused decisions that the progress remembers
	maxDecisions = 200     // decisions of one registration that are recorded; it takes no more
)

const decisionShape = `{"decision":"approve"|"reject","approver":"who you are","reason":"why","payloadHash":"of what you approve"}`

// listenForDecisions takes decisions by update and by signal from the first workflow task on: one that comes before
// the gate opens is kept until then.
func (r *registration) listenForDecisions(ctx workflow.Context) error {
	r.gate.turn = workflow.NewMutex(ctx)
	err := workflow.SetUpdateHandlerWithOptions(ctx, schemas.DecideHandler, r.decide,
		workflow.UpdateHandlerOptions{
			// What is no decision leaves no trace; everything else is recorded, refused or not.
			Validator: func(_ workflow.Context, d schemas.Decision) error {
				if err := wellFormed(d); err != nil {
					return err
				}
				return r.tooMany()
			},
			Description: "Approve or reject, and be told at once whether it counts: " + decisionShape,
		})
	if err != nil {
		return err
	}
	r.gate.signals = workflow.GetSignalChannelWithOptions(ctx, schemas.DecideHandler, workflow.SignalChannelOptions{
		Description: "Approve or reject, without an answer: " + decisionShape +
			". One that does not count is listed under refusedDecisions of the status query.",
	})
	workflow.GoNamed(ctx, "decide-signals", func(ctx workflow.Context) {
		ctx, _ = workflow.NewDisconnectedContext(ctx)
		for {
			// Received raw: the SDK drops a signal that does not fit its type, and a person would wait in vain.
			var raw converter.RawValue
			r.gate.signals.Receive(ctx, &raw)
			r.gate.hearing = true
			r.hearSignal(ctx, raw)
			r.gate.hearing = false
		}
	})
	return nil
}

func (r *registration) hearSignal(ctx workflow.Context, raw converter.RawValue) {
	var d schemas.Decision
	err := refuse("a decision needs an argument: decision, approver, reason and payloadHash")
	if raw.Payload() != nil && converter.GetDefaultDataConverter().FromPayload(raw.Payload(), &d) == nil {
		err = wellFormed(d)
	}
	if err == nil {
		err = r.tooMany()
	}
	if err != nil {
		r.noteRefusal(ctx, explain(err).Message)
		return
	}
	// What comes of it is in the progress and in the audit trail: a signal has no answer.
	_, _ = r.decide(ctx, d)
}

// decide is the way of one decision: it is verified, checked, recorded, and only then counts, or is refused. One is
// dealt with at a time, in the order in which they came.
func (r *registration) decide(ctx workflow.Context, d schemas.Decision) (schemas.DecisionReceipt, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx) // a decision is recorded even if the registration is cancelled meanwhile
	at := workflow.Now(ctx).UTC()
	if err := r.gate.turn.Lock(ctx); err != nil {
		return schemas.DecisionReceipt{}, err
	}
	defer r.gate.turn.Unlock()
	r.gate.received++

	// What is decided about is known once the payload has been built.
	if err := workflow.Await(ctx, func() bool { return r.policy != "" || !r.takesDecisions() }); err != nil {
		return schemas.DecisionReceipt{}, err
	}
	d.Approver = strings.TrimSpace(d.Approver)
	v := verifyDecision(ctx, schemas.VerifyDecisionInput{
		Registration: schemas.DecisionStatement{Name: r.manifest.Name, RunID: r.result.RunID, PayloadHash: r.result.PayloadHash},
		Decision:     d, DecidedAt: at,
	})
	if v.Approver != "" {
		d.Approver = v.Approver
	}
	refusal := v.Refusal
	if refusal == "" {
		refusal = r.checkDecision(d, v)
	}
	if err := r.recordDecision(ctx, d, v, at, refusal); err != nil {
		return schemas.DecisionReceipt{}, err
	}
	if refusal != "" {
		r.noteRefusal(ctx, refusal)
		return schemas.DecisionReceipt{}, refuse("%s", refusal)
	}
	message := r.takeDecision(d, v, at)
	r.describe(ctx)
	return schemas.DecisionReceipt{
		Name: r.manifest.Name, Decision: d.Decision, Approver: d.Approver, Stage: r.stage(), Message: message,
	}, nil
}

// recordDecision writes a decision to the audit trail, and waits for as long as that takes.
func (r *registration) recordDecision(ctx workflow.Context, d schemas.Decision, v schemas.VerifiedDecision, at time.Time, refusal string) error {
	e := r.auditEntry(ctx, schemas.AuditDecision, fmt.Sprintf("decision-%d", r.gate.received))
	statement := d.Statement(r.manifest.Name)
	statement.PayloadHash, statement.RunID = plain(d.PayloadHash, 64), plain(d.RunID, 64)
	e.Decision = &schemas.AuditedDecision{
		DecisionStatement: statement, Accepted: refusal == "", Refusal: refusal, Signature: d.Signature,
		KeyFingerprint: v.KeyFingerprint, DecidedAt: at,
	}
	_, err := r.write(ctx, e)
	return err
}

func (r *registration) noteRefusal(ctx workflow.Context, reason string) {
	r.gate.refused = append(r.gate.refused, schemas.RefusedSignal{At: workflow.Now(ctx), Reason: reason})
	if len(r.gate.refused) > keptRefused {
		r.gate.refused = r.gate.refused[1:]
	}
	r.describe(ctx)
}

// settleDecisions waits for the decision that is being dealt with, and for those that wait for their turn.
func (r *registration) settleDecisions(ctx workflow.Context) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	if r.gate.turn.Lock(ctx) == nil {
		r.gate.turn.Unlock()
	}
}

// heardEverybody tells whether every decision that has come was dealt with.
func (r *registration) heardEverybody(ctx workflow.Context) bool {
	return workflow.AllHandlersFinished(ctx) && !r.gate.hearing && r.gate.signals.Len() == 0
}

func (r *registration) tooMany() error {
	if r.gate.received >= maxDecisions {
		return refuse("the registration of %s has had %d decisions and takes no more; cancel it and register the model again", r.manifest.Name, maxDecisions)
	}
	return nil
}

// wellFormed refuses what is no decision, or too large for one.
func wellFormed(d schemas.Decision) error {
	invisible := func(c rune) bool { return !unicode.IsGraphic(c) } // with one, a requester would look like another
	approver := strings.TrimSpace(d.Approver)
	switch {
	case d.Decision != schemas.Approve && d.Decision != schemas.Reject:
		return refuse(`decision must be "approve" or "reject"`)
	case approver == "" && d.Signature == "":
		return refuse("approver must say who decides")
	case len([]rune(approver)) > maxApprover || strings.ContainsFunc(approver, invisible):
		return refuse("approver must be at most %d characters, none of them a control character or invisible", maxApprover)
	case len([]rune(d.Reason)) > maxReason:
		return refuse("reason must be at most %d characters", maxReason)
	case len(d.Signature) > maxSignature:
		return refuse("signature must be at most %d bytes", maxSignature)
	}
	return nil
}

// refuse is the error of a decision that does not count.
func refuse(format string, args ...any) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), string(schemas.ErrDecisionRefused), nil)
}
