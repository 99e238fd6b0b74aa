package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// newRename is a fleet that registers model-000 and model-001, and retires what they were called before: model-002 after
// the one, model-003 after the other. model-004 is retired in any case.
func newRename(t *testing.T) *voyage {
	t.Helper()
	v := newVoyage(t, 2, names(5)...)
	v.in.Operations = map[string]int{schemas.RegisterModelWorkflow: 2, schemas.RetireModelWorkflow: 3}
	for p := range v.parts {
		part := &v.parts[p]
		for i := range part.Manifests {
			index := part.First + i
			item := schemas.FleetItem{Operation: schemas.RegisterModelWorkflow, Manifest: &part.Manifests[i]}
			if index >= 2 {
				item = schemas.FleetItem{Operation: schemas.RetireModelWorkflow, Name: part.Manifests[i].Name, Reason: "renamed"}
			}
			if index == 2 || index == 3 {
				item.After = &schemas.FleetPlace{Name: names(5)[index-2], Index: index - 2}
			}
			part.Items = append(part.Items, item)
		}
		part.Manifests = nil
	}
	return v
}

// registersIn has the models' operations take so long, and model-001 end so.
func (v *voyage) registersIn(took map[string]time.Duration, ending schemas.Outcome) {
	v.registers = func(ctx workflow.Context, m schemas.Manifest) (schemas.Result, error) {
		r := schemas.Result{Name: m.Name, Status: schemas.Completed}
		if m.Name == "model-001" {
			r.Status = ending
		}
		return v.after(ctx, max(took[m.Name], time.Second), r)
	}
}

func TestAModelIsRetiredOnlyOnceItsSuccessorIsRegistered_AndNothingElseWaits(t *testing.T) {
	v := newRename(t)
	v.registersIn(map[string]time.Duration{"model-000": time.Hour}, schemas.Completed)
	v.at(time.Minute, func() {
		require.ElementsMatch(t, []string{"model-000", "model-001", "model-003", "model-004"}, v.begun)
		p := v.progress()
		require.Equal(t, 1, p.Queued)
		require.Equal(t, 1, p.InFlight, "what is held takes no place")
	})
	e := v.run()
	require.Equal(t, schemas.FleetTally{schemas.Completed: 5}, e.Outcomes)
	require.Equal(t, "model-002", v.begun[4])
}

func TestAModelWhoseSuccessorIsNotRegisteredIsNotRetired(t *testing.T) {
	for _, ending := range []schemas.Outcome{schemas.RolledBack, schemas.Failed, schemas.Rejected} {
		v := newRename(t)
		v.in.StopOnFailure = ending == schemas.Failed
		v.registersIn(map[string]time.Duration{"model-001": time.Minute}, ending)
		e := v.run()
		require.NotContains(t, v.begun, "model-003", ending)
		if v.in.StopOnFailure {
			require.Equal(t, schemas.FleetStopped, e.Status)
			require.Equal(t, 1, e.NotStarted)
			continue
		}
		require.Equal(t, schemas.FleetTally{schemas.Completed: 3, ending: 1, schemas.Skipped: 1}, e.Outcomes)
		require.Equal(t, schemas.FleetFailure{Name: "model-003", Operation: schemas.RetireModelWorkflow, Outcome: schemas.Skipped,
			Reason: "it comes after the operation on model-001, which was not done"}, e.Failures[1])
	}
}

func TestWhatIsHeldIsStillHeldInTheFleetsNextRun(t *testing.T) {
	for ending, want := range map[schemas.Outcome]schemas.FleetTally{
		schemas.Completed:  {schemas.Completed: 5},
		schemas.RolledBack: {schemas.Completed: 3, schemas.RolledBack: 1, schemas.Skipped: 1},
	} {
		v := newRename(t)
		v.registersIn(map[string]time.Duration{"model-001": time.Hour}, schemas.Completed)
		v.at(time.Minute, func() {
			v.env.SetContinueAsNewSuggested(true)
			v.tell(schemas.PauseHandler)
		})
		first := v.run()
		require.NotNil(t, first.next)
		require.Equal(t, []int{3}, first.next.State.Held)

		next := newRename(t)
		next.in = *first.next
		next.in.State.Paused = false
		next.await = func(in schemas.AwaitInput) (out schemas.AwaitResult, _ error) {
			for _, run := range in.Runs {
				out.Ended = append(out.Ended, schemas.FleetEnding{FleetRun: run, Outcome: ending})
			}
			return out, nil
		}
		require.Equal(t, want, next.run().Outcomes)
	}
}

func TestAnOperationThatIsToComeAfterALaterOneFailsTheFleet(t *testing.T) {
	v := newRename(t)
	v.parts[1].Items[0].After.Index = 2
	e := v.run()
	require.Equal(t, schemas.FleetFailed, e.Status)
	require.Equal(t, schemas.ErrFleetPart, e.ErrorType)
	require.Contains(t, e.Reason, "has model-002 after an operation that does not come before it")
}
