package workflows

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"model-registrar/schemas"
)

const formerHash = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"

// owned is the record of the story's model as it was approved with half of the requests a minute.
func ownedBefore(m schemas.Manifest) *schemas.Ownership {
	m.MaxRequestsPerMinute /= 2
	p := sealed(m)
	p.Hash = formerHash
	return &schemas.Ownership{
		Name: m.Name, ModelID: "model-1", PayloadHash: formerHash, Payload: p, Manifest: m, State: schemas.ModelActive,
		Operation: schemas.RegisterModelWorkflow, RunID: "run-0", Since: time.Unix(1, 0).UTC(),
	}
}

var limitRaised = []schemas.Change{{Key: "max_requests_per_minute", Old: "250", New: "500"}}

// gatewayHas is what ReadModel finds: the model with these changes to what is wanted, owned or not.
func gatewayHas(own *schemas.Ownership, changes []schemas.Change) func(schemas.ReadModelInput) (schemas.ReadModel, error) {
	return func(schemas.ReadModelInput) (schemas.ReadModel, error) {
		return schemas.ReadModel{Owner: own, Live: []schemas.LiveModel{{ID: "model-1", State: "ACTIVE", Hash: formerHash, Changes: changes}}}, nil
	}
}

// runAs runs the story as another operation, and checks what holds for every ending.
func (s *story) runAs(operation string, in any) ending {
	s.t.Helper()
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: schemas.RegisterModelWorkflowID(s.in.Manifest.Name)})
	s.env.ExecuteWorkflow(operation, in)
	require.True(s.t, s.env.IsWorkflowCompleted())
	e := s.ending()
	s.checkClosedAs(e)
	s.checkRecordedOnce(e)
	require.Equal(s.t, operation, e.Operation)
	for _, seen := range s.observed.all() {
		require.NotEmpty(s.t, seen.summary, "%s has no summary", seen.what)
	}
	return e
}

func (s *story) change() ending {
	return s.runAs(schemas.ChangeModelWorkflow, schemas.ChangeModelInput{Manifest: s.in.Manifest, Requester: requester})
}

// changing is a story of a model whose limit is to be raised, in a world where all goes well.
func changing(t *testing.T) *story {
	s := newStory(t)
	own := ownedBefore(s.in.Manifest)
	s.world.read = inTurn(gatewayHas(own, limitRaised), gatewayHas(own, nil))
	s.world.update = answers[schemas.UpdateInput](schemas.Update{JobID: "job-2"})
	return s
}

func TestAChangeOfALimitIsMadeReadBackAndHandedOver(t *testing.T) {
	s := changing(t)
	e := s.change()
	require.Equal(t, schemas.Completed, e.Status, e.Reason)
	require.Equal(t, limitRaised, e.Changes)
	require.Equal(t, formerHash, e.PreviousHash)
	require.Nil(t, e.Validation, "a limit says nothing about the endpoint")
	update := made[schemas.UpdateInput](s, schemas.UpdateModelActivity)
	require.Len(t, update, 1)
	before := ownedBefore(s.in.Manifest).Payload
	require.Equal(t, schemas.UpdateInput{ModelID: "model-1", Payload: sealed(s.in.Manifest), From: formerHash, Before: &before}, update[0])
	over := made[schemas.HandOverInput](s, schemas.HandOverActivity)
	require.Len(t, over, 1)
	require.Equal(t, schemas.ChangeModelWorkflow, over[0].Operation)
	require.Equal(t, payloadHash, over[0].PayloadHash)
}

func TestANewEndpointIsProvenBeforeAnythingLiveChanges(t *testing.T) {
	s := changing(t)
	own := ownedBefore(s.in.Manifest)
	moved := []schemas.Change{{Key: "endpoint_url", Old: "https://old.example.com", New: "https://new.example.com"}}
	s.world.read = inTurn(gatewayHas(own, moved), gatewayHas(own, nil))
	s.world.probe = answers[schemas.ProbeInput](failed)
	e := s.change()
	require.Equal(t, schemas.RolledBack, e.Status)
	require.Empty(t, s.times(schemas.UpdateModelActivity))
	require.Nil(t, e.Rollback, "nothing was to be put back")
}

