package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/testsuite/stack"
)

// anEstate registers so many models, whose manifests are in a folder.
func (k *kit) anEstate(n int) (e estate, names []string) {
	k.t.Helper()
	e = estate{k, k.t.TempDir()}
	all := k.manifests(n)
	for _, m := range all {
		e.write(m)
		names = append(names, m.Name)
	}
	r := k.fleet(registrar.FleetRequest{Manifests: all})
	require.Equal(k.t, schemas.FleetTally{schemas.Completed: n}, r.Outcomes, "%+v", r.Failures)
	return e, names
}

// limitOf is the limit that every changed model here gets.
const limitOf = 777

// change raises the limit of a model in its manifest.
func (e estate) change(name string, more ...func(*schemas.Manifest)) {
	e.k.t.Helper()
	m := e.k.readManifest(e.dir, name)
	m.MaxRequestsPerMinute = limitOf
	for _, change := range more {
		change(&m)
	}
	e.write(m)
}

func (e estate) remove(name string) {
	e.k.t.Helper()
	require.NoError(e.k.t, os.Remove(filepath.Join(e.dir, name+".json")))
}

// foreign makes a model in the gateway that is nobody's, and writes the manifest that describes it.
func (e estate) foreign(name string) {
	e.k.t.Helper()
	m := e.k.Manifest(name)
	e.k.makeByHand(m)
	e.write(m)
}

func TestAnApplyOutlivesItsStarterAndItsWorkersAndIsJoinedAgain(t *testing.T) {
	t.Parallel()
	k := onFleets(t, stack.Options{Simulator: []string{"--job-duration", "1s"}})
	workers := []func(){k.startWorker(), k.startWorker()}
	e, names := k.anEstate(24)
	for _, name := range names[:16] {
		e.change(name)
	}
	for _, name := range names[20:] {
		e.remove(name)
	}
	e.foreign("by-hand-1")
	e.foreign("by-hand-2")
	fresh := []string{k.name("fresh"), k.name("fresh")}
	for _, name := range fresh {
		e.write(k.Manifest(name))
	}
	apply := []string{"apply", e.dir, "--prune", "--yes", "--id", "git-1", "--window", "4", "--part-size", "10", "--requester", requester}
	first, err := k.StartStarter("apply", nil, apply...)
	require.NoError(t, err)
	k.awaitFleet("git-1", func(p schemas.FleetProgress) bool { return p.Ended >= 3 }, "some should be done")
	first.Kill()
	workers[0]()
	k.startWorker()
	k.awaitFleet("git-1", func(p schemas.FleetProgress) bool { return p.Ended >= 9 }, "it should go on without its starter")
	workers[1]()
	k.startWorker()

	r := k.runFleet(apply...)
	require.Zero(t, r.code, r.stderr)
	require.Contains(t, r.stderr, "joining it")
	require.Equal(t, schemas.FleetTally{schemas.Completed: 24}, r.Outcomes, "%+v", r.Failures)
	share := func(n int) schemas.FleetShare {
		return schemas.FleetShare{Total: n, Outcomes: schemas.FleetTally{schemas.Completed: n}}
	}
	require.Equal(t, map[string]schemas.FleetShare{schemas.RegisterModelWorkflow: share(2), schemas.ChangeModelWorkflow: share(16),
		schemas.AdoptModelWorkflow: share(2), schemas.RetireModelWorkflow: share(4)}, r.Operations)
	require.Greater(t, r.Runs, 1, "it continued as new")
	for i, name := range names {
		switch {
		case i < 16:
			require.Equal(t, limitOf, k.limit(name))
			require.Equal(t, []string{"RegisterModel COMPLETED", "ChangeModel COMPLETED"}, k.entries(name), "each thing is recorded once")
		case i >= 20:
			require.Empty(t, k.models(name))
			require.Equal(t, []string{"RegisterModel COMPLETED", "RetireModel COMPLETED"}, k.entries(name))
		default:
			require.Equal(t, []string{"RegisterModel COMPLETED"}, k.entries(name))
		}
	}
	require.Equal(t, []string{"AdoptModel COMPLETED"}, k.entries("by-hand-1"))
	p, _, code := e.plan("--prune")
	require.Zero(t, code)
	require.Equal(t, map[schemas.PlanAction]int{schemas.PlanUnchanged: 24}, p.Counts)
	for _, name := range []string{names[0], names[23], "by-hand-1", fresh[0]} {
		k.replay(name)
	}
	k.replayFleet(r.FleetResult)
}

