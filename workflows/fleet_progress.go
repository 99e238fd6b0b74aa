package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// recent is how many failures the progress and the UI's page show.
const recent = 10

// progress answers the query `status`.
func (f *fleet) progress(ctx workflow.Context) schemas.FleetProgress {
	failures := f.state.Failures
	return schemas.FleetProgress{
		FleetID: f.in.FleetID, RunID: f.runID, Status: f.status(), Reason: f.state.Reason, Requester: f.in.Requester,
		StartedAt: f.state.StartedAt, Total: f.in.Total, Queued: f.unstarted(), InFlight: len(f.flights) - f.waiting,
		Waiting: f.waiting, Ended: f.state.Tally.Sum(), Outcomes: f.state.Tally, Operations: f.shares(),
		Window: f.state.Window, StopOnFailure: f.in.StopOnFailure,
		PausedMs: f.pausedFor(workflow.Now(ctx)).Milliseconds(), Recent: failures[max(0, len(failures)-recent):],
		Runs: f.state.Runs + 1,
	}
}

// result is what the fleet has come to so far.
func (f *fleet) result(ctx workflow.Context) schemas.FleetResult {
	now := workflow.Now(ctx)
	info := workflow.GetInfo(ctx)
	r := schemas.FleetResult{
		FleetID: f.in.FleetID, Status: f.status(), Reason: f.state.Reason, ErrorType: f.state.ErrorType,
		Requester: f.in.Requester, Total: f.in.Total, Outcomes: f.state.Tally, Operations: f.shares(),
		NotStarted: f.unstarted(), Failures: f.state.Failures, Registered: f.state.Registered, Parts: f.in.Parts,
		StartedAt: f.state.StartedAt.UTC(), DurationMs: now.Sub(f.state.StartedAt).Milliseconds(),
		PausedMs: f.pausedFor(now).Milliseconds(), WorkflowID: info.WorkflowExecution.ID, RunID: f.runID,
		Runs: f.state.Runs + 1,
	}
	failed := 0
	for _, o := range schemas.FleetOutcomes {
		if !o.Registered() {
			failed += f.state.Tally[o]
		}
	}
	r.Truncated = failed > len(r.Failures)
	if r.Status.Ended() {
		r.EndedAt = now.UTC()
	}
	return r
}

// shares is what the fleet does of each kind of operation; nil if it registers alone.
func (f *fleet) shares() map[string]schemas.FleetShare {
	if !f.isMixed() {
		return nil
	}
	shares := map[string]schemas.FleetShare{}
	for _, o := range schemas.Operations {
		if total := f.in.Operations[o]; total > 0 {
			shares[o] = schemas.FleetShare{Total: total, Outcomes: schemas.FleetTally{}}
			if o == schemas.ChangeModelWorkflow {
				shares[o] = schemas.FleetShare{Total: total, Restores: f.in.Restores, Outcomes: schemas.FleetTally{}}
			}
		}
		for _, outcome := range schemas.FleetOutcomes {
			if n := f.state.Tallies[o][outcome]; n > 0 {
				shares[o].Outcomes[outcome] = n
			}
		}
	}
	return shares
}

// unstarted is how many operations have not had their turn.
func (f *fleet) unstarted() int { return max(0, f.in.Total-f.state.Next) + len(f.state.Held) }

// indexStart indexes a fleet that was started without search attributes.
func (f *fleet) indexStart(ctx workflow.Context) {
	if _, ok := workflow.GetTypedSearchAttributes(ctx).GetKeyword(stageKey); !ok {
		f.index(ctx)
	}
}

// index makes the fleet's status known to the list of workflows.
func (f *fleet) index(ctx workflow.Context) {
	status := string(f.status())
	if was, _ := workflow.GetTypedSearchAttributes(ctx).GetKeyword(stageKey); was == status {
		return
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, stageKey.ValueSet(status)); err != nil {
		workflow.GetLogger(ctx).Error("search attributes were not updated", "error", err)
	}
}

// describe writes the UI's current details.
func (f *fleet) describe(ctx workflow.Context) { workflow.SetCurrentDetails(ctx, f.details()) }

func (f *fleet) details() string {
	var b strings.Builder
	verb := "is"
	if f.status().Ended() {
		verb = "ended as"
	}
	fmt.Fprintf(&b, "The fleet **%s** %s **%s**", markdown(f.in.FleetID), verb, f.status())
	if f.state.Reason != "" {
		fmt.Fprintf(&b, ": %s", markdown(f.state.Reason))
	}
	fmt.Fprintf(&b, "\n\n- **requester**: %s\n%s- **queued**: %d\n- **in flight**: %d of %d at a time\n",
		markdown(f.in.Requester), workLine(f.in, "manifests"), f.unstarted(), len(f.flights)-f.waiting, f.state.Window)
	if f.waiting > 0 {
		fmt.Fprintf(&b, "- **waiting for approval**: %d, which take no place\n", f.waiting)
	}
	for _, o := range schemas.FleetOutcomes {
		if n := f.state.Tally[o]; n > 0 {
			fmt.Fprintf(&b, "- **%s**: %d\n", o, n)
		}
	}
	if p := f.state.PausedFor.Std(); p > 0 {
		fmt.Fprintf(&b, "- **was paused**: %s\n", p.Round(time.Second))
	}
	if all := f.state.Failures; len(all) > 0 {
		b.WriteString("\nThe newest failures:\n\n")
		for _, x := range all[max(0, len(all)-recent):] {
			fmt.Fprintf(&b, "- %s: %s %s\n", markdown(strings.TrimSpace(x.Operation+" "+x.Name)), x.Outcome,
				markdown(x.Reason))
		}
	}
	if !f.status().Ended() {
		fmt.Fprintf(&b, "\nFollow it with `starter watch %s`; `starter fleet pause`, `resume`, `window` and `cancel` "+
			"steer it, like the updates of the same names.\n", schemas.RegisterFleetWorkflowID(f.in.FleetID))
	}
	return b.String()
}
