package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/people"
	"model-registrar/schemas"
)

// The way of one decision, in its order:
//
//	update ──┐
//	         ├─ come ──▶ came ──▶ verify, check, answer ──▶ unrecorded ──▶ write to the trail, count
//	signal ──┘          (one at a time, in order)          (one at a time, in order)
//
// Both queues are served first come, first served, each by one coroutine: a workflow.Mutex keeps no order. A person is
// answered before the trail is written, so that a trail that is down holds no update; a decision counts once it is
// recorded. Whoever must not overtake a decision (the gate, its deadline, the ending) waits until both queues are
// empty.

// ticket is a decision that has come.
type ticket struct {
	schemas.Decision
	number  int // in the order in which they came, from 1
	at      time.Time
	seen    schemas.ProbeStatus // the probe's verdict when the decision came
	late    string              // why it came too late; empty if it came in time
	settled bool                // enough approvals were recorded when it came

	verified    schemas.VerifiedDecision
	refusal     string // why it does not count; empty if it is accepted
	cannotCount bool   // whatever else has been decided: nobody vouches for it, or it is about something else
	receipt     schemas.DecisionReceipt
	answered    bool
	recorded    bool
}

// come gives a decision its place in the order.
func (r *registration) come(ctx workflow.Context, d schemas.Decision) *ticket {
	g := &r.gate
	g.received++
	t := &ticket{Decision: d, number: g.received, at: workflow.Now(ctx).UTC(), seen: r.probeVerdict(),
		settled: r.settled()}
	t.Approver = strings.TrimSpace(t.Approver)
	switch {
	case !r.takesDecisions():
		t.late = r.tooLate()
	case g.closed:
		t.late = fmt.Sprintf("the time to decide about %s was up, and it takes no decision any more", r.label())
	}
	g.came = append(g.came, t)
	return t
}

// hearDecisions verifies, checks and answers what has come. What is decided about is known once the payload was built.
func (r *registration) hearDecisions(ctx workflow.Context) {
	g := &r.gate
	for {
		err := workflow.Await(ctx, func() bool { return len(g.came) > 0 && (r.isKnown() || !r.takesDecisions()) })
		if err != nil {
			return
		}
		t := g.came[0]
		r.verify(ctx, t)
		if t.refusal == "" {
			t.refusal = r.check(t)
		}
		r.answer(ctx, t)
		g.came = g.came[1:]
	}
}

// verify has the signature checked, and that the decision is about this registration and no other.
func (r *registration) verify(ctx workflow.Context, t *ticket) {
	t.verified = verifyDecision(ctx, schemas.VerifyDecisionInput{
		Registration: schemas.DecisionStatement{
			Name: r.manifest.Name, RunID: r.result.RunID, PayloadHash: r.result.PayloadHash,
			Operation: r.named(), PreviousHash: r.result.PreviousHash,
		},
		Decision: t.Decision, DecidedAt: t.at,
	})
	if t.verified.Approver != "" {
		t.Approver = t.verified.Approver
	}
	t.refusal = t.verified.Refusal
	if t.refusal == "" {
		t.refusal = r.isAboutThis(t.Decision)
	}
	t.cannotCount = t.refusal != ""
}

// isAboutThis says how a decision shows that it is about something else.
func (r *registration) isAboutThis(d schemas.Decision) (refusal string) {
	switch {
	case d.Decision == schemas.Approve && d.PayloadHash == "":
		return fmt.Sprintf("an approval must name the payload that it approves: payloadHash %s, if that is what was "+
			"looked at", r.result.PayloadHash)
	case d.PayloadHash != "" && d.PayloadHash != r.result.PayloadHash:
		return fmt.Sprintf("it is about payload %s, but this %s of %s is of payload %s", plain(d.PayloadHash, 64),
			r.noun(), r.label(), r.result.PayloadHash)
	case d.RunID != "" && d.RunID != r.result.RunID:
		return fmt.Sprintf("it is about another %s of %s (run %s)", r.noun(), r.label(), plain(d.RunID, 64))
	case d.Decision == schemas.Approve && d.Operation == "" && r.named() != "":
		return fmt.Sprintf("an approval must name the operation that it approves: operation %s on %s", r.operation,
			r.label())
	case d.Operation != "" && d.Operation != r.operation:
		return fmt.Sprintf("it is about %s, but this is %s of %s", plain(d.Operation, 40), r.operation, r.manifest.Name)
	case d.Decision == schemas.Approve && r.operation == schemas.ChangeModelWorkflow && d.PreviousHash == "":
		return fmt.Sprintf("an approval of a change must name what it replaces: previousHash %s", r.result.PreviousHash)
	case d.PreviousHash != "" && d.PreviousHash != r.result.PreviousHash:
		return fmt.Sprintf("it is about a change of payload %s, but this one replaces %s", plain(d.PreviousHash, 64),
			r.result.PreviousHash)
	}
	return ""
}

