package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

// held is how long an answer is held back so that a kill falls into the middle of an activity.
const held = 8 * time.Second

// A hold brings a registration to a stage and keeps it there until the process under it is killed.
type hold struct {
	stage string
	// keep orders the fault that holds the registration.
	keep func(k *kit, name string)
	// reached waits until it is held.
	reached func(k *kit, name string)
	// first: the next registration starts only when this one is held.
	first bool
}

func delayed(op control.Op, activity string) hold {
	match := func(name string) string {
		if op == control.OpProvider {
			return "probe-of-" + name
		}
		return name
	}
	return hold{
		stage: activity + " by " + string(op),
		keep: func(k *kit, name string) {
			k.fault(op, match(name), 1, control.Action{LatencyMS: held.Milliseconds()})
		},
		reached: func(k *kit, name string) { k.awaitCall(op, match(name)) },
	}
}

// announcing holds the delivery of the ending's event: in the registration for some seconds, then in a workflow of its own.
func announcing() hold {
	h := delayed(control.OpWebhook, schemas.NotifyWebhookActivity)
	h.reached = func(k *kit, name string) {
		_, err := k.Sim.WaitWebhooks(k.ctx, control.WebhookFilter{Path: "/webhooks/" + name, Event: schemas.RegistrationUpdated}, 1)
		require.NoError(k.t, err)
	}
	return h
}

// polling holds a registration in its job. It is reached when the job has been polled so often that about a second has
// passed, so that registrations started one after the other are killed at different seconds of their jobs.
func polling(second int) hold {
	return hold{
		stage: fmt.Sprintf("PollJob, the last but %d to start", second),
		keep: func(k *kit, name string) {
			k.fault(control.OpCreate, name, 0, control.Action{JobDurationMS: 30_000})
		},
		reached: func(k *kit, name string) {
			_, err := k.Sim.WaitRequests(k.ctx, control.RequestFilter{Op: control.OpJob, Name: name}, 4)
			require.NoError(k.t, err)
		},
		first: true,
	}
}

// holds are the stages at which a process is killed: each second of a job's first ten, then everything else at once.
func holds() (all []hold) {
	for second := 10; second >= 1; second-- {
		all = append(all, polling(second))
	}
	return append(all,
		hold{
			stage:   atApproval,
			keep:    func(*kit, string) {},
			reached: func(k *kit, name string) { k.awaitStage(name, schemas.StageApproval) },
		},
		delayed(control.OpList, schemas.SubmitRegistrationActivity),
		delayed(control.OpCreate, schemas.SubmitRegistrationActivity),
		delayed(control.OpProvider, schemas.SyntheticProbeActivity),
		delayed(control.OpHealth, schemas.TriggerHealthCheckActivity),
		announcing(),
	)
}

const atApproval = "waiting for approval"

// startHeld starts a registration that a hold will keep.
func (k *kit) startHeld(h hold) (name string) {
	k.t.Helper()
	m := k.Manifest(k.name("held"))
	m.Probe.Model = "probe-of-" + m.Name
	if h.stage == atApproval {
		m.Approval.Policy = schemas.ApproveAlways
	}
	h.keep(k, m.Name)
	k.start(m)
	return m.Name
}

// bringToHolds starts one registration for each hold and returns once all are held at the same time.
func bringToHolds(k *kit, all []hold) (names []string) {
	k.t.Helper()
	for _, h := range all {
		names = append(names, k.startHeld(h))
		if h.first {
			h.reached(k, names[len(names)-1])
		}
	}
	for i, h := range all {
		h.reached(k, names[i])
	}
	return names
}

// requireWhole checks that registrations ended as they would have without a crash.
func requireWhole(k *kit, all []hold, names []string) {
	k.t.Helper()
	for i, h := range all {
		name := names[i]
		if h.stage == atApproval {
			k.awaitStage(name, schemas.StageApproval)
			k.decideBySignal(name, k.approval(name))
		}
		result := k.end(name)
		require.Equal(k.t, schemas.Completed, result.Status, "%s (%s): %s", name, h.stage, result.Reason)
		require.Len(k.t, k.models(name), 1, h.stage)
		require.Len(k.t, k.audited(name), 1, h.stage)
		announced := k.announcements(name)
		require.NotEmpty(k.t, announced, h.stage)
		for _, w := range announced {
			require.Equal(k.t, announced[0].Headers["webhook-id"], w.Headers["webhook-id"], h.stage)
			require.Equal(k.t, announced[0].Body, w.Body, h.stage)
		}
	}
	state, err := k.Sim.State(k.ctx)
	require.NoError(k.t, err)
	require.Equal(k.t, len(all), state.ModelsCreated)
}

