package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

// registered is a worker that only notes the names.
type registered struct {
	worker.ActivityRegistry
	names []string
}

func (r *registered) RegisterActivityWithOptions(_ any, o activity.RegisterOptions) {
	r.names = append(r.names, o.Name)
}

func TestEveryActivityIsRegisteredUnderItsName(t *testing.T) {
	var r registered
	Register(&r, &Activities{})
	require.ElementsMatch(t, []string{
		"ValidatePayload", "SubmitRegistration", "PollJob", "SyntheticProbe", "TriggerHealthCheck", "NotifyWebhook",
		"WriteAudit", "DeregisterModel", "VerifyDecision", "HandOver", "ReleaseModel", "FindOwner", "FindTwins", "ReadModel", "UpdateModel", "DeleteModel", "ObserveModel", "ListModels", "CheckModel", "LoadFleetPart", "AwaitRegistrations",
	}, r.names)
}

func TestAHealthCheckIsTriggered(t *testing.T) {
	w := newWorld(t)
	jobID, model := w.submitted(payload())
	_, err := w.sim.FinishJob(t.Context(), jobID)
	require.NoError(t, err)
	check, err := run(t, w.TriggerHealthCheck, schemas.HealthCheckInput{ModelID: model.ID})
	require.NoError(t, err)
	require.NotEmpty(t, check.ID)
	require.NotEmpty(t, check.Status)
	require.Equal(t, 1, w.models()[0].HealthChecks)
	require.Len(t, w.requests(control.OpHealth), 1)
}

func TestTheResultOfAHealthCheckIsLookedForWhenChecksHaveEndedLately(t *testing.T) {
	w := newWorld(t)
	jobID, model := w.submitted(payload())
	_, err := w.sim.FinishJob(t.Context(), jobID)
	require.NoError(t, err)
	first := func() time.Duration {
		check := w.HealthChecks.Watch(0, 0)
		defer check.Leave()
		gap, _ := check.Next()
		return gap
	}
	require.Greater(t, first(), 200*time.Millisecond, "nothing is known yet")
	for t.Context().Err() == nil && first() > 50*time.Millisecond {
		check, err := run(t, w.TriggerHealthCheck, schemas.HealthCheckInput{ModelID: model.ID})
		require.NoError(t, err)
		require.Equal(t, schemas.HealthPassed, check.Outcome)
	}
	require.NoError(t, t.Context().Err())
}