func TestAManifestThatIsWhatWasApprovedChangesNothing(t *testing.T) {
	s := changing(t)
	own := ownedBefore(s.in.Manifest)
	own.Manifest, own.PayloadHash, own.Payload = s.in.Manifest, payloadHash, sealed(s.in.Manifest)
	s.world.read = gatewayHas(own, nil)
	e := s.change()
	require.Equal(t, schemas.Unchanged, e.Status)
	require.Empty(t, s.times(schemas.UpdateModelActivity))
	require.Empty(t, s.times(schemas.NotifyWebhookActivity))
}

func TestASettingThatTheGatewayDoesNotKnowIsHandedOverWithoutAnUpdate(t *testing.T) {
	s := changing(t)
	own := ownedBefore(s.in.Manifest)
	own.Manifest, own.PayloadHash, own.Payload = s.in.Manifest, payloadHash, sealed(s.in.Manifest)
	own.Manifest.JobTimeout = schemas.Duration(time.Hour)
	s.world.read = gatewayHas(own, nil)
	e := s.change()
	require.Equal(t, schemas.Completed, e.Status, e.Reason)
	require.Equal(t, []string{"job_timeout"}, e.ChangedSettings)
	require.Empty(t, s.times(schemas.UpdateModelActivity))
	require.Len(t, s.times(schemas.HandOverActivity), 1)
}

func TestAChangeWhoseJobFailsPutsBackWhatWasThere(t *testing.T) {
	s := changing(t)
	s.world.poll = inTurn(
		fails[schemas.PollInput, schemas.PollResult](fatal(schemas.ErrJobFailed, "job job-2 ended as FAILED")),
		answers[schemas.PollInput](schemas.PollResult{Done: true, ModelID: "model-1", Polls: 1, LastStatus: "COMPLETED"}))
	e := s.change()
	require.Equal(t, schemas.RolledBack, e.Status, e.Reason)
	require.True(t, e.Rollback.Restored)
	updates := made[schemas.UpdateInput](s, schemas.UpdateModelActivity)
	require.Len(t, updates, 2)
	require.Equal(t, formerHash, updates[1].Payload.Hash)
	require.NotNil(t, updates[1].Instead)
	require.Empty(t, s.times(schemas.HandOverActivity))
}

func TestAChangeThatCannotBePutBackIsAFailureAndTheModelHasDrifted(t *testing.T) {
	s := changing(t)
	s.world.poll = fails[schemas.PollInput, schemas.PollResult](fatal(schemas.ErrJobFailed, "job job-2 ended as FAILED"))
	s.world.update = inTurn(answers[schemas.UpdateInput](schemas.Update{JobID: "job-2"}),
		fails[schemas.UpdateInput, schemas.Update](fatal(schemas.ErrModelMoved, "somebody has changed it")))
	e := s.change()
	require.Equal(t, schemas.Failed, e.Status)
	require.Equal(t, schemas.ErrRollbackFailed, e.ErrorType)
	require.False(t, e.Rollback.Restored)
	told := made[schemas.ObserveInput](s, schemas.ObserveModelActivity)
	require.Len(t, told, 1)
	require.Equal(t, schemas.ModelDrifted, told[0].State)
}

func TestAnUpdateThatSomebodyOverwroteIsNotCompleted(t *testing.T) {
	s := changing(t)
	own := ownedBefore(s.in.Manifest)
	foreign := []schemas.Change{{Key: "max_requests_per_minute", Old: "7", New: "500"}}
	s.world.read = inTurn(gatewayHas(own, limitRaised), gatewayHas(own, foreign))
	s.world.update = inTurn(answers[schemas.UpdateInput](schemas.Update{JobID: "job-2"}),
		fails[schemas.UpdateInput, schemas.Update](fatal(schemas.ErrModelMoved, "somebody has changed it")))
	e := s.change()
	require.Equal(t, schemas.Failed, e.Status)
	require.Contains(t, e.Reason, "7 → 500")
	require.Empty(t, s.times(schemas.HandOverActivity))
}

