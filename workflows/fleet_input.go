package workflows

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/ownership"
	"model-registrar/internal/people"
	"model-registrar/schemas"
)

// maxFleetRuns bounds how often a fleet continues as new. Each run has room for some hundred registrations at least, so
// that no fleet comes near.
const maxFleetRuns = schemas.MaxFleet

// checkFleet refuses an input that a fleet cannot work with. Anything that reaches Temporal may start a fleet, and may
// send the state that only a fleet's earlier run should send.
func checkFleet(ctx workflow.Context, in schemas.RegisterFleetInput) error {
	refuse := func(t schemas.ErrorType, format string, args ...any) error {
		return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), string(t), nil)
	}
	if err := schemas.CheckFleetID(in.FleetID); err != nil {
		return refuse(schemas.ErrFleetInput, "%v; start fleets with the starter", err)
	}
	id := workflow.GetInfo(ctx).WorkflowExecution.ID
	if want := schemas.RegisterFleetWorkflowID(in.FleetID); id != want {
		return refuse(schemas.ErrWrongWorkflowID, "the fleet %s must run as workflow %q, not as %q; start it "+
			"with the starter",
			in.FleetID, want, plain(id, 100))
	}
	if in.Total < 1 || in.Total > schemas.MaxFleet || in.Parts < 1 || in.Parts > in.Total {
		return refuse(schemas.ErrFleetInput,
			"a fleet has 1 to %d manifests, in parts with at least one each; start fleets with the starter",
			schemas.MaxFleet)
	}
	if in.Window < 0 || in.Window > schemas.MaxWindow {
		return refuse(schemas.ErrFleetInput, "the window of a fleet is 1 to %d registrations", schemas.MaxWindow)
	}
	if problem := people.RequesterProblem(in.Requester); problem != "" {
		return refuse(schemas.ErrFleetInput, "the requester of a fleet %s", problem)
	}
	if !announces(in) {
		return refuse(schemas.ErrFleetInput, "the operations of the fleet %s are not as many as it has, or of "+
			"unknown types; start fleets with the starter", in.FleetID)
	}
	if problem := stateProblem(in); problem != "" {
		return refuse(schemas.ErrFleetInput,
			"the state of the fleet %s is not one that a fleet hands on: %s; start fleets with the starter", in.FleetID,
			problem)
	}
	return nil
}

// announces reports whether the counts of operations, if the fleet has any, are those of all that it has.
func announces(in schemas.RegisterFleetInput) bool {
	sum, known := 0, 0
	for _, o := range schemas.Operations {
		n, counted := in.Operations[o]
		if counted {
			known++
		}
		if counted && (n < 1 || n > in.Total) {
			return false
		}
		sum += n
	}
	return known == len(in.Operations) && in.Restores >= 0 &&
		in.Restores <= in.Operations[schemas.ChangeModelWorkflow] && (known == 0 || sum == in.Total)
}

// stateProblem says what no earlier run of the fleet can have handed on, if anything.
func stateProblem(in schemas.RegisterFleetInput) string {
	s := in.State
	if s == nil {
		return ""
	}
	endings := []schemas.FleetStatus{"", schemas.FleetStopped, schemas.FleetCancelled, schemas.FleetFailed}
	year := s.StartedAt.UTC().Year()
	switch {
	case s.Window < 1 || s.Window > schemas.MaxWindow:
		return "its window is out of range"
	case s.Part < 0 || s.Part > in.Parts:
		return "its part is out of range"
	case s.Next < 0 || s.Next > in.Total:
		return "its next manifest is out of range"
	case len(s.Held) > maxHeld || slices.ContainsFunc(s.Held, func(i int) bool { return i < 0 || i >= s.Next }):
		return "what it holds back is out of range"
	case len(s.InFlight) > schemas.MaxWindow+maxWaiting:
		return "it has too many registrations in flight"
	case len(s.Failures) > schemas.MaxFailures:
		return "it has too many failures"
	case len(s.Registered) > registeredBytes(in.Total):
		return "it has more registered models than the fleet has manifests"
	case utf8.RuneCountInString(s.Reason) > maxFleetText || len(s.ErrorType) > maxFleetText:
		return "its reason is too long"
	case s.PausedAt.UTC().Year() > 9998 || s.RenewedAt.UTC().Year() > 9998:
		return "its times are out of range"
	case s.Runs < 0 || s.Runs > maxFleetRuns:
		return "its number of runs is out of range"
	case s.PausedFor < 0:
		return "its pause is negative"
	case year < 1 || year > 9998:
		return "its start is out of range"
	case !slices.Contains(endings, s.Ending):
		return "its ending is unknown"
	}
	if !inRange(s.Tally, in.Total) || !talliesInRange(s.Tallies, in.Operations) {
		return "its outcomes are out of range"
	}
	if s.Tally.Sum()+len(s.InFlight)+len(s.Held) > in.Total {
		return "more manifests had their turn than it has"
	}
	for _, f := range s.Failures {
		raw, err := json.Marshal(f)
		if err != nil || len(raw) > 4*maxFleetText || len(f.Left) > schemas.MaxLeft {
			return "a failure in it is too long"
		}
	}
	return flightsProblem(s.InFlight, in)
}

// maxFleetText bounds the texts of a state, in characters. Those that a fleet hands on are cut to less.
const maxFleetText = 4000

// talliesInRange reports whether there are tallies of known operations alone, each within what there is of its
// operation.
func talliesInRange(tallies map[string]schemas.FleetTally, operations map[string]int) bool {
	known := 0
	for _, o := range schemas.Operations {
		tally, counted := tallies[o]
		if counted {
			known++
		}
		if !inRange(tally, operations[o]) {
			return false
		}
	}
	return known == len(tallies)
}

// inRange reports whether a tally has known outcomes alone, and not more than there can be.
func inRange(tally schemas.FleetTally, total int) bool {
	known := 0
	for _, o := range schemas.FleetOutcomes {
		n, counted := tally[o]
		if counted {
			known++
		}
		if n < 0 || n > total {
			return false
		}
	}
	return known == len(tally)
}

func flightsProblem(flights []schemas.FleetRun, in schemas.RegisterFleetInput) string {
	names := map[string]bool{}
	for _, run := range flights {
		switch {
		case run.Index < 0 || run.Index >= in.Total || run.News < 0 ||
			run.Operation != "" && in.Operations[run.Operation] == 0:
			return "a registration in flight is out of range"
		case utf8.RuneCountInString(run.Name) > schemas.MaxName || len(run.RunID) > ownership.MaxWord:
			return "the name of a registration in flight is too long"
		case names[run.Name]:
			return "a registration is in flight twice"
		}
		names[run.Name] = true
	}
	return ""
}

// registeredBytes is how many bytes have a bit for each manifest.
func registeredBytes(total int) int { return (total + 7) / 8 }
