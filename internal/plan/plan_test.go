package plan

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// manifest is that of a model of this name with a limit of so many requests a minute.
func manifest(name string, limit int) schemas.Manifest {
	return schemas.Manifest{
		Name: name, EndpointURL: "https://api.example.com", AuthCredentialID: "cred_1", ModelArchitecture: schemas.OpenAI,
		MaxRequestsPerMinute: limit, MaxTokensPerMinute: 1000,
	}
}

func live(id string, m schemas.Manifest) schemas.ListedModel {
	hash, _ := m.Payload().Hash()
	return schemas.ListedModel{ID: id, Payload: m.Payload(), Hash: hash}
}

func own(id string, m schemas.Manifest) schemas.Ownership {
	hash, _ := m.Payload().Hash()
	return schemas.Ownership{Name: m.Name, ModelID: id, PayloadHash: hash, Manifest: m, RunID: "run-" + id}
}

func only(t *testing.T, p schemas.Plan) schemas.PlanItem {
	t.Helper()
	require.Len(t, p.Items, 1)
	require.Equal(t, 1, p.Counts[p.Items[0].Action])
	return p.Items[0]
}

func TestWhatIsToBeDoneAboutOneModel(t *testing.T) {
	old, new := manifest("a", 500), manifest("a", 600)
	monitored := old
	monitored.JobTimeout = schemas.Duration(time.Hour)
	limit := []schemas.Change{{Key: "max_requests_per_minute", Old: "500", New: "600"}}
	for name, c := range map[string]struct {
		wanted  schemas.Manifest
		world   World
		action  schemas.PlanAction
		changes []schemas.Change
		drift   []schemas.Change
	}{
		"nowhere": {wanted: old, action: schemas.PlanCreate},
		"ours as it is wanted": {wanted: old,
			world: World{Live: []schemas.ListedModel{live("1", old)}, Owned: []schemas.Ownership{own("1", old)}}, action: schemas.PlanUnchanged},
		"ours, and something else is wanted": {wanted: new,
			world:  World{Live: []schemas.ListedModel{live("1", old)}, Owned: []schemas.Ownership{own("1", old)}},
			action: schemas.PlanChange, changes: limit},
		"ours, and another setting is wanted": {wanted: monitored,
			world: World{Live: []schemas.ListedModel{live("1", old)}, Owned: []schemas.Ownership{own("1", old)}}, action: schemas.PlanChange},
		"ours, and drifted": {wanted: new,
			world:  World{Live: []schemas.ListedModel{live("1", old)}, Owned: []schemas.Ownership{own("1", new)}},
			action: schemas.PlanRestore, changes: limit, drift: []schemas.Change{{Key: "max_requests_per_minute", Old: "600", New: "500"}}},
		"ours, drifted to what is wanted now": {wanted: new,
			world:  World{Live: []schemas.ListedModel{live("1", new)}, Owned: []schemas.Ownership{own("1", old)}},
			action: schemas.PlanChange, drift: limit},
		"ours, and gone": {wanted: old, world: World{Owned: []schemas.Ownership{own("1", old)}}, action: schemas.PlanRecreate},
		"ours, gone, and there by another hand": {wanted: old,
			world:  World{Live: []schemas.ListedModel{live("2", old)}, Owned: []schemas.Ownership{own("1", old)}},
			action: schemas.PlanRecreate},
		"nobody's, as it is wanted": {wanted: old, world: World{Live: []schemas.ListedModel{live("1", old)}}, action: schemas.PlanAdopt},
		"nobody's, otherwise": {wanted: new, world: World{Live: []schemas.ListedModel{live("1", old)}},
			action: schemas.PlanConflict, changes: limit},
		"nobody's, twice": {wanted: old, world: World{Live: []schemas.ListedModel{live("1", old), live("2", old)}}, action: schemas.PlanConflict},
	} {
		t.Run(name, func(t *testing.T) {
			item := only(t, Make([]schemas.Manifest{c.wanted}, c.world, Options{Prune: true}))
			require.Equal(t, c.action, item.Action)
			require.Equal(t, c.changes, item.Changes)
			require.Equal(t, c.drift, item.Drift)
		})
	}
}

