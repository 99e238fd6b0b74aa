package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRegisteringWhatIsInProgressOrDoneSaysSo(t *testing.T) {
	k := onShared(t)
	name := k.atGate(0)
	file := k.file(k.Manifest(name))

	_, stderr, code := k.Run(k.ctx, "register", file, "--requester", "someone-else")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "is being registered already")
	require.Contains(t, stderr, "watch "+name)

	k.approve(name)
	result := k.end(name)
	stdout, stderr := k.order("register", file, "--requester", requester)
	require.Contains(t, stdout, "UNCHANGED")
	require.Contains(t, stdout+stderr, result.ModelID)
}

func TestABadManifestIsRefusedWithEveryPlaceAndStartsNothing(t *testing.T) {
	k := onShared(t)
	file := filepath.Join(t.TempDir(), "bad.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`name: ab
endpoint_url: http://169.254.169.254/latest
auth_credential_id: ""
model_architecture: opnai
max_requests_per_minute: 0
max_tokens_per_minute: lots
parameters: {temperature: 99, max_tokens: -1, top_k: 3}
api_key: sk-123
`), 0o600))
	for _, command := range []string{"validate", "register"} {
		stdout, stderr, code := k.Run(k.ctx, command, file)
		require.Equal(t, 2, code)
		for _, place := range []string{":1:", ":2:", ":3:", ":4:", ":5:", ":6:", ":7:", ":8:",
			"parameters.temperature", "parameters.max_tokens", "top_k", "api_key"} {
			require.Contains(t, stdout+stderr, place)
		}
		require.NotContains(t, stdout+stderr, "sk-123")
	}
}

func TestAnUnreachableTemporalIsExit4(t *testing.T) {
	k := onShared(t)
	file := k.file(k.Manifest(k.name("nowhere")))
	_, stderr, code := k.RunWith(k.ctx, []string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, "register", file)
	require.Equal(t, 4, code, stderr)
	require.Contains(t, stderr, "127.0.0.1:1")
}