func TestAChangeIsBoundToWhatItsPlanSaw(t *testing.T) {
	s := changing(t)
	seen := &schemas.Seen{ModelID: "model-1", LiveHash: "another", OwnedHash: formerHash}
	e := s.runAs(schemas.ChangeModelWorkflow, schemas.ChangeModelInput{Manifest: s.in.Manifest, Requester: requester, Seen: seen})
	require.Equal(t, schemas.ErrPlanOutdated, e.ErrorType)
	require.Empty(t, s.times(schemas.UpdateModelActivity))
}

func TestARestoreNeedsNoApprovalAndPutsBackOnlyWhatWasApproved(t *testing.T) {
	s := changing(t)
	s.in.Manifest.Approval.Policy = schemas.ApproveAlways
	own := ownedBefore(s.in.Manifest)
	in := schemas.ChangeModelInput{Manifest: s.in.Manifest, Requester: requester, Restore: true}
	s.world.read = gatewayHas(own, limitRaised)
	require.Equal(t, schemas.ErrPlanOutdated, s.runAs(schemas.ChangeModelWorkflow, in).ErrorType, "it is not what was approved")

	s = changing(t)
	own.Manifest, own.PayloadHash, own.Payload = s.in.Manifest, payloadHash, sealed(s.in.Manifest)
	s.world.read = gatewayHas(own, limitRaised)
	require.Equal(t, schemas.ErrPlanOutdated, s.runAs(schemas.ChangeModelWorkflow, in).ErrorType, "nor is its policy")

	s = changing(t)
	own.Manifest, own.Payload, own.Approvals = in.Manifest, sealed(in.Manifest), []schemas.Approval{{Approver: approver}}
	s.in.Manifest = in.Manifest
	s.world.read = inTurn(gatewayHas(own, limitRaised), gatewayHas(own, nil))
	require.Equal(t, schemas.Completed, s.runAs(schemas.ChangeModelWorkflow, in).Status)
	require.Equal(t, own.Approvals, made[schemas.HandOverInput](s, schemas.HandOverActivity)[0].Approvals, "it was approved before")
}

func TestAnApprovalOfARegistrationIsNoneOfAChangeOrARetirement(t *testing.T) {
	s := changing(t)
	s.in.Manifest.Approval.Policy = schemas.ApproveAlways
	var refused, approved *answer
	s.at(time.Minute, func() {
		refused = s.update(schemas.Decision{Decision: schemas.Approve, Approver: approver, Reason: "fine", PayloadHash: payloadHash})
	})
	s.at(2*time.Minute, func() {
		approved = s.update(schemas.Decision{Decision: schemas.Approve, Approver: approver, Reason: "fine", PayloadHash: payloadHash,
			Operation: schemas.ChangeModelWorkflow, PreviousHash: formerHash})
	})
	e := s.change()
	require.ErrorContains(t, refused.err, "must name the operation")
	require.NoError(t, approved.err)
	require.Equal(t, schemas.Completed, e.Status, e.Reason)
}

func (s *story) adopt() ending {
	return s.runAs(schemas.AdoptModelWorkflow, schemas.AdoptModelInput{Manifest: s.in.Manifest, Requester: requester})
}

func TestAModelThatIsNobodysIsAdoptedAsItIs(t *testing.T) {
	s := newStory(t)
	s.world.read = gatewayHas(nil, nil)
	e := s.adopt()
	require.Equal(t, schemas.Completed, e.Status, e.Reason)
	require.Equal(t, "model-1", e.ModelID)
	require.Len(t, s.times(schemas.SyntheticProbeActivity), 1)
	require.Empty(t, s.times(schemas.SubmitRegistrationActivity))
	require.Equal(t, schemas.AdoptModelWorkflow, made[schemas.HandOverInput](s, schemas.HandOverActivity)[0].Operation)
}

