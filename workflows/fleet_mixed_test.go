package workflows

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// seenBefore is what the plan of every mixed fleet here saw.
var seenBefore = &schemas.Seen{ModelID: "m-1", LiveHash: strings.Repeat("a", 64), OwnedHash: strings.Repeat("a", 64)}

// newApply is a fleet that creates, changes, restores, adopts and retires, one after the other, so many times.
func newApply(t *testing.T, times, partSize int) *voyage {
	t.Helper()
	v := newVoyage(t, partSize, names(5*times)...)
	v.in.Operations = map[string]int{schemas.RegisterModelWorkflow: times, schemas.ChangeModelWorkflow: 2 * times,
		schemas.AdoptModelWorkflow: times, schemas.RetireModelWorkflow: times}
	v.in.Restores = times
	for p := range v.parts {
		part := &v.parts[p]
		for i := range part.Manifests {
			part.Items = append(part.Items, itemOf(part.First+i, &part.Manifests[i]))
		}
		part.Manifests = nil
	}
	return v
}

func itemOf(index int, m *schemas.Manifest) schemas.FleetItem {
	switch index % 5 {
	case 1:
		return schemas.FleetItem{Operation: schemas.ChangeModelWorkflow, Manifest: m, Seen: seenBefore}
	case 2:
		return schemas.FleetItem{Operation: schemas.ChangeModelWorkflow, Manifest: m, Seen: seenBefore, Restore: true}
	case 3:
		return schemas.FleetItem{Operation: schemas.AdoptModelWorkflow, Manifest: m, Seen: seenBefore}
	case 4:
		return schemas.FleetItem{Operation: schemas.RetireModelWorkflow, Name: m.Name, Reason: "in no manifest any more", Seen: seenBefore}
	}
	return schemas.FleetItem{Operation: schemas.RegisterModelWorkflow, Manifest: m}
}

func TestAFleetOfAllOperationsStartsEachWithWhatThePlanSaw(t *testing.T) {
	v := newApply(t, 1, 2)
	before := map[string]workflow.Info{}
	plain := v.registers
	v.registers = func(ctx workflow.Context, m schemas.Manifest) (schemas.Result, error) {
		v.mu.Lock()
		before[m.Name] = *workflow.GetInfo(ctx)
		v.mu.Unlock()
		return plain(ctx, m)
	}
	e := v.run()
	require.Equal(t, schemas.FleetCompleted, e.Status)
	m := func(i int) schemas.Manifest {
		return schemas.Manifest{Name: fmt.Sprintf("model-%03d", i), EndpointURL: "https://api.example.com", ModelArchitecture: schemas.OpenAI}
	}
	require.Equal(t, map[string]any{
		"model-000": schemas.RegisterModelInput{Manifest: m(0), Requester: requester},
		"model-001": schemas.ChangeModelInput{Manifest: m(1), Requester: requester, Seen: seenBefore},
		"model-002": schemas.ChangeModelInput{Manifest: m(2), Requester: requester, Seen: seenBefore, Restore: true},
		"model-003": schemas.AdoptModelInput{Manifest: m(3), Requester: requester, Seen: seenBefore},
		"model-004": schemas.RetireModelInput{Name: "model-004", Requester: requester, Reason: "in no manifest any more", Seen: seenBefore},
	}, v.inputs)
	for name, info := range before {
		require.Equal(t, "register-model/"+name, info.WorkflowExecution.ID, "one operation at a time on a name")
	}
	done := func(n int) schemas.FleetShare {
		return schemas.FleetShare{Total: n, Outcomes: schemas.FleetTally{schemas.Completed: n}}
	}
	changes := done(2)
	changes.Restores = 1
	require.Equal(t, map[string]schemas.FleetShare{schemas.RegisterModelWorkflow: done(1), schemas.ChangeModelWorkflow: changes,
		schemas.AdoptModelWorkflow: done(1), schemas.RetireModelWorkflow: done(1)}, e.Operations)
}

