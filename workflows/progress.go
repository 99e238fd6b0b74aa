package workflows

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// progress answers the query `status`.
func (r *registration) progress() schemas.Progress {
	p := schemas.Progress{
		Name: r.manifest.Name, Requester: r.requester, StartedAt: r.startedAt, Stages: r.stages,
		PayloadHash: r.result.PayloadHash, JobID: r.result.JobID, JobStatus: r.jobStatus, Polls: r.polls,
		ModelID: r.result.ModelID, Validation: r.result.Validation, Refused: r.gate.refused,
		RefusedAll: r.gate.refusedAll,
		RunID:      r.result.RunID, Waiting: r.waitingFor, Operation: r.operation, PreviousHash: r.result.PreviousHash,
		Changes: r.result.Changes, LastApproved: r.lastApproved, Replaces: r.replaces,
	}
	p.Retirement = r.retires()
	if len(r.stages) > 0 {
		p.Stage = r.stage()
	}
	if p.Stage == schemas.Stage(r.result.Status) {
		p.Result = &r.result
	}
	if r.policy != "" {
		p.Approval = &schemas.ApprovalStatus{
			Policy: r.policy, Open: r.gate.isOpen(), Deadline: r.gate.closes, Approvers: r.gate.required,
			Approvals: approvalsOf(r.approvals(recorded)), Void: approvalsOf(r.voidApprovals()),
			Unrecorded: len(r.given(unwritten)),
		}
		if r.result.Approval == nil {
			p.Approval.Kept = r.early()
		}
		p.Approval.Announced = r.announced()
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

// details speaks in lists, since the UI gives tables neither lines nor space between cells, and cuts off what does not
// fit into one.
func (r *registration) details() string {
	var b strings.Builder
	verb := "is at"
	if r.stage() == schemas.Stage(r.result.Status) {
		verb = "ended as"
	}
	fmt.Fprintf(&b, "**%s** %s **%s**", markdown(r.manifest.Name), verb, r.stage())
	if r.result.Reason != "" {
		fmt.Fprintf(&b, ": %s", markdown(r.result.Reason))
	}
	b.WriteString("\n\n")
	if r.trailTrouble != "" {
		fmt.Fprintf(&b, "**This waits until the audit trail can be written again**: %s\n\n", markdown(r.trailTrouble))
	}
	if w := r.waitingFor; w != nil {
		fmt.Fprintf(&b, "**%s**", markdown(w.Message))
		if w.Reason != "" {
			fmt.Fprintf(&b, ": %s", markdown(w.Reason))
		}
		b.WriteString("\n\n")
	}
	if r.gate.isOpen() {
		r.describeGate(&b)
	}
	r.describeEvidence(func(name, value string) {
		switch {
		case name == "endpoint" && value != "": // as code, of which the UI makes no link
			fmt.Fprintf(&b, "- **%s**: `%s`\n", name, strings.ReplaceAll(plain(value, 600), "`", "'"))
		case value != "":
			fmt.Fprintf(&b, "- **%s**: %s\n", name, markdown(value))
		}
	})
	if r.gate.isOpen() && !r.settled() {
		r.describeChoice(&b)
	}
	b.WriteString("\n" + r.way() + "\n")
	return b.String()
}

// way lists the stages with what each took.
func (r *registration) way() string {
	var passed []string
	for _, s := range r.stages {
		stage := string(s.Stage)
		if !s.EndedAt.IsZero() {
			stage += " " + s.EndedAt.Sub(s.StartedAt).Round(time.Millisecond).String()
		}
		passed = append(passed, stage)
	}
	return strings.Join(passed, " → ")
}

func (r *registration) describeGate(b *strings.Builder) {
	for _, t := range r.gate.accepted {
		note := ""
		switch {
		case unwritten(t):
			note = " It counts once it is recorded in the audit trail."
		case r.isVoid(t):
			note = " That was before the probe ran, which failed: it does not count."
		}
		fmt.Fprintf(b, "%s decided: **%s**.%s\n\n", markdown(t.Approver), t.Decision.Decision, note)
	}
	given := r.approvals(accepted)
	if r.rejection(accepted) != nil || len(given) >= r.gate.required {
		return
	}
	who := "A person has"
	if r.gate.required > 1 {
		who = fmt.Sprintf("%d of %d people, each another, still have", r.gate.required-len(given), r.gate.required)
	}
	then := r.unapproved()
	if r.operation == schemas.RegisterModelWorkflow {
		then += ". It is in the gateway while it waits"
	}
	if r.gate.first {
		then = "the registration ends. Nothing has been created so far"
	}
	fmt.Fprintf(b, "%s to decide by **%s**; after that %s.", who, r.gate.closes.UTC().Format("2006-01-02 15:04 MST"),
		then)
	if r.requester != "" {
		fmt.Fprintf(b, " %s asked for this %s and cannot approve it.", markdown(r.requester),
			words.Operation(r.operation))
	}
	b.WriteString(" The evidence:\n\n")
}

// describeChoice says how to decide, for a person who sees this page for the first time.
func (r *registration) describeChoice(b *strings.Builder) {
	fmt.Fprintf(b, "\nTo decide:\n\n"+
		"- choose *Send an Update* or *Send a Signal* under *More Actions*, then `%s`, with "+
		"`{\"decision\":\"approve\",\"approver\":\"who you are\",\"reason\":\"why\",\"payloadHash\":\"%s\","+
		"\"runId\":\"%s\",\"probe\":\"%s\"}` (or `\"reject\"`; say who you are and why: the placeholders "+
		"are refused),\n"+
		"- or run `starter approve %s --reason \"…\"` (or `starter reject`).\n",
		schemas.DecideHandler, r.result.PayloadHash, r.result.RunID, r.probeVerdict(),
		shellWord(code(r.manifest.Name)))
}

func (r *registration) describeEvidence(row func(name, value string)) {
	if r.policy == "" { // not checked yet, so of the endpoint the host alone: the rest may hold what has no place there
		row("endpoint", words.Host(r.manifest.EndpointURL))
		row("architecture", string(r.manifest.ModelArchitecture))
	} else {
		for _, approved := range words.Approved(r.manifest) {
			row(approved.Name, approved.Text)
		}
	}
	if r.replaces {
		row("how", "the platform updates no models: it is deleted and created anew, is gone meanwhile, and gets "+
			"another id")
	}
	if t := r.retires(); t != nil {
		row("retired because", t.Reason)
		row("the model is", t.Effect())
	}
	row("payload hash", r.result.PayloadHash)
	if l := r.lastApproved; l != nil {
		row("approved before", l.String())
	}
	row("job", strings.TrimSpace(r.result.JobID+" "+r.jobStatus))
	row("model", r.result.ModelID)
	if v := r.result.Validation; v != nil {
		row("probe", probeLine(v))
		if d := v.Details; d != nil {
			row("adapted", strings.Join(d.Adapted, "; "))
			row("remarks", strings.Join(d.Remarks, " "))
		}
	}
	if r.gate.isOpen() {
		row("approvals", fmt.Sprintf("%d of %d", len(r.approvals(recorded)), r.gate.required))
	}
	if a := r.result.Approval; a != nil && a.Decision != "" {
		row("decision", decisionLine(a))
	}
	if d := r.early(); d != nil && r.result.Approval == nil {
		row("kept decision", fmt.Sprintf("%s by %s", d.Decision, d.Approver))
	}
	if h := r.result.HealthCheck; h != nil {
		row("health check", h.String())
	}
	if b := r.result.Rollback; b != nil {
		row("rolled back", map[bool]string{true: "the model is deleted", false: "NO: " + b.Error}[b.Deregistered])
	}
	if w := r.result.Webhook; w != nil {
		row("webhook", webhookLine(*w))
	}
	if n := len(r.gate.refused); n > 0 {
		row("refused decisions", fmt.Sprintf("%d; the newest: %s", r.gate.refusedAll, r.gate.refused[n-1].Reason))
	}
}

// decisionLine is what people came to, with all who approved.
func decisionLine(a *schemas.ApprovalReport) string {
	if a.Decision == schemas.Approve && len(a.Approvals) > 1 {
		return fmt.Sprintf("approved by %s; the last reason: %s", strings.Join(approvers(a.Approvals), ", "), a.Reason)
	}
	return fmt.Sprintf("%s by %s: %s", a.Decision, a.Approver, a.Reason)
}

// early is the last accepted decision that came before the probe had ended.
func (r *registration) early() *schemas.Decision {
	var last *schemas.Decision
	for _, t := range r.gate.accepted {
		if t.seen == schemas.ProbeNone {
			last = &t.Decision
		}
	}
	return last
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
	if share := v.Details.Share(); share != "" {
		line += ", " + share
	}
	return line
}

func plain(s string, n int) string { return schemas.Plain(s, n) }

// markdown makes outside text fit for the UI's current details: nothing in it can begin a named link, a heading or
// HTML, or end what it stands in.
func markdown(s string) string {
	return markdownEscapes.Replace(plain(s, 600))
}

var markdownEscapes = strings.NewReplacer(`\`, `\\`, "|", `\|`, "`", "'", "<", "&lt;", ">", "&gt;", "[", `\[`, "]",
	`\]`,
	"*", `\*`, "_", `\_`, "#", `\#`, "~", `\~`, "://", `\://`, "www.", `www\.`, "WWW.", `WWW\.`)

// code makes outside text fit for a code span.
func code(s string) string { return strings.ReplaceAll(plain(s, 80), "`", "'") }

// shellWord quotes a text for a shell if it has to be, so that a command with it can be copied.
func shellWord(s string) string {
	special := func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("-_./:@", c)
	}
	if !strings.ContainsFunc(s, special) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
