package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

// stop is where an operation on a model, or a check of it, stands when the process under it is killed. At most one of its
// ways to get there is set.
type stop struct {
	kind  string // an operation's workflow type, or one of the checks
	at    string // for people
	fault control.Fault
	stage schemas.Stage
	// anywhere: it is started right before the kill, which finds it wherever it is.
	anywhere bool
}

// The checks.
const (
	checkFindsNothing = "a check that finds nothing"
	checkFindsDrift   = "a check that finds a drift"
	checkWithProbe    = "a check with a probe"
	checkRestores     = "a check that restores"
)

// inCall holds a call back, the first but so many of its kind. What it does has taken effect by then.
func inCall(kind string, op control.Op, skip int, activity string) stop {
	return stop{kind: kind, at: fmt.Sprintf("%s in call %d of %s", activity, skip+1, op),
		fault: control.Fault{Match: control.Match{Op: op}, Skip: skip, Times: 1, Action: control.Action{LatencyMS: stopped.Milliseconds()}}}
}

// stopped is for how long calls are held back: until all are.
const stopped = 20 * time.Second

// stops are the steps of each operation and of a check.
func stops() (all []stop) {
	inJob := inCall(schemas.ChangeModelWorkflow, control.OpUpdate, 0, "")
	inJob.at, inJob.fault.Action = "PollJob", control.Action{JobDurationMS: stopped.Milliseconds()}
	inRestore := func(op control.Op, skip int, activity string) stop {
		return inCall(checkRestores, op, skip, "the restore's "+activity)
	}
	all = []stop{
		inCall(schemas.ChangeModelWorkflow, control.OpList, 0, schemas.ReadModelActivity),
		inCall(schemas.ChangeModelWorkflow, control.OpProvider, 0, schemas.SyntheticProbeActivity),
		{kind: schemas.ChangeModelWorkflow, at: atApproval, stage: schemas.StageApproval},
		inCall(schemas.ChangeModelWorkflow, control.OpGet, 0, schemas.UpdateModelActivity),
		inCall(schemas.ChangeModelWorkflow, control.OpUpdate, 0, schemas.UpdateModelActivity),
		inJob,
		inCall(schemas.ChangeModelWorkflow, control.OpList, 1, "the reading back"),
		inCall(schemas.ChangeModelWorkflow, control.OpHealth, 0, schemas.TriggerHealthCheckActivity),
		inCall(schemas.ChangeModelWorkflow, control.OpWebhook, 1, schemas.NotifyWebhookActivity), // the platform calls first

		inCall(schemas.RetireModelWorkflow, control.OpList, 0, schemas.ReadModelActivity),
		{kind: schemas.RetireModelWorkflow, at: atApproval, stage: schemas.StageApproval},
		inCall(schemas.RetireModelWorkflow, control.OpGet, 0, schemas.DeleteModelActivity),
		inCall(schemas.RetireModelWorkflow, control.OpDelete, 0, schemas.DeleteModelActivity),
		inCall(schemas.RetireModelWorkflow, control.OpGet, 1, "the reading back"),
		inCall(schemas.RetireModelWorkflow, control.OpWebhook, 0, schemas.NotifyWebhookActivity),

		inCall(schemas.AdoptModelWorkflow, control.OpList, 0, schemas.ReadModelActivity),
		inCall(schemas.AdoptModelWorkflow, control.OpProvider, 0, schemas.SyntheticProbeActivity),
		{kind: schemas.AdoptModelWorkflow, at: atApproval, stage: schemas.StageApproval},
		inCall(schemas.AdoptModelWorkflow, control.OpHealth, 0, schemas.TriggerHealthCheckActivity),
		inCall(schemas.AdoptModelWorkflow, control.OpWebhook, 0, schemas.NotifyWebhookActivity),

		inCall(checkFindsNothing, control.OpList, 0, schemas.CheckModelActivity),
		inCall(checkWithProbe, control.OpProvider, 0, schemas.SyntheticProbeActivity),
		inCall(checkFindsDrift, control.OpList, 0, schemas.CheckModelActivity),
		inCall(checkFindsDrift, control.OpWebhook, 0, schemas.NotifyWebhookActivity),
		inCall(checkRestores, control.OpList, 0, schemas.CheckModelActivity),
		inRestore(control.OpList, 1, schemas.ReadModelActivity),
		inRestore(control.OpGet, 0, schemas.UpdateModelActivity),
		inRestore(control.OpUpdate, 0, schemas.UpdateModelActivity),
		inRestore(control.OpList, 2, "reading back"),
		inRestore(control.OpHealth, 0, schemas.TriggerHealthCheckActivity),
	}
	// What no call can hold, the hand-over and the release for example, is hit by those that are anywhere.
	for i := range 18 {
		kind := []string{schemas.ChangeModelWorkflow, schemas.RetireModelWorkflow, checkRestores}[i%3]
		all = append(all, stop{kind: kind, at: fmt.Sprintf("some step (%d)", i), anywhere: true})
	}
	return all
}

