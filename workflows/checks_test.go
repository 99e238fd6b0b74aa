package workflows

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

var (
	asApproved = answers[schemas.CheckInput](schemas.CheckResult{})
	drifted    = answers[schemas.CheckInput](schemas.CheckResult{
		Drift: []schemas.Change{{Key: "max_requests_per_minute", Old: "500", New: "9000"}}})
	gone = answers[schemas.CheckInput](schemas.CheckResult{Missing: true})
)

// monitored runs a ManageModel workflow whose model is handed over with this monitor block, and released after a time.
func (s *story) monitored(monitor schemas.MonitorSpec, released time.Duration) {
	s.t.Helper()
	o := handedOver(s.t, "run-1", time.Unix(100, 0))
	o.Manifest.Monitor = monitor
	s.at(0, func() { s.send(schemas.HandOverHandler, o) })
	s.at(released, func() { s.send(schemas.ReleaseHandler, schemas.ReleaseInput{Name: modelName}) })
	s.manage(schemas.ManageModelInput{Name: modelName})
}

// transitions are the changes of state in the trail, each as "before → after".
func (s *story) transitions() (out []string) {
	for _, e := range s.entries(schemas.AuditModelState) {
		out = append(out, fmt.Sprintf("%s → %s", e.StateBefore, e.State))
	}
	return out
}

var hourly = schemas.MonitorSpec{Every: schemas.Duration(time.Hour)}

func TestEveryChangeOfStateIsAuditedAndAnnouncedOnceAndRecoveryToo(t *testing.T) {
	s := newStory(t)
	s.world.check = inTurn(asApproved, drifted, drifted, drifted, gone, gone, asApproved)
	s.monitored(hourly, 10*time.Hour+30*time.Minute)
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, []string{"ACTIVE → DRIFTED", "DRIFTED → MISSING", "MISSING → ACTIVE"}, s.transitions())
	var told []string
	for _, in := range made[schemas.WebhookInput](s, schemas.NotifyWebhookActivity) {
		require.Equal(t, schemas.ModelStateChanged, in.Event.Event)
		require.Equal(t, schemas.ManageModelWorkflowID(modelName), in.Event.WorkflowID)
		told = append(told, fmt.Sprintf("%s → %s", in.Event.StateBefore, in.Event.Status))
	}
	require.Equal(t, s.transitions(), told)
	drift := s.entries(schemas.AuditModelState)[0]
	require.Contains(t, drift.Reason, "max_requests_per_minute: 500 → 9000")
	require.Len(t, drift.Changes, 1)
}

func TestModelsAreCheckedOnceADayByDefaultAndWithoutAProbe(t *testing.T) {
	s := newStory(t)
	s.monitored(schemas.MonitorSpec{}, 10*24*time.Hour)
	require.Len(t, s.times(schemas.CheckModelActivity), 10)
	require.Empty(t, s.times(schemas.SyntheticProbeActivity))
	// A timer has 2 events and an activity 3, each of them ends in a workflow task, which has 3, and the memo is 1: 12 events.
	checks := s.observed.all()[1:] // after the wait for the hand-over
	require.Len(t, checks, 10*2+1, "the last timer is under way")
	for i, seen := range checks {
		require.Equal(t, []string{"timer", schemas.CheckModelActivity}[i%2], seen.what)
	}
}

func TestChecksAreSpreadOverTheirIntervalAndAlwaysAsFarApart(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for _, every := range []time.Duration{time.Hour, 24 * time.Hour} {
		var parts [60]int
		for i := range 6000 {
			name := fmt.Sprint("model-", i)
			next := nextCheck(name, every, now)
			require.Equal(t, next.Add(every), nextCheck(name, every, next))
			parts[(next.Sub(now)-1)*60/every]++
		}
		for _, n := range parts {
			require.InDelta(t, 100, n, 40) // four times what chance does
		}
	}
}

func TestACheckThatFindsNothingOutChangesNoStateAndIsRepeated(t *testing.T) {
	s := newStory(t)
	s.world.check = inTurn(drifted, fails[schemas.CheckInput, schemas.CheckResult](fatal(schemas.ErrUnauthorized, "the login is refused")), drifted)
	var during schemas.ModelStatus
	s.at(25*time.Hour, func() { s.send(schemas.CheckHandler, schemas.CheckRequest{By: "somebody"}) })
	s.at(25*time.Hour+time.Minute, func() { during = s.modelStatus() })
	s.monitored(schemas.MonitorSpec{}, 26*time.Hour)
	require.Equal(t, []string{"ACTIVE → DRIFTED"}, s.transitions())
	require.Equal(t, schemas.ModelDrifted, during.State)
	require.Contains(t, during.Checks.Trouble, "the login is refused")
	require.Len(t, s.times(schemas.CheckModelActivity), 3)
}

func TestAModelIsDegradedAfterSoManyFailedProbesInARowAndNotBefore(t *testing.T) {
	s := newStory(t)
	bad, good := answers[schemas.ProbeInput](failed), answers[schemas.ProbeInput](passed)
	s.world.probe = inTurn(bad, bad, good, bad, bad, bad, bad, good)
	s.monitored(schemas.MonitorSpec{Every: schemas.Duration(time.Hour), Probe: true}, 9*time.Hour)
	require.Equal(t, []string{"ACTIVE → DEGRADED", "DEGRADED → ACTIVE"}, s.transitions())
	for _, in := range made[schemas.ProbeInput](s, schemas.SyntheticProbeActivity) {
		require.Equal(t, 1, in.Spec.Samples)
	}
	require.Contains(t, s.entries(schemas.AuditModelState)[0].Reason, "failed 3 times in a row: the answer is a greeting")
	require.NotNil(t, s.entries(schemas.AuditModelState)[0].Probe)
}