func TestWhatIsOwnedAndInNoManifestIsRetiredOnlyWithPrune(t *testing.T) {
	w := World{Live: []schemas.ListedModel{live("1", manifest("a", 1))}, Owned: []schemas.Ownership{own("1", manifest("a", 1))}}
	kept := Make(nil, w, Options{})
	require.Empty(t, kept.Items)
	require.Equal(t, []string{"a"}, kept.Forgotten)
	item := only(t, Make(nil, w, Options{Prune: true}))
	require.Equal(t, schemas.PlanRetire, item.Action)
	require.Equal(t, "1", item.Seen.ModelID)
	require.NotEmpty(t, item.Seen.LiveHash)
}

func TestARenameIsSaidAsSuch(t *testing.T) {
	w := World{Live: []schemas.ListedModel{live("1", manifest("old", 1))}, Owned: []schemas.Ownership{own("1", manifest("old", 1))}}
	p := Make([]schemas.Manifest{manifest("new", 1), manifest("other", 2)}, w, Options{Prune: true})
	require.Equal(t, 2, p.Counts[schemas.PlanCreate])
	require.Equal(t, 1, p.Counts[schemas.PlanRetire])
	for _, i := range p.Items {
		require.Equal(t, i.Name == "new", i.RenamedFrom == "old", i.Name)
	}
}

func TestModelsThatAreNobodysAreListed(t *testing.T) {
	w := World{Live: []schemas.ListedModel{live("2", manifest("b", 1)), live("1", manifest("a", 1)), live("3", manifest("a", 2))}}
	p := Make(nil, w, Options{Prune: true})
	require.Empty(t, p.Items)
	require.Equal(t, []schemas.UnownedModel{{Name: "a", ModelID: "1"}, {Name: "a", ModelID: "3"}, {Name: "b", ModelID: "2"}}, p.Unowned)
}

func TestATwinOfAnOwnedModelIsNamed(t *testing.T) {
	m := manifest("a", 1)
	w := World{Live: []schemas.ListedModel{live("1", m), live("2", m)}, Owned: []schemas.Ownership{own("1", m)}}
	item := only(t, Make([]schemas.Manifest{m}, w, Options{}))
	require.Equal(t, schemas.PlanUnchanged, item.Action)
	require.Contains(t, item.Note, "2")
}

func TestEveryKeyOfTheManifestIsSentToTheGatewayOrIsASetting(t *testing.T) {
	a := manifest("a", 1)
	require.Empty(t, schemas.ChangedSettings(a, manifest("a", 2)))
	probed := a
	probed.Probe.Samples = 5
	require.Equal(t, []string{"probe"}, schemas.ChangedSettings(a, probed))
}

func TestAPlanDoesNotDependOnTheOrderOfWhatThereIs(t *testing.T) {
	var wanted []schemas.Manifest
	var w, reversed World
	for i := range 20 {
		m := manifest(fmt.Sprintf("model-%02d", i), i+1)
		wanted = append(wanted, m)
		if i%2 == 0 {
			w.Live = append(w.Live, live(m.Name, m))
		}
		if i%4 == 0 {
			w.Owned = append(w.Owned, own(m.Name, m))
		}
	}
	for i := range w.Live {
		reversed.Live = append(reversed.Live, w.Live[len(w.Live)-1-i])
	}
	for i := range w.Owned {
		reversed.Owned = append(reversed.Owned, w.Owned[len(w.Owned)-1-i])
	}
	require.Equal(t, Make(wanted, w, Options{Prune: true}), Make(wanted, reversed, Options{Prune: true}))
}