// replacingStops are the steps of a change where the platform updates no models: the model is deleted and created anew.
func replacingStops() (all []stop) {
	inJob := inCall(schemas.ChangeModelWorkflow, control.OpCreate, 0, "")
	inJob.at, inJob.fault.Action = "PollJob", control.Action{JobDurationMS: stopped.Milliseconds()}
	all = []stop{
		inCall(schemas.ChangeModelWorkflow, control.OpGet, 0, schemas.DeleteModelActivity),
		inCall(schemas.ChangeModelWorkflow, control.OpDelete, 0, schemas.DeleteModelActivity),
		inCall(schemas.ChangeModelWorkflow, control.OpList, 1, schemas.SubmitRegistrationActivity),
		inCall(schemas.ChangeModelWorkflow, control.OpCreate, 0, schemas.SubmitRegistrationActivity),
		inJob,
		inCall(schemas.ChangeModelWorkflow, control.OpHealth, 0, schemas.TriggerHealthCheckActivity),
	}
	for i := range 6 {
		all = append(all, stop{kind: schemas.ChangeModelWorkflow, at: fmt.Sprintf("some step (%d)", i), anywhere: true})
	}
	return all
}

// patient is a model on which an operation stops.
type patient struct {
	stop
	manifest schemas.Manifest // as it is to be
	before   *schemas.Ownership
	fault    string // its id
	check    client.WorkflowUpdateHandle
}

func (p *patient) isCheck() bool { return !slices.Contains(schemas.Operations, p.kind) }

// admit makes the model: registered, or nobody's.
func (k *kit) admit(s stop) *patient {
	m := k.Manifest(k.name("stopped"))
	m.Probe.Model = "probe-of-" + m.Name
	m.Monitor.Probe = s.kind == checkWithProbe
	if s.kind == checkRestores {
		m.Monitor.OnDrift = schemas.DriftRestore
	}
	p := &patient{stop: s, manifest: m}
	if s.kind == schemas.AdoptModelWorkflow {
		k.makeByHand(m)
		return p
	}
	k.completed(m)
	p.before = k.owner(m.Name)
	return p
}

// makeByHand makes a model as somebody does who does not know of the registrar.
func (k *kit) makeByHand(m schemas.Manifest) {
	k.t.Helper()
	payload, err := m.Payload().Seal()
	require.NoError(k.t, err)
	job, err := k.gateway().CreateModel(k.ctx, payload)
	require.NoError(k.t, err)
	_, err = k.Sim.FinishJob(k.ctx, job)
	require.NoError(k.t, err)
}

