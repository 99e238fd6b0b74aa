package containers_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"model-registrar/internal/config"
	"model-registrar/schemas"
)

// workerConfig is the configuration that the worker's container reads.
func workerConfig(t *testing.T, project *types.Project) config.Worker {
	t.Helper()
	cfg, _, err := config.LoadWorker(environ(project, "worker"))
	require.NoError(t, err)
	return cfg
}

func TestTheDemosWorkerIsConfiguredForTheSimulator(t *testing.T) {
	cfg := workerConfig(t, demo(t))
	assert.Equal(t, "https://simulator:9443", cfg.Genesys.Host)
	assert.Equal(t, "simulator-secret", cfg.Genesys.ClientSecret)
	assert.Equal(t, []string{"simulator:9443"}, cfg.Outbound.TokenHosts)
	assert.Len(t, cfg.WebhookSecrets, 1)
	assert.True(t, strings.HasPrefix(cfg.Audit, "file:/data/"), "the audit trail is in the volume")
}

func TestTheDemosManifestIsTheExampleWithTheSimulatorsURLs(t *testing.T) {
	read := func(path string) string {
		content, err := os.ReadFile(filepath.Join(repository, path))
		require.NoError(t, err)
		_, body, _ := strings.Cut(string(content), "\n") // the first line is a comment
		return body
	}
	manifest := read("deploy/demo/manifests/production-llm-v2.yaml")
	urls := regexp.MustCompile(`(?m)^(endpoint_url|webhook_callback_url): .*$`)
	assert.Equal(t, urls.ReplaceAllString(read("examples/production-llm-v2.yaml"), "$1"), urls.ReplaceAllString(manifest, "$1"))
	for _, line := range urls.FindAllString(manifest, -1) {
		assert.Contains(t, line, ": https://simulator:9443/")
	}
}

func TestTheSetupRegistersTheSearchAttributesThatRegistrationsUse(t *testing.T) {
	script, err := os.ReadFile(filepath.Join(repository, "deploy/temporal/setup.sh"))
	require.NoError(t, err)
	names := regexp.MustCompile(`for name in (.*); do`).FindSubmatch(script)
	require.NotNil(t, names)
	assert.ElementsMatch(t, schemas.SearchAttributes, strings.Fields(string(names[1])))
}

func TestNewSettingsAreAProductionWithNothingOfTheDemo(t *testing.T) {
	dir := checkout(t)
	before := load(t, dir)
	said, err := newSettings(t, dir)
	require.NoError(t, err, said)
	project := load(t, dir)

	assert.Equal(t, "model-registrar", project.Name)
	assert.NotEqual(t, before.Name, project.Name, "production would share the demo's volumes")
	for name, secret := range project.Secrets {
		assert.Equal(t, filepath.Join(dir, "deploy/production", name), secret.File)
	}
	for name := range project.Services["worker"].Environment {
		assert.NotEqual(t, "SSL_CERT_DIR", name, "production would trust the simulator's certificate")
	}
	_, _, err = config.LoadWorker(environ(project, "worker"))
	require.ErrorContains(t, err, "GENESYS_OAUTH_CLIENT_ID is not set")
	require.ErrorContains(t, err, "GENESYS_OAUTH_CLIENT_SECRET")
	require.NotContains(t, err.Error(), "WEBHOOK")
}

func TestFilledInSettingsConfigureTheWorker(t *testing.T) {
	dir := checkout(t)
	_, err := newSettings(t, dir)
	require.NoError(t, err)
	folder := filepath.Join(dir, "deploy/production")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "genesys_oauth_client_secret"), []byte("s\n"), 0o644))
	settings, err := os.ReadFile(filepath.Join(folder, "worker.env"))
	require.NoError(t, err)
	filled := strings.NewReplacer("GENESYSCLOUD_REGION=", "GENESYSCLOUD_REGION=eu-central-1",
		"GENESYS_OAUTH_CLIENT_ID=", "GENESYS_OAUTH_CLIENT_ID=an-id").Replace(string(settings))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "worker.env"), []byte(filled), 0o644))

	cfg := workerConfig(t, load(t, dir))
	assert.Equal(t, "https://api.mypurecloud.de", cfg.Genesys.Host)
	assert.Empty(t, cfg.Outbound.AllowNetworks)
	require.Len(t, cfg.WebhookSecrets, 1)
	assert.Regexp(t, `^whsec_[A-Za-z0-9+/]{43}=$`, cfg.WebhookSecrets[0])
}

func TestNewSettingsAreSecretAndEachTimeOthers(t *testing.T) {
	passwords := map[string]bool{}
	for range 2 {
		dir := checkout(t)
		_, err := newSettings(t, dir)
		require.NoError(t, err)
		folder := filepath.Join(dir, "deploy/production")
		info, err := os.Stat(folder)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
		password, err := os.ReadFile(filepath.Join(folder, "postgres_password"))
		require.NoError(t, err)
		assert.Regexp(t, `^[0-9a-f]{48}$`, string(password))
		passwords[string(password)] = true
	}
	assert.Len(t, passwords, 2)
}

func TestExistingSettingsAreLeftAsTheyAre(t *testing.T) {
	dir := checkout(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".env"), []byte("MINE=1\n"), 0o600))
	said, err := newSettings(t, dir)
	require.Error(t, err)
	assert.Contains(t, said, "exists already")
	kept, err := os.ReadFile(filepath.Join(dir, ".env"))
	require.NoError(t, err)
	assert.Equal(t, "MINE=1\n", string(kept))
	assert.NoDirExists(t, filepath.Join(dir, "deploy/production"))
}
