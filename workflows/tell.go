package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// tell writes a line to the worker's log about what people want to see there of an operation: that it waits for them,
// what they decided, how it ended. The SDK adds the ids of workflow and run, and writes nothing while a history is
// replayed.
func (r *registration) tell(ctx workflow.Context, what string, more ...any) {
	workflow.GetLogger(ctx).Info(what, append([]any{"name", r.label()}, more...)...)
}

// tellDecided tells of a decision, whether it counts or not.
func (r *registration) tellDecided(ctx workflow.Context, t *ticket) {
	what := "a decision was accepted"
	more := []any{"decision", t.Decision.Decision, "approver", plain(t.Approver, 100), "duration", age(ctx)}
	if t.refusal != "" {
		what, more = "a decision was refused", append(more, "reason", plain(t.refusal, 200))
	}
	r.tell(ctx, what, more...)
}

// tellEnded tells how the operation ended.
func (r *registration) tellEnded(ctx workflow.Context) {
	more := []any{"outcome", r.result.Status, "duration", age(ctx)}
	if r.result.Reason != "" {
		more = append(more, "reason", plain(r.result.Reason, 300))
	}
	r.tell(ctx, "the operation ended", more...)
}

// tellEnded tells how the fleet ended.
func (f *fleet) tellEnded(ctx workflow.Context) {
	registered := 0
	for _, outcome := range schemas.FleetOutcomes {
		if outcome.Registered() {
			registered += f.state.Tally[outcome]
		}
	}
	took := workflow.Now(ctx).Sub(f.state.StartedAt).Round(time.Millisecond).String()
	workflow.GetLogger(ctx).Info("the fleet ended", "name", f.in.FleetID, "outcome", f.status(), "duration", took,
		"registered", registered, "of", f.in.Total)
}

// age is how long a workflow has run.
func age(ctx workflow.Context) string {
	return workflow.Now(ctx).Sub(workflow.GetInfo(ctx).WorkflowStartTime).Round(time.Millisecond).String()
}
