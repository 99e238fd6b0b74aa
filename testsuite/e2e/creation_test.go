package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

// madeByHand creates a model in the gateway as another program would.
func (k *kit) madeByHand(m schemas.Manifest) control.Model {
	k.t.Helper()
	payload, err := m.Payload().Seal()
	require.NoError(k.t, err)
	_, err = k.gateway().CreateModel(k.ctx, payload)
	require.NoError(k.t, err)
	models := k.models(m.Name)
	return models[len(models)-1]
}

func TestAModelMadeByHandIsNeitherAdoptedNorDeletedNorCalledRegistered(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(k *kit, m *schemas.Manifest){
		"in peace": func(*kit, *schemas.Manifest) {},
		"with look-ups that fail": func(k *kit, m *schemas.Manifest) {
			k.fault(control.OpList, m.Name, 2, control.Action{Status: http.StatusServiceUnavailable})
		},
		"with a provider that fails": func(k *kit, m *schemas.Manifest) {
			m.Probe.Model = "probe-of-" + m.Name
			k.fault(control.OpProvider, m.Probe.Model, 0, control.Action{Answer: "no"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := onShared(t)
			m := k.Manifest(k.name("by-hand"))
			model := k.madeByHand(m)
			spoil(k, &m)
			result := k.register(m)
			require.Equal(t, schemas.ErrModelNotOwned, result.ErrorType, result.Reason)
			require.Contains(t, result.Reason, model.ID)
			require.Equal(t, model.ID, k.models(m.Name)[0].ID)
			require.Empty(t, k.requests(control.OpCreate, m.Name)[1:], "but for the one by hand")
			require.Empty(t, k.requests(control.OpDelete, m.Name))
		})
	}
}

func TestAModelWhoseCreationsAnswerWasLostIsNamedAndNotDeletedWhenItIsNotWanted(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("lost"))
	m.Probe.Model = "probe-of-" + m.Name
	k.fault(control.OpProvider, m.Probe.Model, 0, control.Action{Answer: "no"})
	k.fault(control.OpCreate, m.Name, 1, control.Action{Cut: control.CutAfter})
	result := k.register(m)
	require.Equal(t, schemas.ErrModelNotProven, result.ErrorType)
	model := k.models(m.Name)[0]
	require.Equal(t, model.ID, result.Rollback.Remaining[0].ID)
	require.Contains(t, result.Reason, "DELETE {gateway}/models/"+model.ID)
	require.False(t, result.Rollback.Deregistered)
}

func TestAListThatLagsBehindMakesNoSecondModel(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("lag"))
	k.fault(control.OpCreate, m.Name, 1, control.Action{Cut: control.CutAfter})
	k.fault(control.OpList, m.Name, 0, control.Action{LagMS: 1200})
	result := k.completed(m)
	require.True(t, result.Adopted)
	require.Len(t, k.models(m.Name), 1)
	require.Len(t, k.requests(control.OpCreate, m.Name), 1)
	require.Greater(t, len(k.requests(control.OpList, m.Name)), 3, "it was looked up again and again")
}

func TestACreationThatArrivesLateMakesNoSecondModel(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("late"))
	k.fault(control.OpCreate, m.Name, 1, control.Action{Cut: control.CutLate, LateMS: 1000})
	result := k.completed(m)
	require.True(t, result.Adopted)
	require.Len(t, k.models(m.Name), 1)
}

func TestATwinOfACompletedRegistrationIsNamed(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("twin"))
	// It arrives after the documented lag, which is longer than the platform promises: the sweep sees it.
	k.fault(control.OpCreate, m.Name, 1, control.Action{Cut: control.CutLate, LateMS: 3000})
	result := k.completed(m)
	models := k.models(m.Name)
	require.Len(t, models, 2)
	require.Len(t, result.Twins, 1)
	require.Contains(t, []string{models[0].ID, models[1].ID}, result.Twins[0].ID)
	require.NotEqual(t, result.ModelID, result.Twins[0].ID)
	require.Contains(t, result.Reason, result.Twins[0].ID)
	require.Contains(t, k.audited(m.Name)[0].Reason, result.Twins[0].ID, "the trail names it too")
}

func TestReplicasThatLagBehindAreNotBelievedAtOnce(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("replica"))
	m.Probe.Model = "probe-of-" + m.Name
	k.fault(control.OpProvider, m.Probe.Model, 0, control.Action{Answer: "no"})
	for _, op := range []control.Op{control.OpJob, control.OpList, control.OpGet} { // every second read
		_, err := k.Sim.Fault(k.ctx, control.Fault{
			Match: control.Match{Op: op, Name: m.Name}, Every: 2, Action: control.Action{LagMS: 1500}})
		require.NoError(t, err)
	}
	k.fault(control.OpDelete, m.Name, 1, control.Action{Status: http.StatusNotFound})
	result := k.register(m)
	require.Equal(t, schemas.RolledBack, result.Status, result.Reason)
	require.True(t, result.Rollback.Deregistered)
	require.Empty(t, k.models(m.Name))
}

