package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/internal/manifest"
	"model-registrar/schemas"
)

// planOf saves a plan that has one model for each of the actions, and whatever change makes of it.
func planOf(t *testing.T, change func(*schemas.Plan)) string {
	t.Helper()
	p := schemas.Plan{Version: schemas.PlanVersion}
	for _, action := range schemas.PlanActions {
		item := schemas.PlanItem{Name: "to-" + string(action), Action: action, Seen: schemas.Seen{ModelID: "id-of-" + string(action)}}
		if action == schemas.PlanBusy {
			item.Running = &schemas.RunningOperation{Operation: schemas.RegisterModelWorkflow, Stage: schemas.StageApproval,
				Requester: "bob", StartedAt: moment, RunID: "run-1", Wanted: true}
		}
		if action != schemas.PlanRetire {
			documents, err := manifest.Parse("m.yaml", []byte(named(item.Name)))
			require.NoError(t, err)
			item.Manifest = &documents[0].Manifest
		}
		p.Items = append(p.Items, item)
	}
	if change != nil {
		change(&p)
	}
	raw, err := json.Marshal(p)
	require.NoError(t, err)
	return file(t, "plan.json", string(raw))
}

// without leaves out the items with this action.
func without(action schemas.PlanAction) func(*schemas.Plan) {
	return func(p *schemas.Plan) {
		var kept []schemas.PlanItem
		for _, i := range p.Items {
			if i.Action != action {
				kept = append(kept, i)
			}
		}
		p.Items = kept
	}
}

// doesAll ends a fleet with everything done.
func doesAll(in schemas.RegisterFleetInput) (schemas.FleetResult, error) {
	r, _ := registersAll()(in)
	r.Operations = map[string]schemas.FleetShare{}
	for o, n := range in.Operations {
		share := schemas.FleetShare{Total: n, Outcomes: schemas.FleetTally{schemas.Completed: n}}
		if o == schemas.ChangeModelWorkflow {
			share.Restores = in.Restores
		}
		r.Operations[o] = share
	}
	return r, nil
}

func TestASavedPlanRunsAsOneFleetWithWhatItSaw(t *testing.T) {
	f := newFrontend(t)
	f.fleetEnds = doesAll
	r := starter(t, "", onFrontend(f), "apply", planOf(t, without(schemas.PlanConflict)), "--yes", "--id", "f1", "--window", "7", "--requester", "ann")
	require.Zero(t, r.code, r.errors)
	parts, in := f.startedFleet(t)
	require.Equal(t, schemas.RegisterFleetInput{FleetID: "f1", Total: 6, Parts: 1, Window: 7, Requester: "ann", Restores: 1, Operations: map[string]int{
		schemas.RegisterModelWorkflow: 2, schemas.ChangeModelWorkflow: 2, schemas.AdoptModelWorkflow: 1, schemas.RetireModelWorkflow: 1}}, in)
	require.Len(t, f.started, 2, "the operations are the fleet's to start")
	var order []string
	for _, i := range parts[0].Items {
		order = append(order, i.Operation+" "+i.ModelName())
		if i.Operation == schemas.RegisterModelWorkflow {
			require.Nil(t, i.Seen)
			continue
		}
		require.Equal(t, "id-of-"+strings.TrimPrefix(i.ModelName(), "to-"), i.Seen.ModelID)
		require.Equal(t, i.ModelName() == "to-restore", i.Restore)
	}
	require.Equal(t, []string{"RegisterModel to-create", "ChangeModel to-change", "AdoptModel to-adopt", "ChangeModel to-restore",
		"RegisterModel to-recreate", "RetireModel to-retire"}, order, "retirements come last")
	for _, want := range []string{"COMPLETED  fleet f1: 6 of 6 operations done", "registrations  2 of 2 done", "retirements    1 of 1 done",
		"changes        2 of 2 done, 1 of them to restore what was approved"} {
		require.Contains(t, r.out, want)
	}
	require.Contains(t, r.errors, "Plan: 1 to create, 1 to change, 1 to adopt, 1 to restore, 1 to recreate, 1 to retire, 1 in progress, 1 unchanged.")
}

func TestAPlanWithConflictsIsAppliedAndFailsInTheEnd(t *testing.T) {
	f := newFrontend(t)
	f.fleetEnds = doesAll
	r := starter(t, "", onFrontend(f), "apply", planOf(t, nil), "--yes")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.out, "6 of 6 operations done")
}

