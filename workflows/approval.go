package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// gate is what people have decided about a registration, and whether it waits for them.
type gate struct {
	closes    time.Time // when the open gate closes; zero while it is not open
	required  int       // how many have to approve
	approvals []schemas.Approval
	rejection *schemas.Approval // the one rejection that counts
	early     *schemas.Decision // the last decision that counted before the gate opened
	refused   []schemas.RefusedSignal
	received  int // decisions, whatever became of them

	turn    workflow.Mutex // held while a decision is verified, checked, recorded and taken
	signals workflow.ReceiveChannel
	hearing bool // a signal is being dealt with
}

// open tells whether people are waited for.
func (g *gate) open() bool { return !g.closes.IsZero() }

// settled tells whether nothing is left to decide.
func (g *gate) settled() bool { return g.rejection != nil || len(g.approvals) >= g.required }

// waitForApproval opens the gate if the policy asks for it, and rolls a failed probe back if it does not. A person who
// rejected before the gate opened is heard even where no approval was needed.
func (r *registration) waitForApproval(ctx workflow.Context) error {
	r.settleDecisions(ctx)
	failed := r.result.Validation.Status != schemas.ProbePass
	needed := r.policy == schemas.ApproveAlways || r.policy == schemas.ApproveOnFailure && failed
	r.result.Approval = &schemas.ApprovalReport{Policy: r.policy, Required: needed}
	switch {
	case needed:
		return r.openGate(ctx)
	case r.gate.rejection != nil:
		return r.decided()
	case failed:
		return verdict{schemas.RolledBack, "the synthetic probe failed: " + r.result.Validation.Error}
	}
	return nil
}

// openGate waits until enough people have approved or one has rejected, or until the time for it is up. Decisions that
// came early count at once.
func (r *registration) openGate(ctx workflow.Context) error {
	timeout := r.manifest.Approval.Timeout.Or(defaultApprovalTimeout)
	opened := workflow.Now(ctx)
	r.gate.closes = opened.Add(timeout)
	r.enter(ctx, schemas.StageApproval)
	waits := !r.gate.settled()
	if waits {
		r.announceWaiting(ctx)
		r.tellFleet(ctx, true)
	}
	_, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout: timeout,
		TimerOptions: workflow.TimerOptions{
			Summary: fmt.Sprintf("Wait %s for %s, then roll back", span(timeout), count(r.gate.required, "approval")),
		},
	}, r.gate.settled)
	r.settleDecisions(ctx) // one that is just being looked at came in time
	r.gate.closes = time.Time{}
	if waits {
		r.tellFleet(ctx, false)
	}
	r.result.Approval.Approvers = r.gate.required
	r.result.Approval.WaitedMs = workflow.Now(ctx).Sub(opened).Milliseconds()
	switch {
	case err != nil:
		r.reportApprovals()
		return err
	case r.gate.settled():
		return r.decided()
	}
	r.reportApprovals()
	reason := fmt.Sprintf("nobody decided within %s", span(timeout))
	if n := len(r.gate.approvals); n > 0 {
		reason = fmt.Sprintf("%d of %s were given within %s", n, count(r.gate.required, "approval"), span(timeout))
	}
	return verdict{schemas.ApprovalTimedOut, reason}
}

// decided reports what the people came to: nil if they approved.
func (r *registration) decided() error {
	r.reportApprovals()
	report, last := r.result.Approval, r.gate.rejection
	report.Decision = schemas.Reject
	if last == nil {
		report.Decision, last = schemas.Approve, &r.gate.approvals[len(r.gate.approvals)-1]
	}
	report.Approver, report.Reason, report.DecidedAt = last.Approver, last.Reason, last.DecidedAt
	if report.Decision == schemas.Reject {
		return verdict{schemas.Rejected, fmt.Sprintf("rejected by %s: %s", last.Approver, last.Reason)}
	}
	return nil
}

func (r *registration) reportApprovals() { r.result.Approval.Approvals = r.gate.approvals }

// checkDecision says why a decision does not count, or nothing if it does. A key is one person's, whatever names it may
// sign under.
func (r *registration) checkDecision(d schemas.Decision, v schemas.VerifiedDecision) (refusal string) {
	g := &r.gate
	approves := d.Decision == schemas.Approve
	given := slices.IndexFunc(g.approvals, func(a schemas.Approval) bool {
		return samePerson(a.Approver, d.Approver) || v.KeyFingerprint != "" && v.KeyFingerprint == a.KeyFingerprint
	})
	switch {
	case approves && d.PayloadHash == "":
		return fmt.Sprintf("an approval must name the payload that it approves: payloadHash %s, if that is what was looked at", r.result.PayloadHash)
	case d.PayloadHash != "" && d.PayloadHash != r.result.PayloadHash:
		return fmt.Sprintf("it is about payload %s, but this registration of %s is of payload %s", plain(d.PayloadHash, 64), r.manifest.Name, r.result.PayloadHash)
	case d.RunID != "" && d.RunID != r.result.RunID:
		return fmt.Sprintf("it is about another registration of %s (run %s)", r.manifest.Name, plain(d.RunID, 64))
	case approves && samePerson(d.Approver, r.requester):
		return fmt.Sprintf("%s asked for this registration of %s and so cannot approve it", d.Approver, r.manifest.Name)
	case g.rejection != nil:
		return fmt.Sprintf("%s has decided already: reject", g.rejection.Approver)
	case g.settled() && r.policy != schemas.ApproveNever:
		return fmt.Sprintf("%s has decided already: approve", g.approvals[len(g.approvals)-1].Approver)
	case approves && given >= 0:
		return fmt.Sprintf("%s has approved already; the next approval has to be somebody else's", g.approvals[given].Approver)
	case !r.takesDecisions():
		return fmt.Sprintf("%s is at %s and takes no decision any more", r.manifest.Name, r.stage())
	case r.policy == schemas.ApproveNever && approves:
		return fmt.Sprintf("the registration of %s asks for no approval (policy never)", r.manifest.Name)
	}
	return ""
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

// takeDecision lets a decision count, and returns the sentence that tells the person what happens now.
func (r *registration) takeDecision(d schemas.Decision, v schemas.VerifiedDecision, at time.Time) string {
	g := &r.gate
	given := schemas.Approval{
		Approver: d.Approver, Reason: d.Reason, DecidedAt: at, Signed: v.Signed, KeyFingerprint: v.KeyFingerprint,
	}
	if d.Decision == schemas.Reject {
		g.rejection = &given
	} else {
		g.approvals = append(g.approvals, given)
	}
	open := r.stage() == schemas.StageApproval
	if !open {
		g.early = &d
	}
	switch {
	case g.rejection == nil && !g.settled():
		return fmt.Sprintf("%d of %s; %d to go", len(g.approvals), count(g.required, "approval"), g.required-len(g.approvals))
	case !open:
		return "the decision is kept until the probe has run"
	case g.rejection != nil:
		return "the model is rolled back"
	}
	return "the registration goes on to its health check"
}

// samePerson compares two names of people as a reader would.
func samePerson(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// count writes a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
