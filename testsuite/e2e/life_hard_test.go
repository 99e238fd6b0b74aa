package e2e

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

// hotter is a manifest with a higher limit and another temperature.
func hotter(m schemas.Manifest) schemas.Manifest {
	hot := 0.9
	m.MaxRequestsPerMinute, m.Parameters.Temperature = m.MaxRequestsPerMinute+1, &hot
	return m
}

// requireOwnedAsLive checks that the record says of the model what the gateway does: that it is as the manifest says.
func (k *kit) requireOwnedAsLive(m schemas.Manifest) {
	k.t.Helper()
	payload, err := m.Payload().Hash()
	require.NoError(k.t, err)
	require.Equal(k.t, payload, k.owner(m.Name).PayloadHash)
	seen := k.check(m.Name)
	require.Equal(k.t, schemas.ModelActive, seen.State, "%+v", seen)
	require.Equal(k.t, m.MaxRequestsPerMinute, k.limit(m.Name))
}

func TestAnUpdateThatIsCutAfterItTookEffectAndItsRetryToo_IsMadeOnce(t *testing.T) {
	k := onShared(t)
	m, _ := k.registered("cut")
	m = hotter(m)
	k.fault(control.OpUpdate, m.Name, 2, control.Action{Cut: control.CutAfter, JobDurationMS: 6000})
	k.done(change(m))
	require.Len(t, k.requests(control.OpUpdate, m.Name), 3)
	k.requireOwnedAsLive(m)
	require.Equal(t, []string{"RegisterModel COMPLETED", "ChangeModel COMPLETED"}, k.entries(m.Name))
}

func TestALostUpdateWhoseJobFailedHalfwayIsFinishedByItsRetry(t *testing.T) {
	k := onShared(t)
	m, _ := k.registered("halfway")
	m = hotter(m)
	k.fault(control.OpUpdate, m.Name, 1, control.Action{
		Cut: control.CutAfter, JobOutcome: control.OutcomeFailed, JobHalfway: true, JobDurationMS: 10})
	k.done(change(m))
	k.requireOwnedAsLive(m)
}

// A change that is given up while its job runs must not count as taken back because the job has changed nothing yet.
func TestAChangeThatIsCancelledWhileItsJobRunsIsTakenBackOnceTheJobHasEnded(t *testing.T) {
	k := onShared(t)
	m, _ := k.registered("given-up")
	asked := hotter(m)
	k.fault(control.OpUpdate, m.Name, 1, control.Action{JobDurationMS: 4000})
	k.begin(change(asked))
	_, err := k.Sim.WaitRequests(k.ctx, control.RequestFilter{Op: control.OpUpdate, Name: m.Name}, 1)
	require.NoError(t, err)
	k.awaitStage(m.Name, schemas.StageRegistering)
	k.cancel(m.Name)
	e := k.end(m.Name)
	require.Equal(t, schemas.Cancelled, e.Status, e.Reason)
	require.True(t, e.Rollback.Restored)
	k.requireOwnedAsLive(m)
	require.Equal(t, []string{"RegisterModel COMPLETED", "ChangeModel CANCELLED"}, k.entries(m.Name))
}

func TestWhatSomebodyWritesBetweenAnUpdateAndItsReadingBackIsFoundAndKept(t *testing.T) {
	k := onShared(t)
	m, made := k.registered("overwritten")
	k.fault(control.OpUpdate, m.Name, 1, control.Action{JobDurationMS: 200})
	k.fault(control.OpJob, m.Name, 0, control.Action{LatencyMS: 1500}) // its end is not told before somebody has written
	k.begin(change(hotter(m)))
	updates, err := k.Sim.WaitRequests(k.ctx, control.RequestFilter{Op: control.OpUpdate, Name: m.Name}, 1)
	require.NoError(t, err)
	_, err = k.Sim.WaitJobEnd(k.ctx, updates[0].JobID)
	require.NoError(t, err)
	require.NoError(t, k.Sim.EditModel(k.ctx, made.ModelID, limitsOf(7)))
	e := k.end(m.Name)
	require.Equal(t, schemas.Failed, e.Status)
	require.Equal(t, schemas.ErrRollbackFailed, e.ErrorType, e.Reason)
	require.Contains(t, e.Reason, "7 → ")
	require.Equal(t, 7, k.limit(m.Name), "it is not overwritten")
	require.Equal(t, schemas.ModelDrifted, k.owner(m.Name).State)
	require.Equal(t, []string{"ACTIVE → DRIFTED"}, k.states(m.Name))
}

