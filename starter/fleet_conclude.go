package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// shownFailures is how many failures are listed for people; --output json has them all.
const shownFailures = 100

// document is the result, unless nobody knows it.
func (f *fleetRun) document(*connection) any {
	if f.trouble != nil {
		return nil
	}
	return f.result
}

func (f *fleetRun) code() int { return worst(f.least, fleetExitCode(f.result)) }

// fleetExitCode is the exit code of a fleet that ended so.
func fleetExitCode(r schemas.FleetResult) int {
	codes := []int{exitDone}
	switch r.Status {
	case schemas.FleetFailed:
		codes = append(codes, exitFailed)
	case schemas.FleetCancelled:
		codes = append(codes, exitRejected)
	}
	for o, n := range r.Outcomes {
		switch {
		case n == 0 || o == schemas.Unchanged || o == schemas.Skipped: // that of what it comes after counts
		case o == schemas.AlreadyInProgress, o == schemas.Duplicate:
			codes = append(codes, exitFailed)
		default:
			codes = append(codes, exitCode(o))
		}
	}
	return worst(codes...)
}

// lines are the result for people.
func (f *fleetRun) lines(page string) []console.Line {
	r := f.result
	registered := r.Outcomes[schemas.Completed] + r.Outcomes[schemas.Unchanged]
	style := console.Good
	if registered < r.Total {
		style = console.Bad
	}
	lines := []console.Line{nil, console.Styled(style, string(r.Status)).And(console.Plain, "  ").And(console.Strong,
		"fleet "+r.FleetID).
		And(console.Plain, fmt.Sprintf(": %d of %s", registered, f.work())), nil}
	t := table{}
	t.row("reason", r.Reason)
	t.row("error type", string(r.ErrorType))
	for _, o := range schemas.FleetOutcomes {
		if n := r.Outcomes[o]; n > 0 {
			t.row(string(o), fmt.Sprint(n))
		}
	}
	operationRows(&t, r.Operations)
	if r.NotStarted > 0 {
		t.row("not started", fmt.Sprint(r.NotStarted))
	}
	took := time.Duration(r.DurationMs-r.PausedMs) * time.Millisecond
	text := words.Span(took.Round(time.Millisecond))
	if s := took.Seconds(); s > 0 && r.Outcomes.Sum() > 1 {
		text += fmt.Sprintf(", %.1f models a minute", 60*float64(r.Outcomes.Sum())/s)
	}
	t.row("took", text)
	if r.PausedMs > 0 {
		t.row("paused", words.Millis(float64(r.PausedMs)))
	}
	t.row("workflow", r.WorkflowID)
	t.row("UI", page)
	lines = append(lines, t.lines()...)
	lines = append(lines, failureLines(r)...)
	if registered < r.Total {
		label := "Register what is not:  "
		if f.isApply() {
			label = "Apply what is not done:  "
		}
		if f.isOutdated() {
			label = "The saved plan is outdated for what is not done; make a new one:  "
		}
		lines = append(lines, nil, console.Text(label+retryCommand(f)))
	}
	return lines
}

// isApply reports whether the fleet runs a plan, as far as is known.
func (f *fleetRun) isApply() bool { return f.applied || len(f.result.Operations) > 0 }

// isOutdated reports whether a saved plan was applied that something has left behind: it is refused again.
func (f *fleetRun) isOutdated() bool {
	return f.saved && slices.ContainsFunc(f.result.Failures, func(x schemas.FleetFailure) bool {
		return x.ErrorType == schemas.ErrPlanOutdated
	})
}

// work is what the fleet is to do, after "3 of".
func (f *fleetRun) work() string {
	if f.isApply() {
		return counted(f.result.Total, "operation") + " done"
	}
	return counted(f.result.Total, "model") + " registered"
}

// operationRows say how many operations of each kind are done.
func operationRows(t *table, of map[string]schemas.FleetShare) {
	for _, o := range schemas.Operations {
		if share := of[o]; share.Total > 0 {
			text := fmt.Sprintf("%d of %d done", share.Outcomes[schemas.Completed]+share.Outcomes[schemas.Unchanged],
				share.Total)
			if share.Restores > 0 {
				text += fmt.Sprintf(", %d of them to restore what was approved", share.Restores)
			}
			t.row(operationNames[o].many, text)
		}
	}
}

// failedName is the model about which something was not done, and in a fleet that does more than register also what.
func failedName(x schemas.FleetFailure) string {
	if x.Restore {
		return "restore " + x.Name
	}
	return strings.TrimSpace(operationNames[x.Operation].verb + " " + x.Name)
}

// failureLines is the table of what failed and why, and what to do about each type of error.
func failureLines(r schemas.FleetResult) []console.Line {
	if len(r.Failures) == 0 {
		return nil
	}
	cells := [][]console.Span{{{Style: console.Strong, Text: "NAME"}, {Style: console.Strong, Text: "ENDING"},
		{Style: console.Strong, Text: "WHY"}}}
	advice := table{}
	advised := map[string]bool{}
	for i, x := range r.Failures {
		why := x.Reason
		if x.ErrorType != "" {
			why = string(x.ErrorType) + ": " + x.Reason
		}
		if i < shownFailures {
			cells = append(cells, []console.Span{{Text: failedName(x)}, {Style: console.Bad, Text: string(x.Outcome)},
				{Text: why}})
		}
		kind, text := string(x.ErrorType), x.ErrorType.Advice()
		if text == "" {
			kind, text = string(x.Outcome), x.Outcome.Advice()
		}
		if !advised[kind] {
			advised[kind] = true
			advice.row(kind, text)
		}
	}
	lines := append([]console.Line{nil}, console.Columns(cells)...)
	failures := 0
	for o, n := range r.Outcomes {
		if !o.Registered() {
			failures += n
		}
	}
	if more := failures - min(len(r.Failures), shownFailures); more > 0 {
		lines = append(lines, console.Styled(console.Faint,
			fmt.Sprintf("and %d more; --output json lists up to %d", more, schemas.MaxFailures)))
	}
	lines = append(lines, leftLines(r)...)
	if len(advice.rows) > 0 {
		lines = append(lines, nil, console.Text("What to do:"))
		lines = append(lines, advice.lines()...)
	}
	return lines
}

// leftLines names what is left in the gateway of registrations that failed.
func leftLines(r schemas.FleetResult) []console.Line {
	left := table{}
	for _, x := range r.Failures {
		for _, m := range x.Left {
			left.row(x.Name, m.Removal(x.Name))
		}
	}
	if len(left.rows) == 0 {
		return nil
	}
	return append([]console.Line{nil, console.Styled(console.Bad, "Left behind in the gateway:")}, left.lines()...)
}

// retryCommand registers what a fleet did not, once its cause is removed.
func retryCommand(f *fleetRun) string {
	paths := "PATH…"
	if len(f.paths) > 0 {
		quoted := make([]string, len(f.paths))
		for i, p := range f.paths {
			quoted[i] = quote(p)
			if p == "-" {
				quoted[i] = "- < FILE"
			}
		}
		paths = strings.Join(quoted, " ")
	}
	switch {
	case !f.isApply():
		return "starter fleet --only-failed-of " + f.name + " " + paths
	case f.isOutdated() && f.result.Operations[schemas.RetireModelWorkflow].Total > 0:
		return "starter plan PATH… --prune --out " + paths
	case f.isOutdated():
		return "starter plan PATH… --out " + paths
	case f.prune:
		paths += " --prune"
	}
	return "starter apply --only-failed-of " + f.name + " " + paths
}
