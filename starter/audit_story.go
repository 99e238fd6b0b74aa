package main

import (
	"fmt"
	"strings"
	"time"

	"model-registrar/internal/approvers"
	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// story tells what happened to a model, entry by entry, for a person.
type story struct {
	out *console.Printer
	run string // of the entry before
}

// tell tells one entry. Each registration has a heading of its own.
func (s *story) tell(e schemas.AuditEntry) {
	if e.RunID != s.run || s.run == "" {
		if s.run != "" {
			s.out.Print(console.Text(""))
		}
		s.run = e.RunID
		s.out.Print(console.Styled(console.Strong, e.Name).And(console.Faint,
			"  "+spaced(e.WorkflowID, runText(e.RunID))))
	}
	style, headline := headlineOf(e)
	s.out.Print(console.Styled(console.Faint, clock(e.Timestamp)+"  ").And(style, headline).And(console.Faint,
		numbered(e.Seq)))
	var t table
	evidence(&t, e)
	s.out.Print(t.lines()...)
}

func runText(id string) string {
	if id == "" {
		return ""
	}
	return "run " + id
}

func numbered(seq int64) string {
	if seq == 0 {
		return "  (from before the chain)"
	}
	return fmt.Sprintf("  #%d", seq)
}

func headlineOf(e schemas.AuditEntry) (console.Style, string) {
	switch e.Event {
	case schemas.AuditStarted:
		return console.Plain, spaced(orSomebody(e.Requester), "asked for the registration")
	case schemas.AuditDecision:
		return decisionHeadline(e.Decision)
	case schemas.AuditCancel:
		return console.Alert, spaced(canceller(e.Cancellation), "cancelled it")
	case schemas.AuditRefusals:
		return console.Alert, "more decisions were refused than have entries"
	case schemas.AuditModelState:
		return stateStyle(e.State), fmt.Sprintf("the model is %s, and was %s", e.State, e.StateBefore)
	case schemas.AuditWebhook:
		if e.Webhook != nil && e.Webhook.Delivered {
			return console.Plain, "the webhook arrived"
		}
		return console.Alert, "the webhook did not arrive"
	}
	style := console.Bad
	if e.Outcome == schemas.Completed {
		style = console.Good
	}
	text := "the registration ended: " + string(e.Outcome)
	if e.Outcome == "" {
		text = "the registration was recorded"
	}
	return style, text
}

func decisionHeadline(d *schemas.AuditedDecision) (console.Style, string) {
	if d == nil {
		return console.Alert, "a decision that was not recorded in full"
	}
	did := map[schemas.Verdict]string{schemas.Approve: "approved", schemas.Reject: "rejected"}[d.Decision]
	switch {
	case did == "":
		return console.Alert, spaced(orSomebody(d.Approver), "made a decision that is none; it did not count")
	case d.Accepted:
		return console.Plain, spaced(orSomebody(d.Approver), did+" it")
	}
	return console.Alert, spaced(orSomebody(d.Approver), "would have "+did+" it; it did not count")
}

func canceller(c *schemas.Cancellation) string {
	if c == nil {
		return orSomebody("")
	}
	return orSomebody(c.By)
}

func orSomebody(who string) string {
	if strings.TrimSpace(who) == "" {
		return "somebody unnamed"
	}
	return who
}

// evidence adds what the entry holds beside its headline.
func evidence(t *table, e schemas.AuditEntry) {
	if d := e.Decision; d != nil {
		t.row("because", d.Reason)
		t.row("refused", d.Refusal)
		t.row("about", hashText(d.PayloadHash))
		t.row("signed with", signedWith(*d))
		if !d.DecidedAt.IsZero() && e.Timestamp.Sub(d.DecidedAt).Abs() > time.Second {
			t.row("decided", clock(d.DecidedAt))
		}
	} else {
		t.row("reason", e.Reason)
		t.row("error", string(e.ErrorType))
		t.row("payload hash", hashText(e.PayloadHash))
	}
	t.row("probe", auditedProbe(e))
	if e.Event == schemas.AuditEnded || e.Event == "" {
		t.row("requested by", e.Requester)
		t.row("model id", e.ModelID)
		t.row("replaced", e.ReplacedModelID)
		t.row("job", jobText(schemas.Result{JobID: e.JobID, JobDurationMs: e.JobDurationMs}))
		t.row("approval", approvalText(e.Approval))
		if e.Approval != nil {
			for _, given := range e.Approval.Approvals {
				t.row("approved by", spaced(given.Approver, "at", clock(given.DecidedAt), given.KeyFingerprint))
			}
		}
		if e.Deregistered != nil {
			t.row("rollback", rollbackText(&schemas.RollbackReport{Deregistered: *e.Deregistered,
				Error: "see the reason"}))
		}
	}
	t.row("webhook", webhookText(e.Webhook))
}

func auditedProbe(e schemas.AuditEntry) string {
	p := e.Probe
	if p == nil {
		if e.ValidationStatus == "" {
			return ""
		}
		text := string(e.ValidationStatus)
		if e.LatencyMs != nil {
			text += ", " + words.Millis(*e.LatencyMs)
		}
		return text
	}
	text := string(p.Status)
	if p.ErrorCode != "" {
		text += " (" + p.ErrorCode + ")"
	}
	if p.ResponseCode > 0 {
		text += fmt.Sprintf(", HTTP %d", p.ResponseCode)
	}
	if p.Latency != nil {
		text += fmt.Sprintf(", median %s, slowest %s over %s", words.Millis(p.Latency.Median),
			words.Millis(p.Latency.Max), counted(p.Samples, "sample"))
	}
	if p.TTFT != nil {
		text += ", first token after " + words.Millis(p.TTFT.Median)
	}
	return text
}

// signedWith names the key of a decision's signature, if that is one of what is recorded: whoever can write to the
// trail can write a fingerprint. Whose key it is, `audit verify --approvers` says.
func signedWith(d schemas.AuditedDecision) string {
	if d.KeyFingerprint == "" && d.Signature == "" {
		return ""
	}
	fingerprint, err := approvers.Recheck(d, nil)
	switch {
	case d.Signature == "":
		return "nothing: the entry names a key and holds no signature"
	case err != nil:
		return "nothing that can be verified: " + err.Error()
	}
	return fingerprint
}
