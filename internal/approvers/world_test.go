package approvers

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"model-registrar/schemas"
)

var now = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

// statement is what approvers sign in these tests.
func statement() schemas.DecisionStatement {
	return schemas.DecisionStatement{
		Name: "production-llm-v2", RunID: "0197-run", PayloadHash: strings.Repeat("ab", 32),
		Decision: schemas.Approve, Approver: "bob@example.com", Reason: "the figures are <fine> – ✓",
	}
}

func signerOf(t testing.TB, key crypto.PrivateKey, err error) ssh.Signer {
	t.Helper()
	require.NoError(t, err)
	s, err := ssh.NewSignerFromKey(key)
	require.NoError(t, err)
	return s
}

func ed25519Key(t testing.TB) ssh.Signer {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return signerOf(t, key, err)
}

func ecdsaKey(t testing.TB, curve elliptic.Curve) ssh.Signer {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	return signerOf(t, key, err)
}

// generateRSA makes one key for all tests: a key takes long.
var generateRSA = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, minRSA) })

func rsaKey(t testing.TB) ssh.Signer {
	key, err := generateRSA()
	return signerOf(t, key, err)
}

// smallRSAKey is a key that is too small; 1024 bits is the least that Go still makes.
func smallRSAKey(t testing.TB) ssh.Signer {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	return signerOf(t, key, err)
}

// sha1Signer signs as ssh-rsa, that is, with SHA-1.
type sha1Signer struct{ ssh.AlgorithmSigner }

func (s sha1Signer) SignWithAlgorithm(rand io.Reader, data []byte, _ string) (*ssh.Signature, error) {
	return s.AlgorithmSigner.SignWithAlgorithm(rand, data, ssh.KeyAlgoRSA)
}

// securityKey signs as a FIDO token does: over hashes, with a flag that says whether somebody touched it.
type securityKey struct {
	public  ssh.PublicKey
	private ed25519.PrivateKey
	touched bool
}

func newSecurityKey(t testing.TB, touched bool) securityKey {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	key, err := ssh.ParsePublicKey(ssh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, public, "ssh:"}))
	require.NoError(t, err)
	return securityKey{key, private, touched}
}

func (k securityKey) PublicKey() ssh.PublicKey { return k.public }

func (k securityKey) Sign(_ io.Reader, data []byte) (*ssh.Signature, error) {
	flags := byte(0)
	if k.touched {
		flags = 1
	}
	application, message := sha256.Sum256([]byte("ssh:")), sha256.Sum256(data)
	state := ssh.Marshal(struct {
		Flags   byte
		Counter uint32
	}{flags, 7})
	signed := append(append(application[:], state...), message[:]...)
	return &ssh.Signature{Format: ssh.KeyAlgoSKED25519, Blob: ed25519.Sign(k.private, signed), Rest: state}, nil
}

// public is a key as it stands in a .pub file.
func public(s ssh.Signer) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.PublicKey())))
}

func parsed(t testing.TB, lines ...string) *Signers {
	t.Helper()
	s, err := Parse("approvers", []byte(strings.Join(lines, "\n")))
	require.NoError(t, err)
	return s
}

func sign(t testing.TB, s schemas.DecisionStatement, with ssh.Signer) string {
	t.Helper()
	signature, err := Sign(s, with)
	require.NoError(t, err)
	return signature
}

func writeFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}