func TestWhatAnApplyDidNotDoIsNamedWithACommandThatDoesJustThat(t *testing.T) {
	f := newFrontend(t)
	f.fleetEnds = func(in schemas.RegisterFleetInput) (schemas.FleetResult, error) {
		r, _ := doesAll(in)
		r.Registered[0] &^= 1 << 5 // the retirement
		r.Outcomes = schemas.FleetTally{schemas.Completed: 5, schemas.Failed: 1}
		r.Failures = []schemas.FleetFailure{{Name: "to-retire", Operation: schemas.RetireModelWorkflow, Outcome: schemas.Failed,
			ErrorType: schemas.ErrPlanOutdated, Reason: "to-retire is not as the plan saw it any more"}}
		return r, nil
	}
	plan := planOf(t, without(schemas.PlanConflict))
	r := starter(t, "", onFrontend(f), "apply", plan, "--yes", "--id", "f1")
	require.Equal(t, exitFailed, r.code)
	for _, want := range []string{"5 of 6 operations done", "retire to-retire  FAILED  PlanOutdated: ", "make a new plan",
		"make a new one:  starter plan PATH… --prune --out " + quote(plan)} {
		require.Contains(t, r.out, want)
	}
	f.started, f.fleetEnds = nil, doesAll
	r = starter(t, "", onFrontend(f), "apply", plan, "--yes", "--id", "f2", "--only-failed-of", "f1", "-o", "json")
	require.Zero(t, r.code, r.errors)
	parts, _ := f.startedFleet(t)
	require.Len(t, parts[0].Items, 1)
	require.Equal(t, "to-retire", parts[0].Items[0].Name)
	require.Equal(t, 1, documents[schemas.FleetResult](t, r)[0].Total)
}

func TestNothingOfAnApplyStartsUnlessItMay(t *testing.T) {
	twice := func(p *schemas.Plan) { p.Items = append(p.Items, p.Items[0]) }
	for says, c := range map[string]struct {
		change func(*schemas.Plan)
		args   string
		code   int
	}{
		"the plan retires 1 model, and --max-retire allows 0; nothing was started": {nil, "--yes --max-retire 0", exitUsage},
		"there is nobody to ask; say --yes. Nothing was started":                   {nil, "", exitUsage},
		"to-create: the name comes twice":                                          {twice, "--yes", exitUsage},
		`no plan has the action "destroy"`:                                         {func(p *schemas.Plan) { p.Items[0].Action = "destroy" }, "--yes", exitUsage},
		"the manifest of this name is missing":                                     {func(p *schemas.Plan) { p.Items[0].Manifest.Name = "other" }, "--yes", exitUsage},
		"the manifest is not valid":                                                {func(p *schemas.Plan) { p.Items[1].Manifest.MaxTokensPerMinute = -1 }, "--yes", exitUsage},
		"a plan of version 9":                                                      {func(p *schemas.Plan) { p.Version = 9 }, "--yes", exitUsage},
		"--window must be from 1 to 1000":                                          {nil, "--yes --window 0", exitUsage},
		"--max-retire must not be negative":                                        {nil, "--yes --max-retire -1", exitUsage},
		"--id: a fleet's id has":                                                   {nil, "--yes --id a/b", exitUsage},
	} {
		f := newFrontend(t)
		r := starter(t, "", onFrontend(f), append([]string{"apply", planOf(t, c.change)}, strings.Fields(c.args)...)...)
		require.Equal(t, c.code, r.code, says)
		require.Contains(t, r.errors, says)
		require.Empty(t, f.started, says)
	}
}

func TestPruneRetiresTenModelsUnlessItIsTold(t *testing.T) {
	many := func(p *schemas.Plan) {
		p.Items = nil
		for i := range 11 {
			p.Items = append(p.Items, schemas.PlanItem{Name: fmt.Sprint("gone-", i), Action: schemas.PlanRetire})
		}
	}
	f := newFrontend(t)
	f.fleetEnds = doesAll
	r := starter(t, "", onFrontend(f), "apply", planOf(t, many), "--yes")
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.errors, "the plan retires 11 models, and --max-retire allows 10; nothing was started")
	require.Contains(t, r.errors, "Is a folder of manifests missing? If they are to go:  --max-retire 11")
	require.Empty(t, f.started)
	r = starter(t, "", onFrontend(f), "apply", planOf(t, many), "--yes", "--max-retire", "11")
	require.Zero(t, r.code, r.errors)
}

