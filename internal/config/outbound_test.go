package config_test

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/internal/config"
)

func TestATokenIsReadFromItsFileAndSentToItsHostsAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("s3cr3t\n"), 0o600))
	o, err := config.LoadOutbound([]string{"EXTERNAL_AI_TOKEN_FILE=" + file, "EXTERNAL_AI_TOKEN_HOSTS=api.example.com,other.example.com"})
	require.NoError(t, err)
	tokens, err := o.Credentials()
	require.NoError(t, err)

	credential, err := tokens.Lookup("cred", &url.URL{Scheme: "https", Host: "other.example.com"})
	require.NoError(t, err)
	require.Equal(t, "s3cr3t", credential.Token())
	_, err = tokens.Lookup("cred", &url.URL{Scheme: "https", Host: "elsewhere.example.com"})
	require.Error(t, err)
}

func TestAProbeAloneNeedsNothingElseOfAWorkersConfiguration(t *testing.T) {
	_, err := config.LoadOutbound([]string{"GENESYS_OAUTH_CLIENT_SECRET_FILE=/nowhere", "REGISTRAR_APPROVAL=maybe"})
	require.NoError(t, err)
}

func TestATokenThatCannotBeReadIsNamedAndNeverShown(t *testing.T) {
	_, err := config.LoadOutbound([]string{"EXTERNAL_AI_TOKEN=s3cr3t", "EXTERNAL_AI_TOKEN_FILE=/nowhere"})
	require.ErrorContains(t, err, "EXTERNAL_AI_TOKEN and EXTERNAL_AI_TOKEN_FILE are both set")
	require.NotContains(t, err.Error(), "s3cr3t")
}

func TestNetworksThatAreNoneNameTheirVariable(t *testing.T) {
	o, err := config.LoadOutbound([]string{"REGISTRAR_ALLOW_NETWORKS=everywhere"})
	require.NoError(t, err)
	_, err = o.Guard()
	require.ErrorContains(t, err, "REGISTRAR_ALLOW_NETWORKS")
}
