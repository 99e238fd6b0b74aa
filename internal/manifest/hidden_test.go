package manifest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAURLOfTheGatewayIsShownWithoutItsSecrets(t *testing.T) {
	for raw, want := range map[string]string{
		"https://h.example.com/v1?api-version=2024-06-01": "https://h.example.com/v1?api-version=2024-06-01",
		"https://user:hunter2@h.example.com/v1":           "https://h.example.com/v1?not-shown",
		"https://h.example.com/v1?api_key=abc":            "https://h.example.com/v1?not-shown",
		"https://h.example.com/v1#access_token=abc":       "https://h.example.com/v1?not-shown",
		"https://h.example.com/sk-abcdefghijklmnop/v1":    "https://h.example.com/?not-shown",
		"https://h.example.com/%zz?api_key=abc":           "",
		"":                                                "",
	} {
		shown, hidden := WithoutSecret(raw)
		require.Equal(t, want, shown, raw)
		require.Equal(t, want != raw, hidden, raw)
	}
	shown, hidden := WithoutCredential("sk-abcdefghijklmnop")
	require.Empty(t, shown)
	require.True(t, hidden)
}
