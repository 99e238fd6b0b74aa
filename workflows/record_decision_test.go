package workflows

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

func lateDecision() schemas.RecordDecisionInput {
	return schemas.RecordDecisionInput{
		Name: modelName, RunID: "ended-run", PayloadHash: payloadHash, ModelID: "model-1", Requester: requester, Outcome: schemas.Completed,
		Decision: schemas.Decision{
			Decision: schemas.Approve, Reason: "fine", RunID: "ended-run", PayloadHash: payloadHash, Signature: "signed",
		},
	}
}

// recordLate runs RecordDecision under the id that the starter gives it.
func (s *story) recordLate(in schemas.RecordDecisionInput) {
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: schemas.LateDecisionWorkflowID(in.Name, "1")})
	s.env.ExecuteWorkflow(schemas.RecordDecisionWorkflow, in)
}

func TestALateDecisionIsVerifiedRefusedAndRecorded(t *testing.T) {
	for name, c := range map[string]struct {
		verified schemas.VerifiedDecision
		refusal  string
	}{
		"of an approver": {schemas.VerifiedDecision{Approver: approver, Signed: true, KeyFingerprint: "SHA256:key"},
			"by what its sender saw, the registration of production-llm-v2 had ended as COMPLETED"},
		"of nobody": {schemas.VerifiedDecision{Refusal: "the key is unknown"},
			"by what its sender saw, the registration of production-llm-v2 had ended as COMPLETED; besides, the key is unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.world.verify = answers[schemas.VerifyDecisionInput](c.verified)
			in := lateDecision()
			s.recordLate(in)
			var out schemas.RecordedDecision
			require.NoError(t, s.env.GetWorkflowResult(&out))
			require.Equal(t, schemas.RecordedDecision{
				Name: modelName, Decision: schemas.Approve, Approver: c.verified.Approver, Refusal: c.refusal, AuditSeq: 1,
			}, out)

			asked := made[schemas.VerifyDecisionInput](s, schemas.VerifyDecisionActivity)
			require.Len(t, asked, 1)
			require.Equal(t, schemas.DecisionStatement{Name: modelName, RunID: "ended-run", PayloadHash: payloadHash}, asked[0].Registration)
			require.False(t, asked[0].DecidedAt.IsZero())

			entries := s.entries(schemas.AuditDecision)
			require.Len(t, entries, 1)
			e := entries[0]
			require.Equal(t, "register-model/"+modelName, e.WorkflowID)
			require.Equal(t, "ended-run", e.RunID)
			require.NotContains(t, e.EntryID, "ended-run", "two late decisions are two entries")
			require.False(t, e.Decision.Accepted)
			require.Equal(t, c.refusal, e.Decision.Refusal)
			require.Equal(t, "signed", e.Decision.Signature)
			require.Equal(t, c.verified.KeyFingerprint, e.Decision.KeyFingerprint)
			require.Equal(t, asked[0].DecidedAt, e.Decision.DecidedAt)
			for _, seen := range s.observed.all() {
				require.NotEmpty(t, seen.summary)
			}
		})
	}
}

func TestALateDecisionWaitsForTheTrail(t *testing.T) {
	s := newStory(t)
	down := fails[schemas.AuditEntry, schemas.AuditReceipt](passing(schemas.ErrAuditUnavailable, "the disk is full"))
	s.world.audit = inTurn(down, down, down, down, down, down, goodWorld().audit)
	s.recordLate(lateDecision())
	require.NoError(t, s.env.GetWorkflowError())
	require.Len(t, s.entries(schemas.AuditDecision), 1)
}

func TestWhatIsNoDecisionIsNotRecorded(t *testing.T) {
	for want, change := range map[string]func(*schemas.Decision){
		"decision must be":  func(d *schemas.Decision) { d.Decision = "maybe" },
		"approver must say": func(d *schemas.Decision) { d.Signature = "" },
		"at most 8192":      func(d *schemas.Decision) { d.Signature = strings.Repeat("s", schemas.MaxSignature+1) },
		"at most 2000":      func(d *schemas.Decision) { d.Reason = strings.Repeat("r", maxReason+1) },
	} {
		s := newStory(t)
		in := lateDecision()
		change(&in.Decision)
		s.recordLate(in)
		var refused *temporal.ApplicationError
		require.ErrorAs(t, s.env.GetWorkflowError(), &refused)
		require.Equal(t, string(schemas.ErrDecisionRefused), refused.Type())
		require.Contains(t, refused.Message(), want)
		require.Empty(t, s.activities())
	}
}

func TestWhatACallerSaysOfAnEndedRegistrationIsBounded(t *testing.T) {
	s := newStory(t)
	long := strings.Repeat("x\n", 100_000)
	in := schemas.RecordDecisionInput{
		Name: modelName, RunID: long, PayloadHash: long, ModelID: long, Requester: long, Outcome: schemas.Outcome(long),
		Decision: schemas.Decision{Decision: schemas.Reject, Approver: "ann", RunID: "other\nrun", PayloadHash: "other\nhash"},
	}
	s.recordLate(in)
	require.NoError(t, s.env.GetWorkflowError())
	e := s.entries(schemas.AuditDecision)[0]
	for _, text := range []string{e.Name, e.RunID, e.PayloadHash, e.ModelID, e.Requester, e.WorkflowID, e.Decision.RunID, e.Decision.PayloadHash, e.Decision.Refusal} {
		require.Less(t, len(text), 400)
		require.NotContains(t, text, "\n")
	}
}
