package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestAttack_ASignatureCountsNeitherAfterAResetNorForAnotherOperation(t *testing.T) {
	t.Parallel()
	k, key := onSigned(t)
	m := k.Manifest("replayed")
	signed := func(operation string) schemas.Decision {
		k.awaitStage(m.Name, schemas.StageApproval)
		p, err := k.progress(m.Name)
		require.NoError(t, err)
		return signedByHand(t, schemas.Decision{
			Decision: schemas.Approve, Approver: "bob@example.com", Reason: "fine", RunID: p.RunID, PayloadHash: p.PayloadHash,
			Probe: schemas.ProbePass, Operation: operation,
		}, m.Name, key, schemas.SignatureNamespace)
	}
	k.start(m)
	before := signed("")
	run := k.reset(m.Name, true)
	k.awaitStage(m.Name, schemas.StageApproval)
	require.Contains(t, k.sendDecision(m.Name, before), "about another registration")
	before.RunID = run
	require.Contains(t, k.sendDecision(m.Name, before), "not one of this decision")
	require.Empty(t, k.models(m.Name))
	registration := signed("")
	require.Empty(t, k.sendDecision(m.Name, registration))
	require.Equal(t, schemas.Completed, k.end(m.Name).Status)

	_, stderr, code := k.Run(k.ctx, "retire", m.Name, "--reason", "replaced", "--detach", "--requester", requester)
	require.Zero(t, code, stderr)
	require.NotEmpty(t, k.sendDecision(m.Name, registration), "the registration's signature")
	require.Contains(t, k.sendDecision(m.Name, signed("")), "RetireModel", "signed for a registration, of this very run")
	require.NotEmpty(t, k.sendDecision(m.Name, signed(schemas.ChangeModelWorkflow)), "signed for a change, of this very run")
	require.Len(t, k.models(m.Name), 1)
	_, stderr, code = k.Run(k.ctx, "approve", m.Name, "--reason", "fine", "--key", key, "--yes")
	require.Zero(t, code, stderr)
	require.Equal(t, schemas.Completed, k.end(m.Name).Status)
	require.Empty(t, k.models(m.Name))
}