// operateOn starts the operation or the check.
func (k *kit) operateOn(p *patient) {
	k.t.Helper()
	if p.at == atApproval {
		p.manifest.Approval.Policy = schemas.ApproveAlways
	}
	if f := p.stop.fault; f.Times > 0 {
		f.Match.Name = p.manifest.Name
		switch f.Match.Op {
		case control.OpProvider:
			f.Match.Name = p.manifest.Probe.Model
		case control.OpGet:
			f.Match.Name = p.before.ModelID // a deleted model has no name
		}
		id, err := k.Sim.Fault(k.ctx, f)
		require.NoError(k.t, err)
		p.fault = id
	}
	if p.isCheck() {
		k.startCheck(p)
		return
	}
	if p.kind == schemas.ChangeModelWorkflow {
		hot := 0.9
		p.manifest.MaxRequestsPerMinute, p.manifest.Parameters.Temperature = 123, &hot
	}
	k.begin(registrar.Request{Operation: p.kind, Manifest: p.manifest, Reason: "as a test"})
}

func (k *kit) startCheck(p *patient) {
	k.t.Helper()
	if p.kind == checkFindsDrift || p.kind == checkRestores {
		require.NoError(k.t, k.Sim.EditModel(k.ctx, p.before.ModelID, limitsOf(7)))
	}
	handle, err := k.client.UpdateWorkflow(k.ctx, client.UpdateWorkflowOptions{
		WorkflowID: schemas.ManageModelWorkflowID(p.manifest.Name), UpdateName: schemas.CheckHandler,
		Args: []any{schemas.CheckRequest{By: requester}}, WaitForStage: client.WorkflowUpdateStageAccepted})
	require.NoError(k.t, err)
	p.check = handle
}

// limitsOf are a payload's limits with so many requests a minute, as somebody types them into the admin interface.
func limitsOf(requests int) map[string]any {
	return map[string]any{"rateLimits": schemas.RateLimits{MaxRequestsPerMinute: requests, MaxTokensPerMinute: 7}}
}

// bringToStops brings each model to its stop, and returns when the kill is due.
func (k *kit) bringToStops(stops []stop) (all []*patient) {
	k.t.Helper()
	all = inParallel(stops, k.admit)
	held := slices.DeleteFunc(slices.Clone(all), func(p *patient) bool { return p.anywhere })
	inParallel(held, func(p *patient) bool { k.operateOn(p); return true })
	for _, p := range held {
		k.eventually(func() bool {
			rules, err := k.Sim.Faults(k.ctx)
			return err == nil && (p.fault == "" || slices.ContainsFunc(rules, func(f control.FaultState) bool {
				return f.ID == p.fault && f.Applied > 0
			}))
		}, "%s should get to %s", p.kind, p.at)
	}
	for _, p := range held {
		if p.stage != "" {
			k.awaitStage(p.manifest.Name, p.stage)
		}
	}
	for _, p := range all {
		if p.anywhere { // one after the other, so that the kill finds each somewhere else
			k.operateOn(p)
		}
	}
	return all
}

// inParallel does the same with each, some at a time.
func inParallel[In, Out any](all []In, do func(In) Out) []Out {
	out := make([]Out, len(all))
	done, places := make(chan struct{}), make(chan struct{}, 16)
	for i, in := range all {
		go func() {
			places <- struct{}{}
			defer func() { <-places; done <- struct{}{} }()
			out[i] = do(in)
		}()
	}
	for range all {
		<-done
	}
	return out
}

