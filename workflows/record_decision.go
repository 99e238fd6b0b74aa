package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// RecordDecision records a decision that came after its registration had ended, so that it is in the audit trail like
// any other that was refused: with who made it, and with its signature. It changes nothing else. It is the one internal
// workflow that the starter starts, and so anybody can: it runs under an id that names its model, writes nothing but a
// refusal, and says of the registration that this is what the sender said.
func RecordDecision(ctx workflow.Context, in schemas.RecordDecisionInput) (schemas.RecordedDecision, error) {
	if err := wellFormed(in.Decision); err != nil {
		return schemas.RecordedDecision{}, err
	}
	id := workflow.GetInfo(ctx).WorkflowExecution.ID
	if !strings.HasPrefix(id, schemas.LateDecisionWorkflowID(in.Name, "")) || len([]rune(in.Name)) > schemas.MaxName {
		return schemas.RecordedDecision{}, wrongID("a late decision about "+in.Name,
			schemas.LateDecisionWorkflowID(in.Name, "…"), id)
	}
	at := workflow.Now(ctx).UTC()
	in.RunID, in.PayloadHash = plain(in.RunID, 64), plain(in.PayloadHash, 64)
	d := in.Decision
	d.Approver = strings.TrimSpace(d.Approver)
	d.RunID, d.PayloadHash = plain(d.RunID, 64), plain(d.PayloadHash, 64)

	v := verifyDecision(ctx, schemas.VerifyDecisionInput{
		Registration: schemas.DecisionStatement{Name: in.Name, RunID: in.RunID, PayloadHash: in.PayloadHash},
		Decision:     d, DecidedAt: at,
	})
	if v.Approver != "" {
		d.Approver = v.Approver
	}
	refusal := fmt.Sprintf("by what its sender saw, the registration of %s had ended as %s",
		schemas.RecordedName(in.Name), plain(string(in.Outcome), 40))
	if v.Refusal != "" {
		refusal += "; besides, " + v.Refusal
	}
	receipt, err := writeAudit(ctx, schemas.AuditEntry{
		EntryID: workflow.GetInfo(ctx).WorkflowExecution.RunID + "/late-decision", Event: schemas.AuditDecision,
		Timestamp: at,
		ModelID:   plain(in.ModelID, 128), PayloadHash: in.PayloadHash, Compliance: schemas.RecordStored,
		Name:      schemas.RecordedName(in.Name),
		Requester: plain(in.Requester, 200), WorkflowID: schemas.RegisterModelWorkflowID(in.Name), RunID: in.RunID,
		Decision: &schemas.AuditedDecision{
			DecisionStatement: d.Statement(in.Name), Refusal: refusal, Signature: d.Signature,
			KeyFingerprint: v.KeyFingerprint, DecidedAt: at,
		},
	}, func(reason string) {
		workflow.SetCurrentDetails(ctx, "Waiting until the audit trail can be written: "+markdown(reason))
	})
	if err != nil {
		return schemas.RecordedDecision{}, err
	}
	return schemas.RecordedDecision{
		Name: in.Name, Decision: d.Decision, Approver: d.Approver, Refusal: refusal, AuditSeq: receipt.Seq,
	}, nil
}

// verifyDecision has a decision's signature checked, by a worker that knows who may sign. One that cannot be checked
// does not count, and none is believed to be signed without a signature at hand.
func verifyDecision(ctx workflow.Context, in schemas.VerifyDecisionInput) schemas.VerifiedDecision {
	var v schemas.VerifiedDecision
	summary := "Verify who decides: " + string(in.Decision.Decision)
	if err := executeLocally(ctx, schemas.VerifyDecisionActivity, summary, in, &v); err != nil {
		return schemas.VerifiedDecision{Refusal: "it could not be verified, try again: " + explain(err).Message}
	}
	if in.Decision.Signature == "" {
		v.Signed, v.KeyFingerprint = false, ""
	}
	return v
}