func TestAnAdoptionThatDoesNotCompleteDeletesNothing(t *testing.T) {
	for name, set := range map[string]func(s *story){
		"the probe fails":       func(s *story) { s.world.probe = answers[schemas.ProbeInput](failed) },
		"it is another payload": func(s *story) { s.world.read = gatewayHas(nil, limitRaised) },
		"it is owned":           func(s *story) { s.world.read = gatewayHas(ownedBefore(s.in.Manifest), nil) },
		"it is not there":       func(s *story) { s.world.read = answers[schemas.ReadModelInput](schemas.ReadModel{}) },
		"there are two": func(s *story) {
			s.world.read = answers[schemas.ReadModelInput](schemas.ReadModel{Live: []schemas.LiveModel{{ID: "a"}, {ID: "b"}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.world.read = gatewayHas(nil, nil)
			set(s)
			e := s.adopt()
			require.NotEqual(t, schemas.Completed, e.Status)
			require.Empty(t, s.times(schemas.DeregisterModelActivity))
			require.Empty(t, s.times(schemas.DeleteModelActivity))
			require.Empty(t, s.times(schemas.HandOverActivity))
		})
	}
}

func (s *story) retire(in schemas.RetireModelInput) ending {
	in.Name, in.Requester, in.Reason = s.in.Manifest.Name, requester, "replaced"
	return s.runAs(schemas.RetireModelWorkflow, in)
}

func TestAModelIsDeletedAndReleasedOnceItIsApproved(t *testing.T) {
	s := newStory(t)
	own := ownedBefore(s.in.Manifest)
	own.Manifest.Approval.Policy = schemas.ApproveAlways
	s.world.read = gatewayHas(own, nil)
	s.at(time.Minute, func() {
		require.Empty(t, s.times(schemas.DeleteModelActivity))
		s.update(schemas.Decision{Decision: schemas.Approve, Approver: approver, Reason: "gone", PayloadHash: formerHash,
			Operation: schemas.RetireModelWorkflow})
	})
	e := s.retire(schemas.RetireModelInput{})
	require.Equal(t, schemas.Completed, e.Status, e.Reason)
	require.Equal(t, schemas.DeleteInput{Name: modelName, ModelID: "model-1"}, made[schemas.DeleteInput](s, schemas.DeleteModelActivity)[0])
	require.Equal(t, "run-0", made[schemas.ReleaseInput](s, schemas.ReleaseModelActivity)[0].RunID)
}

func TestAModelThatIsKeptIsReleasedAndNotDeleted(t *testing.T) {
	s := newStory(t)
	s.world.read = gatewayHas(ownedBefore(s.in.Manifest), nil)
	e := s.retire(schemas.RetireModelInput{Keep: true})
	require.Equal(t, schemas.Completed, e.Status, e.Reason)
	require.Empty(t, s.times(schemas.DeleteModelActivity))
	require.Len(t, s.times(schemas.ReleaseModelActivity), 1)
}

func TestWhoDecidesAboutARetirementSeesWhyItWasAskedFor_AndWhatBecomesOfTheModel(t *testing.T) {
	for keep, effect := range map[bool]string{
		false: "deleted from the gateway",
		true:  "kept in the gateway; the ownership alone is given up",
	} {
		s := newStory(t)
		s.world.read = gatewayHas(ownedBefore(s.in.Manifest), nil)
		asked := &schemas.Retirement{Reason: "replaced", Keep: keep}
		s.at(time.Minute, func() {
			page := s.page().CurrentDetails
			require.Contains(t, page, "- **retired because**: replaced\n- **the model is**: "+effect+"\n")
			require.Contains(t, page, requester+" asked for this retirement and cannot approve it")
			require.Equal(t, asked, s.progress().Retirement)
			s.update(schemas.Decision{Decision: schemas.Reject, Approver: approver, Reason: "it is needed"})
		})
		s.retire(schemas.RetireModelInput{Keep: keep, Approval: schemas.ApprovalSpec{Policy: schemas.ApproveAlways}})
		for _, told := range made[schemas.WebhookInput](s, schemas.NotifyWebhookActivity) {
			require.Equal(t, asked, told.Event.Retirement, told.Event.Status)
		}
		require.NotEmpty(t, s.times(schemas.NotifyWebhookActivity))
	}
}

func TestWhatIsNobodysIsRetiredOnlyByItsID(t *testing.T) {
	s := newStory(t)
	s.uncalled = true // nobody knows whom to tell
	s.world.read = gatewayHas(nil, nil)
	require.Equal(t, schemas.ErrModelNotOwned, s.retire(schemas.RetireModelInput{}).ErrorType)
	require.Empty(t, s.times(schemas.DeleteModelActivity))

	s = newStory(t)
	s.uncalled = true
	s.world.read = gatewayHas(nil, nil)
	e := s.retire(schemas.RetireModelInput{ModelID: "model-1"})
	require.Equal(t, schemas.Completed, e.Status, e.Reason)
	require.Len(t, s.times(schemas.DeleteModelActivity), 1)
	require.Empty(t, s.times(schemas.ReleaseModelActivity))
}

func TestARetirementThatNobodyOrSomebodyInDisguiseAsksForDeletesNothing(t *testing.T) {
	for _, asks := range []string{"", " ", "alice\u3164", "\u0430lice", strings.Repeat("x", 10_000)} {
		s := newStory(t)
		s.uncalled = true
		s.world.read = gatewayHas(ownedBefore(s.in.Manifest), nil)
		e := s.runAs(schemas.RetireModelWorkflow, schemas.RetireModelInput{Name: s.in.Manifest.Name, Requester: asks, Reason: "replaced"})
		require.Equal(t, schemas.Failed, e.Status)
		require.Equal(t, schemas.ErrPayloadValidation, e.ErrorType)
		require.Contains(t, e.Reason, "requester")
		require.Empty(t, s.times(schemas.DeleteModelActivity))
		p := s.progress()
		require.LessOrEqual(t, len(p.Requester), schemas.MaxRequester+2)
	}
}

func TestARetirementOfANameOfMegabytesEndsAtOnce(t *testing.T) {
	s := newStory(t)
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: schemas.RegisterModelWorkflowID(s.in.Manifest.Name)})
	s.env.ExecuteWorkflow(schemas.RetireModelWorkflow, schemas.RetireModelInput{Name: megabytes, Requester: "alice", Reason: megabytes})
	e := s.ending()
	require.Equal(t, schemas.Failed, e.Status)
	require.Equal(t, schemas.ErrPayloadValidation, e.ErrorType)
	require.Less(t, len(e.Reason), 2000)
	recorded, err := json.Marshal(s.entries(schemas.AuditEnded))
	require.NoError(t, err)
	require.Less(t, len(recorded), 10_000)
	require.Empty(t, s.times(schemas.DeleteModelActivity))
}