func (k *kit) decideBySignal(name string, argument any) {
	k.t.Helper()
	require.NoError(k.t, k.client.SignalWorkflow(k.ctx, schemas.RegisterModelWorkflowID(name), "", schemas.DecideHandler, argument))
}

// startWorker starts a worker and returns what kills it.
func (k *kit) startWorker() (kill func()) {
	k.t.Helper()
	p, err := k.StartWorker()
	require.NoError(k.t, err)
	return p.Kill
}

func TestAWorkerKilledAtAnyStageLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "300ms")
	kill := k.startWorker()
	all := holds()
	names := bringToHolds(k, all)
	kill()
	k.startWorker()
	requireWhole(k, all, names)
}

func TestAServerKilledAtAnyStageLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	k := onDisk(t, stack.Options{Simulator: []string{"--job-duration", "300ms"}})
	k.startWorker()
	all := holds()
	names := bringToHolds(k, all)
	k.KillDevserver()
	require.NoError(t, k.StartDevserver(k.ctx))
	requireWhole(k, all, names)
}

func TestAWorkerKilledDuringValidationLosesNothing(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "300ms")
	p, err := k.StartWorker()
	require.NoError(t, err)
	k.awaitPoller()
	require.NoError(t, p.Freeze())
	m := k.Manifest(k.name("crash"))
	k.start(m)
	p.Kill()
	k.startWorker()
	result := k.end(m.Name)
	require.Equal(t, schemas.Completed, result.Status, result.Reason)
	require.Len(t, k.models(m.Name), 1)
	require.Len(t, k.audited(m.Name), 1)
}

// awaitPoller waits until a worker polls the task queue.
func (k *kit) awaitPoller() {
	k.t.Helper()
	k.eventually(func() bool {
		ctx, cancel := context.WithTimeout(k.ctx, 5*time.Second)
		defer cancel()
		d, err := k.client.DescribeTaskQueue(ctx, schemas.DefaultTaskQueue, 0)
		return err == nil && len(d.Pollers) > 0
	}, "a worker should poll")
}

func TestAWorkerKilledWhileItWritesTheAuditTrailWritesOneEntry(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "300ms")
	kill := k.startWorker()
	k.awaitPoller() // a worker opens the trail when it starts
	// The trail's lock is held, so that the append stands still until the worker is killed.
	lock := flock.New(k.AuditFile + ".lock")
	require.NoError(t, lock.Lock())
	m := k.Manifest(k.name("crash"))
	k.start(m)
	k.awaitRunning(m.Name, schemas.WriteAuditActivity)
	kill()
	require.NoError(t, lock.Unlock())
	k.startWorker()
	require.Equal(t, schemas.Completed, k.end(m.Name).Status)
	require.Len(t, k.audited(m.Name), 1)
}

func TestAWorkerThatIsToldToStopFinishesItsActivitiesAndExits0(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "300ms")
	p, err := k.StartWorker()
	require.NoError(t, err)
	m := k.Manifest(k.name("graceful"))
	k.fault(control.OpCreate, m.Name, 1, control.Action{LatencyMS: 1500})
	k.start(m)
	_, err = k.Sim.WaitRequests(k.ctx, control.RequestFilter{Op: control.OpCreate, Name: m.Name}, 1)
	require.NoError(t, err)
	require.Equal(t, 0, p.Stop(), p.Log())
	k.startWorker()
	result := k.end(m.Name)
	require.Equal(t, schemas.Completed, result.Status, result.Reason)
	require.False(t, result.Adopted, "the submission was allowed to finish, so nothing had to be adopted")
	require.Len(t, k.requests(control.OpCreate, m.Name), 1)
}
