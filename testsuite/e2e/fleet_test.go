package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/testsuite/replay"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

// onFleets gives a test a stack of its own whose fleets continue as new after few events.
func onFleets(t *testing.T, o stack.Options) *kit {
	t.Helper()
	o.Devserver = []string{"--suggest-continue-as-new-after", "150"}
	return onDisk(t, o)
}

// manifests are those of a fleet.
func (k *kit) manifests(n int) (all []schemas.Manifest) {
	for range n {
		m := k.Manifest(k.name("fleet"))
		m.JobTimeout = schemas.Duration(limit) // crashes hold it up time and again
		all = append(all, m)
	}
	return all
}

// folder writes manifests into a folder of files and returns it with their names.
func (k *kit) folder(n int) (folder string, names []string) {
	k.t.Helper()
	e := estate{k, k.t.TempDir()}
	for _, m := range k.manifests(n) {
		e.write(m)
		names = append(names, m.Name)
	}
	return e.dir, names
}

// startFleet starts a fleet and does not wait for it.
func (k *kit) startFleet(r registrar.FleetRequest) registrar.Fleet {
	k.t.Helper()
	r.Requester = requester
	f, err := k.registrar.StartFleet(k.ctx, r)
	require.NoError(k.t, err)
	return f
}

// fleet runs a fleet to its end, and returns what it came to.
func (k *kit) fleet(r registrar.FleetRequest) schemas.FleetResult {
	k.t.Helper()
	return k.endOfFleet(k.startFleet(r).ID)
}

// endOfFleet waits for a fleet's end, replays it and returns what it came to.
func (k *kit) endOfFleet(id string) schemas.FleetResult {
	k.t.Helper()
	r, err := k.registrar.AwaitFleet(k.ctx, id)
	require.NoError(k.t, err)
	k.replayFleet(r)
	return r
}

// ranFleet is what a command that followed a fleet came to.
type ranFleet struct {
	schemas.FleetResult
	stderr string
	code   int
}

// runFleet runs a command of the starter that prints a fleet's result.
func (k *kit) runFleet(args ...string) (r ranFleet) {
	k.t.Helper()
	stdout, stderr, code := k.Run(k.ctx, append(args, "--output", "json")...)
	if err := json.Unmarshal([]byte(stdout), &r.FleetResult); err != nil {
		k.t.Errorf("%v: %v\n%s\n%s", args, err, stdout, stderr)
	}
	r.stderr, r.code = stderr, code
	return r
}

// awaitFleet waits until a fleet says that it is as wanted.
func (k *kit) awaitFleet(id string, as func(schemas.FleetProgress) bool, message string) {
	k.t.Helper()
	k.eventually(func() bool {
		p, err := k.registrar.FleetStatus(k.ctx, id)
		return err == nil && as(p)
	}, "%s", message)
}

// runs lists all runs of a fleet, oldest first, once visibility knows as many.
func (k *kit) runs(id string, n int) (all []*workflowpb.WorkflowExecutionInfo) {
	k.t.Helper()
	k.eventually(func() bool {
		page, err := k.client.ListWorkflow(k.ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: fmt.Sprintf("WorkflowId = '%s'", schemas.RegisterFleetWorkflowID(id)), PageSize: 1000,
		})
		all = page.GetExecutions()
		return err == nil && len(all) == n
	}, "%d runs of the fleet %s should be known", n, id)
	slices.Reverse(all)
	return all
}

// replayFleet replays every run of a fleet against the present code.
func (k *kit) replayFleet(r schemas.FleetResult) {
	k.t.Helper()
	for _, run := range k.runs(r.FleetID, r.Runs) {
		h := k.history(r.WorkflowID, run.GetExecution().GetRunId())
		require.NoError(k.t, replay.Encrypted(h, k.keys))
		require.Less(k.t, len(h.Events), 1500, "it gives way to a new run in time")
		k.record(r.FleetID, h)
	}
}

// requireRegisteredOnce checks that each of the names has one model, and one ending in the audit trail.
func (k *kit) requireRegisteredOnce(names []string) {
	k.t.Helper()
	models, err := k.Sim.Models(k.ctx, "")
	require.NoError(k.t, err)
	count := map[string]int{}
	for _, m := range models {
		count[m.Name]++
	}
	endings := k.endings()
	for _, name := range names {
		require.Equal(k.t, 1, count[name], "models of %s", name)
		require.Equal(k.t, []schemas.Outcome{schemas.Completed}, endings[name], name)
	}
}

