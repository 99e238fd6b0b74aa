package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestARefusedSubmissionCreatedNothingAndIsNotRolledBack(t *testing.T) {
	for _, refusal := range []schemas.ErrorType{
		schemas.ErrBadRequest, schemas.ErrUnauthorized, schemas.ErrForbidden, schemas.ErrNotFound, schemas.ErrConflict,
		schemas.ErrNameConflict, schemas.ErrModelNotOwned,
	} {
		t.Run(string(refusal), func(t *testing.T) {
			s := newStory(t)
			s.world.submit = fails[schemas.SubmitInput, schemas.Submission](
				fatal(refusal, "no (correlation id ctx-1)", schemas.ErrorDetails{Status: 400}))
			e := s.run()
			require.Equal(t, schemas.Failed, e.Status)
			require.Equal(t, refusal, e.ErrorType)
			require.Equal(t, modelName+" failed at SUBMITTING: no (correlation id ctx-1)", e.Reason)
			require.Len(t, made[schemas.SubmitInput](s, schemas.SubmitRegistrationActivity), 1)
			require.NotContains(t, s.activities(), schemas.DeregisterModelActivity)
			require.Nil(t, e.Rollback)
		})
	}
}

func TestASubmissionThatMayHaveTakenEffectIsRolledBackByName(t *testing.T) {
	for name, err := range map[string]error{
		"an outage without end":      passing(schemas.ErrUnavailable, "Genesys Cloud could not be reached"),
		"a rate limit without end":   passing(schemas.ErrRateLimited, "429"),
		"an answer nobody can use":   fatal(schemas.ErrBadResponse, "it is not JSON"),
		"an error nobody thought of": fatal(schemas.ErrInternal, "nil"),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.world.submit = fails[schemas.SubmitInput, schemas.Submission](err)
			e := s.run()
			require.Equal(t, schemas.Failed, e.Status)
			want := explain(err).Type
			if want == schemas.ErrRateLimited {
				want = schemas.ErrAskedTooLong
			}
			require.Equal(t, want, e.ErrorType)
			in := made[schemas.DeregisterInput](s, schemas.DeregisterModelActivity)
			require.Len(t, in, 1)
			require.Equal(t, sealed(s.in.Manifest), in[0].Payload)
			require.Empty(t, in[0].ModelID)
			require.True(t, e.Rollback.Deregistered)
		})
	}
}

func TestASubmissionRefusedAfterAnAttemptThatMayHaveTakenEffectIsRolledBack(t *testing.T) {
	for _, rec := range []schemas.Creation{lost, {}} {
		s := newStory(t)
		s.world.submit = fails[schemas.SubmitInput, schemas.Submission](
			fatal(schemas.ErrConflict, "no", schemas.ErrorDetails{Status: 409}, rec))
		e := s.run()
		require.Equal(t, schemas.ErrConflict, e.ErrorType)
		require.Equal(t, rec.Sent > 0, e.Rollback != nil)
		if rec.Sent > 0 {
			require.Equal(t, &rec, made[schemas.DeregisterInput](s, schemas.DeregisterModelActivity)[0].Creation)
		}
	}
}

func TestAManifestThatIsNotValidFailsWithEveryViolationAndNothingIsRolledBack(t *testing.T) {
	s := newStory(t)
	s.world.validate = fails[schemas.ValidateInput, schemas.ValidatedPayload](fatal(schemas.ErrPayloadValidation, "", []schemas.Violation{
		{Path: "name", Message: "must have at least 3 characters"}, {Path: "endpoint_url", Message: "must be https"},
		{Message: "has 12 more violations, which are not listed"},
	}))
	s.uncalled = true // the URL may be one of the 12
	e := s.run()
	require.Equal(t, schemas.ErrPayloadValidation, e.ErrorType)
	require.Equal(t, modelName+" failed at VALIDATING: the manifest has 3 violations: name: must have at least 3 characters; "+
		"endpoint_url: must be https; has 12 more violations, which are not listed", e.Reason)
	require.NotContains(t, s.activities(), schemas.SubmitRegistrationActivity)
	require.Nil(t, e.Rollback)
}

