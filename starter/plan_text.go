package main

import (
	"fmt"
	"strings"

	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// planSigns are how actions look in a plan.
var planSigns = map[schemas.PlanAction]struct {
	sign  string
	style console.Style
	will  string
}{
	schemas.PlanCreate:   {"+", console.Good, "will be registered"},
	schemas.PlanChange:   {"~", console.Alert, "will be changed"},
	schemas.PlanAdopt:    {">", console.Active, "will be adopted"},
	schemas.PlanRestore:  {"!", console.Alert, "has drifted, and will be restored"},
	schemas.PlanRecreate: {"+", console.Good, "is missing, and will be registered anew"},
	schemas.PlanRetire:   {"-", console.Bad, "will be retired"},
	schemas.PlanConflict: {"x", console.Bad, "is in the gateway otherwise, and nobody's: it is left alone"},
	schemas.PlanBusy:     {"*", console.Active, ""}, // what is said of it depends on the operation
}

// planLines is a plan for people.
func planLines(p schemas.Plan, unowned bool) []console.Line {
	var lines []console.Line
	for _, action := range schemas.PlanActions {
		for _, i := range p.Items {
			if i.Action == action && action != schemas.PlanUnchanged {
				lines = append(lines, itemLines(i)...)
			}
		}
	}
	if len(lines) > 0 {
		lines = append(lines, nil)
	}
	lines = append(lines, console.Styled(console.Strong, "Plan: ").And(console.Plain, planSummary(p)))
	if n := len(p.Unowned); n > 0 {
		lines = append(lines, console.Styled(console.Faint, unownedLine(n, unowned)))
		for _, u := range p.Unowned {
			if unowned {
				lines = append(lines, console.Text("  "+u.Name+"  ").And(console.Faint, u.ModelID))
			}
		}
	}
	if n := len(p.Forgotten); n > 0 {
		lines = append(lines, console.Styled(console.Faint,
			counted(n, "owned model")+" in no manifest: "+some(p.Forgotten)+
				". --prune retires what is owned and in no manifest."))
	}
	return lines
}

func unownedLine(n int, listed bool) string {
	text := counted(n, "model") + " in the gateway and nobody's"
	if listed {
		return text + ":"
	}
	return text + "; --unowned lists what is nobody's."
}

// some names a few of many.
func some(all []string) string {
	const few = 10
	if len(all) <= few {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:few], ", "), len(all)-few)
}

// itemLines is one model of a plan.
func itemLines(i schemas.PlanItem) []console.Line {
	s := planSigns[i.Action]
	if i.Running != nil {
		s.will = words.BeingDone(i.Running.Operation) + ": it is left alone"
	}
	lines := []console.Line{console.Styled(s.style, s.sign+" ").And(console.Strong, i.Name).
		And(console.Plain, " "+s.will)}
	for _, detail := range itemDetails(i) {
		lines = append(lines, console.Text("    "+said(detail)))
	}
	return lines
}

// itemDetails are what there is to say about one model, each in a line.
func itemDetails(i schemas.PlanItem) (details []string) {
	changes := i.Changes
	if i.Action == schemas.PlanCreate || i.Action == schemas.PlanRecreate || i.Action == schemas.PlanRetire {
		changes = nil
	}
	for _, c := range changes {
		details = append(details, c.String())
	}
	for _, key := range i.Settings {
		details = append(details, key+" (a setting that the gateway does not know)")
	}
	if i.Action == schemas.PlanChange {
		for _, c := range i.Drift {
			details = append(details, "edited in the gateway since it was approved: "+c.String())
		}
	}
	details = append(details, runningDetails(i)...)
	if text := noticed(i); text != "" {
		details = append(details, text)
	}
	if i.RenamedFrom != "" {
		details = append(details, "renamed from "+i.RenamedFrom+", which will be retired once this is registered")
	}
	if i.Note != "" {
		details = append(details, i.Note)
	}
	return details
}

// runningDetails say which operation a model is busy with, and what a person can do.
func runningDetails(i schemas.PlanItem) []string {
	r := i.Running
	if r == nil {
		return nil
	}
	by, decide := "", ""
	if r.Requester != "" {
		by = ", asked for by " + r.Requester
	}
	if r.Stage == schemas.StageApproval {
		decide = fmt.Sprintf("; decide:  starter approve %s --reason …", argument(i.Name))
	}
	comesTo := "it makes something else of the model than the manifests say: apply again once it has ended"
	if r.Wanted {
		comesTo = "it does what the manifests say"
	}
	return []string{
		fmt.Sprintf("its %s is at %s, started %s%s", words.Operation(r.Operation), r.Stage, clock(r.StartedAt), by),
		comesTo,
		"watch it:  starter watch " + argument(i.Name) + decide,
	}
}

// noticed says since when a model is drifted or missing, as far as its checks have seen.
func noticed(i schemas.PlanItem) string {
	switch {
	case !i.NoticedAt.IsZero():
		return "found by a check at " + clock(i.NoticedAt)
	case !i.CheckedAt.IsZero():
		return "not so at its last check, at " + clock(i.CheckedAt)
	}
	return ""
}

// planSummary counts what a plan does: "1 to create, 2 to change, 3 unchanged".
func planSummary(p schemas.Plan) string {
	var parts []string
	for _, action := range schemas.PlanActions {
		n := p.Counts[action]
		switch {
		case n == 0:
		case action == schemas.PlanUnchanged:
			parts = append(parts, fmt.Sprintf("%d unchanged", n))
		case action == schemas.PlanBusy:
			parts = append(parts, fmt.Sprintf("%d in progress", n))
		case action == schemas.PlanConflict:
			parts = append(parts, counted(n, "conflict"))
		default:
			parts = append(parts, fmt.Sprintf("%d to %s", n, action))
		}
	}
	text := strings.Join(parts, ", ")
	if p.Work() == 0 {
		text = strings.TrimSuffix("nothing to do; "+text, "; ")
	}
	return text + "."
}

// planMarkdown is a plan as a comment on a pull request.
func planMarkdown(p schemas.Plan) []console.Line {
	lines := []console.Line{console.Text("### Model plan: " + planSummary(p)), nil}
	if p.Work() == 0 && p.Counts[schemas.PlanConflict] == 0 && p.Counts[schemas.PlanBusy] == 0 {
		return lines[:1]
	}
	lines = append(lines, console.Text("| model | action | details |"), console.Text("|---|---|---|"))
	for _, action := range schemas.PlanActions {
		for _, i := range p.Items {
			if i.Action == action && action != schemas.PlanUnchanged {
				var details []string
				for _, d := range itemDetails(i) {
					details = append(details, markdownCell(d))
				}
				lines = append(lines, console.Text(fmt.Sprintf("| %s | **%s** | %s |",
					markdownCell(i.Name), action, strings.Join(details, "<br>"))))
			}
		}
	}
	return lines
}

// markdownCell writes a text into a table so that nothing in it is taken for markdown or HTML.
func markdownCell(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "`", "\\`", "*", `\*`, "_", `\_`,
		"[", `\[`, "]", `\]`, "@", "@\u200b", "#", `\#`, "!", `\!`).Replace(console.Clean(s))
}
