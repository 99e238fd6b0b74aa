package registrar

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/internal/config"
)

func TestAnAddressOfTemporalThatCannotBeOneIsExplained(t *testing.T) {
	for address, want := range map[string]string{
		"http://localhost:7233":            "has a scheme",
		"HTTPS://temporal.example.com":     "has a scheme",
		"grpc://temporal.example.com:7233": "has a scheme",
		"localhost":                        "has no port",
		"localhost:":                       "has no port",
		"prod.a1b2c.tmprl.cloud":           "NAMESPACE.ACCOUNT.tmprl.cloud:7233",
		"https://prod.a1b2c.tmprl.cloud":   "NAMESPACE.ACCOUNT.tmprl.cloud:7233",
		"::1":                              "has no port",
	} {
		_, err := FromEnvironment([]string{"TEMPORAL_CONFIG_FILE=" + t.TempDir() + "/none.toml", "TEMPORAL_ADDRESS=" + address})
		require.IsType(t, &Misconfigured{}, err, address)
		require.ErrorContains(t, err, want)
	}
	for _, address := range []string{"", "localhost:7233", "[::1]:7233", "dns:///temporal:7233", "prod.a1b2c.tmprl.cloud:7233"} {
		require.NoError(t, config.CheckAddress(address), address)
	}
}
