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
	maxApprover = 128  // characters
	maxReason   = 2000 // characters
	keptRefused = 20   // refused signals that the progress remembers
)

// openGate waits for a person, or until the time for it is up. A decision that came early is taken at once.
func (r *registration) openGate(ctx workflow.Context) error {
	timeout := r.manifest.Approval.Timeout.Or(defaultApprovalTimeout)
	opened := workflow.Now(ctx)
	r.gate = opened.Add(timeout)
	r.enter(ctx, schemas.StageApproval)
	decided, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout:      timeout,
		TimerOptions: workflow.TimerOptions{Summary: fmt.Sprintf("Wait %s for a decision, then roll back", span(timeout))},
	}, func() bool { return r.decision != nil })
	r.gate = time.Time{}
	report := r.result.Approval
	report.WaitedMs = workflow.Now(ctx).Sub(opened).Milliseconds()
	if err != nil {
		return err
	}
	if !decided {
		return verdict{schemas.ApprovalTimedOut, fmt.Sprintf("nobody decided within %s", span(timeout))}
	}
	report.Decision, report.Approver, report.Reason = r.decision.Decision, r.decision.Approver, r.decision.Reason
	report.DecidedAt = r.decidedAt
	if r.decision.Decision == schemas.Reject {
		return verdict{schemas.Rejected, fmt.Sprintf("rejected by %s: %s", r.decision.Approver, r.decision.Reason)}
	}
	return nil
}

// listenForDecisions takes decisions by update and by signal from the first workflow task on: one that comes before
// the gate opens is kept until then.
func (r *registration) listenForDecisions(ctx workflow.Context) error {
	err := workflow.SetUpdateHandlerWithOptions(ctx, schemas.DecideHandler,
		func(ctx workflow.Context, d schemas.Decision) (schemas.DecisionReceipt, error) {
			// Two decisions may both have passed the validator before either was taken.
			if err := r.checkDecision(d); err != nil {
				return schemas.DecisionReceipt{}, err
			}
			return r.takeDecision(ctx, d), nil
		},
		workflow.UpdateHandlerOptions{
			Validator: func(_ workflow.Context, d schemas.Decision) error { return r.checkDecision(d) },
			Description: `Approve or reject, and be told at once whether it counts: ` +
				`{"decision":"approve"|"reject","approver":"who you are","reason":"why"}`,
		})
	if err != nil {
		return err
	}
	r.signals = workflow.GetSignalChannelWithOptions(ctx, schemas.DecideHandler, workflow.SignalChannelOptions{
		Description: `Approve or reject, without an answer: {"decision":"approve"|"reject","approver":"who you are",` +
			`"reason":"why"}. One that does not count is listed under refusedDecisions of the status query.`,
	})
	workflow.GoNamed(ctx, "decide-signals", func(ctx workflow.Context) {
		for {
			// Received raw: the SDK drops a signal that does not fit its type, and a person would wait in vain.
			var raw converter.RawValue
			r.signals.Receive(ctx, &raw)
			r.takeSignal(ctx, raw)
		}
	})
	return nil
}

func (r *registration) takeSignal(ctx workflow.Context, raw converter.RawValue) {
	var d schemas.Decision
	err := fmt.Errorf("a decision needs an argument: decision, approver and reason")
	if raw.Payload() != nil {
		if converter.GetDefaultDataConverter().FromPayload(raw.Payload(), &d) == nil {
			err = r.checkDecision(d)
		}
	}
	if err == nil {
		r.takeDecision(ctx, d)
		return
	}
	r.refuse(workflow.Now(ctx), explain(err).Message)
	r.describe(ctx)
}

func (r *registration) refuse(at time.Time, reason string) {
	r.refused = append(r.refused, schemas.RefusedSignal{At: at, Reason: reason})
	if len(r.refused) > keptRefused {
		r.refused = r.refused[1:]
	}
}

// drainSignals takes note of the signals that nobody will receive any more.
func (r *registration) drainSignals() {
	var raw converter.RawValue
	for r.signals.ReceiveAsync(&raw) {
		r.refuse(time.Time{}, "the registration had ended")
	}
}

// checkDecision says why a decision does not count, for the update's validator and for signals alike.
func (r *registration) checkDecision(d schemas.Decision) error {
	refuse := func(format string, args ...any) error {
		return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), string(schemas.ErrDecisionRefused), nil)
	}
	approver := strings.TrimSpace(d.Approver)
	invisible := func(c rune) bool { return !unicode.IsGraphic(c) } // with one, a requester would look like another
	switch {
	case d.Decision != schemas.Approve && d.Decision != schemas.Reject:
		return refuse(`decision must be "approve" or "reject"`)
	case approver == "":
		return refuse("approver must say who decides")
	case len([]rune(approver)) > maxApprover || strings.ContainsFunc(approver, invisible):
		return refuse("approver must be at most %d characters, none of them a control character or invisible", maxApprover)
	case len([]rune(d.Reason)) > maxReason:
		return refuse("reason must be at most %d characters", maxReason)
	case strings.EqualFold(approver, strings.TrimSpace(r.requester)) && d.Decision == schemas.Approve:
		return refuse("%s asked for this registration of %s and so cannot approve it", approver, r.manifest.Name)
	case r.decision != nil:
		return refuse("%s has decided already: %s", r.decision.Approver, r.decision.Decision)
	case !r.takesDecisions():
		return refuse("%s is at %s and takes no decision any more", r.manifest.Name, r.stage())
	case r.policy == schemas.ApproveNever && d.Decision == schemas.Approve:
		return refuse("the registration of %s asks for no approval (policy never)", r.manifest.Name)
	}
	return nil
}

// takesDecisions tells whether the gate is open or may yet open.
func (r *registration) takesDecisions() bool {
	switch r.stage() {
	case schemas.StageValidating, schemas.StageSubmitting, schemas.StageRegistering, schemas.StageProbing,
		schemas.StageApproval:
		return true
	}
	return false
}

func (r *registration) takeDecision(ctx workflow.Context, d schemas.Decision) schemas.DecisionReceipt {
	d.Approver = strings.TrimSpace(d.Approver)
	r.decision, r.decidedAt = &d, workflow.Now(ctx).UTC()
	receipt := schemas.DecisionReceipt{
		Name: r.manifest.Name, Decision: d.Decision, Approver: d.Approver, Stage: r.stage(),
		Message: "the decision is kept until the probe has run",
	}
	if r.stage() == schemas.StageApproval {
		receipt.Message = "the registration goes on to its health check"
		if d.Decision == schemas.Reject {
			receipt.Message = "the model is rolled back"
		}
	}
	r.describe(ctx)
	return receipt
}
