package workflows

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// progress answers the query `status`.
func (r *registration) progress() schemas.Progress {
	p := schemas.Progress{
		Name: r.manifest.Name, Requester: r.requester, StartedAt: r.startedAt, Stages: r.stages,
		PayloadHash: r.result.PayloadHash, JobID: r.result.JobID, JobStatus: r.jobStatus, Polls: r.polls,
		ModelID: r.result.ModelID, Validation: r.result.Validation, Refused: r.refused,
	}
	if len(r.stages) > 0 {
		p.Stage = r.stage()
	}
	if p.Stage == schemas.Stage(r.result.Status) {
		p.Result = &r.result
	}
	if r.policy != "" {
		p.Approval = &schemas.ApprovalStatus{Policy: r.policy, Open: !r.gate.IsZero(), Deadline: r.gate}
		if !p.Approval.Open && r.result.Approval == nil {
			p.Approval.Kept = r.decision
		}
	}
	return p
}

// describe writes the UI's current details: where the registration stands, the evidence, and what a person can do.
func (r *registration) describe(ctx workflow.Context) {
	if len(r.stages) == 0 {
		return
	}
	workflow.SetCurrentDetails(ctx, r.details())
}

func (r *registration) details() string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s** is at **%s**", markdown(r.manifest.Name), r.stage())
	if r.result.Reason != "" {
		fmt.Fprintf(&b, ": %s", markdown(r.result.Reason))
	}
	b.WriteString("\n")
	if !r.gate.IsZero() {
		r.describeGate(&b)
	}
	b.WriteString("\n| stage | took |\n|---|---|\n")
	for _, s := range r.stages {
		took := "…"
		if !s.EndedAt.IsZero() {
			took = s.EndedAt.Sub(s.StartedAt).Round(time.Millisecond).String()
		}
		fmt.Fprintf(&b, "| %s | %s |\n", s.Stage, took)
	}
	b.WriteString("\n| evidence | |\n|---|---|\n")
	r.describeEvidence(func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", name, markdown(value))
		}
	})
	return b.String()
}

func (r *registration) describeGate(b *strings.Builder) {
	if r.decision != nil {
		fmt.Fprintf(b, "\n%s decided: **%s**.\n", markdown(r.decision.Approver), r.decision.Decision)
		return
	}
	fmt.Fprintf(b, "\nA person has to decide by **%s**; after that the model is rolled back. Look at the evidence, then:\n\n"+
		"- `starter approve %s --reason \"…\"` or `starter reject %s --reason \"…\"`, or\n"+
		"- send the update or the signal `decide` from this page, with "+
		"`{\"decision\":\"approve\",\"approver\":\"who you are\",\"reason\":\"why\"}`.\n\n"+
		"%s asked for this registration and cannot approve it.\n",
		r.gate.UTC().Format("2006-01-02 15:04 MST"), code(r.manifest.Name), code(r.manifest.Name), markdown(r.requester))
}

func (r *registration) describeEvidence(row func(name, value string)) {
	row("endpoint", hostOf(r.manifest.EndpointURL))
	row("architecture", string(r.manifest.ModelArchitecture))
	row("payload hash", r.result.PayloadHash)
	row("job", strings.TrimSpace(r.result.JobID+" "+r.jobStatus))
	row("model", r.result.ModelID)
	if v := r.result.Validation; v != nil {
		row("probe", probeLine(v))
	}
	if a := r.result.Approval; a != nil && a.Decision != "" {
		row("decision", fmt.Sprintf("%s by %s: %s", a.Decision, a.Approver, a.Reason))
	}
	if d := r.decision; d != nil && r.result.Approval == nil {
		row("kept decision", fmt.Sprintf("%s by %s", d.Decision, d.Approver))
	}
	if h := r.result.HealthCheck; h != nil {
		row("health check", strings.TrimSpace(h.ID+" "+h.Status))
	}
	if b := r.result.Rollback; b != nil {
		row("rolled back", map[bool]string{true: "the model is deleted", false: "NO: " + b.Error}[b.Deregistered])
	}
	if w := r.result.Webhook; w != nil {
		row("webhook", map[bool]string{true: fmt.Sprintf("delivered (%d)", w.ResponseCode), false: "not delivered: " + w.Error}[w.Delivered])
	}
	if n := len(r.refused); n > 0 {
		row("refused decisions", fmt.Sprintf("%d; the newest: %s", n, r.refused[n-1].Reason))
	}
}

func probeLine(v *schemas.ProbeReport) string {
	if v.Status != schemas.ProbePass {
		return strings.TrimSpace(fmt.Sprintf("FAIL %s %s", v.ErrorCode, v.Error))
	}
	line := fmt.Sprintf("PASS, %.0f ms, HTTP %d", v.LatencyMs, v.ResponseCode)
	if d := v.Details; d != nil && d.TTFT != nil {
		line += fmt.Sprintf(", first token after %.0f ms", d.TTFT.Median)
	}
	if d := v.Details; d != nil && len(d.Warm) > 0 {
		line += fmt.Sprintf(", %d samples, %d tokens", len(d.Warm)+1, d.TokensUsed)
	}
	return line
}

// plain makes outside text fit for one line of at most n characters.
func plain(s string, n int) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, s)
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// markdown makes outside text fit for the UI's current details: nothing in it can end a table row or begin a link,
// a heading or HTML.
func markdown(s string) string {
	return markdownEscapes.Replace(plain(s, 600))
}

var markdownEscapes = strings.NewReplacer(`\`, `\\`, "|", `\|`, "`", "'", "<", "&lt;", ">", "&gt;", "[", `\[`, "]", `\]`,
	"*", `\*`, "_", `\_`, "#", `\#`, "~", `\~`)

// code makes outside text fit for a code span.
func code(s string) string { return strings.ReplaceAll(plain(s, 80), "`", "'") }

// hostOf is the host of a URL: all of it that may be shown, since path, query and userinfo can hold a token.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}