func TestAnApplyIsPausedResumedAndApprovedWhileTheOthersGoOn(t *testing.T) {
	t.Parallel()
	k := onFleets(t, stack.Options{Keys: key1, Simulator: []string{"--job-duration", "300ms"}}) // encrypted, operations and all
	k.startWorker()
	e, names := k.anEstate(10)
	e.change(names[0], func(m *schemas.Manifest) { m.Approval.Policy = schemas.ApproveAlways })
	for _, name := range names[1:8] {
		e.change(name)
	}
	e.remove(names[9])
	k.order("apply", e.dir, "--prune", "--yes", "--id", "waits", "--window", "1", "--detach", "--requester", requester)
	k.awaitFleet("waits", func(p schemas.FleetProgress) bool { return p.Waiting == 1 && p.Ended >= 2 }, "an approval takes no place")
	k.order("fleet", "pause", "waits")
	var paused schemas.FleetProgress
	k.awaitFleet("waits", func(p schemas.FleetProgress) bool { paused = p; return p.InFlight == 0 }, "what runs should end")
	require.Equal(t, schemas.FleetPaused, paused.Status)
	require.Positive(t, paused.Queued)
	require.Len(t, k.models(names[9]), 1, "a retirement begins last")
	k.order("fleet", "resume", "waits")
	k.awaitFleet("waits", func(p schemas.FleetProgress) bool { return p.Ended == 8 && p.Waiting == 1 }, "the rest should go on")
	require.Empty(t, k.models(names[9]))
	require.NotEqual(t, limitOf, k.limit(names[0]), "nothing changes before it is approved")
	shown, _ := k.order("fleet", "status", "waits")
	require.Contains(t, shown, "8 of 9 done")
	require.Regexp(t, `retirements +1 of 1 done`, shown)
	k.approve(names[0])
	r := k.runFleet("fleet", "watch", "waits")
	require.Zero(t, r.code, r.stderr)
	require.Equal(t, schemas.FleetTally{schemas.Completed: 9}, r.Outcomes)
	require.Equal(t, limitOf, k.limit(names[0]))
	k.replayFleet(r.FleetResult)
}

func TestACancelledApplyLeavesEachModelAsItWasOrAsItIsToBe(t *testing.T) {
	t.Parallel()
	k := onFleets(t, stack.Options{Simulator: []string{"--job-duration", "1s"}})
	kill := k.startWorker()
	e, names := k.anEstate(20)
	before := k.limit(names[0])
	for _, name := range names {
		e.change(name)
	}
	k.order("apply", e.dir, "--yes", "--id", "wrong", "--window", "5", "--detach", "--requester", requester)
	k.awaitFleet("wrong", func(p schemas.FleetProgress) bool { return p.Ended >= 5 && p.InFlight >= 3 }, "some should be done")
	k.order("fleet", "cancel", "wrong")
	kill() // in the middle of updates, of their undoing and of hand-overs
	k.startWorker()
	r := k.runFleet("fleet", "watch", "wrong")
	require.Equal(t, 3, r.code, r.stderr)
	require.Equal(t, schemas.FleetCancelled, r.Status)
	require.Positive(t, r.Outcomes[schemas.Cancelled])
	require.Positive(t, r.NotStarted)
	changed := 0
	for _, name := range names {
		limit := k.limit(name)
		require.Contains(t, []int{before, limitOf}, limit, "nothing in between")
		if limit == limitOf {
			changed++
		}
	}
	require.Equal(t, r.Outcomes[schemas.Completed], changed)
	k.replayFleet(r.FleetResult)

	again := k.runFleet("apply", e.dir, "--yes", "--requester", requester)
	require.Zero(t, again.code, again.stderr)
	require.Equal(t, schemas.FleetTally{schemas.Completed: 20 - changed}, again.Outcomes, "another apply does the rest")
}

func TestAFolderWithTwoNamesAlikeIsNotApplied(t *testing.T) {
	k := onShared(t)
	e := estate{k, t.TempDir()}
	m := k.Manifest(k.name("twice"))
	e.write(m)
	require.NoError(t, os.Rename(filepath.Join(e.dir, m.Name+".json"), filepath.Join(e.dir, "other.json")))
	e.write(m)
	for _, command := range [][]string{{"plan", e.dir}, {"apply", e.dir, "--yes"}} {
		_, stderr, code := k.Run(k.ctx, command...)
		require.Equal(t, 2, code)
		require.Contains(t, stderr, fmt.Sprintf("%q is taken by", m.Name))
		require.Contains(t, stderr, "nothing was started")
	}
	require.Empty(t, k.models(m.Name))
}

func TestARenamedModelIsMadeUnderItsNewNameAndTheOldOneRetired(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "300ms")
	k.startWorker()
	e, names := k.anEstate(2)
	m := k.readManifest(e.dir, names[0])
	e.remove(names[0])
	m.Name = "new-name"
	e.write(m)
	stdout, _ := k.order("plan", e.dir, "--prune")
	require.Contains(t, stdout, "renamed from "+names[0]+", which will be retired")
	stdout, stderr := k.order("apply", e.dir, "--prune", "--yes", "--requester", requester)
	require.Contains(t, stderr, "renamed from "+names[0])
	for _, line := range []string{"registrations  1 of 1 done", "retirements    1 of 1 done"} {
		require.Contains(t, stdout, line)
	}
	require.Empty(t, k.models(names[0]))
	require.Len(t, k.models("new-name"), 1)
}

func TestManifestsThatWereRemovedByMistakeRetireNothing(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "100ms")
	k.startWorker()
	e, names := k.anEstate(13)
	for _, name := range names[1:] {
		e.remove(name)
	}
	e.change(names[0])
	_, stderr, code := k.Run(k.ctx, "apply", e.dir, "--prune", "--yes", "--requester", requester)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "the plan retires 12 models, and --max-retire allows 10; nothing was started")
	models, err := k.Sim.Models(k.ctx, "")
	require.NoError(t, err)
	require.Len(t, models, 13)
	require.NotEqual(t, limitOf, k.limit(names[0]), "not even the change was started")

	r := k.runFleet("apply", e.dir, "--prune", "--yes", "--max-retire", "12", "--requester", requester)
	require.Zero(t, r.code, r.stderr)
	require.Equal(t, 12, r.Operations[schemas.RetireModelWorkflow].Outcomes[schemas.Completed])
	left, _ := k.order("models", "--output", "json")
	require.Contains(t, left, names[0])
	require.False(t, slices.ContainsFunc(names[1:], func(name string) bool { return strings.Contains(left, name) }))
}
