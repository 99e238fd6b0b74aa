package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// replacing is a story of a change on a platform that updates no models.
func replacing(t *testing.T) *story {
	s := newStory(t)
	own := ownedBefore(s.in.Manifest)
	has := func(id string, changes []schemas.Change) func(schemas.ReadModelInput) (schemas.ReadModel, error) {
		return func(in schemas.ReadModelInput) (schemas.ReadModel, error) {
			return schemas.ReadModel{Owner: own, Replaces: true, Live: []schemas.LiveModel{{ID: id, Hash: formerHash,
				Changes: changes}}}, nil
		}
	}
	s.world.read = inTurn(has("model-1", limitRaised), has("model-2", nil))
	s.world.update = answers[schemas.UpdateInput](schemas.Update{Replace: true})
	s.world.submit = inTurn(answers[schemas.SubmitInput](schemas.Submission{JobID: "job-2"}),
		answers[schemas.SubmitInput](schemas.Submission{JobID: "job-3"}))
	s.world.poll = inTurn(answers[schemas.PollInput](schemas.PollResult{LastStatus: "IN_PROGRESS"}),
		answers[schemas.PollInput](schemas.PollResult{Done: true, ModelID: "model-2", LastStatus: "COMPLETED"}))
	return s
}

func TestAPlatformThatUpdatesNoModelsHasTheModelDeletedAndCreatedAnew(t *testing.T) {
	s := replacing(t)
	e := s.change()
	require.Equal(t, schemas.Completed, e.Status, e.Reason)
	require.Equal(t, "model-2", e.ModelID)
	require.Equal(t, "model-1", e.ReplacedModelID)
	require.Equal(t, int64(1000), e.GoneMs)
	require.Equal(t, []schemas.DeleteInput{{Name: modelName, ModelID: "model-1", From: formerHash, For: payloadHash}},
		made[schemas.DeleteInput](s, schemas.DeleteModelActivity), "what somebody else has written is not deleted")
	require.Equal(t, []schemas.SubmitInput{{Payload: sealed(s.in.Manifest), Replaces: "model-1"}},
		made[schemas.SubmitInput](s, schemas.SubmitRegistrationActivity))
	over := made[schemas.HandOverInput](s, schemas.HandOverActivity)
	require.Len(t, over, 1)
	require.Equal(t, "model-2", over[0].ModelID)
	require.Equal(t, payloadHash, over[0].PayloadHash)
	require.Equal(t, "model-1", s.entries(schemas.AuditEnded)[0].ReplacedModelID)
}

func TestAReplacementThatDoesNotCompleteBringsThePayloadFromBeforeBackAndHasItOwned(t *testing.T) {
	s := replacing(t)
	s.world.poll = inTurn(fails[schemas.PollInput, schemas.PollResult](fatal(schemas.ErrJobFailed, "the job failed")),
		answers[schemas.PollInput](schemas.PollResult{Done: true, ModelID: "model-2", LastStatus: "COMPLETED"}))
	e := s.change()
	require.Equal(t, schemas.RolledBack, e.Status, e.Reason)
	require.True(t, e.Rollback.Restored)
	gone := made[schemas.DeregisterInput](s, schemas.DeregisterModelActivity)
	require.Len(t, gone, 1)
	require.Equal(t, "job-2", gone[0].JobID)
	require.Empty(t, gone[0].ModelID, "its own job says which model is its work")
	require.Len(t, made[schemas.DeleteInput](s, schemas.DeleteModelActivity), 1)
	submitted := made[schemas.SubmitInput](s, schemas.SubmitRegistrationActivity)
	require.Equal(t, formerHash, submitted[1].Payload.Hash)
	require.Equal(t, "model-1", submitted[1].Replaces)
	over := made[schemas.HandOverInput](s, schemas.HandOverActivity)
	require.Len(t, over, 1)
	require.Equal(t, "model-2", over[0].ModelID)
	require.Equal(t, formerHash, over[0].PayloadHash)
	require.Equal(t, e.RunID, over[0].RunID)
	told := made[schemas.WebhookInput](s, schemas.NotifyWebhookActivity)
	require.Len(t, told, 1, "it has another id, and was gone meanwhile")
	require.Equal(t, "model-2", told[0].Event.ModelID)
	require.Equal(t, "model-1", told[0].Event.ReplacedModelID)
}

func TestNothingIsCreatedWhereTheDeletionWasRefused(t *testing.T) {
	s := replacing(t)
	s.world.remove = fails[schemas.DeleteInput, nothing](fatal(schemas.ErrModelMoved, "somebody has changed it"))
	e := s.change()
	require.Equal(t, schemas.ErrModelMoved, e.ErrorType)
	require.Nil(t, e.Rollback)
	require.Empty(t, made[schemas.SubmitInput](s, schemas.SubmitRegistrationActivity))
	require.Empty(t, made[schemas.HandOverInput](s, schemas.HandOverActivity))
}