func TestAModelThatADeletionDoesNotReachIsNotCalledGone(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("stays"))
	m.Probe.Model = "probe-of-" + m.Name
	k.fault(control.OpProvider, m.Probe.Model, 0, control.Action{Answer: "no"})
	k.fault(control.OpDelete, m.Name, 0, control.Action{Status: http.StatusNotFound})
	result := k.register(m)
	require.Equal(t, schemas.ErrNotConfirmed, result.ErrorType)
	require.Contains(t, result.Reason, k.models(m.Name)[0].ID)
}

func TestAJobAndAHealthCheckThatAreNotShownYetAreAskedForAgain(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("young"))
	k.fault(control.OpJob, m.Name, 2, control.Action{Status: http.StatusNotFound})
	k.fault(control.OpHealth, m.Name, 1, control.Action{Status: http.StatusNotFound})
	k.fault(control.OpHealth, m.Name, 1, control.Action{Status: http.StatusConflict})
	result := k.completed(m)
	require.Equal(t, schemas.HealthPassed, result.HealthCheck.Outcome)
}

func TestAHealthCheckThatFailsRollsBack(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("unhealthy"))
	k.fault(control.OpHealth, m.Name, 1, control.Action{HealthOutcome: control.OutcomeFailed, HealthDurationMS: 300})
	result := k.register(m)
	require.Equal(t, schemas.RolledBack, result.Status)
	require.Contains(t, result.Reason, "health check")
	require.Empty(t, k.models(m.Name))
}

func TestAPlatformThatTellsNoResultsOfHealthChecksSaysSo(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("untold"))
	k.fault(control.OpHealthResult, m.Name, 0, control.Action{Status: http.StatusNotImplemented})
	result := k.completed(m)
	require.Equal(t, schemas.HealthNotOffered, result.HealthCheck.Outcome)
}

func TestARegistrationCancelledWhileItsCreationIsOnTheWayIsRolledBackWithProof(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("cancel"))
	k.fault(control.OpCreate, m.Name, 1, control.Action{LatencyMS: 10_000})
	k.start(m)
	_, err := k.Sim.WaitRequests(k.ctx, control.RequestFilter{Op: control.OpCreate, Name: m.Name}, 1)
	require.NoError(t, err)
	require.NoError(t, k.client.CancelWorkflow(k.ctx, schemas.RegisterModelWorkflowID(m.Name), ""))
	result := k.end(m.Name)
	require.Equal(t, schemas.Cancelled, result.Status, result.Reason)
	require.True(t, result.Rollback.Deregistered)
	require.Empty(t, k.models(m.Name))
}

func TestAWorkerThatWasFrozenMakesNoModelForARegistrationThatHasMovedOn(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "300ms")
	frozen, err := k.StartWorker()
	require.NoError(t, err)
	m := k.Manifest(k.name("frozen"))
	k.fault(control.OpList, m.Name, 1, control.Action{LatencyMS: 3000}) // it stands between look-up and creation
	k.start(m)
	_, err = k.Sim.WaitRequests(k.ctx, control.RequestFilter{Op: control.OpList, Name: m.Name}, 1)
	require.NoError(t, err)
	require.NoError(t, frozen.Freeze())
	k.startWorker()
	result := k.end(m.Name)
	require.Equal(t, schemas.Completed, result.Status, result.Reason)
	require.NoError(t, frozen.Thaw())
	require.Equal(t, 0, frozen.Stop(), "what it was about to do is over when it has stopped")
	require.Len(t, k.models(m.Name), 1)
	require.Len(t, k.requests(control.OpCreate, m.Name), 1)
}

// all are the ids of every model that exists, by name.
func (k *kit) all() map[string][]string {
	k.t.Helper()
	models, err := k.Sim.Models(k.ctx, "")
	require.NoError(k.t, err)
	out := map[string][]string{}
	for _, m := range models {
		out[m.Name] = append(out[m.Name], m.ID)
	}
	return out
}

// TestASecondRunOfAFleetLosesNothing registers 80 models under a quota that makes the pacer defer, has the provider fail,
// and registers them again: run to its end, and cancelled on its way.
func TestASecondRunOfAFleetLosesNothing(t *testing.T) {
	t.Parallel()
	k := onOwn(t, "--job-duration", "50ms", "--quota", "240", "--quota-window", "5s")
	k.startWorker()
	manifests := k.manifests(80)
	for i := range manifests {
		manifests[i].Probe.Model = "probe-of-the-fleet"
	}
	r := k.fleet(registrar.FleetRequest{ID: "first", Manifests: manifests})
	require.Equal(t, schemas.FleetTally{schemas.Completed: len(manifests)}, r.Outcomes, "%+v", r.Failures)
	before := k.all()
	require.Len(t, before, len(manifests))

	k.fault(control.OpProvider, "probe-of-the-fleet", 0, control.Action{Answer: "no"})
	r = k.fleet(registrar.FleetRequest{ID: "second", Manifests: manifests})
	require.Equal(t, schemas.FleetTally{schemas.Unchanged: len(manifests)}, r.Outcomes, "%+v", r.Failures)
	require.Equal(t, before, k.all(), "every model of the first run is there, and no other")

	k.startFleet(registrar.FleetRequest{ID: "third", Manifests: manifests})
	_, _, err := k.registrar.CancelFleet(k.ctx, "third", schemas.FleetCancel{By: "somebody", Reason: "enough"})
	require.NoError(t, err)
	require.Equal(t, schemas.FleetCancelled, k.endOfFleet("third").Status)
	require.Equal(t, before, k.all())
}
