package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// gatedFirst is a story whose gate is before the submission.
func gatedFirst(t *testing.T) *story {
	s := gated(t)
	s.in.Manifest.Approval.Gate = schemas.GateBeforeSubmission
	return s
}

func TestWhereTheGateIsFirstNothingIsCreatedBeforeItIsApproved(t *testing.T) {
	s := gatedFirst(t)
	var a, late *answer
	var before []string
	s.at(time.Hour, func() { before = s.activities(); a = s.update(approve(approver)) })
	s.during[schemas.PollJobActivity] = func() { late = s.update(reject("bob")) }
	e := s.run()
	require.Equal(t, schemas.Completed, e.Status)
	require.NotContains(t, before, schemas.SubmitRegistrationActivity)
	require.Contains(t, before, schemas.SyntheticProbeActivity)
	require.Equal(t, willBeRecorded+"the model is created", a.receipt.Message)
	require.Equal(t, "model-1", e.ModelID)
	late.wantRefused(t, approver+" has decided already: approve")
}

func TestWhereTheGateIsFirstARejectionOrABadEndpointCostsNoCreationAndNoDeletion(t *testing.T) {
	for want, play := range map[schemas.Outcome]func(*story){
		schemas.Rejected:         func(s *story) { s.at(time.Hour, func() { s.update(reject(approver)) }) },
		schemas.ApprovalTimedOut: func(*story) {},
		schemas.RolledBack: func(s *story) {
			s.in.Manifest.Approval.Policy = schemas.ApproveNever
			s.world.probe = answers[schemas.ProbeInput](failed)
		},
		schemas.Cancelled: func(s *story) { s.at(time.Hour, s.cancel) },
	} {
		t.Run(string(want), func(t *testing.T) {
			s := gatedFirst(t)
			play(s)
			e := s.run()
			require.Equal(t, want, e.Status)
			require.Nil(t, e.Rollback)
			require.NotContains(t, s.activities(), schemas.SubmitRegistrationActivity)
			require.NotContains(t, s.activities(), schemas.DeregisterModelActivity)
		})
	}
}