func TestAModelThatIsDeletedOutsideDuringItsChangeIsMissing(t *testing.T) {
	k := onShared(t)
	m, made := k.registered("deleted")
	asked := hotter(m)
	asked.Approval.Policy = schemas.ApproveAlways
	k.begin(change(asked))
	k.awaitStage(m.Name, schemas.StageApproval)
	require.NoError(t, k.Sim.DropModel(k.ctx, made.ModelID))
	k.approve(m.Name)
	e := k.end(m.Name)
	require.Equal(t, schemas.ErrModelMissing, e.ErrorType, e.Reason)
	require.Empty(t, k.models(m.Name))
	require.Empty(t, k.requests(control.OpUpdate, m.Name))
	require.Equal(t, schemas.ModelMissing, k.owner(m.Name).State)
	require.Equal(t, []string{"ACTIVE → MISSING"}, k.states(m.Name))
}

// The gateway still lists the retired model while the name is registered again.
func TestANameThatIsRetiredCanBeRegisteredAgainAtOnce(t *testing.T) {
	k := onShared(t)
	m, first := k.registered("again")
	for range 2 {
		k.done(retire(m.Name, "replaced"))
		k.fault(control.OpList, m.Name, 1, control.Action{LagMS: 60_000})
		anew := k.completed(m)
		require.NotEqual(t, first.ModelID, anew.ModelID)
		require.Len(t, k.models(m.Name), 1)
		require.Equal(t, anew.ModelID, k.owner(m.Name).ModelID)
		first = anew
	}
	require.Len(t, k.entries(m.Name), 5)
	k.requireOwnedAsLive(m)
}

func TestATerminatedRegistrationsModelIsUnownedForPlanRegisterAndFleet(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "10ms")
	_, err := k.StartWorker()
	require.NoError(t, err)
	m := k.Manifest("terminated")
	m.Approval.Policy = schemas.ApproveAlways
	k.start(m)
	k.awaitStage(m.Name, schemas.StageApproval)
	require.NoError(t, k.client.TerminateWorkflow(k.ctx, schemas.RegisterModelWorkflowID(m.Name), "", "by an operator"))
	m.Approval = schemas.ApprovalSpec{}

	nothing := estate{k, t.TempDir()}
	nothing.write(k.Manifest("another"))
	p, _, _ := nothing.plan()
	require.Len(t, p.Unowned, 1)
	require.Equal(t, m.Name, p.Unowned[0].Name)
	e := estate{k, t.TempDir()}
	e.write(m)
	_, actions, _ := e.plan()
	require.Equal(t, map[string]schemas.PlanAction{m.Name: schemas.PlanAdopt}, actions)
	result := k.register(m)
	require.Equal(t, schemas.ErrModelNotOwned, result.ErrorType)
	require.Equal(t, schemas.FleetTally{schemas.Failed: 1}, k.fleet(registrar.FleetRequest{Manifests: []schemas.Manifest{m}}).Outcomes)
	require.Nil(t, k.owner(m.Name))
	require.Len(t, k.models(m.Name), 1)

	adopted := k.done(adopt(m))
	require.Equal(t, k.models(m.Name)[0].ID, adopted.ModelID)
	require.Equal(t, schemas.FleetTally{schemas.Unchanged: 1}, k.fleet(registrar.FleetRequest{Manifests: []schemas.Manifest{m}}).Outcomes)
	k.requireOwnedAsLive(m)
}

