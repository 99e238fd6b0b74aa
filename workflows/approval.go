package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// gate is what people have decided about a registration, and whether it waits for them.
type gate struct {
	closes   time.Time // when the open gate closes; zero while it is not open
	closed   bool      // it was open and is not any more
	passed   bool      // the registration has left it behind
	first    bool      // it is before the submission: nothing has been created when people decide
	required int       // how many have to approve

	came       []*ticket    // decisions that have not been heard
	accepted   []*ticket    // those that count, or will once they are recorded
	unrecorded []unrecorded // what has to be written to the trail, heard decisions among it

	signals    workflow.ReceiveChannel
	received   int // decisions, whatever became of them
	refused    []schemas.RefusedSignal
	refusedAll int
	listed     int   // refused decisions that have entries in the trail
	listedFoul int   // likewise, of those that cannot count
	unlisted   tally // refused decisions that have none
}

// isOpen reports whether people are waited for.
func (g *gate) isOpen() bool { return !g.closes.IsZero() }

// quiet reports whether everything that has come was heard and recorded.
func (g *gate) quiet() bool {
	return len(g.came) == 0 && len(g.unrecorded) == 0 && g.signals.Len() == 0
}

// accepted and recorded are which tickets to look at: a decision is accepted first, and counts once it is recorded.
func accepted(t *ticket) bool { return t.refusal == "" }
func recorded(t *ticket) bool { return t.refusal == "" && t.recorded }

// unwritten tickets are accepted and wait for the audit trail.
func unwritten(t *ticket) bool { return t.refusal == "" && !t.recorded }

// approvals are those that hold. One from before the probe does not once the probe has failed: nobody had seen that.
func (r *registration) approvals(which func(*ticket) bool) []*ticket {
	return r.given(func(t *ticket) bool { return which(t) && t.Decision.Decision == schemas.Approve && !r.isVoid(t) })
}

// voidApprovals are those that do not hold, although they were accepted.
func (r *registration) voidApprovals() []*ticket {
	return r.given(func(t *ticket) bool { return recorded(t) && r.isVoid(t) })
}

func (r *registration) given(which func(*ticket) bool) []*ticket {
	var out []*ticket
	for _, t := range r.gate.accepted {
		if which(t) {
			out = append(out, t)
		}
	}
	return out
}

func (r *registration) isVoid(t *ticket) bool {
	return t.Decision.Decision == schemas.Approve && t.seen == schemas.ProbeNone &&
		r.probeVerdict() == schemas.ProbeFail
}

// rejection is the one that counts; nil if there is none.
func (r *registration) rejection(which func(*ticket) bool) *ticket {
	i := slices.IndexFunc(r.gate.accepted, func(t *ticket) bool {
		return which(t) &&
			t.Decision.Decision == schemas.Reject
	})
	if i < 0 {
		return nil
	}
	return r.gate.accepted[i]
}

// probeVerdict is what the probe came to, NONE before it ended.
func (r *registration) probeVerdict() schemas.ProbeStatus {
	if r.result.Validation == nil {
		return schemas.ProbeNone
	}
	return r.result.Validation.Status
}

// settled reports whether enough people have approved, or one has rejected. Only what is recorded counts.
func (r *registration) settled() bool {
	return r.rejection(recorded) != nil || len(r.approvals(recorded)) >= r.gate.required
}

// takesDecisions reports whether the gate is open or may yet open.
func (r *registration) takesDecisions() bool {
	return !r.ended && r.stopped == nil && !r.gate.passed
}

// waitForApproval opens the gate if the policy asks for it, and rolls a failed probe back if it does not. A person who
// rejected before the gate opened is heard even where no approval was needed.
func (r *registration) waitForApproval(ctx workflow.Context) error {
	defer func() { r.gate.passed = true }()
	r.settleDecisions(ctx)
	failed := r.probeVerdict() != schemas.ProbePass && !r.unprobed
	needed := r.policy == schemas.ApproveAlways || r.policy == schemas.ApproveOnFailure && failed
	r.result.Approval = &schemas.ApprovalReport{Policy: r.policy, Required: needed}
	switch {
	case needed:
		return r.openGate(ctx)
	case r.rejection(recorded) != nil:
		return r.decided()
	case failed:
		return verdict{schemas.RolledBack, "the synthetic probe failed: " + r.result.Validation.Error}
	}
	return nil
}