// endings reads from the audit trail how the registrations of each name ended.
func (k *kit) endings() map[string][]schemas.Outcome {
	k.t.Helper()
	data, err := os.ReadFile(k.AuditFile)
	require.NoError(k.t, err)
	ids, endings := map[string]bool{}, map[string][]schemas.Outcome{}
	for line := range strings.Lines(string(data)) {
		var e schemas.AuditEntry
		require.NoError(k.t, json.Unmarshal([]byte(line), &e), line)
		if e.Event == schemas.AuditEnded {
			require.False(k.t, ids[e.EntryID], "%s is recorded twice", e.EntryID)
			ids[e.EntryID] = true
			endings[e.Name] = append(endings[e.Name], e.Outcome)
		}
	}
	return endings
}

func TestAFleetOutlivesKilledWorkersAKilledServerAndFailingCalls(t *testing.T) {
	t.Parallel()
	k := onFleets(t, stack.Options{Simulator: []string{"--job-duration", "500ms"}})
	for _, op := range []control.Op{control.OpCreate, control.OpList, control.OpGet, control.OpJob, control.OpHealth, control.OpDelete} {
		action := control.Action{Status: 503}
		if op == control.OpCreate || op == control.OpHealth {
			action = control.Action{Cut: control.CutAfter} // it took effect, and nobody was told
		}
		_, err := k.Sim.Fault(k.ctx, control.Fault{Match: control.Match{Op: op}, Every: 20, Action: action})
		require.NoError(t, err)
	}
	workers := []func(){k.startWorker(), k.startWorker()}
	folder, names := k.folder(200)
	ended := make(chan ranFleet, 1)
	go func() {
		ended <- k.runFleet("fleet", folder, "--id", "crashes", "--part-size", "45", "--window", "40", "--requester", requester)
	}()

	// Whenever some more models exist, the older worker is killed and another one begins; half way, the server too.
	for kills, next := 0, 20; next < len(names); kills, next = kills+1, next+20 {
		k.eventually(func() bool {
			state, err := k.Sim.State(k.ctx)
			return err == nil && state.ModelsCreated >= next
		}, "%d models should exist after %d kills", next, kills)
		workers[0]()
		workers = []func(){workers[1], k.startWorker()}
		if next == 100 {
			k.KillDevserver()
			require.NoError(t, k.StartDevserver(k.ctx))
		}
	}
	r := <-ended
	require.Equal(t, schemas.FleetCompleted, r.Status, "%s\n%s", r.Reason, r.stderr)
	require.Equal(t, schemas.FleetTally{schemas.Completed: len(names)}, r.Outcomes, "%+v", r.Failures)
	require.Zero(t, r.code)
	require.Equal(t, 5, r.Parts)
	require.Greater(t, r.Runs, 3, "it continued as new several times")
	k.requireRegisteredOnce(names)
	state, err := k.Sim.State(k.ctx)
	require.NoError(t, err)
	require.Equal(t, len(names), state.ModelsCreated, "no model was made twice and removed again")
	for _, name := range names[:10] {
		k.replay(name)
	}
	k.replayFleet(r.FleetResult)
}

func TestAFleetPausedResumedAndCancelledHalfWayLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	k := onFleets(t, stack.Options{Keys: key1, Simulator: []string{"--job-duration", "1s"}}) // encrypted, parts and all
	k.startWorker()
	folder, names := k.folder(60)
	k.order("fleet", folder, "--id", "orders", "--part-size", "25", "--window", "8", "--detach", "--requester", requester)
	k.awaitFleet("orders", func(p schemas.FleetProgress) bool { return p.Ended >= 4 }, "some should have ended")
	k.order("pause", "orders")
	var paused schemas.FleetProgress
	k.awaitFleet("orders", func(p schemas.FleetProgress) bool { paused = p; return p.InFlight == 0 }, "what runs should end")
	require.Equal(t, schemas.FleetPaused, paused.Status)
	models, err := k.Sim.Models(k.ctx, "")
	require.NoError(t, err)
	require.Len(t, models, paused.Outcomes[schemas.Completed], "nothing is half done while it is paused")

	k.order("window", "orders", "12")
	k.order("resume", "orders")
	k.awaitFleet("orders", func(p schemas.FleetProgress) bool { return p.Ended >= paused.Ended+10 && p.InFlight > 6 }, "it should go on")
	k.order("cancel", "register-fleet/orders")
	r := k.runFleet("watch", "register-fleet/orders")
	require.Equal(t, 3, r.code, r.stderr)
	require.Equal(t, schemas.FleetCancelled, r.Status)
	require.Equal(t, len(names), r.Outcomes.Sum()+r.NotStarted)
	require.Equal(t, r.Outcomes.Sum(), r.Outcomes[schemas.Completed]+r.Outcomes[schemas.Cancelled], "%+v", r.Failures)
	require.Positive(t, r.Outcomes[schemas.Cancelled])
	require.Positive(t, r.NotStarted)
	require.Positive(t, r.PausedMs)

	var registered []string
	cancelled := 0
	for name, outcomes := range k.endings() {
		require.Len(t, outcomes, 1, "every ending is recorded once: %s", name)
		if outcomes[0] == schemas.Completed {
			registered = append(registered, name)
		} else {
			cancelled++
		}
	}
	require.Len(t, registered, r.Outcomes[schemas.Completed])
	require.Equal(t, r.Outcomes[schemas.Cancelled], cancelled)
	models, err = k.Sim.Models(k.ctx, "")
	require.NoError(t, err)
	require.Len(t, models, len(registered), "no model is left of what was cancelled")
	k.requireRegisteredOnce(registered)
	k.replayFleet(r.FleetResult)

	again := k.runFleet("fleet", folder, "--only-failed-of", "orders", "--requester", requester)
	require.Zero(t, again.code, again.stderr)
	require.Equal(t, len(names)-len(registered), again.Total)
	require.Equal(t, schemas.FleetTally{schemas.Completed: again.Total}, again.Outcomes)
	models, err = k.Sim.Models(k.ctx, "")
	require.NoError(t, err)
	require.Len(t, models, len(names))
}

