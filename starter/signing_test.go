package main

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"model-registrar/internal/approvers"
	"model-registrar/schemas"
)

// sshKey is a key in files, as ssh-keygen makes them.
type sshKey struct {
	key               ed25519.PrivateKey
	private, public   string // paths
	secret            string // the private key's text
	line, fingerprint string
}

// newSSHKey makes a key; with a passphrase the file is encrypted.
func newSSHKey(t *testing.T, passphrase string) sshKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	var block *pem.Block
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(crypto.PrivateKey(key), "bob's laptop")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(crypto.PrivateKey(key), "bob's laptop", []byte(passphrase))
	}
	require.NoError(t, err)
	signer, err := ssh.NewSignerFromKey(key)
	require.NoError(t, err)
	k := sshKey{key: key, secret: string(pem.EncodeToMemory(block)), line: string(ssh.MarshalAuthorizedKey(signer.PublicKey())),
		fingerprint: ssh.FingerprintSHA256(signer.PublicKey())}
	k.private = file(t, "id_ed25519", k.secret)
	k.public = k.private + ".pub"
	require.NoError(t, os.WriteFile(k.public, []byte(k.line), 0o600))
	return k
}

// sshAgent runs an SSH agent that holds these keys, and returns the environment that names it.
func sshAgent(t *testing.T, keys ...sshKey) string {
	t.Helper()
	keyring := agent.NewKeyring()
	for _, k := range keys {
		require.NoError(t, keyring.Add(agent.AddedKey{PrivateKey: k.key}))
	}
	dir, err := os.MkdirTemp("", "agent") // a socket's path has to be short
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(keyring, conn); conn.Close() }()
		}
	}()
	return "SSH_AUTH_SOCK=" + socket
}

// deciding is a frontend whose workflow takes every decision, and says which it got.
func deciding(t *testing.T) (*frontend, *schemas.Decision) {
	f := waiting(t)
	got := new(schemas.Decision)
	f.decide = func(d schemas.Decision) (*schemas.DecisionReceipt, error) {
		*got = d
		return &schemas.DecisionReceipt{Name: "llm", Decision: d.Decision, Approver: d.Approver}, nil
	}
	return f, got
}

func TestADecisionIsSignedByTheKeyThatIsNamed(t *testing.T) {
	key, other := newSSHKey(t, ""), newSSHKey(t, "")
	held := sshAgent(t, other, key)
	for name, c := range map[string]struct {
		env  []string
		args []string
	}{
		"a private key":                         {nil, []string{"--key", key.private}},
		"the default":                           {[]string{"REGISTRAR_SIGNING_KEY=" + key.private}, nil},
		"a public key that the agent holds":     {[]string{held}, []string{"--key", key.public}},
		"that default":                          {[]string{held, "REGISTRAR_SIGNING_KEY=" + key.public}, nil},
		"a private key that the agent is to be": {[]string{held}, []string{"--agent", "--key", key.private}},
		"the only key of the agent":             {[]string{sshAgent(t, key)}, []string{"--agent"}},
	} {
		t.Run(name, func(t *testing.T) {
			f, got := deciding(t)
			r := starter(t, "", append(f.env(), c.env...), append([]string{"approve", "llm", "--reason", "fine"}, c.args...)...)
			require.Zero(t, r.code, r.errors)
			require.Empty(t, got.Approver, "the signer is the approver")
			require.NotEmpty(t, got.RunID)
			fingerprint, err := approvers.Fits(got.Statement("llm"), got.Signature)
			require.NoError(t, err)
			require.Equal(t, key.fingerprint, fingerprint)
		})
	}
}

func TestASignedDecisionMayNameItsApprover(t *testing.T) {
	f, got := deciding(t)
	key := newSSHKey(t, "")
	r := starter(t, "", f.env(), "reject", "llm", "--reason", "no", "--key", key.private, "--approver", " bob@example.com ")
	require.Zero(t, r.code, r.errors)
	require.Equal(t, "bob@example.com", got.Approver)
	_, err := approvers.Fits(got.Statement("llm"), got.Signature)
	require.NoError(t, err)
}

func TestAKeyWithAPassphraseSignsThroughTheAgentThatHoldsIt(t *testing.T) {
	f, got := deciding(t)
	key := newSSHKey(t, "open sesame")
	r := starter(t, "", append(f.env(), sshAgent(t, key)), "approve", "llm", "--reason", "fine", "--key", key.private)
	require.Zero(t, r.code, r.errors)
	_, err := approvers.Fits(got.Statement("llm"), got.Signature)
	require.NoError(t, err)
}

func TestAKeyThatCannotSignSaysWhatToDo_AndNothingIsSent(t *testing.T) {
	locked, key, other := newSSHKey(t, "open sesame"), newSSHKey(t, ""), newSSHKey(t, "")
	broken := file(t, "broken", key.secret[:len(key.secret)/2])
	for name, c := range map[string]struct {
		env  []string
		args []string
		code int
		want string
	}{
		"no such file":             {nil, []string{"--key", "/does/not/exist"}, exitUsage, "no such file"},
		"no key":                   {nil, []string{"--key", file(t, "text", "hello")}, exitFailed, "is no SSH key that can be read here"},
		"a broken key":             {nil, []string{"--key", broken}, exitFailed, "is no SSH key that can be read here"},
		"too large":                {nil, []string{"--key", file(t, "large", string(make([]byte, maxKeyFile+1)))}, exitUsage, "larger than"},
		"passphrase, no terminal":  {nil, []string{"--key", locked.private}, exitFailed, "ssh-add " + locked.private},
		"passphrase, other agent":  {[]string{sshAgent(t, key)}, []string{"--key", locked.private}, exitFailed, "only be asked for on a terminal"},
		"no agent":                 {nil, []string{"--agent"}, exitFailed, "SSH_AUTH_SOCK is not set"},
		"a public key, no agent":   {nil, []string{"--key", key.public}, exitFailed, "SSH_AUTH_SOCK is not set"},
		"an agent that is gone":    {[]string{"SSH_AUTH_SOCK=/does/not/exist"}, []string{"--agent"}, exitFailed, "cannot be reached"},
		"an agent without the key": {[]string{sshAgent(t, other)}, []string{"--key", key.public}, exitFailed, key.fingerprint},
		"an empty agent":           {[]string{sshAgent(t)}, []string{"--agent"}, exitFailed, "holds no key"},
		"an agent with two keys":   {[]string{sshAgent(t, key, other)}, []string{"--agent"}, exitFailed, "--key FILE.pub names one"},
	} {
		t.Run(name, func(t *testing.T) {
			f, got := deciding(t)
			r := starter(t, "", append(f.env(), c.env...), append([]string{"approve", "llm", "--reason", "fine"}, c.args...)...)
			require.Equal(t, c.code, r.code, r.errors)
			require.Contains(t, r.errors, c.want)
			require.Empty(t, got)
			require.NotContains(t, r.errors, "PRIVATE KEY")
			require.NotContains(t, r.errors, key.secret[50:80])
		})
	}
}
