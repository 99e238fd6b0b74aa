package activities

import (
	"context"
	"fmt"
	"strings"

	"model-registrar/internal/approvers"
	"model-registrar/schemas"
)

// VerifyDecision says who makes a decision and whether it may count. With an approvers file it has to be signed by one
// of them, over what this registration is of. Without one, who decides is who the decision says; a signature that comes
// nevertheless has to be one of this decision, and is recorded for whoever wants to check it, but vouches for nobody.
// A decision that does not count is a result, not an error.
func (a *Activities) VerifyDecision(
	_ context.Context, in schemas.VerifyDecisionInput,
) (schemas.VerifiedDecision, error) {
	d := in.Decision
	statement := d.Statement(in.Registration.Name)
	out := schemas.VerifiedDecision{Approver: d.Approver}
	var err error
	switch {
	case a.Approvers != nil:
		var principal string
		principal, out.KeyFingerprint, err = a.Approvers.Verify(statement, d.Signature, in.DecidedAt)
		if err == nil {
			out.Approver, out.Signed = principal, true
		}
	case d.Signature != "":
		out.KeyFingerprint, err = approvers.Fits(statement, d.Signature)
	}
	switch {
	case err != nil:
		out.Refusal = err.Error()
	case strings.TrimSpace(out.Approver) == "":
		out.Refusal = "it has to say who decides (--approver): this worker has no approvers file, so a signature " +
			"does not tell"
	default:
		out.Refusal = aboutAnother(in)
	}
	return out, nil
}

// aboutAnother says how a decision shows that it was not made about this registration. One that is signed has to name
// the run: a signature that named none could be used again for the next registration of the name.
func aboutAnother(in schemas.VerifyDecisionInput) string {
	d, of := in.Decision, in.Registration
	switch {
	case d.RunID == "" && d.Signature != "":
		return fmt.Sprintf("a signed decision has to name the run that it is about: runId %s", of.RunID)
	case d.RunID != "" && d.RunID != of.RunID:
		return fmt.Sprintf("it is about another registration of %s (run %.64q), not about this one (run %s)", of.Name,
			d.RunID, of.RunID)
	case d.PayloadHash != "" && d.PayloadHash != of.PayloadHash:
		return fmt.Sprintf("it is about payload %.64q, but this registration of %s is of payload %s", d.PayloadHash,
			of.Name, of.PayloadHash)
	}
	return ""
}
