package main

import (
	"fmt"
	"slices"
	"strings"

	"model-registrar/internal/follow"
	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// table is a list of named values for people. Rows without a value are left out.
type table struct{ rows [][2]string }

func (t *table) row(name, value string) {
	if value != "" {
		t.rows = append(t.rows, [2]string{name, value})
	}
}

func (t *table) lines() []console.Line { return t.folded(0) }

// folded is lines of a table that fit into a width; 0: into any.
func (t *table) folded(width int) []console.Line {
	room := 0
	for _, r := range t.rows {
		room = max(room, len(r[0]))
	}
	var lines []console.Line
	for _, r := range t.rows {
		title, parts := r[0], []string{r[1]}
		if width > 0 {
			parts = fold(console.Clean(r[1]), width-room-4)
		}
		for _, part := range parts {
			lines = append(lines, console.Styled(console.Faint, fmt.Sprintf("  %-*s  ", room, title)).
				And(console.Plain, part))
			title = ""
		}
	}
	return lines
}

// fold breaks a text into lines of a width, at spaces where there are some.
func fold(text string, width int) []string {
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(text) {
		for console.Width(word) > width { // a word that fits nowhere is cut
			room := width - used
			if used > 0 {
				room--
			}
			if room < 8 {
				lines, line, used = append(lines, line), "", 0
				continue
			}
			head := cutAt(word, room)
			lines, line, used = append(lines, spaced(line, head)), "", 0
			word = word[len(head):]
		}
		if w := console.Width(word); used > 0 && used+1+w > width {
			lines, line, used = append(lines, line), word, w
		} else {
			line = spaced(line, word)
			used = console.Width(line)
		}
	}
	return append(lines, line)
}

// cutAt is as much of a word as has room.
func cutAt(word string, room int) string {
	for i, r := range word {
		if room -= console.Width(string(r)); room < 0 && i > 0 {
			return word[:i]
		}
	}
	return word
}

// resultRows shows what a result holds beside its status and reason.
func resultRows(t *table, r schemas.Result) {
	t.row("model id", r.ModelID)
	if r.ReplacedModelID != "" {
		t.row("replaced", fmt.Sprintf("model %s was deleted and created anew; it was gone for %s", r.ReplacedModelID,
			words.Millis(float64(r.GoneMs))))
	}
	t.row("payload hash", hashText(r.PayloadHash))
	t.row("job", jobText(r))
	if r.Validation != nil {
		t.row("probe", follow.ProbeLine(r.Validation))
	}
	t.row("approval", approvalText(r.Approval))
	if r.Approval != nil {
		t.row("approvers told", webhookText(r.Approval.Announced))
	}
	if r.HealthCheck != nil {
		t.row("health check", r.HealthCheck.String())
	}
	t.row("rollback", rollbackText(r.Rollback))
	for _, m := range r.LeftBehind() {
		t.row("left behind", m.Removal(r.Name))
	}
	t.row("webhook", webhookText(r.Webhook))
}

func hashText(hash string) string {
	if hash == "" {
		return ""
	}
	return follow.Short(hash) + "  (" + hash + ")"
}

func jobText(r schemas.Result) string {
	text := r.JobID
	if r.JobDurationMs > 0 {
		text = spaced(text, "took "+words.Millis(float64(r.JobDurationMs)))
	}
	if r.Adopted {
		text = spaced(text, "(adopted what an earlier attempt had created)")
	}
	return text
}

func approvalText(a *schemas.ApprovalReport) string {
	switch {
	case a == nil:
		return ""
	case a.Decision != "":
		verb := map[schemas.Verdict]string{schemas.Approve: "approved", schemas.Reject: "rejected"}[a.Decision]
		who := a.Approver
		if a.Decision == schemas.Approve && len(a.Approvals) > 1 {
			var all []string
			for _, given := range a.Approvals {
				all = append(all, given.Approver)
			}
			who = strings.Join(all, ", ")
		}
		text := fmt.Sprintf("%s by %s at %s", verb, who, clock(a.DecidedAt))
		if a.WaitedMs > 0 {
			text += ", after " + words.Millis(float64(a.WaitedMs))
		}
		if a.Reason != "" {
			text += ": " + a.Reason
		}
		return text
	case a.Required:
		return "nobody decided (policy " + string(a.Policy) + ")"
	}
	return "not needed (policy " + string(a.Policy) + ")"
}

func rollbackText(b *schemas.RollbackReport) string {
	switch {
	case b == nil:
		return ""
	case b.Deregistered:
		return "the model does not exist in Genesys any more"
	}
	return spaced("NOT DONE, the model may still exist in Genesys:", b.Error)
}

func webhookText(w *schemas.WebhookDelivery) string {
	switch {
	case w == nil:
		return ""
	case w.Delivered:
		return fmt.Sprintf("delivered, HTTP %d, %s, id %s", w.ResponseCode, counted(w.Attempts, "attempt"), w.MessageID)
	}
	if w.Pending {
		return pendingText(w)
	}
	if w.Attempts == 0 {
		return "NOT delivered: " + w.Error
	}
	return fmt.Sprintf("NOT delivered after %s: %s", counted(w.Attempts, "attempt"), w.Error)
}

// pendingText says how far a delivery is that goes on without its registration.
func pendingText(w *schemas.WebhookDelivery) string {
	text := "NOT delivered yet, " + counted(w.Attempts, "attempt")
	if !w.Since.IsZero() {
		text += " since " + clock(w.Since)
	}
	if !w.NextAttemptAt.IsZero() {
		text += ", the next one at " + clock(w.NextAttemptAt)
	}
	if w.WorkflowID != "" {
		text += ", by workflow " + w.WorkflowID
	}
	return strings.TrimSuffix(text+": "+w.Error, ": ")
}

// spaced joins what is not empty.
func spaced(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
}