func TestAnOutdatedOperationIsRefusedAndTheOthersGoOn(t *testing.T) {
	v := newApply(t, 4, 7)
	plain := v.registers
	v.registers = func(ctx workflow.Context, m schemas.Manifest) (schemas.Result, error) {
		if m.Name == "model-001" || m.Name == "model-009" || m.Name == "model-012" {
			return v.after(ctx, time.Millisecond, schemas.Result{Name: m.Name, Status: schemas.Failed,
				ErrorType: schemas.ErrPlanOutdated, Reason: m.Name + " is not as the plan saw it any more"})
		}
		return plain(ctx, m)
	}
	e := v.run()
	require.Equal(t, schemas.FleetCompleted, e.Status)
	require.Equal(t, schemas.FleetTally{schemas.Completed: 17, schemas.Failed: 3}, e.Outcomes)
	require.Equal(t, schemas.FleetTally{schemas.Completed: 6, schemas.Failed: 2}, e.Operations[schemas.ChangeModelWorkflow].Outcomes)
	require.Equal(t, schemas.FleetTally{schemas.Completed: 3, schemas.Failed: 1}, e.Operations[schemas.RetireModelWorkflow].Outcomes)
	operations := map[string]string{}
	for _, f := range e.Failures {
		require.Equal(t, schemas.ErrPlanOutdated, f.ErrorType)
		operations[f.Name] = f.Operation
		require.Equal(t, f.Name == "model-012", f.Restore)
	}
	require.Equal(t, map[string]string{"model-001": schemas.ChangeModelWorkflow, "model-009": schemas.RetireModelWorkflow,
		"model-012": schemas.ChangeModelWorkflow}, operations)
	page := (&story{t: t, env: v.env}).page().CurrentDetails
	require.Contains(t, page, "- **operations**: 4 registrations, 8 changes, 4 adoptions, 4 retirements\n")
	require.Contains(t, page, "- ChangeModel model-001: FAILED")
}

func TestAMixedFleetIsCancelledInTheMiddle(t *testing.T) {
	v := newApply(t, 4, 20)
	v.at(2500*time.Millisecond, func() { v.tell(schemas.CancelHandler, schemas.FleetCancel{Reason: "the wrong plan"}) })
	e := v.run()
	require.Equal(t, schemas.FleetCancelled, e.Status)
	require.Equal(t, 10, e.Outcomes[schemas.Completed])
	require.Equal(t, 5, e.Outcomes[schemas.Cancelled]+e.Outcomes[schemas.Failed], "%+v", e.Outcomes)
	sum := 0
	for _, share := range e.Operations {
		sum += share.Outcomes.Sum()
	}
	require.Equal(t, e.Outcomes.Sum(), sum, "every ending is counted by its operation too")
	require.Equal(t, 5, e.NotStarted)
}

func TestAMixedFleetGoesOnInANewRunWithItsTalliesAndWhatIsInFlight(t *testing.T) {
	v := newApply(t, 4, 6)
	plain := v.registers
	v.registers = func(ctx workflow.Context, m schemas.Manifest) (schemas.Result, error) {
		if m.Name == "model-004" {
			return v.after(ctx, time.Hour, schemas.Result{Name: m.Name, Status: schemas.Completed})
		}
		return plain(ctx, m)
	}
	v.at(2500*time.Millisecond, func() { v.env.SetContinueAsNewSuggested(true) })
	first := v.run()
	require.NotNil(t, first.next, "%+v", first)
	require.Equal(t, v.in.Operations, first.next.Operations)
	retiring := first.next.State.InFlight[0]
	require.Equal(t, "model-004", retiring.Name)
	require.Equal(t, schemas.RetireModelWorkflow, retiring.Operation)

	next := newApply(t, 4, 6)
	next.in = *first.next
	next.await = func(in schemas.AwaitInput) (out schemas.AwaitResult, _ error) {
		for _, run := range in.Runs {
			out.Ended = append(out.Ended, schemas.FleetEnding{FleetRun: run, Outcome: schemas.Completed})
		}
		return out, nil
	}
	e := next.run()
	require.Equal(t, schemas.FleetTally{schemas.Completed: 20}, e.Outcomes)
	for operation, total := range v.in.Operations {
		require.Equal(t, schemas.FleetTally{schemas.Completed: total}, e.Operations[operation].Outcomes)
		require.Equal(t, total, e.Operations[operation].Total)
	}
	require.NotContains(t, next.begun, "model-004", "it runs already")
}

