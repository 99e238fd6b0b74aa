package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// handedOver is what a registration hands over.
func handedOver(t *testing.T, runID string, since time.Time) schemas.Ownership {
	t.Helper()
	m := newStory(t).in.Manifest
	sealed, err := m.Payload().Seal()
	require.NoError(t, err)
	return schemas.Ownership{
		Name: m.Name, ModelID: "model-" + runID, PayloadHash: sealed.Hash, Payload: sealed, Manifest: m,
		Operation: schemas.RegisterModelWorkflow, WorkflowID: schemas.RegisterModelWorkflowID(m.Name), RunID: runID, Since: since.UTC(),
	}
}

// manage runs a ManageModel workflow, as its first run or from what an earlier one knew.
func (s *story) manage(in schemas.ManageModelInput) {
	s.t.Helper()
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: schemas.ManageModelWorkflowID(in.Name)})
	s.env.ExecuteWorkflow(schemas.ManageModelWorkflow, in)
	require.True(s.t, s.env.IsWorkflowCompleted())
}

// send sends an update and returns where its answer will be.
func (s *story) send(handler string, arg any) *answer {
	a := &answer{}
	s.env.UpdateWorkflow(handler, "", &testsuite.TestUpdateCallback{
		OnAccept: func() {}, OnReject: func(err error) { a.err = err }, OnComplete: func(_ any, err error) { a.err = err },
	}, arg)
	return a
}

func (s *story) modelStatus() (status schemas.ModelStatus) {
	s.t.Helper()
	value, err := s.env.QueryWorkflow(schemas.StatusQuery)
	require.NoError(s.t, err)
	require.NoError(s.t, value.Get(&status))
	return status
}

func TestAModelIsOwnedFromItsHandOverUntilItIsReleased(t *testing.T) {
	s := newStory(t)
	first := handedOver(t, "run-1", time.Unix(100, 0))
	second := handedOver(t, "run-2", time.Unix(200, 0))
	s.at(0, func() { s.send(schemas.HandOverHandler, first) })
	s.at(time.Hour, func() {
		require.Equal(t, 1, s.modelStatus().HandOvers)
		s.send(schemas.HandOverHandler, first) // repeated
	})
	s.at(2*time.Hour, func() {
		require.Equal(t, 1, s.modelStatus().HandOvers)
		s.send(schemas.HandOverHandler, second)
	})
	s.at(3*time.Hour, func() {
		require.Equal(t, "model-run-2", s.modelStatus().ModelID)
		s.send(schemas.ReleaseHandler, schemas.ReleaseInput{Name: modelName, RunID: "run-1"})
	})
	s.at(4*time.Hour, func() { s.env.CancelWorkflow() })
	s.at(1000*time.Hour, func() {
		s.send(schemas.ReleaseHandler, schemas.ReleaseInput{Name: modelName, RunID: "run-2", Reason: "retired"})
	})
	began := s.env.Now()
	s.manage(schemas.ManageModelInput{Name: modelName})
	require.NoError(t, s.env.GetWorkflowError())
	require.GreaterOrEqual(t, s.env.Now().Sub(began), 1000*time.Hour, "neither another's release nor a cancellation gives it up")
	require.Contains(t, s.page().CurrentDetails, "**not owned any more**: retired")
}

func TestAHandOverThatCannotBeOfThisModelIsRefused(t *testing.T) {
	s := newStory(t)
	good := handedOver(t, "run-2", time.Unix(200, 0))
	var refused []*answer
	s.at(0, func() { s.send(schemas.HandOverHandler, good) })
	s.at(time.Minute, func() {
		for _, spoil := range []func(*schemas.Ownership){
			func(o *schemas.Ownership) { o.Name = "another" },
			func(o *schemas.Ownership) { o.ModelID = "" },
			func(o *schemas.Ownership) { o.Payload.Canonical += " " },
			func(o *schemas.Ownership) { o.RunID, o.Since = "run-1", time.Unix(100, 0) },
		} {
			o := good
			spoil(&o)
			refused = append(refused, s.send(schemas.HandOverHandler, o))
		}
	})
	s.at(time.Hour, func() { s.send(schemas.ReleaseHandler, schemas.ReleaseInput{Name: modelName}) })
	s.manage(schemas.ManageModelInput{Name: modelName})
	for i, want := range []string{"owns", "names the model's id", "does not have the hash", "by a later operation"} {
		require.ErrorContains(t, refused[i].err, want)
	}
}

func TestAModelThatIsNeverHandedOverIsNotOwned(t *testing.T) {
	s := newStory(t)
	began := s.env.Now()
	s.manage(schemas.ManageModelInput{Name: modelName})
	require.NoError(t, s.env.GetWorkflowError())
	require.InDelta(t, unownedLife.Seconds(), s.env.Now().Sub(began).Seconds(), 60)
}

