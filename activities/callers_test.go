package activities

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// callable is a worker that keeps what is registered.
type callable struct {
	worker.ActivityRegistry
	activities map[string]any
}

func (c *callable) RegisterActivityWithOptions(fn any, o activity.RegisterOptions) {
	c.activities[o.Name] = fn
}

func asRegistered(a *Activities) map[string]any {
	c := &callable{activities: map[string]any{}}
	Register(c, a)
	return c.activities
}

// calledBy calls an activity from a workflow of this type and id.
func calledBy(t *testing.T, fn any, name, workflowType, workflowID string, local bool, in any) error {
	t.Helper()
	env := quietly().NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute})
	env.SetTestTimeout(time.Minute)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: workflowID})
	env.RegisterActivityWithOptions(fn, activity.RegisterOptions{Name: name})
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		once := &temporal.RetryPolicy{MaximumAttempts: 1}
		if local {
			ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Minute, RetryPolicy: once})
			return workflow.ExecuteLocalActivity(ctx, name, in).Get(ctx, nil)
		}
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute, RetryPolicy: once})
		return workflow.ExecuteActivity(ctx, name, in).Get(ctx, nil)
	}, workflow.RegisterOptions{Name: workflowType})
	env.ExecuteWorkflow(workflowType)
	return env.GetWorkflowError()
}

// runOfTheTest is the run that the test environment gives every workflow.
const runOfTheTest = "default-test-run-id"

func TestEveryActivityRefusesAForeignCaller(t *testing.T) {
	registered := asRegistered(&Activities{}) // one that did anything would crash
	require.NotEmpty(t, registered)
	for name, fn := range registered {
		for _, id := range []string{"mine", schemas.RegisterModelWorkflowID(""), schemas.RegisterFleetWorkflowID("")} {
			wantFatal(t, calledBy(t, fn, name, "Mine", id, false, map[string]any{}), schemas.ErrCallerRefused)
		}
		for _, ours := range []string{schemas.RegisterModelWorkflow, schemas.RegisterFleetWorkflow, schemas.DeliverWebhookWorkflow,
			schemas.RecordDecisionWorkflow, schemas.HoldFleetPartWorkflow} {
			wantFatal(t, calledBy(t, fn, name, ours, "mine", false, map[string]any{}), schemas.ErrCallerRefused)
		}
	}
}

func TestAnActivityServesAnOperationOnlyForItsOwnModel(t *testing.T) {
	w := newWorld(t)
	w.Prober = nil // it would refuse the endpoint
	registered := asRegistered(w.Activities)
	other := schemas.RegisterModelWorkflowID("another-model")
	for name, in := range map[string]any{
		schemas.ValidatePayloadActivity:    schemas.ValidateInput{Manifest: aManifest()},
		schemas.SubmitRegistrationActivity: schemas.SubmitInput{Payload: sealed(payload())},
		schemas.SyntheticProbeActivity:     sealedProbe(aManifest().ProbeInput()),
		schemas.DeregisterModelActivity:    schemas.DeregisterInput{Payload: sealed(payload())},
		schemas.VerifyDecisionActivity:     schemas.VerifyDecisionInput{Registration: schemas.DecisionStatement{Name: aManifest().Name}},
	} {
		local := name == schemas.ValidatePayloadActivity || name == schemas.VerifyDecisionActivity
		wantFatal(t, calledBy(t, registered[name], name, schemas.RegisterModelWorkflow, other, local, in), schemas.ErrCallerRefused)
		if local {
			own := schemas.RegisterModelWorkflowID(aManifest().Name)
			require.NoError(t, calledBy(t, registered[name], name, schemas.RegisterModelWorkflow, own, true, in), name)
			wantFatal(t, calledBy(t, registered[name], name, schemas.RegisterModelWorkflow, own, false, in), schemas.ErrCallerRefused)
		}
	}
	require.Empty(t, w.requests(""))
}

