package activities

import (
	"crypto/ed25519"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"model-registrar/internal/approvers"
	"model-registrar/schemas"
)

var (
	about = schemas.DecisionStatement{Name: "llm", RunID: "run-2", PayloadHash: strings.Repeat("ab", 32)}
	came  = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
)

func approval() schemas.Decision {
	return schemas.Decision{Decision: schemas.Approve, Approver: "bob", Reason: "fine", RunID: about.RunID, PayloadHash: about.PayloadHash, Probe: schemas.ProbePass}
}

func newKey(t *testing.T) ssh.Signer {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	s, err := ssh.NewSignerFromKey(key)
	require.NoError(t, err)
	return s
}

// signed signs a decision about the model of this name.
func signed(t *testing.T, d schemas.Decision, name string, key ssh.Signer) schemas.Decision {
	var err error
	d.Signature, err = approvers.Sign(d.Statement(name), key)
	require.NoError(t, err)
	return d
}

// verified is what VerifyDecision says; with a key, its principal bob is the only approver.
func verified(t *testing.T, d schemas.Decision, bob ssh.Signer) schemas.VerifiedDecision {
	var a Activities
	if bob != nil {
		path := filepath.Join(t.TempDir(), "approvers")
		line := append([]byte(`bob valid-before="20260601Z" `), ssh.MarshalAuthorizedKey(bob.PublicKey())...)
		require.NoError(t, os.WriteFile(path, line, 0o600))
		var err error
		a.Approvers, err = approvers.Open(path, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
	}
	out, err := a.VerifyDecision(t.Context(), schemas.VerifyDecisionInput{Registration: about, Decision: d, DecidedAt: came})
	require.NoError(t, err)
	return out
}

func TestASignedDecisionIsTheSigners(t *testing.T) {
	key := newKey(t)
	unnamed := approval()
	unnamed.Approver = ""
	reject := approval()
	reject.Decision, reject.PayloadHash, reject.Probe = schemas.Reject, "", ""
	for name, d := range map[string]schemas.Decision{"named": approval(), "unnamed": unnamed, "a rejection of whatever it is": reject} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, schemas.VerifiedDecision{
				Approver: "bob", Signed: true, KeyFingerprint: ssh.FingerprintSHA256(key.PublicKey()),
			}, verified(t, signed(t, d, "llm", key), key))
		})
	}
}

func TestADecisionThatDoesNotCountIsRefusedWithItsReason(t *testing.T) {
	key, other := newKey(t), newKey(t)
	from := func(change func(*schemas.Decision)) schemas.Decision {
		d := approval()
		change(&d)
		return d
	}
	for name, c := range map[string]struct {
		decision    schemas.Decision
		refusal     string
		fingerprint ssh.Signer // of the key that did sign it
	}{
		"unsigned":  {approval(), "have to be signed", nil},
		"wrong key": {signed(t, approval(), "llm", other), "is not among the approvers", other},
		"replayed from another run": {
			signed(t, from(func(d *schemas.Decision) { d.RunID = "run-1" }), "llm", key), "about another registration of llm", key},
		"replayed from another model": {signed(t, approval(), "another", key), "not one of this decision", nil},
		"for no run": {
			signed(t, from(func(d *schemas.Decision) { d.RunID = "" }), "llm", key), "has to name the run", key},
		"for another payload": {
			signed(t, from(func(d *schemas.Decision) { d.PayloadHash = "cd" }), "llm", key), `about payload "cd"`, key},
		"for another verdict than signed": {
			func() schemas.Decision { d := signed(t, approval(), "llm", key); d.Probe = schemas.ProbeFail; return d }(),
			"not one of this decision", nil},
		"as somebody else": {
			signed(t, from(func(d *schemas.Decision) { d.Approver = "carol" }), "llm", key), `is not "carol"'s`, key},
	} {
		t.Run(name, func(t *testing.T) {
			v := verified(t, c.decision, key)
			require.Contains(t, v.Refusal, c.refusal)
			require.False(t, v.Signed && v.Refusal == "")
			want := ""
			if c.fingerprint != nil {
				want = ssh.FingerprintSHA256(c.fingerprint.PublicKey())
			}
			require.Equal(t, want, v.KeyFingerprint)
		})
	}
}

func TestAKeyHasToBeValidWhenTheDecisionCame(t *testing.T) {
	key := newKey(t)
	d := signed(t, approval(), "llm", key)
	require.Empty(t, verified(t, d, key).Refusal)
	defer func(at time.Time) { came = at }(came)
	came = came.AddDate(0, 3, 0)
	require.Contains(t, verified(t, d, key).Refusal, "is not valid at 2026-08-04")
}

func TestWithoutAnApproversFileADecisionIsWhoeverItSays(t *testing.T) {
	early := schemas.Decision{Decision: schemas.Reject, Approver: "bob", Reason: "no"}
	for _, d := range []schemas.Decision{approval(), early} {
		require.Equal(t, schemas.VerifiedDecision{Approver: "bob"}, verified(t, d, nil))
	}
	wrong := approval()
	wrong.RunID = "run-1"
	require.Contains(t, verified(t, wrong, nil).Refusal, "about another registration")
}

func TestWithoutAnApproversFileASignatureVouchesForNobody_ButHasToFit(t *testing.T) {
	key := newKey(t)
	require.Equal(t, schemas.VerifiedDecision{Approver: "bob", KeyFingerprint: ssh.FingerprintSHA256(key.PublicKey())},
		verified(t, signed(t, approval(), "llm", key), nil))
	require.Contains(t, verified(t, signed(t, approval(), "another", key), nil).Refusal, "not one of this decision")
	unnamed := approval()
	unnamed.Approver = ""
	require.Contains(t, verified(t, signed(t, unnamed, "llm", key), nil).Refusal, "has to say who decides")
}
