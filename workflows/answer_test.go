package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestAResultThatIsAboutSomethingElseFailsTheRegistration(t *testing.T) {
	other := schemas.Answer{About: "something else"}
	for activity, change := range map[string]func(*world){
		schemas.SubmitRegistrationActivity: func(w *world) {
			w.submit = answers[schemas.SubmitInput](schemas.Submission{Answer: other, JobID: "job-9"})
		},
		schemas.PollJobActivity: func(w *world) {
			w.poll = answers[schemas.PollInput](schemas.PollResult{Answer: other, Done: true, ModelID: "model-9"})
		},
		schemas.SyntheticProbeActivity: func(w *world) {
			report := passed
			report.Answer = other
			w.probe = answers[schemas.ProbeInput](report)
		},
		schemas.TriggerHealthCheckActivity: func(w *world) {
			w.healthCheck = answers[schemas.HealthCheckInput](schemas.HealthCheck{Answer: other, ID: "check-9"})
		},
	} {
		s := newStory(t)
		change(&s.world)
		e := s.run()
		require.Equal(t, schemas.Failed, e.Status, activity)
		require.Equal(t, schemas.ErrAnswer, e.ErrorType, activity)
		require.Contains(t, e.Reason, activity+" is not about what was asked")
		require.NotNil(t, e.Rollback, activity)
	}
}

func TestAReceiptThatIsAboutAnotherEntryIsNone(t *testing.T) {
	s := newStory(t)
	good := s.world.audit
	s.world.audit = inTurn(answers[schemas.AuditEntry](schemas.AuditReceipt{Answer: schemas.Answer{About: "another"}, Seq: 1, Hash: "h"}), good)
	require.Equal(t, schemas.Completed, s.run().Status)
	require.Greater(t, len(made[schemas.AuditEntry](s, schemas.WriteAuditActivity)), 2, "it is written again")
}