func TestAnEntryIsWrittenForItsCallerAlone(t *testing.T) {
	w := newWorld(t)
	write := asRegistered(w.Activities)[schemas.WriteAuditActivity]
	const name = "llm-v2"
	ours, late := schemas.RegisterModelWorkflowID(name), schemas.LateDecisionWorkflowID(name, "1")
	message := schemas.MessageID("the-run", "ended")
	entry := func(change func(*schemas.AuditEntry)) schemas.AuditEntry {
		e := schemas.AuditEntry{
			EntryID: runOfTheTest + "/started", Event: schemas.AuditStarted, Timestamp: time.Now(), Compliance: schemas.RecordStored,
			Name: name, WorkflowID: ours, RunID: runOfTheTest,
		}
		change(&e)
		return e
	}
	decision := func(accepted bool) schemas.AuditEntry {
		return entry(func(e *schemas.AuditEntry) {
			e.Event, e.EntryID, e.RunID = schemas.AuditDecision, runOfTheTest+"/late-decision", "the-run"
			e.Decision = &schemas.AuditedDecision{Accepted: accepted}
		})
	}
	changed := func(name string) schemas.AuditEntry {
		return entry(func(e *schemas.AuditEntry) {
			e.Event, e.EntryID, e.WorkflowID = schemas.AuditModelState, runOfTheTest+"/state-1", schemas.ManageModelWorkflowID(name)
		})
	}
	delivery := func(of string) schemas.AuditEntry {
		return entry(func(e *schemas.AuditEntry) {
			e.Event, e.EntryID, e.RunID = schemas.AuditWebhook, of+"/delivery", "the-run"
			e.Webhook = &schemas.WebhookDelivery{MessageID: of}
		})
	}
	for what, c := range map[string]struct {
		workflow, id string
		entry        schemas.AuditEntry
		taken        bool
	}{
		"its own":          {schemas.RegisterModelWorkflow, ours, entry(func(*schemas.AuditEntry) {}), true},
		"of another run":   {schemas.RegisterModelWorkflow, ours, entry(func(e *schemas.AuditEntry) { e.RunID = "another" }), false},
		"of another model": {schemas.RegisterModelWorkflow, ours, entry(func(e *schemas.AuditEntry) { e.Name = "another" }), false},
		"of another workflow": {schemas.RegisterModelWorkflow, ours,
			entry(func(e *schemas.AuditEntry) { e.WorkflowID = schemas.RegisterModelWorkflowID("another") }), false},
		"under another's id":  {schemas.RegisterModelWorkflow, ours, entry(func(e *schemas.AuditEntry) { e.EntryID = "another/ended" }), false},
		"from a fleet":        {schemas.RegisterFleetWorkflow, schemas.RegisterFleetWorkflowID("f"), entry(func(*schemas.AuditEntry) {}), false},
		"a late decision":     {schemas.RecordDecisionWorkflow, late, decision(false), true},
		"accepted, too late":  {schemas.RecordDecisionWorkflow, late, decision(true), false},
		"about another model": {schemas.RecordDecisionWorkflow, schemas.LateDecisionWorkflowID("another", "1"), decision(false), false},
		"an ending, too late": {schemas.RecordDecisionWorkflow, late, entry(func(e *schemas.AuditEntry) { e.Event = schemas.AuditEnded }), false},
		"a delivery":          {schemas.DeliverWebhookWorkflow, schemas.DeliverWebhookWorkflowID(message), delivery(message), true},
		"a change of state":   {schemas.ManageModelWorkflow, schemas.ManageModelWorkflowID(name), changed(name), true},
		"another's state":     {schemas.ManageModelWorkflow, schemas.ManageModelWorkflowID("another"), changed(name), false},
		"a state from an operation": {schemas.RegisterModelWorkflow, ours,
			entry(func(e *schemas.AuditEntry) { e.Event = schemas.AuditModelState }), false},
		"an ending from an owner": {schemas.ManageModelWorkflow, schemas.ManageModelWorkflowID(name), entry(func(e *schemas.AuditEntry) {
			e.Event, e.WorkflowID = schemas.AuditEnded, schemas.ManageModelWorkflowID(name)
		}), false},
		"another's delivery":   {schemas.DeliverWebhookWorkflow, schemas.DeliverWebhookWorkflowID("msg_x_ended"), delivery(message), false},
		"of another run's own": {schemas.DeliverWebhookWorkflow, schemas.DeliverWebhookWorkflowID("msg_x_ended"), delivery("msg_x_ended"), false},
	} {
		err := calledBy(t, write, schemas.WriteAuditActivity, c.workflow, c.id, false, c.entry)
		if c.taken {
			require.NoError(t, err, what)
		} else {
			wantFatal(t, err, schemas.ErrCallerRefused)
		}
	}
}

func TestAnOperationHandsOverWhatIsItsOwnAndAChangeHandsBackWhatAnotherHadHandedOver(t *testing.T) {
	const name = "llm-v2"
	ours := schemas.RegisterModelWorkflowID(name)
	served := func(operation, run, of string) bool {
		by := activity.Info{WorkflowType: &workflow.Type{Name: operation},
			WorkflowExecution: workflow.Execution{ID: ours, RunID: "run-2"}}
		in := schemas.HandOverInput{Ownership: schemas.Ownership{Name: name, WorkflowID: ours, RunID: run, Operation: of}}
		return slices.ContainsFunc(handOverCallers(), func(p permit[schemas.HandOverInput]) bool {
			return p.workflow == operation && p.fits(by, in)
		})
	}
	require.True(t, served(schemas.RegisterModelWorkflow, "run-2", schemas.RegisterModelWorkflow))
	require.False(t, served(schemas.RegisterModelWorkflow, "run-1", schemas.RegisterModelWorkflow))
	require.True(t, served(schemas.ChangeModelWorkflow, "run-1", schemas.RegisterModelWorkflow), "what it takes back")
	require.False(t, served(schemas.ChangeModelWorkflow, "run-1", "Mine"))
	require.False(t, served(schemas.AdoptModelWorkflow, "run-1", schemas.RegisterModelWorkflow))
}
