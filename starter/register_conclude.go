package main

import (
	"context"

	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// document is the result, with what has become of its webhooks since.
func (r *registration) document(c *connection) any {
	r.result = c.WithDeliveries(context.Background(), r.result)
	return r.result
}

func (r *registration) code() int { return exitCode(r.result.Status) }

// lines are the result for people.
func (r *registration) lines(page string) []console.Line {
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