// isKnown reports whether it is known what is decided about, and under which policy.
func (r *registration) isKnown() bool {
	return r.policy != "" && (r.operation != schemas.ChangeModelWorkflow || r.previous != nil)
}

// noun is the operation in a sentence.
func (r *registration) noun() string {
	switch r.operation {
	case schemas.ChangeModelWorkflow:
		return "change"
	case schemas.AdoptModelWorkflow:
		return "adoption"
	case schemas.RetireModelWorkflow:
		return "retirement"
	}
	return "registration"
}

// named is the operation as decisions and records name it, who name none for a registration.
func (r *registration) named() string {
	if r.operation == schemas.RegisterModelWorkflow {
		return ""
	}
	return r.operation
}

// check says why a decision does not count beside those that were accepted before, or nothing if it does. Approvals
// that are enough settle the matter once they are recorded; a rejection that comes before that is heard.
func (r *registration) check(t *ticket) (refusal string) {
	g := &r.gate
	approves := t.Decision.Decision == schemas.Approve
	given := r.approvals(accepted)
	switch {
	case approves && people.Same(t.Approver, r.requester):
		return fmt.Sprintf("%s asked for this %s of %s and so cannot approve it", t.Approver, r.noun(), r.label())
	case r.rejection(accepted) != nil:
		return fmt.Sprintf("%s has decided already: reject", r.rejection(accepted).Approver)
	case approves && len(given) >= g.required && r.policy != schemas.ApproveNever:
		return fmt.Sprintf("%s has decided already: approve", given[len(given)-1].Approver)
	case !approves && r.policy != schemas.ApproveNever && t.settled && len(given) >= g.required:
		return fmt.Sprintf("%s has decided already: approve", given[len(given)-1].Approver)
	case t.late != "":
		return t.late
	case !r.takesDecisions():
		return r.tooLate()
	case approves && r.policy == schemas.ApproveNever:
		return fmt.Sprintf("the %s of %s asks for no approval (policy never)", r.noun(), r.label())
	case approves:
		return r.checkApproval(t, given)
	}
	return ""
}

func (r *registration) tooLate() string {
	return fmt.Sprintf("%s is at %s and takes no decision any more", r.label(), r.stage())
}

// checkApproval refuses a second approval of the same person, and one that rests on another verdict of the probe. A key
// is one person's, whatever names it may sign under.
func (r *registration) checkApproval(t *ticket, given []*ticket) (refusal string) {
	for _, a := range given {
		key := a.verified.KeyFingerprint
		if people.Same(a.Approver, t.Approver) || key != "" && key == t.verified.KeyFingerprint {
			return fmt.Sprintf("%s has approved already; the next approval has to be somebody else's", a.Approver)
		}
	}
	now := r.probeVerdict()
	switch {
	case t.Probe == "" || t.Probe == t.seen:
	case t.Probe != schemas.ProbeNone && t.seen == schemas.ProbeNone:
		return fmt.Sprintf("it rests on a probe that came to %s, but the probe has not ended yet", t.Probe)
	case t.Probe != schemas.ProbeNone:
		return fmt.Sprintf("it rests on a probe that came to %s, but the probe came to %s", t.Probe, now)
	}
	if now == schemas.ProbeFail && t.Probe == "" && t.Signature != "" {
		return "a signed approval that names no verdict of the probe may be from before it failed: sign one that " +
			"names it, probe FAIL"
	}
	if now == schemas.ProbeFail && (t.Probe == schemas.ProbeNone || t.seen == schemas.ProbeNone) {
		return "it was made before the probe ran, which has failed since: look at the figures, and decide again"
	}
	return ""
}

// answer keeps an accepted decision, and tells whoever waits for an answer. What has no entry of its own in the trail
// is summarised there: what cannot count must not crowd out what can.
func (r *registration) answer(ctx workflow.Context, t *ticket) {
	g := &r.gate
	t.answered = true
	if t.refusal != "" {
		r.noteRefusal(ctx, t.refusal)
		listed := &g.listed
		if t.cannotCount {
			listed = &g.listedFoul
		}
		if *listed >= maxListed {
			g.unlisted.add(t.refusal)
			return
		}
		*listed++
	} else {
		g.accepted = append(g.accepted, t)
		t.receipt = schemas.DecisionReceipt{
			Name: r.manifest.Name, Decision: t.Decision.Decision, Approver: t.Approver, Stage: r.stage(),
			Message: willBeRecorded + r.whatFollows(t),
		}
	}
	r.tellDecided(ctx, t)
	g.unrecorded = append(g.unrecorded, unrecorded{
		entry: func(ctx workflow.Context) schemas.AuditEntry { return r.decisionEntry(ctx, t) },
		after: func(err error) { r.recorded(ctx, t, err) },
	})
	r.describe(ctx)
}