// openGate waits until enough people have approved or one has rejected, or until the time for it is up. Decisions that
// came early count at once. No decision that has come is overtaken: the gate lets nothing pass before all are recorded.
func (r *registration) openGate(ctx workflow.Context) error {
	timeout := r.manifest.Approval.Timeout.Or(defaultApprovalTimeout)
	opened := workflow.Now(ctx)
	r.gate.closes = opened.Add(timeout)
	r.enter(ctx, schemas.StageApproval)
	waits := !r.settled()
	if waits {
		r.tell(ctx, "the operation waits for a person to decide",
			"approvals", r.gate.required, "until", r.gate.closes.UTC(), "duration", age(ctx))
		r.announceWaiting(ctx)
		r.tellFleet(ctx, true)
	}
	then := "roll back"
	if r.operation != schemas.RegisterModelWorkflow {
		then = "end"
	}
	_, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout: timeout,
		TimerOptions: workflow.TimerOptions{
			Summary: fmt.Sprintf("Wait %s for %s, then %s", words.Exactly(timeout),
				count(r.gate.required, "approval"), then),
		},
	}, func() bool { return r.settled() && r.gate.quiet() })
	if err == nil {
		r.drainSignals(ctx) // those that have come by now came in time
		r.gate.closed = true
		r.settleDecisions(ctx)
	}
	r.gate.closes, r.gate.closed = time.Time{}, true
	if waits {
		r.tellFleet(ctx, false)
	}
	r.result.Approval.Approvers = r.gate.required
	r.result.Approval.WaitedMs = workflow.Now(ctx).Sub(opened).Milliseconds()
	switch {
	case err != nil:
		return err
	case r.settled():
		return r.decided()
	}
	r.reportApprovals()
	reason := fmt.Sprintf("nobody decided within %s", words.Exactly(timeout))
	if n := len(r.approvals(recorded)); n > 0 {
		reason = fmt.Sprintf("%d of %s were given within %s", n, count(r.gate.required, "approval"),
			words.Exactly(timeout))
	}
	return verdict{schemas.ApprovalTimedOut, reason}
}

// decided reports what the people came to: nil if they approved.
func (r *registration) decided() error {
	r.reportApprovals()
	last := r.rejection(recorded)
	if last == nil {
		given := r.approvals(recorded)
		last = given[len(given)-1]
	}
	report := r.result.Approval
	report.Decision = last.Decision.Decision
	report.Approver, report.Reason, report.DecidedAt = last.Approver, last.Reason, last.at
	if report.Decision == schemas.Reject {
		return verdict{schemas.Rejected, fmt.Sprintf("rejected by %s: %s", last.Approver, last.Reason)}
	}
	return nil
}

// reportApprovals puts what people have decided into the result, as far as the gate was come to.
func (r *registration) reportApprovals() {
	if report := r.result.Approval; report != nil {
		report.Approvals, report.Void = approvalsOf(r.approvals(recorded)), approvalsOf(r.voidApprovals())
	}
}

func approvalsOf(given []*ticket) []schemas.Approval {
	var out []schemas.Approval
	for _, t := range given {
		out = append(out, schemas.Approval{
			Approver: t.Approver, Reason: t.Reason, DecidedAt: t.at, Signed: t.verified.Signed,
			KeyFingerprint: t.verified.KeyFingerprint,
		})
	}
	return out
}

// approvers are the names of all who approved, in their order.
func approvers(given []schemas.Approval) []string {
	var names []string
	for _, a := range given {
		names = append(names, a.Approver)
	}
	return names
}

// tally counts refusals by their reason, of which it keeps a few.
type tally struct {
	reasons []string
	times   []int
	total   int
}

const maxTallied = 10 // reasons

func (t *tally) add(reason string) {
	t.total++
	i := slices.Index(t.reasons, reason)
	if i < 0 && len(t.reasons) == maxTallied {
		return
	}
	if i < 0 {
		i = len(t.reasons)
		t.reasons, t.times = append(t.reasons, plain(reason, 200)), append(t.times, 0)
	}
	t.times[i]++
}

// summarizeRefusals has the trail know how many decisions were refused that have no entries of their own.
func (r *registration) summarizeRefusals(ctx workflow.Context) {
	t := r.gate.unlisted
	if t.total == 0 {
		return
	}
	var parts []string
	rest := t.total
	for i, reason := range t.reasons {
		parts = append(parts, fmt.Sprintf("%d times: %s", t.times[i], reason))
		rest -= t.times[i]
	}
	if rest > 0 {
		parts = append(parts, fmt.Sprintf("%d times for other reasons", rest))
	}
	e := r.auditEntry(ctx, schemas.AuditRefusals, "refusals")
	e.Reason = fmt.Sprintf("%s more were refused, and have no entries of their own: %s", count(t.total, "decision"),
		strings.Join(parts, "; "))
	if _, err := r.write(ctx, e); err != nil {
		workflow.GetLogger(ctx).Error("the summary of refused decisions was not recorded", "error", err)
	}
}

// count writes a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