func TestAPlanSaysSinceWhenAModelIsDriftedOrMissingAsFarAsChecksHaveSeen(t *testing.T) {
	approved, edited := manifest("a", 600), manifest("a", 500)
	noticed, seen := time.Unix(1000, 0), time.Unix(2000, 0)
	for name, c := range map[string]struct {
		state              schemas.ModelState
		last               *schemas.LastCheck
		live               []schemas.ListedModel
		noticed, lastCheck time.Time
	}{
		"drifted, which a check has found": {schemas.ModelDrifted, &schemas.LastCheck{At: seen, StateSince: noticed},
			[]schemas.ListedModel{live("1", edited)}, noticed, time.Time{}},
		"drifted since the last check": {schemas.ModelActive, &schemas.LastCheck{At: seen, StateSince: noticed},
			[]schemas.ListedModel{live("1", edited)}, time.Time{}, seen},
		"missing, which a check has found": {schemas.ModelMissing, &schemas.LastCheck{At: seen, StateSince: noticed}, nil, noticed, time.Time{}},
		"missing, and last seen drifted":   {schemas.ModelDrifted, &schemas.LastCheck{At: seen, StateSince: noticed}, nil, time.Time{}, seen},
		"drifted, and never checked":       {schemas.ModelActive, nil, []schemas.ListedModel{live("1", edited)}, time.Time{}, time.Time{}},
		"as it was approved": {schemas.ModelActive, &schemas.LastCheck{At: seen, StateSince: noticed},
			[]schemas.ListedModel{live("1", approved)}, time.Time{}, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			o := own("1", approved)
			o.State, o.LastCheck = c.state, c.last
			item := only(t, Make([]schemas.Manifest{approved}, World{Live: c.live, Owned: []schemas.Ownership{o}}, Options{}))
			require.Equal(t, c.noticed, item.NoticedAt)
			require.Equal(t, c.lastCheck, item.CheckedAt)
		})
	}
}

func TestWhatAnOperationRunsOnIsBusyWhateverElseThePlanWouldSay(t *testing.T) {
	old, new := manifest("a", 500), manifest("a", 600)
	hash, _ := new.Payload().Hash()
	monitored := new
	monitored.JobTimeout = schemas.Duration(time.Hour)
	for name, c := range map[string]struct {
		world   World
		wanted  []schemas.Manifest
		running schemas.RunningOperation
		is      bool // what is wanted
	}{
		"a registration that waits, whose model is nobody's so far": {World{Live: []schemas.ListedModel{live("1", old)}},
			[]schemas.Manifest{new}, schemas.RunningOperation{Operation: schemas.RegisterModelWorkflow, Manifest: &old}, false},
		"a registration of what is wanted": {World{Live: []schemas.ListedModel{live("1", new)}},
			[]schemas.Manifest{new}, schemas.RunningOperation{Operation: schemas.RegisterModelWorkflow, PayloadHash: hash}, true},
		"a change with another setting": {World{Live: []schemas.ListedModel{live("1", old)}, Owned: []schemas.Ownership{own("1", old)}},
			[]schemas.Manifest{new}, schemas.RunningOperation{Operation: schemas.ChangeModelWorkflow, PayloadHash: hash, Manifest: &monitored}, false},
		"a retirement of what is wanted": {World{Live: []schemas.ListedModel{live("1", new)}, Owned: []schemas.Ownership{own("1", new)}},
			[]schemas.Manifest{new}, schemas.RunningOperation{Operation: schemas.RetireModelWorkflow}, false},
		"a retirement of what is in no manifest": {World{Live: []schemas.ListedModel{live("1", new)}, Owned: []schemas.Ownership{own("1", new)}},
			nil, schemas.RunningOperation{Operation: schemas.RetireModelWorkflow}, true},
		"a change of what is in no manifest": {World{Owned: []schemas.Ownership{own("1", new)}},
			nil, schemas.RunningOperation{Operation: schemas.ChangeModelWorkflow, Manifest: &new}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c.world.Running = map[string]schemas.RunningOperation{"a": c.running}
			p := Make(c.wanted, c.world, Options{Prune: true})
			item := only(t, p)
			require.Equal(t, schemas.PlanBusy, item.Action)
			require.Empty(t, item.Changes)
			require.Equal(t, c.is, item.Running.Wanted)
			require.Zero(t, p.Work())
			require.Equal(t, map[bool]int{true: 0, false: 1}[c.is], p.Undone())
		})
	}
}

func TestAModelThatIsBeingRegisteredIsNotListedAsNobodys(t *testing.T) {
	p := Make(nil, World{Live: []schemas.ListedModel{live("1", manifest("a", 1)), live("2", manifest("b", 1))},
		Running: map[string]schemas.RunningOperation{"a": {Operation: schemas.RegisterModelWorkflow}}}, Options{})
	require.Equal(t, []schemas.UnownedModel{{Name: "b", ModelID: "2"}}, p.Unowned)
}
