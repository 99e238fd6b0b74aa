package main

import (
	"cmp"
	"fmt"
	"strings"

	"model-registrar/internal/follow"
	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// storyWidth is how wide a story is: it is read in terminals and pasted into tickets.
const storyWidth = 80

// storyLines is the story of a model for people.
func storyLines(s schemas.ModelStory) []console.Line {
	lines := storyHead(s)
	lines = append(lines, runningLines(s)...)
	if len(s.Operations) > 0 {
		lines = append(lines, nil, console.Styled(console.Strong, "What was done"))
	}
	for _, o := range s.Operations {
		lines = append(lines, operationLines(o)...)
	}
	if len(s.Transitions) > 0 {
		lines = append(lines, nil, console.Styled(console.Strong, "How it did"))
	}
	for _, t := range s.Transitions {
		lines = append(lines, transitionLines(t)...)
	}
	lines = append(lines, nil)
	for _, source := range []schemas.StorySource{s.Sources.Temporal, s.Sources.Trail} {
		lines = append(lines, sourceLines(source)...)
	}
	return lines
}

// runningLines say that an operation runs on the model, and what a person can do.
func runningLines(s schemas.ModelStory) []console.Line {
	n := len(s.Operations) - 1
	if n < 0 || s.Operations[n].Outcome != "" || s.Operations[n].Stage == "" {
		return nil
	}
	o, name := s.Operations[n], argument(s.Name)
	var t table
	t.row("follow it", "starter watch "+name)
	if o.Stage == schemas.StageApproval {
		t.row("see what it is about", "starter status "+name)
		t.row("approve", "starter approve "+name+` --reason "…"`)
	}
	head := console.Styled(console.Active, fmt.Sprintf("It %s, at %s", words.BeingDone(o.Operation), o.Stage))
	return append([]console.Line{nil, head}, t.folded(storyWidth)...)
}

// storyHead is what is ours now, or was.
func storyHead(s schemas.ModelStory) []console.Line {
	model, title := s.Model, console.Styled(console.Strong, s.Name)
	switch {
	case model == nil && s.Former == nil:
		return []console.Line{title.And(console.Plain, " is nobody's")}
	case model == nil:
		model = s.Former
		title = title.And(console.Plain, " is nobody's any more; the last that was ours:")
	default:
		title = title.And(console.Plain, " is ").And(stateStyle(model.State), string(model.State))
	}
	var t table
	if s.Model != nil {
		if !model.StateSince.IsZero() {
			t.row("state since", clock(model.StateSince))
		}
		t.row("because", model.Reason)
	}
	t.row("model id", model.ModelID)
	t.row("payload", model.PayloadHash)
	t.row("approved by", approvedBy(model.Approvals))
	t.row("asked by", model.Requester)
	t.row("ours since", clock(model.Since)+", by "+model.Operation)
	t.row("run", model.RunID)
	for _, row := range words.Approved(model.Manifest) {
		t.row(row.Name, row.Text)
	}
	if s.Model != nil {
		checkRows(&t, *s.Model)
	}
	return append([]console.Line{title}, t.folded(storyWidth)...)
}

func approvedBy(all []schemas.Approval) string {
	var people []string
	for _, a := range all {
		text := a.Approver + " at " + clock(a.DecidedAt)
		if a.Signed {
			text += ", signed with " + a.KeyFingerprint
		}
		if a.Reason != "" {
			text += ": " + a.Reason
		}
		people = append(people, text)
	}
	if len(people) == 0 {
		return "nobody, since its policy asked for nobody"
	}
	return strings.Join(people, "; ")
}

func checkRows(t *table, m schemas.ModelStatus) {
	c := m.Checks
	if c.At.Before(m.Since) {
		t.row("last check", "at hand-over, "+clock(m.Since))
	} else {
		t.row("last check", clock(c.At))
	}
	t.row("", c.Trouble)
	for _, change := range c.Drift {
		t.row("drift", change.String()+" (approved → gateway)")
	}
	if c.Probe != nil {
		t.row("last probe", auditedProbe(schemas.AuditEntry{Probe: c.Probe}))
	}
	switch p := c.Paused; {
	case p != nil:
		t.row("checks", spaced("paused by", p.By, "at", clock(p.At)))
		t.row("", p.Reason)
	case !c.Next.IsZero():
		t.row("next check", clock(c.Next)+", every "+words.Span(m.Manifest.Monitor.Every.Or(schemas.DefaultCheckEvery)))
	}
}

// operationVerb is what an operation is. A change restores if it puts back what was approved, at the wish of its model
// or of an apply.
func operationVerb(o schemas.StoryOperation) string {
	_, itself := schemas.OwnedNameOf(o.Requester)
	approved := o.PreviousHash != "" && o.PreviousHash == o.PayloadHash && len(o.Changes) > 0 &&
		len(o.ChangedSettings) == 0
	if o.Operation == schemas.ChangeModelWorkflow && (itself || approved) {
		return "restore"
	}
	return cmp.Or(operationNames[o.Operation].verb, o.Operation)
}

func operationLines(o schemas.StoryOperation) []console.Line {
	style, ending := console.Alert, string(o.Outcome)
	switch {
	case o.Outcome == "" && o.Stage == "":
		ending = "an ending that is not known"
	case o.Outcome == "":
		style, ending = console.Active, "is at "+string(o.Stage)
	case o.Outcome.Registered():
		style = console.Good
	case o.Outcome == schemas.Failed:
		style = console.Bad
	}
	head := console.Styled(console.Faint, clock(o.StartedAt)+"  ").And(console.Strong, operationVerb(o)+"  ").And(style,
		ending)
	if !o.EndedAt.IsZero() {
		head = head.And(console.Faint, "  "+words.Span(o.EndedAt.Sub(o.StartedAt)))
	}
	var t table
	t.row("asked by", spaced(orSomebody(o.Requester), because(o.AskedFor)))
	for _, c := range o.Changes {
		t.row("change", c.String())
	}
	for _, key := range o.ChangedSettings {
		t.row("change", key+" (a setting that the gateway does not know)")
	}
	t.row("probe", auditedProbe(schemas.AuditEntry{Probe: o.Probe}))
	decisionRows(&t, o)
	if c := o.Cancellation; c != nil {
		t.row("cancelled by", spaced(orSomebody(c.By), because(c.Reason)))
	}
	for _, remark := range o.Remarks {
		t.row("", remark)
	}
	t.row("reason", o.Reason)
	t.row("error", string(o.ErrorType))
	if o.Restored != nil {
		t.row("rollback", map[bool]string{true: "what was approved before is in the gateway",
			false: "NOT DONE: see the reason"}[*o.Restored])
	}
	if o.Deregistered != nil {
		t.row("rollback", rollbackText(&schemas.RollbackReport{Deregistered: *o.Deregistered, Error: "see the reason"}))
	}
	t.row("model id", o.ModelID)
	t.row("replaced", o.ReplacedModelID)
	t.row("payload", hashes(o.PreviousHash, o.PayloadHash))
	t.row("webhook", webhookShort(o.Webhook))
	t.row("run", o.RunID)
	return append([]console.Line{head}, t.folded(storyWidth)...)
}

// decisionRows are the decisions as they were recorded; or those that counted, where the records cannot be read.
func decisionRows(t *table, o schemas.StoryOperation) {
	for _, d := range o.Decisions {
		text := spaced(orSomebody(d.Approver), "at", clock(d.DecidedAt), because(d.Reason))
		if key := signedWith(d); key != "" {
			text += ", signed with " + key
		}
		if !d.Accepted {
			text += "; it did not count: " + d.Refusal
		}
		t.row(map[schemas.Verdict]string{schemas.Approve: "approved by", schemas.Reject: "rejected by"}[d.Decision],
			text)
	}
	if len(o.Decisions) > 0 || o.Approval == nil {
		return
	}
	if len(o.Approval.Approvals) == 0 {
		t.row("approval", approvalText(o.Approval))
		return
	}
	t.row("approved by", approvedBy(o.Approval.Approvals))
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return "(" + reason + ")"
}

func hashes(before, after string) string {
	if before == "" || before == after {
		return follow.Short(after)
	}
	return follow.Short(before) + " → " + follow.Short(after)
}

func webhookShort(w *schemas.WebhookDelivery) string {
	if w != nil && w.Delivered {
		return fmt.Sprintf("delivered, HTTP %d, %s", w.ResponseCode, counted(w.Attempts, "attempt"))
	}
	return webhookText(w)
}

func transitionLines(s schemas.StoryTransition) []console.Line {
	head := console.Styled(console.Faint, clock(s.At)+"  ").
		And(console.Plain, cmp.Or(string(s.Before), "none")+" → ").And(stateStyle(s.After), string(s.After))
	var t table
	t.row("because", s.Reason)
	for _, c := range s.Drift {
		t.row("drift", c.String())
	}
	t.row("probe", auditedProbe(schemas.AuditEntry{Probe: s.Probe}))
	t.row("webhook", webhookShort(s.Webhook))
	return append([]console.Line{head}, t.folded(storyWidth)...)
}

func sourceLines(s schemas.StorySource) []console.Line {
	style, text := console.Faint, "Told from "+s.Name
	switch {
	case !s.Read && s.Name == "":
		style = console.Alert
		text = "! The audit trail was not read: " + s.Problem + " (--audit or REGISTRAR_AUDIT names it)"
	case !s.Read:
		style, text = console.Alert, "! Not told from "+s.Name+": "+s.Problem
	case s.Problem != "":
		style, text = console.Alert, "! Told from "+s.Name+", not all of it: "+s.Problem
	}
	var lines []console.Line
	for _, part := range fold(console.Clean(text), storyWidth) {
		lines = append(lines, console.Styled(style, part))
	}
	return lines
}
