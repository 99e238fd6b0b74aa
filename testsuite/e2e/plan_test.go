package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// estate is a folder of manifests.
type estate struct {
	k   *kit
	dir string
}

func (e estate) write(m schemas.Manifest) {
	e.k.t.Helper()
	raw, err := json.Marshal(m)
	require.NoError(e.k.t, err)
	require.NoError(e.k.t, os.WriteFile(filepath.Join(e.dir, m.Name+".json"), raw, 0o600))
}

// plan runs `starter plan` and returns the action about each model.
func (e estate) plan(flags ...string) (p schemas.Plan, actions map[string]schemas.PlanAction, code int) {
	e.k.t.Helper()
	args := append([]string{"plan", e.dir, "--output", "json", "--detailed-exitcode"}, flags...)
	stdout, stderr, code := e.k.Run(e.k.ctx, args...)
	require.NoError(e.k.t, json.Unmarshal([]byte(stdout), &p), "%s%s", stdout, stderr)
	actions = map[string]schemas.PlanAction{}
	for _, i := range p.Items {
		actions[i.Name] = i.Action
	}
	return p, actions, code
}

func TestAnEstateIsPlannedAndApplied(t *testing.T) {
	t.Parallel()
	k := onOwn(t)
	_, err := k.StartWorker()
	require.NoError(t, err)
	e := estate{k, t.TempDir()}
	changed, same, edited, gone, foreign := k.Manifest("changed"), k.Manifest("same"), k.Manifest("edited"), k.Manifest("gone"), k.Manifest("foreign")
	for _, m := range []schemas.Manifest{changed, same, edited, gone} {
		e.write(m)
	}
	_, actions, code := e.plan()
	require.Equal(t, 2, code)
	require.Equal(t, map[string]schemas.PlanAction{"changed": "create", "same": "create", "edited": "create", "gone": "create"}, actions)
	stdout, stderr, code := k.Run(k.ctx, "apply", e.dir, "--requester", requester)
	require.Equal(t, 2, code, "nobody can be asked: %s%s", stdout, stderr)
	k.order("apply", e.dir, "--yes", "--requester", requester)
	_, _, code = e.plan()
	require.Zero(t, code)

	changed.MaxRequestsPerMinute++
	e.write(changed)
	require.NoError(t, k.Sim.EditModel(k.ctx, k.models("edited")[0].ID, map[string]any{"authCredentialId": "cred_other"}))
	require.NoError(t, os.Remove(filepath.Join(e.dir, "gone.json")))
	e.write(k.Manifest("fresh"))
	k.makeByHand(foreign)
	p, _, _ := e.plan()
	require.Equal(t, []string{"gone"}, p.Forgotten)
	require.Len(t, p.Unowned, 1)
	exported, _ := k.order("export", "foreign")
	require.NoError(t, os.WriteFile(filepath.Join(e.dir, "foreign.yaml"), []byte(exported), 0o600))

	saved := filepath.Join(t.TempDir(), "plan.json")
	p, actions, code = e.plan("--prune", "--out", saved)
	require.Equal(t, 2, code)
	require.Equal(t, map[string]schemas.PlanAction{
		"changed": "change", "same": "unchanged", "edited": "restore", "gone": "retire", "foreign": "adopt", "fresh": "create",
	}, actions)
	require.Equal(t, 5, p.Work())
	stdout, stderr, code = k.Run(k.ctx, "apply", saved, "--yes", "--max-retire", "0")
	require.Equal(t, 2, code, stdout+stderr)
	require.Contains(t, stderr, "--max-retire 1")

	// What moved since is refused, and the rest is done.
	require.NoError(t, k.Sim.EditModel(k.ctx, k.models("changed")[0].ID, map[string]any{"authCredentialId": "cred_moved"}))
	r := k.runFleet("apply", saved, "--yes", "--requester", requester)
	require.Equal(t, 1, r.code, r.stderr)
	require.Equal(t, schemas.FleetTally{schemas.Completed: 4, schemas.Failed: 1}, r.Outcomes)
	require.Equal(t, schemas.ErrPlanOutdated, r.Failures[0].ErrorType)
	k.replayFleet(r.FleetResult)
	require.Empty(t, k.models("gone"))

	k.order("apply", e.dir, "--prune", "--yes", "--requester", requester)
	p, actions, code = e.plan("--prune")
	require.Zero(t, code, "%v", actions)
	require.Equal(t, map[schemas.PlanAction]int{schemas.PlanUnchanged: 5}, p.Counts)
	stdout, _ = k.order("models", "--output", "json")
	require.Contains(t, stdout, `"foreign"`)
	require.NotContains(t, stdout, `"gone"`)
}
