package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"model-registrar/schemas"
	"model-registrar/testsuite/stack"
)

// sshKey makes a key as approvers do, and returns the private key's file and the public key.
func sshKey(t *testing.T, dir, who string) (file, public string) {
	t.Helper()
	file = filepath.Join(dir, who)
	out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", file).CombinedOutput()
	require.NoError(t, err, string(out))
	line, err := os.ReadFile(file + ".pub")
	require.NoError(t, err)
	return file, strings.TrimSpace(string(line))
}

// signedByHand signs a decision with OpenSSH itself.
func signedByHand(t *testing.T, d schemas.Decision, name, key, namespace string) schemas.Decision {
	t.Helper()
	message, err := d.Statement(name).Canonical()
	require.NoError(t, err)
	cmd := exec.Command("ssh-keygen", "-Y", "sign", "-q", "-n", namespace, "-f", key)
	cmd.Stdin = strings.NewReader(string(message))
	signature, err := cmd.Output()
	require.NoError(t, err)
	d.Signature = string(signature)
	return d
}

// sendDecision sends a decision as the update, and returns why it was refused, or nothing.
func (k *kit) sendDecision(name string, d schemas.Decision) (refusal string) {
	k.t.Helper()
	handle, err := k.client.UpdateWorkflow(k.ctx, client.UpdateWorkflowOptions{
		WorkflowID: schemas.RegisterModelWorkflowID(name), UpdateName: schemas.DecideHandler,
		Args: []any{d}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	require.NoError(k.t, err)
	if err = handle.Get(k.ctx, nil); err == nil {
		return ""
	}
	return err.Error()
}

// decisions are the decisions about a model that are in the audit trail.
func (k *kit) decisions(name string) (out []schemas.AuditedDecision) {
	k.t.Helper()
	for _, e := range k.trail(name) {
		if e.Event == schemas.AuditDecision {
			require.Equal(k.t, schemas.RegisterModelWorkflowID(name), e.WorkflowID)
			out = append(out, *e.Decision)
		}
	}
	return out
}

func TestSignedDecisions_EachThatDoesNotCountIsRefusedWithItsReasonAndAudited_AndTwoOfTwoGoThrough(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	approvers := filepath.Join(dir, "approvers")
	bob, bobsKey := sshKey(t, dir, "bob")
	carol, carolsKey := sshKey(t, dir, "carol")
	asker, askersKey := sshKey(t, dir, "asker")
	stranger, _ := sshKey(t, dir, "stranger")
	require.NoError(t, os.WriteFile(approvers, []byte(strings.Join([]string{
		"# who may decide", "bob@example.com " + bobsKey, `carol@example.com,*@night.example.com namespaces="model-registrar" ` + carolsKey,
		requester + " " + askersKey,
	}, "\n")), 0o600))
	k := onOwnStack(t, stack.Options{InMemory: true, Worker: []string{"REGISTRAR_APPROVERS_FILE=" + approvers}, Simulator: []string{"--job-duration", "300ms"}})
	_, err := k.StartWorker()
	require.NoError(t, err)

	// Three registrations: another to replay from, and this one, which has an earlier run.
	gate := func(name string) schemas.Progress {
		m := k.Manifest(name)
		m.Approval = schemas.ApprovalSpec{Policy: schemas.ApproveAlways, Required: 2}
		k.start(m)
		k.awaitStage(name, schemas.StageApproval)
		p, err := k.progress(name)
		require.NoError(t, err)
		return p
	}
	other, name := k.name("signed"), k.name("signed")
	elsewhere, earlier := gate(other), gate(name)
	stdout, stderr, code := k.Run(k.ctx, "reject", name, "--reason", "not yet", "--key", bob)
	require.Equal(t, 0, code, stdout+stderr)
	require.Equal(t, schemas.Rejected, k.end(name).Status)
	require.Len(t, k.decisions(name), 1)
	here := gate(name)
	require.NotEqual(t, earlier.RunID, here.RunID)
	require.Equal(t, earlier.PayloadHash, here.PayloadHash)

	approval := func(p schemas.Progress, who string) schemas.Decision {
		return schemas.Decision{Decision: schemas.Approve, Approver: who, Reason: "fine", RunID: p.RunID, PayloadHash: p.PayloadHash, Probe: schemas.ProbePass}
	}
	said := k.decisions(name)
	refused := func(refusal, wanted string) {
		t.Helper()
		require.Contains(t, refusal, wanted)
		var all []schemas.AuditedDecision
		k.eventually(func() bool { all = k.decisions(name); return len(all) == len(said)+1 }, "the refusal is recorded")
		last := all[len(all)-1]
		require.False(t, last.Accepted)
		require.Contains(t, last.Refusal, wanted)
		said = all
	}
	byStarter := func(args ...string) string {
		stdout, stderr, code := k.Run(k.ctx, append([]string{"approve", name, "--reason", "fine", "-o", "json"}, args...)...)
		require.Equal(t, 1, code, stdout+stderr)
		require.Contains(t, stdout, `{"error":{"type":`)
		return stderr
	}
	const bobsName = "bob@example.com"
	refused(byStarter("--approver", bobsName), "have to be signed here")
	refused(byStarter("--key", stranger), "is not among the approvers")
	refused(byStarter("--key", carol, "--approver", bobsName), "is not \"bob@example.com\"'s")
	refused(byStarter("--key", carol), "not one approver's alone")
	refused(byStarter("--key", asker), "asked for this registration")
	refused(k.sendDecision(name, signedByHand(t, approval(here, bobsName), name, bob, "file")), "made for namespace \"file\"")
	refused(k.sendDecision(name, signedByHand(t, approval(elsewhere, bobsName), other, bob, schemas.SignatureNamespace)), "not one of this decision")
	refused(k.sendDecision(name, signedByHand(t, approval(earlier, bobsName), name, bob, schemas.SignatureNamespace)), "about another registration")
	replayed := signedByHand(t, approval(earlier, bobsName), name, bob, schemas.SignatureNamespace)
	replayed.RunID = here.RunID
	refused(k.sendDecision(name, replayed), "not one of this decision")
	unbound := approval(here, bobsName)
	unbound.RunID = ""
	refused(k.sendDecision(name, signedByHand(t, unbound, name, bob, schemas.SignatureNamespace)), "has to name the run")
	another := approval(here, bobsName)
	another.PayloadHash = strings.Repeat("ab", 32)
	refused(k.sendDecision(name, signedByHand(t, another, name, bob, schemas.SignatureNamespace)), "about payload")

	// Two of two: one by the starter, one by hand; whoever approves twice counts once.
	stdout, stderr, code = k.Run(k.ctx, "approve", name, "--reason", "fine", "--key", carol, "--approver", "carol@example.com")
	require.Equal(t, 0, code, stdout+stderr)
	require.Contains(t, stdout, "1 of 2 approvals")
	require.Contains(t, stderr, here.PayloadHash)
	k.eventually(func() bool { said = append(said[:0:0], k.decisions(name)...); return said[len(said)-1].Accepted }, "the approval is recorded")
	require.True(t, said[len(said)-1].Accepted)
	// The same again is the same update, as after an answer that was lost: it counts once, and is recorded once.
	again, stderr, code := k.Run(k.ctx, "approve", name, "--reason", "fine", "--key", carol, "--approver", "carol@example.com")
	require.Equal(t, 0, code, again+stderr)
	require.Equal(t, stdout, again)
	refused(byStarter("--key", carol, "--approver", "dave@night.example.com"), "carol@example.com has approved already")

	// Who is taken out of the file decides no more, without a restart.
	whole, err := os.ReadFile(approvers)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(approvers, []byte("carol@example.com "+carolsKey), 0o600))
	refused(byStarter("--key", bob), "is not among the approvers")
	require.NoError(t, os.WriteFile(approvers, []byte("nonsense"), 0o600))
	refused(byStarter("--key", bob), "approvers file cannot be used")
	require.NoError(t, os.WriteFile(approvers, whole, 0o600))

	unnamed := approval(here, "")
	require.Empty(t, k.sendDecision(name, signedByHand(t, unnamed, name, bob, schemas.SignatureNamespace)))
	result := k.end(name)
	require.Equal(t, schemas.Completed, result.Status, result.Reason)
	require.Len(t, result.Approval.Approvals, 2)
	require.Equal(t, bobsName, result.Approval.Approver)
	for _, given := range result.Approval.Approvals {
		require.True(t, given.Signed)
		require.NotEmpty(t, given.KeyFingerprint)
	}

	// After the end.
	said = k.decisions(name)
	refused(byStarter("--key", bob), "had ended as COMPLETED")
	last := said[len(said)-1]
	require.Equal(t, bobsName, last.Approver)
	require.Equal(t, here.RunID, last.RunID)
	require.NotEmpty(t, last.KeyFingerprint)
	refused(byStarter("--key", stranger), "besides, the key")

	// A year later.
	var report struct{ Signatures, Unchecked int }
	stdout, stderr, code = k.Run(k.ctx, "audit", "verify", "--trail", k.AuditFile, "--approvers", approvers, "-o", "json")
	require.Equal(t, 0, code, stdout+stderr)
	require.NoError(t, json.Unmarshal([]byte(stdout), &report))
	require.Equal(t, 3, report.Signatures, "the rejection and both approvals")
	require.Zero(t, report.Unchecked)
	for _, secret := range []string{bob, carol, asker, stranger} {
		key, err := os.ReadFile(secret)
		require.NoError(t, err)
		trail, err := os.ReadFile(k.AuditFile)
		require.NoError(t, err)
		require.NotContains(t, string(trail), strings.Split(string(key), "\n")[2])
	}
}

func TestADecisionAfterTheEndIsAudited(t *testing.T) {
	k := onShared(t)
	name := k.atGate(0)
	k.approve(name)
	require.Equal(t, schemas.Completed, k.end(name).Status)
	_, stderr, code := k.Run(k.ctx, "reject", name, "--approver", "another", "--reason", "no")
	require.Equal(t, 1, code, stderr)
	require.Contains(t, stderr, "had ended as COMPLETED")
	all := k.decisions(name)
	require.Len(t, all, 2)
	require.False(t, all[1].Accepted)
	require.Equal(t, "another", all[1].Approver)
	require.Equal(t, schemas.Reject, all[1].Decision)
}