func TestAFleetDoesNothingThatItWasNotStartedFor(t *testing.T) {
	v := newApply(t, 1, 5)
	v.in.Operations, v.in.Restores = nil, 0 // it says that it registers
	e := v.run()
	require.Equal(t, schemas.FleetFailed, e.Status)
	require.Equal(t, schemas.ErrFleetPart, e.ErrorType)
	require.Contains(t, e.Reason, "part 1 of the fleet has a ChangeModel of model-001, which the fleet was not started for")
	require.Empty(t, v.inputs["model-004"])
}

func TestAFleetRetiresNoMoreThanItWasStartedFor(t *testing.T) {
	v := newApply(t, 2, 5)
	v.in.Operations[schemas.RetireModelWorkflow]--
	v.in.Operations[schemas.RegisterModelWorkflow]++
	e := v.run()
	require.Equal(t, schemas.FleetFailed, e.Status)
	require.Equal(t, schemas.ErrFleetPart, e.ErrorType)
	require.Contains(t, e.Reason, "has a RetireModel of")
	require.Contains(t, e.Reason, "which the fleet was not started for")
}

func TestCountsOfOperationsThatNobodySendsAreRefused(t *testing.T) {
	for name, forged := range map[string]map[string]int{
		"too few":   {schemas.RegisterModelWorkflow: 1},
		"too many":  {schemas.RegisterModelWorkflow: 5, schemas.ChangeModelWorkflow: 1},
		"negative":  {schemas.RegisterModelWorkflow: 6, schemas.ChangeModelWorkflow: -1},
		"unknown":   {schemas.RegisterModelWorkflow: 4, "ManageModel": 1},
		"and empty": {schemas.RegisterModelWorkflow: 5, schemas.ChangeModelWorkflow: 0},
	} {
		t.Run(name, func(t *testing.T) {
			v := newApply(t, 1, 5)
			v.in.Operations = forged
			wantFleetInput(t, v.run().Err, "the operations of the fleet fleet-1 are not as many as it has")
			require.Empty(t, v.begun)
		})
	}
}

func TestAStateThatNoMixedFleetHandsOnIsRefused(t *testing.T) {
	for name, forge := range map[string]func(*schemas.FleetState){
		"another operation's endings": func(s *schemas.FleetState) { s.Tallies = map[string]schemas.FleetTally{"ManageModel": {}} },
		"more endings than there are": func(s *schemas.FleetState) {
			s.Tallies = map[string]schemas.FleetTally{schemas.RetireModelWorkflow: {schemas.Completed: 2}}
		},
		"a flight of another operation": func(s *schemas.FleetState) {
			s.InFlight = []schemas.FleetRun{{Name: "model-000", Operation: "ManageModel"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := newApply(t, 1, 5)
			v.in.State = &schemas.FleetState{StartedAt: v.env.Now(), Window: 1, Runs: 1}
			forge(v.in.State)
			wantFleetInput(t, v.run().Err, "is not one that a fleet hands on")
			require.Empty(t, v.begun)
		})
	}
}

func TestAFleetOfOperationsIsNamedByWhatItDoes(t *testing.T) {
	v := newApply(t, 1, 5)
	start := StartOfFleet(v.in)
	require.Equal(t, "A fleet of 1 registration, 2 changes, 1 adoption, 1 retirement", start.Summary)
	require.Contains(t, start.Details, "- **operations**: 1 registration, 2 changes, 1 adoption, 1 retirement\n")
	summaries := []string{"Register model-000 (openai)", "Change model-001", "Restore model-002", "Adopt model-003", "Retire model-004"}
	for i, item := range v.parts[0].All() {
		o := childOptions(item, requester)
		require.Equal(t, summaries[i], o.StaticSummary)
		require.Equal(t, schemas.PriorityOfFleet, o.Priority.PriorityKey, "operations that a person waits for go first")
	}
}
