package approvers

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
)

// keygen runs OpenSSH's ssh-keygen.
func keygen(t *testing.T, stdin []byte, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ssh-keygen", args...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestOpenSSHAndWeVerifyEachOthersSignatures(t *testing.T) {
	message, err := statement().Canonical()
	require.NoError(t, err)
	for name, options := range map[string][]string{
		"ed25519": {"-t", "ed25519"}, "ecdsa 256": {"-t", "ecdsa", "-b", "256"}, "ecdsa 521": {"-t", "ecdsa", "-b", "521"},
		"rsa": {"-t", "rsa", "-b", "2048"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			key, file := filepath.Join(dir, "id"), filepath.Join(dir, "approvers")
			out, err := keygen(t, nil, append(options, "-q", "-N", "", "-C", "bob's laptop", "-f", key)...)
			require.NoError(t, err, out)
			pub, err := os.ReadFile(key + ".pub")
			require.NoError(t, err)
			line := `*@example.com,!carol@example.com namespaces="model-registrar",valid-after="20200101Z" ` + string(pub)
			require.NoError(t, os.WriteFile(file, []byte("# approvers\n"+line), 0o600))
			signers, err := Load(file)
			require.NoError(t, err)

			for _, hash := range []string{"sha256", "sha512"} {
				theirs, err := exec.CommandContext(t.Context(), "sh", "-c",
					`printf %s "$1" | ssh-keygen -Y sign -q -n model-registrar -O hashalg="$2" -f "$3"`, "sh", string(message), hash, key).Output()
				require.NoError(t, err)
				principal, fingerprint, err := signers.Verify(statement(), string(theirs), now)
				require.NoError(t, err)
				require.Equal(t, "bob@example.com", principal)
				out, err := keygen(t, nil, "-l", "-f", key+".pub")
				require.NoError(t, err, out)
				require.Equal(t, strings.Fields(out)[1], fingerprint)
			}

			private, err := os.ReadFile(key)
			require.NoError(t, err)
			signer, err := ssh.ParsePrivateKey(private)
			require.NoError(t, err)
			signature := filepath.Join(dir, "sig")
			require.NoError(t, os.WriteFile(signature, []byte(sign(t, statement(), signer)), 0o600))
			verify := func(who string, message []byte) (string, error) {
				return keygen(t, message, "-Y", "verify", "-f", file, "-I", who, "-n", "model-registrar", "-s", signature)
			}
			out, err = verify("bob@example.com", message)
			require.NoError(t, err, out)
			require.Contains(t, out, `Good "model-registrar" signature for bob@example.com`)
			for who, message := range map[string][]byte{"carol@example.com": message, "bob@example.com": append(message, ' ')} {
				out, err = verify(who, message)
				require.Error(t, err, out)
			}
		})
	}
}

// Both must come to the same about principals, options and times.
func TestOpenSSHAndWeReadTheFileAlike(t *testing.T) {
	message, err := statement().Canonical()
	require.NoError(t, err)
	key := ed25519Key(t)
	dir := t.TempDir()
	signature := filepath.Join(dir, "sig")
	require.NoError(t, os.WriteFile(signature, []byte(sign(t, statement(), key)), 0o600))
	for _, before := range []string{
		"bob@example.com", "bob@*", "b?b@example.com", "*", "?", "bob", "BOB@example.com", "*,!bob*", "!bob*,*", "!carol,*",
		"carol,bob@example.com", `"bob@example.com"`, `"bob@example.com,a b"`, "bob@example.com\t", "  bob@example.com",
		`* namespaces="model-registrar"`, `* NAMESPACES="m*"`, `* namespaces="git,file"`, `* namespaces="*,!model-registrar"`,
		`* namespaces="a b,model-registrar"`, `* namespaces=model-registrar`, `* namespaces="model-registrar`, `* namespaces="x"y`,
		`* valid-after="20260504"`, `* valid-after="20260504Z"`, `* valid-after="20260505Z"`, `* valid-after="202605040959Z"`,
		`* valid-after="20260504100000Z"`, `* valid-after="20260504100001Z"`, `* valid-before="20260504100000Z"`,
		`* valid-before="20260504095959Z"`, `* valid-after="20260101Z",valid-before="20270101Z"`, `* valid-after="2026"`,
		`* valid-after="20270101Z",valid-before="20260101Z"`, `* valid-before="20270101Z",namespaces="git"`,
		`* namespaces="model-registrar",namespaces="git"`, `* unknown`, `* unknown="1"`, `* namespaces="model-registrar" namespaces="x"`,
		"# bob@example.com", "",
	} {
		file := filepath.Join(dir, "approvers")
		line := before + " " + public(key) + " a comment"
		require.NoError(t, os.WriteFile(file, []byte(line+"\n"), 0o600))
		out, theirs := keygen(t, message, "-Y", "verify", "-f", file, "-I", "bob@example.com", "-n", "model-registrar",
			"-s", signature, "-O", "verify-time=20260504100000Z")
		signers, ours := Load(file)
		if ours == nil {
			_, _, ours = signers.Verify(statement(), sign(t, statement(), key), now)
		}
		require.Equal(t, theirs == nil, ours == nil, "%s\nssh-keygen: %s\nours: %v", line, out, ours)
	}
}
