package main

import (
	"context"

	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// conclude prints what the registrations came to, in the order of their manifests, and returns the exit code for all of
// them.
func (a *app) conclude(c *connection, all []*registration) error {
	code := exitDone
	for _, r := range all {
		code = worst(code, r.code())
		r.result = c.WithDeliveries(context.Background(), r.result)
		if a.machine() {
			if err := a.print(r.result); err != nil {
				return err
			}
		}
		switch {
		case r.ending != nil && !a.machine():
			a.out.Print(r.resultLines(c.page(r.workflowID, r.runID))...)
		case r.followed != nil:
			a.complain(&failure{err: about(r.name, explained(r.followed))})
		case r.result.Status == statusInProgress && r.state == started:
			why := "Interrupted"
			if r.waited > 0 {
				why = "Not over within " + words.Exactly(r.waited)
			}
			tellLeft(a.err, why, "registration of ", r.name, argument(r.name))
		case r.result.Status == statusStarted && !a.machine():
			tellDetached(a.out, argument(r.name))
		}
	}
	return exitWith(code)
}

// code is what this registration contributes to the command's.
func (r *registration) code() int {
	switch {
	case r.state == inProgress:
		return exitFailed
	case r.ending != nil:
		return exitCode(r.result.Status)
	case r.followed != nil:
		return exitFailed
	case r.result.Status == statusInProgress:
		return exitInterrupted
	}
	return exitDone
}

// resultLines are the result for people.
func (r *registration) resultLines(page string) []console.Line {
	style := console.Good
	if !r.result.Status.Registered() {
		style = console.Bad
	}
	lines := []console.Line{nil, console.Styled(style, string(r.result.Status)).And(console.Plain,
		"  ").And(console.Strong, r.name), nil}
	t := table{}
	if r.result.Status != schemas.Completed {
		r.explainEnding(&t)
	}
	resultRows(&t, r.result)
	t.row("workflow", r.workflowID)
	t.row("run", r.runID)
	t.row("UI", page)
	return append(lines, t.lines()...)
}

// explainEnding says what happened, what the platform said, and what to do.
func (r *registration) explainEnding(t *table) {
	t.row("reason", r.result.Reason)
	t.row("error type", string(r.result.ErrorType))
	if d := r.refusal; d != nil && r.result.ErrorType != "" {
		t.row("Genesys code", d.Code)
		for _, f := range d.Fields {
			t.row("field", f.Field+" "+f.Code)
		}
		t.row("correlation id", d.CorrelationID)
	}
	t.row("what to do", r.advice())
}

// advice is what to do after an ending that did not complete.
func (r *registration) advice() string {
	switch {
	case r.ending != nil && r.ending.Err == nil && r.result.ErrorType == "":
		return r.result.Status.Advice()
	case r.result.ErrorType.Advice() != "":
		return r.result.ErrorType.Advice()
	}
	return r.result.Status.Advice()
}
