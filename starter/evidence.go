package main

import (
	"fmt"
	"strings"
	"time"

	"model-registrar/schemas"
	"model-registrar/starter/console"
	"model-registrar/starter/follow"
)

// evidence is what a person needs in order to decide, with the commands to do so.
func (a *app) evidence(p schemas.Progress, page string) []console.Line {
	lines := []console.Line{console.Styled(console.Alert, "! ").And(console.Strong, p.Name).
		And(console.Plain, " waits for a person to decide. The evidence:")}
	t := table{}
	t.row("payload hash", hashText(p.PayloadHash))
	t.row("model id", p.ModelID)
	if p.Validation != nil {
		t.row("probe", follow.ProbeLine(p.Validation))
		probeRows(&t, p.Validation.Details)
	}
	t.row("requested by", p.Requester)
	if p.Approval != nil {
		t.row("approvers told", webhookText(p.Approval.Announced))
	}
	if p.Approval != nil && !p.Approval.Deadline.IsZero() {
		t.row("decide by", fmt.Sprintf("%s (in %s), or it is rolled back",
			clock(p.Approval.Deadline), follow.Span(time.Until(p.Approval.Deadline))))
	}
	t.row("UI", page)
	lines = append(lines, t.lines()...)
	return append(lines,
		console.Text("  Approve:  starter approve "+quote(p.Name)+` --reason "…" --approver WHO`),
		console.Text("  Reject:   starter reject "+quote(p.Name)+` --reason "…" --approver WHO`),
	)
}

// probeRows shows the figures behind a probe's verdict.
func probeRows(t *table, d *schemas.ProbeDetails) {
	if d == nil {
		return
	}
	spread := func(name string, x *schemas.Distribution) {
		if x != nil {
			t.row(name, fmt.Sprintf("min %s, median %s, p95 %s, max %s",
				follow.Millis(x.Min), follow.Millis(x.Median), follow.Millis(x.P95), follow.Millis(x.Max)))
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
}