func TestADeletionWhoseOutcomeIsNotKnownIsMadeCertainBeforeThePayloadFromBeforeIsCreated(t *testing.T) {
	s := replacing(t)
	s.world.remove = inTurn(fails[schemas.DeleteInput, nothing](fatal(schemas.ErrNotConfirmed, "it is shown still")),
		answers[schemas.DeleteInput](nothing{}))
	e := s.change()
	require.Equal(t, schemas.RolledBack, e.Status, e.Reason)
	deleted := made[schemas.DeleteInput](s, schemas.DeleteModelActivity)
	require.Len(t, deleted, 2)
	require.Empty(t, deleted[1].From)
	submitted := made[schemas.SubmitInput](s, schemas.SubmitRegistrationActivity)
	require.Len(t, submitted, 1)
	require.Equal(t, formerHash, submitted[0].Payload.Hash)
	require.Empty(t, made[schemas.DeregisterInput](s, schemas.DeregisterModelActivity), "nothing was created")
}

func TestAReplacedModelThatCannotBeCreatedAtAllIsMissingAndSaidToBe(t *testing.T) {
	s := replacing(t)
	s.world.submit = fails[schemas.SubmitInput, schemas.Submission](fatal(schemas.ErrBadRequest, "there is no room",
		schemas.ErrorDetails{}, schemas.Creation{}))
	e := s.change()
	require.Equal(t, schemas.Failed, e.Status)
	require.Equal(t, schemas.ErrRollbackFailed, e.ErrorType)
	require.Contains(t, e.Reason, "could not be put back")
	seen := made[schemas.ObserveInput](s, schemas.ObserveModelActivity)
	require.Len(t, seen, 1)
	require.Equal(t, schemas.ModelMissing, seen[0].State)
}

func TestACancellationDuringTheDeletionIsHeededOnceTheModelIsThereAgain(t *testing.T) {
	s := replacing(t)
	s.world.remove = func(schemas.DeleteInput) (nothing, error) { s.onLoop(s.cancel); return nothing{}, nil }
	e := s.change()
	require.Equal(t, schemas.Cancelled, e.Status, e.Reason)
	require.True(t, e.Rollback.Restored)
	submitted := made[schemas.SubmitInput](s, schemas.SubmitRegistrationActivity)
	require.Len(t, submitted, 2)
	require.Equal(t, formerHash, submitted[1].Payload.Hash)
	require.Equal(t, "model-2", made[schemas.HandOverInput](s, schemas.HandOverActivity)[0].ModelID)
}

func TestWhatAnotherWorkerUpdatedIsPutBackByReplacingWhereThisOneUpdatesNothing(t *testing.T) {
	s := replacing(t)
	own := ownedBefore(s.in.Manifest)
	s.world.read = inTurn(gatewayHas(own, limitRaised), gatewayHas(own, limitRaised),
		func(schemas.ReadModelInput) (schemas.ReadModel, error) {
			return schemas.ReadModel{Owner: own, Live: []schemas.LiveModel{{ID: "model-2"}}}, nil
		})
	s.world.update = inTurn(answers[schemas.UpdateInput](schemas.Update{JobID: "job-1"}),
		answers[schemas.UpdateInput](schemas.Update{Replace: true}))
	s.world.poll = inTurn(answers[schemas.PollInput](schemas.PollResult{Done: true, ModelID: "model-1"}),
		answers[schemas.PollInput](schemas.PollResult{Done: true, ModelID: "model-2"}))
	e := s.change()
	require.Equal(t, schemas.RolledBack, e.Status, e.Reason)
	require.Equal(t, formerHash, made[schemas.SubmitInput](s, schemas.SubmitRegistrationActivity)[0].Payload.Hash)
}

func TestWhatPeopleSignedGoesWithTheCallsThatItIsAbout(t *testing.T) {
	s := replacing(t)
	s.in.Manifest.Approval.Policy = schemas.ApproveAlways
	s.world.verify = func(in schemas.VerifyDecisionInput) (schemas.VerifiedDecision, error) {
		return schemas.VerifiedDecision{Approver: in.Decision.Approver, Signed: true}, nil
	}
	s.at(1, func() {
		s.send(schemas.DecideHandler, schemas.Decision{Decision: schemas.Approve, Approver: "bob",
			PayloadHash: payloadHash, PreviousHash: formerHash,
			Operation: schemas.ChangeModelWorkflow, Signature: "signed"})
	})
	e := s.change()
	require.Equal(t, schemas.Completed, e.Status, e.Reason)
	for what, a := range map[string]*schemas.Authorization{
		"deletion":  made[schemas.DeleteInput](s, schemas.DeleteModelActivity)[0].Authorization,
		"creation":  made[schemas.SubmitInput](s, schemas.SubmitRegistrationActivity)[0].Authorization,
		"ownership": made[schemas.HandOverInput](s, schemas.HandOverActivity)[0].Authorization,
	} {
		require.NotNil(t, a, what)
		require.Equal(t, requester, a.Requester, what)
		require.Equal(t, 1, a.Required, what)
		require.Equal(t, "signed", a.Approvals[0].Decision.Signature, what)
	}
}