func TestAnAskedCheckAnswersWithWhatItSaw(t *testing.T) {
	s := newStory(t)
	s.world.check = drifted
	var seen schemas.ModelCheck
	s.at(time.Second, func() {
		s.env.UpdateWorkflow(schemas.CheckHandler, "", &testsuite.TestUpdateCallback{
			OnAccept: func() {}, OnReject: func(err error) { t.Error(err) },
			OnComplete: func(out any, err error) { require.NoError(t, err); seen = out.(schemas.ModelCheck) },
		}, schemas.CheckRequest{By: "somebody"})
	})
	s.monitored(schemas.MonitorSpec{}, time.Minute)
	require.Equal(t, schemas.ModelDrifted, seen.State)
	require.Len(t, seen.Drift, 1)
	require.Len(t, s.times(schemas.CheckModelActivity), 1)
}

func TestPausedChecksAreNotMadeAndResumedOnesAtOnce(t *testing.T) {
	s := newStory(t)
	s.at(30*time.Minute, func() { s.send(schemas.PauseHandler, schemas.CheckRequest{By: "somebody", Reason: "maintenance"}) })
	s.at(50*time.Hour, func() {
		require.Equal(t, schemas.ModelPaused, s.modelStatus().State)
		require.LessOrEqual(t, len(made[schemas.CheckInput](s, schemas.CheckModelActivity)), 1, "before the pause alone")
		s.send(schemas.ResumeHandler, schemas.CheckRequest{By: "somebody"})
	})
	s.monitored(hourly, 50*time.Hour+time.Second)
	require.Equal(t, []string{"ACTIVE → PAUSED", "PAUSED → ACTIVE"}, s.transitions())
	require.Contains(t, s.entries(schemas.AuditModelState)[0].Reason, "paused by somebody: maintenance")
	require.LessOrEqual(t, len(s.times(schemas.CheckModelActivity)), 2)
}

func TestADriftIsRestoredWhereTheManifestAsksForIt(t *testing.T) {
	s := newStory(t)
	s.world.check = inTurn(drifted, asApproved)
	var restored []schemas.ChangeModelInput
	s.env.OnWorkflow(schemas.ChangeModelWorkflow, mock.Anything, mock.Anything).Return(
		func(_ workflow.Context, raw converter.RawValue) (schemas.Result, error) {
			var in schemas.ChangeModelInput
			err := converter.GetDefaultDataConverter().FromPayload(raw.Payload(), &in)
			restored = append(restored, in)
			return schemas.Result{}, err
		})
	s.monitored(schemas.MonitorSpec{Every: schemas.Duration(time.Hour), OnDrift: schemas.DriftRestore}, 3*time.Hour)
	require.Len(t, restored, 1)
	require.True(t, restored[0].Restore)
	require.Equal(t, modelName, restored[0].Manifest.Name)
	require.Equal(t, []string{"ACTIVE → DRIFTED", "DRIFTED → ACTIVE"}, s.transitions())
}

// A year of hourly checks, of which each hundredth finds another state, in runs of bounded length. While each run makes its
// last check, somebody pauses and resumes the checks, and asks for one.
func TestAYearOfHourlyChecksLosesNoChangeOfStateAndKeepsItsRunsShort(t *testing.T) {
	const year = 365 * 24
	o := handedOver(t, "run-1", time.Unix(100, 0))
	o.Manifest.Monitor, o.State = hourly, schemas.ModelActive
	o.Manifest.WebhookCallbackURL = ""
	now, runs, checks, asked, answered := time.Unix(1_800_000_000, 0), 0, 0, 0, 0
	in := schemas.ManageModelInput{Name: modelName, Status: &schemas.ModelStatus{
		Ownership: o, HandOvers: 1, Checks: schemas.Checks{Next: now}}}
	var changes []schemas.AuditEntry
	for ; checks < year; runs++ {
		s := newStory(t)
		s.env.SetStartTime(now)
		ask := func(handler string) {
			asked++
			s.env.UpdateWorkflow(handler, fmt.Sprint(asked), &testsuite.TestUpdateCallback{
				OnAccept: func() {}, OnReject: func(err error) { t.Error(handler, err) },
				OnComplete: func(_ any, err error) {
					answered++
					require.NoError(t, err, handler)
				},
			}, schemas.CheckRequest{By: "at the end"})
		}
		before := checks
		s.world.check = func(schemas.CheckInput) (schemas.CheckResult, error) {
			if checks++; checks-before == maxChecks {
				for _, handler := range []string{schemas.PauseHandler, schemas.ResumeHandler, schemas.CheckHandler} {
					s.onLoop(func() { ask(handler) })
				}
			}
			return schemas.CheckResult{Missing: checks/100%2 == 1}, nil
		}
		s.manage(in)
		var next *workflow.ContinueAsNewError
		require.ErrorAs(t, s.env.GetWorkflowError(), &next, "after %d checks", checks-before)
		in = schemas.ManageModelInput{}
		require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
		require.LessOrEqual(t, checks-before, maxChecks+2)
		changes = append(changes, s.entries(schemas.AuditModelState)...)
		now = s.env.Now()
	}
	require.Equal(t, asked, answered)
	require.Len(t, changes, checks/100+2*runs, "each pause and each end of one is a change as well")
	require.Equal(t, len(changes), in.Status.Checks.Transitions)
	state := schemas.ModelActive
	for i, e := range changes {
		require.Equal(t, state, e.StateBefore)
		require.True(t, strings.HasSuffix(e.EntryID, fmt.Sprintf("/state-%d", i+1)), e.EntryID)
		state = e.State
	}
}