func TestAFleetIsNotHeldUpByApprovalsAndLeavesOtherRegistrationsAlone(t *testing.T) {
	k := onShared(t)
	all := k.manifests(12)
	for i := range all[:4] {
		all[i].Approval.Policy = schemas.ApproveAlways
	}
	k.start(all[0]) // somebody registers the first one already
	k.awaitStage(all[0].Name, schemas.StageApproval)
	id := k.startFleet(registrar.FleetRequest{ID: k.name("waits"), Manifests: all, Window: 2}).ID
	k.awaitFleet(id, func(p schemas.FleetProgress) bool { return p.Ended == 9 && p.Waiting == 3 }, "approvals should take no place of the window")
	for _, m := range all[:4] {
		k.decideBySignal(m.Name, k.approval(m.Name))
	}
	r := k.endOfFleet(id)
	require.Equal(t, schemas.FleetTally{schemas.Completed: 11, schemas.AlreadyInProgress: 1}, r.Outcomes)
	require.Equal(t, all[0].Name, r.Failures[0].Name)
	require.Equal(t, schemas.Completed, k.end(all[0].Name).Status)
	for _, m := range all {
		require.Len(t, k.models(m.Name), 1)
	}
	again := k.fleet(registrar.FleetRequest{Manifests: all})
	require.Equal(t, schemas.FleetTally{schemas.Unchanged: 12}, again.Outcomes, "a fleet that is registered already is done")
}

// readManifest reads a manifest of a folder.
func (k *kit) readManifest(folder, name string) (m schemas.Manifest) {
	k.t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, name+".json"))
	require.NoError(k.t, err)
	require.NoError(k.t, json.Unmarshal(data, &m))
	return m
}

func TestTheSameFleetUnderTheSameIDGoesOn(t *testing.T) {
	k := onShared(t)
	folder, names := k.folder(3)
	id := k.name("again")
	first, _, code := k.Run(k.ctx, "fleet", folder, "--id", id, "--part-size", "2", "--detach", "--output", "json", "--requester", requester)
	require.Equal(t, 0, code, first)
	// The same again joins it, and something else does not.
	out, errors, code := k.Run(k.ctx, "fleet", folder, "--id", id, "--part-size", "2", "--output", "json", "--requester", requester)
	require.Equal(t, 0, code, errors)
	var r schemas.FleetResult
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Equal(t, len(names), r.Outcomes[schemas.Completed], errors)
	other, _ := k.folder(3)
	_, errors, code = k.Run(k.ctx, "fleet", other, "--id", id, "--part-size", "2", "--requester", requester)
	require.Equal(t, 1, code)
	require.Contains(t, errors, "is taken by another fleet")
}

func TestAFleetWhoseStarterDiedBetweenItsPartsIsStartedByTheSameCommand(t *testing.T) {
	k := onShared(t)
	folder, names := k.folder(4)
	id := k.name("cut")
	var manifests []schemas.Manifest
	for _, name := range names[:2] {
		manifests = append(manifests, k.readManifest(folder, name))
	}
	_, err := k.client.ExecuteWorkflow(k.ctx, client.StartWorkflowOptions{
		ID: schemas.FleetPartWorkflowID(id, 0), TaskQueue: schemas.DefaultTaskQueue,
	}, schemas.HoldFleetPartWorkflow, schemas.FleetPart{FleetID: id, Manifests: manifests})
	require.NoError(t, err)
	k.order("fleet", folder, "--id", id, "--part-size", "2", "--requester", requester)
}