// requireSound checks that what was stopped went on as if nothing had happened.
func (k *kit) requireSound(p *patient) {
	k.t.Helper()
	name, says := p.manifest.Name, p.kind+", killed at "+p.at
	want := []string{schemas.RegisterModelWorkflow + " COMPLETED", p.kind + " COMPLETED"}
	switch {
	case p.kind == schemas.AdoptModelWorkflow:
		want = want[1:]
	case p.kind == checkRestores:
		want[1] = schemas.ChangeModelWorkflow + " COMPLETED"
	case p.isCheck():
		want = want[:1]
	}
	if p.isCheck() {
		k.requireChecked(p, says)
	} else {
		k.requireOperated(p, says)
	}
	k.eventually(func() bool { return len(k.entries(name)) >= len(want) }, "%s: it should be recorded", says)
	require.Equal(k.t, want, k.entries(name), says)
	var ids []string
	for _, e := range k.trail(name) {
		require.NotContains(k.t, ids, e.EntryID, says)
		ids = append(ids, e.EntryID)
	}
	models, owner := k.models(name), k.owner(name)
	if p.kind == schemas.RetireModelWorkflow {
		require.Empty(k.t, models, says)
		require.Nil(k.t, owner, says)
		return
	}
	require.Len(k.t, models, 1, says)
	var live schemas.Payload
	require.NoError(k.t, json.Unmarshal(models[0].Payload, &live))
	require.Equal(k.t, p.kind != checkFindsDrift, p.manifest.Payload().Same(live), "%s: %s", says, models[0].Payload)
	require.NotNil(k.t, owner, says)
	require.Equal(k.t, models[0].ID, owner.ModelID, says)
	require.True(k.t, p.manifest.Payload().Same(owner.Payload.Value), says)
	k.replayed(schemas.ManageModelWorkflowID(name))
}

func (k *kit) requireOperated(p *patient, says string) {
	k.t.Helper()
	name := p.manifest.Name
	if p.at == atApproval {
		k.awaitStage(name, schemas.StageApproval)
		k.approve(name)
	}
	result := k.end(name)
	require.Equal(k.t, schemas.Completed, result.Status, "%s: %s", says, result.Reason)
	ids := map[string]bool{}
	for _, w := range k.announcements(name) {
		ids[w.Headers["webhook-id"]] = true
	}
	told := 2
	if p.before == nil {
		told = 1
	}
	require.Len(k.t, ids, told, "%s: one announcement of each operation, sent more than once at most", says)
	if o := k.owner(name); o != nil {
		require.Equal(k.t, result.RunID, o.RunID, says)
		require.Equal(k.t, schemas.ModelActive, o.State, says)
	}
}

func (k *kit) requireChecked(p *patient, says string) {
	k.t.Helper()
	name := p.manifest.Name
	var seen schemas.ModelCheck
	require.NoError(k.t, p.check.Get(k.ctx, &seen), says)
	require.Empty(k.t, seen.Trouble, says)
	var want []string
	switch p.kind {
	case checkFindsDrift:
		want = []string{"ACTIVE → DRIFTED"}
	case checkRestores:
		want = []string{"ACTIVE → DRIFTED", "DRIFTED → ACTIVE"}
	}
	k.eventually(func() bool { return len(k.toldStates(name)) >= len(want) }, "%s: it should be told", says)
	require.ElementsMatch(k.t, want, k.toldStates(name), says) // deliveries are retried each by itself
	require.Equal(k.t, want, k.states(name), says)
}

func (k *kit) requireAllSound(all []*patient) {
	k.t.Helper()
	for _, p := range all {
		k.requireSound(p)
	}
}

func TestAWorkerKilledAtAnyStepOfAChangeARetirementAnAdoptionOrACheckLosesNothing(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "300ms")
	kill := k.startWorker()
	all := k.bringToStops(stops())
	kill()
	k.startWorker()
	k.requireAllSound(all)
}

func TestAWorkerKilledAtAnyStepOfAReplacementLosesNothing(t *testing.T) {
	t.Parallel()
	k := onOwnWith(t, []string{"GENESYS_UPDATE_METHOD=replace"}, "--job-duration", "300ms")
	kill := k.startWorker()
	all := k.bringToStops(replacingStops())
	kill()
	k.startWorker()
	k.requireAllSound(all)
}

func TestAServerKilledAtAnyStepOfAChangeARetirementAnAdoptionOrACheckLosesNothing(t *testing.T) {
	t.Parallel()
	k := onDisk(t, stack.Options{Simulator: []string{"--job-duration", "300ms"}})
	k.startWorker()
	all := k.bringToStops(stops())
	k.KillDevserver()
	require.NoError(t, k.StartDevserver(k.ctx))
	k.requireAllSound(all)
}