func TestAPlanWithNothingToDoStartsNothing(t *testing.T) {
	nothing := func(p *schemas.Plan) { p.Items = p.Items[len(p.Items)-1:] }
	f := newFrontend(t)
	r := starter(t, "", onFrontend(f), "apply", planOf(t, nothing), "-o", "json")
	require.Zero(t, r.code, r.errors)
	require.Equal(t, schemas.FleetCompleted, documents[schemas.FleetResult](t, r)[0].Status)
	require.Contains(t, r.errors, "nothing to do; 1 unchanged.")
	require.Empty(t, f.started)
}

func TestManifestsUnderTheIDOfAFleetJoinItIfItWasMadeOfThem(t *testing.T) {
	f := newFrontend(t)
	f.fleetEnds = doesAll
	plan := planOf(t, func(p *schemas.Plan) { p.Items = append(p.Items[:2:2], p.Items[5]) }) // create, change, retire
	require.Zero(t, starter(t, "", onFrontend(f), "apply", plan, "--yes", "--id", "f1", "--requester", "ann").code)
	folder := t.TempDir()
	for _, name := range []string{"to-create", "to-change", "to-stay"} {
		require.NoError(t, os.WriteFile(folder+"/"+name+".yaml", []byte(named(name)), 0o600))
	}
	r := starter(t, "", onFrontend(f), "apply", folder, "--prune", "--id", "f1", "--requester", "ann")
	require.Zero(t, r.code, r.errors)
	require.Contains(t, r.errors, "The fleet f1 was started with these manifests before; joining it.")
	require.Contains(t, r.out, "3 of 3 operations done")

	// Without --prune, with another manifest, or by somebody else, it is another fleet.
	require.Contains(t, starter(t, "", onFrontend(f), "apply", folder, "--id", "f1", "--requester", "ann").errors, "taken by another fleet")
	require.Contains(t, starter(t, "", onFrontend(f), "apply", folder, "--prune", "--id", "f1", "--requester", "bob").errors, "taken by another fleet")
	changed := strings.Replace(named("to-change"), "max_requests_per_minute: 500", "max_requests_per_minute: 501", 1)
	require.NotEqual(t, named("to-change"), changed)
	require.NoError(t, os.WriteFile(folder+"/to-change.yaml", []byte(changed), 0o600))
	require.Contains(t, starter(t, "", onFrontend(f), "apply", folder, "--prune", "--id", "f1", "--requester", "ann").errors, "taken by another fleet")
}

func TestAnOperationThatRunsIsNoConflict_AndWhatMakesSomethingElseIsNotDone(t *testing.T) {
	only := func(wanted bool) func(*schemas.Plan) {
		return func(p *schemas.Plan) {
			for _, i := range p.Items {
				if i.Action == schemas.PlanBusy {
					i.Running.Wanted = wanted
					p.Items = []schemas.PlanItem{i}
				}
			}
			p.Counts = map[schemas.PlanAction]int{schemas.PlanBusy: 1}
		}
	}
	r := starter(t, "", onFrontend(newFrontend(t)), "apply", planOf(t, only(true)), "--yes")
	require.Zero(t, r.code, r.errors)
	for _, line := range []string{
		"* to-busy is being registered: it is left alone", "its registration is at WAITING_FOR_APPROVAL, started ", ", asked for by bob",
		"it does what the manifests say", "watch it:  starter watch to-busy; decide:  starter approve to-busy --reason …",
		"Plan: nothing to do; 1 in progress.",
	} {
		require.Contains(t, r.errors, line)
	}
	r = starter(t, "", onFrontend(newFrontend(t)), "apply", planOf(t, only(false)), "--yes")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "apply again once it has ended")
}

func TestWhatAnEditedPlanSaysIsNotRepeatedWithoutBounds(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for name, edit := range map[string]func(i *schemas.PlanItem){
		"name": func(i *schemas.PlanItem) { i.Name = long }, "action": func(i *schemas.PlanItem) { i.Action = schemas.PlanAction(long) },
		"note": func(i *schemas.PlanItem) { i.Note = long },
	} {
		plan := planOf(t, func(p *schemas.Plan) {
			p.Items = p.Items[:1]
			edit(&p.Items[0])
		})
		for _, output := range []string{"text", "json"} {
			r := starter(t, "", onFrontend(newFrontend(t)), "apply", plan, "-o", output)
			require.Equal(t, exitUsage, r.code, name)
			require.Less(t, len(r.errors)+len(r.out), 50_000, name)
		}
	}
}