func TestOwnershipOutlivesARunThatContinuesAsNew(t *testing.T) {
	s := newStory(t)
	o := handedOver(t, "run-1", time.Unix(100, 0))
	s.at(0, func() { s.send(schemas.HandOverHandler, o) })
	s.at(time.Hour, func() { s.send(schemas.HandOverHandler, handedOver(t, "run-2", time.Unix(200, 0))) })
	s.at(2*time.Hour, func() {
		s.env.SetContinueAsNewSuggested(true)
		s.send(schemas.ReleaseHandler, schemas.ReleaseInput{Name: modelName, RunID: "run-1"}) // not the owner: wakes it alone
	})
	s.manage(schemas.ManageModelInput{Name: modelName})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, s.env.GetWorkflowError(), &next)
	var in schemas.ManageModelInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	require.Equal(t, "run-2", in.Status.RunID)
	require.Equal(t, 2, in.Status.HandOvers)
	require.True(t, in.Owned)
}

// startedOwner is how HandOver starts the workflow that owns a model.
func startedOwner(t *testing.T) schemas.ManageModelInput {
	t.Helper()
	o := handedOver(t, "run-1", time.Unix(100, 0))
	o.State = schemas.ModelActive
	return schemas.ManageModelInput{Name: modelName, Owned: true, Status: &schemas.ModelStatus{
		Ownership: o, StateSince: o.Since, HandOvers: 1}}
}

func TestAnOwnerThatIsStartedWithTheRecordSleepsUntilItsFirstCheck(t *testing.T) {
	s := newStory(t)
	s.world.check = func(schemas.CheckInput) (schemas.CheckResult, error) {
		s.onLoop(func() {
			s.send(schemas.ReleaseHandler, schemas.ReleaseInput{Name: modelName, RunID: "run-1", Reason: "retired"})
		})
		return schemas.CheckResult{At: time.Unix(1, 0).UTC()}, nil
	}
	s.at(time.Second, func() {
		status := s.modelStatus()
		require.Equal(t, "model-run-1", status.ModelID)
		require.Equal(t, 1, status.HandOvers)
		require.False(t, status.Checks.Next.IsZero())
		require.Contains(t, s.page().CurrentDetails, "is **ACTIVE**")
		// the hand-over comes once more from an attempt whose answer was lost
		s.send(schemas.HandOverHandler, status.Ownership)
		require.Len(t, s.observed.timers(), 1, "no hand-over is awaited")
	})
	s.at(time.Minute, func() { require.Equal(t, 1, s.modelStatus().HandOvers) })
	s.manage(startedOwner(t))
	require.NoError(t, s.env.GetWorkflowError())
	require.Len(t, s.times(schemas.CheckModelActivity), 1)
	require.Len(t, s.observed.indexed, 1, "the start has the search attributes; the release takes the state out")
}

func TestAnOwnerThatIsStartedWithoutARecordOwnsNothingWhateverItsInputSays(t *testing.T) {
	s := newStory(t)
	s.manage(schemas.ManageModelInput{Name: modelName, Owned: true})
	require.NoError(t, s.env.GetWorkflowError())
	require.Empty(t, s.times(schemas.CheckModelActivity))
	require.Contains(t, s.page().CurrentDetails, "**not owned any more**")
}

func TestARegistrationThatCannotHandOverIsRolledBackAndTakesItBack(t *testing.T) {
	s := newStory(t)
	s.world.handOver = fails[schemas.HandOverInput, nothing](fatal(schemas.ErrHandOverRefused, "it is another's"))
	e := s.run()
	require.Equal(t, schemas.Failed, e.Status)
	require.Equal(t, schemas.ErrHandOverRefused, e.ErrorType)
	require.Len(t, made[schemas.DeregisterInput](s, schemas.DeregisterModelActivity), 1)
	require.Equal(t, e.RunID, made[schemas.ReleaseInput](s, schemas.ReleaseModelActivity)[0].RunID)
}

func TestAnAttemptThatMadeNothingSaysNothingAboutTheModelThatIsThere(t *testing.T) {
	s := newStory(t)
	s.world.validate = fails[schemas.ValidateInput, schemas.ValidatedPayload](fatal(schemas.ErrPayloadValidation, "not valid"))
	owner := handedOver(t, "run-0", time.Unix(100, 0))
	s.world.owner = answers[schemas.FindOwnerInput](schemas.FoundOwner{Owner: &owner})
	e := s.run()
	require.Equal(t, schemas.Failed, e.Status)
	require.Equal(t, "model-run-0", e.ExistingModelID)
	require.Nil(t, e.Webhook)
}