// Checks are asked for without a pause, by several at once, while runs of the workflow that owns the model follow each other.
func TestNoCheckAndNoChangeOfStateIsLostWhileAModelsWorkflowContinuesAsNew(t *testing.T) {
	t.Parallel()
	k := onOwnStack(t, stack.Options{Devserver: []string{"--suggest-continue-as-new-after", "60"},
		Simulator: []string{"--job-duration", "10ms"}})
	k.startWorker()
	m, made := k.registered("checked")
	const rounds = 12
	var want []string
	runs := map[string]bool{}
	for round := range rounds {
		limit, state, change := m.MaxRequestsPerMinute, schemas.ModelActive, "DRIFTED → ACTIVE"
		if round%2 == 0 {
			limit, state, change = 7, schemas.ModelDrifted, "ACTIVE → DRIFTED"
		}
		want = append(want, change)
		require.NoError(t, k.Sim.EditModel(k.ctx, made.ModelID, map[string]any{
			"rateLimits": schemas.RateLimits{MaxRequestsPerMinute: limit, MaxTokensPerMinute: m.MaxTokensPerMinute}}))
		var asking sync.WaitGroup
		seen := make([]schemas.ModelCheck, 4)
		errs := make([]error, len(seen))
		for i := range seen {
			asking.Go(func() {
				for range 2 { // one after the other
					if seen[i], errs[i] = k.registrar.CheckModel(k.ctx, m.Name, schemas.CheckRequest{By: "somebody"}); errs[i] != nil {
						return
					}
				}
			})
		}
		asking.Wait()
		for i := range seen {
			require.NoError(t, errs[i])
			require.Equal(t, state, seen[i].State, "%+v", seen[i])
		}
		d, err := k.client.DescribeWorkflowExecution(k.ctx, schemas.ManageModelWorkflowID(m.Name), "")
		require.NoError(t, err)
		runs[d.GetWorkflowExecutionInfo().GetExecution().GetRunId()] = true
		require.Less(t, d.GetWorkflowExecutionInfo().GetHistoryLength(), int64(300), "runs are short")
	}
	require.Greater(t, len(runs), 2)
	k.eventually(func() bool { return len(k.toldStates(m.Name)) >= rounds }, "every change of state is told")
	require.Equal(t, want, k.states(m.Name))
	require.Equal(t, want, k.toldStates(m.Name))
	k.replayed(schemas.ManageModelWorkflowID(m.Name))
}

// One slot for activities makes a fleet's tasks queue up at the server.
func TestASingleRegistrationOvertakesAFleet(t *testing.T) {
	t.Parallel()
	k := onOwnStack(t, stack.Options{Simulator: []string{"--job-duration", "10ms"},
		Worker: []string{"REGISTRAR_WORKER_ACTIVITY_SLOTS=1", "REGISTRAR_WORKER_ACTIVITY_POLLERS=1"}})
	k.startWorker()
	k.awaitPoller()
	const models = 60
	manifests := k.manifests(models)
	k.startFleet(registrar.FleetRequest{Manifests: manifests, Window: models})
	_, err := k.Sim.WaitRequests(k.ctx, control.RequestFilter{Op: control.OpCreate}, models/6)
	require.NoError(t, err)
	single, _ := k.registered("single")
	done := 0
	for _, m := range manifests {
		for _, m := range k.models(m.Name) {
			done += min(1, m.HealthChecks)
		}
	}
	require.Less(t, done, models/2, "it came after the fleet")

	for name, want := range map[string]int32{single.Name: schemas.PriorityOfPerson, manifests[0].Name: schemas.PriorityOfFleet} {
		history := k.replayed(schemas.RegisterModelWorkflowID(name)).Events
		start := history[0].GetWorkflowExecutionStartedEventAttributes().GetPriority()
		require.Equal(t, want, start.GetPriorityKey())
		require.NotEmpty(t, start.GetFairnessKey())
		require.NotEqual(t, requester, start.GetFairnessKey(), "nobody is named in a key that is never encrypted")
		for _, e := range history {
			// The quota goes by what the activity is told, which is its own priority alone if it starts eagerly.
			if a := e.GetActivityTaskScheduledEventAttributes(); a.GetActivityType().GetName() == schemas.SubmitRegistrationActivity {
				require.Equal(t, want, a.GetPriority().GetPriorityKey())
			}
		}
	}
	require.Less(t, schemas.PriorityOfPerson, schemas.PriorityOfFleet)
}

func TestAPlanIsAsImportantAsWhateverAPersonWaitsFor(t *testing.T) {
	k := onShared(t)
	e := estate{k, t.TempDir()}
	e.write(k.Manifest(k.name("planned")))
	e.plan()
	k.eventually(func() bool {
		list, err := k.client.ListWorkflow(k.ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: "WorkflowType = '" + schemas.ReadGatewayWorkflow + "'"})
		if err != nil || len(list.Executions) == 0 {
			return false
		}
		for _, w := range list.Executions {
			start := k.replayed(w.Execution.WorkflowId).Events[0].GetWorkflowExecutionStartedEventAttributes()
			require.EqualValues(t, schemas.PriorityOfPerson, start.GetPriority().GetPriorityKey())
		}
		return true
	}, "the gateway is read by a workflow")
}