func TestARollbackThatFailsFailsTheRegistrationWhateverEndedIt(t *testing.T) {
	broken := fails[schemas.DeregisterInput, nothing](fatal(schemas.ErrForbidden, "Genesys Cloud refused to delete the model (403)"))
	for name, c := range map[string]struct {
		happens func(*story)
		want    schemas.ErrorType
		says    string
	}{
		"a failed probe": {func(s *story) { s.world.probe = answers[schemas.ProbeInput](failed) },
			schemas.ErrRollbackFailed, "the synthetic probe failed"},
		"a rejection": {func(s *story) { s.at(0, func() { s.signal(reject(approver)) }) },
			schemas.ErrRollbackFailed, "rejected by"},
		"nobody deciding": {func(s *story) { s.in.Manifest.Approval.Policy = schemas.ApproveAlways },
			schemas.ErrRollbackFailed, "nobody decided"},
		"a cancellation": {func(s *story) { s.during[schemas.SyntheticProbeActivity] = s.cancel },
			schemas.ErrRollbackFailed, "cancelled at PROBING"},
		"a failed job": {func(s *story) {
			s.world.poll = fails[schemas.PollInput, schemas.PollResult](fatal(schemas.ErrJobFailed, "the job failed"))
		}, schemas.ErrJobFailed, "the job failed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.world.deregister = broken
			c.happens(s)
			e := s.run()
			require.Equal(t, schemas.Failed, e.Status)
			require.Equal(t, c.want, e.ErrorType)
			require.Contains(t, e.Reason, c.says)
			require.Contains(t, e.Reason, "it may still exist in the gateway: the worker's login was refused for 24h: Genesys Cloud refused to delete the model (403)")
			require.False(t, e.Rollback.Deregistered)
			require.Contains(t, e.Rollback.Error, "403")
			require.False(t, *s.entries(schemas.AuditEnded)[0].Deregistered)
		})
	}
}

func TestARollbackWaitsOutAnOutageAndAJobThatStillRuns(t *testing.T) {
	s := newStory(t)
	s.world.probe = answers[schemas.ProbeInput](failed)
	s.world.deregister = inTurn(
		fails[schemas.DeregisterInput, nothing](passing(schemas.ErrUnavailable, "503")),
		fails[schemas.DeregisterInput, nothing](fatal(schemas.ErrJobStillRunning, "the job still runs")),
		answers[schemas.DeregisterInput](nothing{}),
	)
	e := s.run()
	require.Equal(t, schemas.RolledBack, e.Status)
	require.True(t, e.Rollback.Deregistered)
}

func TestAHealthCheckThatCannotBeTriggeredFailsTheRegistrationAndRollsBack(t *testing.T) {
	s := newStory(t)
	s.world.healthCheck = fails[schemas.HealthCheckInput, schemas.HealthCheck](fatal(schemas.ErrConflict, "409"))
	e := s.run()
	require.Equal(t, schemas.ErrConflict, e.ErrorType)
	require.Equal(t, "model-1", made[schemas.DeregisterInput](s, schemas.DeregisterModelActivity)[0].ModelID)
	require.Nil(t, e.HealthCheck)
}

func TestAnEndpointThatStaysUnreadyIsAFailAndNotAnError(t *testing.T) {
	report := schemas.ProbeReport{Status: schemas.ProbeFail, ErrorCode: "CONNECTION_REFUSED", Error: "it refuses connections"}
	s := newStory(t)
	s.world.probe = func(schemas.ProbeInput) (schemas.ProbeReport, error) {
		return schemas.ProbeReport{}, unready("it refuses connections", report)
	}
	e := s.run()
	require.Equal(t, schemas.RolledBack, e.Status)
	require.Equal(t, report, *e.Validation)
	require.Greater(t, len(s.times(schemas.SyntheticProbeActivity)), 1, "an endpoint may be starting")
}

func TestAnEndpointThatComesUpInTimePasses(t *testing.T) {
	s := newStory(t)
	starting := fails[schemas.ProbeInput, schemas.ProbeReport](unready("it is starting", failed))
	s.world.probe = inTurn(starting, starting, answers[schemas.ProbeInput](passed))
	require.Equal(t, schemas.Completed, s.run().Status)
}

func TestAProbeThatBreaksIsAnErrorAndRollsBack(t *testing.T) {
	s := newStory(t)
	s.world.probe = fails[schemas.ProbeInput, schemas.ProbeReport](fatal(schemas.ErrInternal, "no such architecture"))
	e := s.run()
	require.Equal(t, schemas.ErrInternal, e.ErrorType)
	require.True(t, e.Rollback.Deregistered)
}
