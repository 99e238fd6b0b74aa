package genesys

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/internal/gateway"
)

func TestAStatusIsReadWhateverTheSecretsAre(t *testing.T) {
	for _, secret := range []string{"T", "e", "COMPLETED", "failed", "a"} {
		r := newRedactor("client", []string{secret})
		for _, status := range []string{"COMPLETED", "Succeeded", "completed"} {
			require.True(t, gateway.Job{Status: r.status(status)}.Succeeded(), "%s with %s", status, secret)
		}
		require.True(t, gateway.Job{Status: r.status("FAILED")}.Failed(), secret)
	}
	require.Equal(t, "said "+redacted, newRedactor("client", []string{"hunter2"}).status("said hunter2"))
}
