package main

import (
	"fmt"
	"strings"
	"time"

	"model-registrar/internal/follow"
	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// evidenceLines are what a person needs in order to decide, with the commands to do so.
func evidenceLines(p schemas.Progress, m schemas.Manifest, page string) []console.Line {
	lines := []console.Line{console.Styled(console.Alert, "! ").And(console.Strong, p.Name).
		And(console.Plain, " waits for a person to decide. The evidence:")}
	t := evidenceTable(p, m, page)
	lines = append(lines, t.lines()...)
	return append(lines,
		console.Text("  Approve:  starter approve "+argument(p.Name)+` --reason "…" --approver WHO`),
		console.Text("  Reject:   starter reject "+argument(p.Name)+` --reason "…" --approver WHO`),
		console.Text("  Where decisions have to be signed, with --key FILE in place of --approver WHO."),
	)
}

// evidenceTable is what a decision is about: what would be let into the gateway, and what the probe found.
func evidenceTable(p schemas.Progress, m schemas.Manifest, page string) table {
	var t table
	if p.Operation != schemas.RegisterModelWorkflow {
		t.row("operation", p.Operation)
	}
	if r := p.Retirement; r != nil {
		t.row("retired because", r.Reason)
		t.row("the model is", r.Effect())
	}
	for i, c := range p.Changes {
		t.row(map[bool]string{true: "changes"}[i == 0], c.String())
	}
	if p.Replaces {
		t.row("how", "the platform updates no models: it is deleted and created anew, is gone meanwhile, and gets "+
			"another id")
	}
	t.row("replaces payload", hashText(p.PreviousHash))
	t.row("payload hash", hashText(p.PayloadHash))
	if m.EndpointURL != "" { // the history can be read here
		for _, approved := range words.Approved(m) {
			t.row(approved.Name, approved.Text)
		}
	}
	if p.LastApproved != nil {
		t.row("approved before", p.LastApproved.String())
	}
	t.row("model id", p.ModelID)
	if p.Validation != nil {
		t.row("probe", follow.ProbeLine(p.Validation))
		probeRows(&t, p.Validation.Details)
	}
	t.row("requested by", p.Requester)
	if s := p.Approval; s != nil {
		t.row("approvals", approvalsText(*s))
		t.row("approvers told", webhookText(s.Announced))
		if !s.Deadline.IsZero() {
			otherwise := "it is rolled back"
			if !creates(p.Operation) {
				otherwise = "the model stays as it is"
			}
			t.row("decide by", fmt.Sprintf("%s (in %s), or %s", clock(s.Deadline), words.Span(time.Until(s.Deadline)),
				otherwise))
		}
	}
	t.row("UI", page)
	return t
}

// approvalsText says how many have approved of how many that have to, and who they are.
func approvalsText(s schemas.ApprovalStatus) string {
	if s.Policy == schemas.ApproveNever {
		return ""
	}
	var who []string
	for _, given := range s.Approvals {
		name := given.Approver
		if given.Signed {
			name += " (signed)"
		}
		who = append(who, name)
	}
	text := spaced(fmt.Sprintf("%d of %d", len(s.Approvals), s.Approvers), strings.Join(who, ", "))
	if s.Unrecorded > 0 {
		text += fmt.Sprintf("; %s accepted, waiting for the audit trail", counted(s.Unrecorded, "decision"))
	}
	if len(s.Void) > 0 {
		text += fmt.Sprintf("; %s given before the probe failed, which does not count",
			counted(len(s.Void), "approval"))
	}
	return text
}

// probeRows shows the figures behind a probe's verdict.
func probeRows(t *table, d *schemas.ProbeDetails) {
	if d == nil {
		return
	}
	spread := func(name string, x *schemas.Distribution) {
		if x != nil {
			t.row(name, fmt.Sprintf("min %s, median %s, p95 %s, max %s",
				words.Millis(x.Min), words.Millis(x.Median), words.Millis(x.P95), words.Millis(x.Max)))
		}
	}
	spread("latency", d.Latency)
	spread("first token", d.TTFT)
	if d.TokensPerS > 0 {
		t.row("speed", fmt.Sprintf("%.1f tokens/s", d.TokensPerS))
	}
	if d.TokensUsed > 0 {
		t.row("tokens", fmt.Sprintf("%d of at most %d", d.TokensUsed, d.TokenBudget))
	}
	t.row("adapted", strings.Join(d.Adapted, "; "))
	for n, remark := range d.Remarks {
		t.row(map[bool]string{true: "remarks"}[n == 0], remark)
	}
}