const willBeRecorded = "accepted, will be recorded in the audit trail; "

// whatFollows tells a person what happens once an accepted decision is recorded.
func (r *registration) whatFollows(t *ticket) string {
	open := r.gate.isOpen()
	given := len(r.approvals(accepted))
	early := "the decision is kept until the probe has run"
	if t.seen != schemas.ProbeNone {
		early = "the decision is kept until the gate opens"
	}
	switch {
	case t.Decision.Decision == schemas.Reject && open && r.gate.first:
		return "the registration ends, and nothing is created"
	case t.Decision.Decision == schemas.Reject && open:
		return r.unapproved()
	case t.Decision.Decision == schemas.Reject:
		return early
	case !open && t.seen == schemas.ProbeNone && given < r.gate.required:
		return fmt.Sprintf("%d of %s; %d to go; %s, and counts only if it passes",
			given, count(r.gate.required, "approval"), r.gate.required-given, early)
	case !open && t.seen == schemas.ProbeNone:
		return early + ", and counts only if it passes"
	case given < r.gate.required:
		return fmt.Sprintf("%d of %s; %d to go", given, count(r.gate.required, "approval"), r.gate.required-given)
	case !open:
		return early
	}
	if r.gate.first {
		return "the model is created"
	}
	return approved[r.operation]
}

// approved says what an operation does once enough people have approved it.
var approved = map[string]string{
	schemas.RegisterModelWorkflow: "the registration goes on to its health check",
	schemas.ChangeModelWorkflow:   "the model is changed",
	schemas.AdoptModelWorkflow:    "the adoption goes on to its health check",
	schemas.RetireModelWorkflow:   "the model is retired",
}

// unapproved says what becomes of the model if somebody rejects the operation, or too few decide in time.
func (r *registration) unapproved() string {
	if r.operation == schemas.RegisterModelWorkflow {
		return "the model is rolled back"
	}
	return "the operation ends, and the model stays as it is"
}

// unrecorded is an entry that has to be written to the trail, and what follows once it is there or never will be.
type unrecorded struct {
	entry func(workflow.Context) schemas.AuditEntry
	after func(error)
}

// recordDecisions writes to the audit trail what was decided, and waits for as long as that takes.
func (r *registration) recordDecisions(ctx workflow.Context) {
	g := &r.gate
	for {
		if workflow.Await(ctx, func() bool { return len(g.unrecorded) > 0 }) != nil {
			return
		}
		next := g.unrecorded[0]
		_, err := r.write(ctx, next.entry(ctx))
		next.after(err)
		g.unrecorded = g.unrecorded[1:]
		r.describe(ctx)
	}
}

func (r *registration) decisionEntry(ctx workflow.Context, t *ticket) schemas.AuditEntry {
	e := r.auditEntry(ctx, schemas.AuditDecision, fmt.Sprintf("decision-%d", t.number))
	statement := t.Statement(r.manifest.Name)
	statement.PayloadHash, statement.RunID = plain(t.PayloadHash, 64), plain(t.RunID, 64)
	e.Decision = &schemas.AuditedDecision{
		DecisionStatement: statement, Accepted: t.refusal == "", Refusal: t.refusal, Signature: t.Signature,
		KeyFingerprint: t.verified.KeyFingerprint, DecidedAt: t.at,
	}
	return e
}

// recorded lets a decision count from now on, if it was accepted. One that can never be recorded does not count.
func (r *registration) recorded(ctx workflow.Context, t *ticket, err error) {
	switch {
	case t.refusal != "":
	case err != nil:
		t.refusal = "it could not be recorded in the audit trail: " + explain(err).Message
		r.noteRefusal(ctx, t.refusal)
	default:
		t.recorded = true
	}
}

func (r *registration) noteRefusal(ctx workflow.Context, reason string) {
	g := &r.gate
	g.refusedAll++
	g.refused = append(g.refused, schemas.RefusedSignal{At: workflow.Now(ctx), Reason: reason})
	if len(g.refused) > keptRefused {
		g.refused = g.refused[1:]
	}
	r.describe(ctx)
}

// refuse is the error of a decision that does not count.
func refuse(format string, args ...any) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), string(schemas.ErrDecisionRefused),
		nil)
}