func TestARetirementThatIsRejectedDeletesNothing(t *testing.T) {
	s := newStory(t)
	s.world.read = gatewayHas(ownedBefore(s.in.Manifest), nil)
	var a *answer
	s.at(time.Minute, func() {
		require.Contains(t, s.page().CurrentDetails, "after that the operation ends, and the model stays as it is.")
		a = s.update(schemas.Decision{Decision: schemas.Reject, Approver: approver, Reason: "it is needed"})
	})
	e := s.retire(schemas.RetireModelInput{Approval: schemas.ApprovalSpec{Policy: schemas.ApproveAlways}})
	require.Equal(t, willBeRecorded+"the operation ends, and the model stays as it is", a.receipt.Message)
	require.Equal(t, schemas.Rejected, e.Status)
	require.Empty(t, s.times(schemas.DeleteModelActivity))
	require.Empty(t, s.times(schemas.ReleaseModelActivity))
}

func TestANameWithAnEscapeSequenceIsInNoMessageOfAFailure(t *testing.T) {
	const name = "red\x1b[31m\nname"
	for _, id := range []string{schemas.RegisterModelWorkflowID(name), "another id"} {
		s := newStory(t)
		s.uncalled = true
		s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: id})
		s.world.read = answers[schemas.ReadModelInput](schemas.ReadModel{})
		s.env.ExecuteWorkflow(schemas.RetireModelWorkflow, schemas.RetireModelInput{Name: name, Requester: "alice", Reason: "odd"})
		e := s.ending()
		require.Equal(t, schemas.Failed, e.Status)
		require.Contains(t, e.Reason, "red")
		require.NotContains(t, e.Reason, "\x1b")
		require.NotContains(t, e.Reason, "\n")
	}
}
