// Package containers checks what containers are made and run from: the compose file, by the compose specification's own
// library, the settings beside it, and the Dockerfile, by running its steps. It needs no container engine.
package containers_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

const repository = "../.."

// load reads the compose file in dir as `docker compose` does, .env included, with the machine's environment left out.
func load(t *testing.T, dir string, profiles ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(dir, "docker-compose.yml")},
		cli.WithWorkingDirectory(dir), cli.WithEnvFiles(), cli.WithDotEnv, cli.WithProfiles(profiles))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	return project
}

// demo is the project with every service there is.
func demo(t *testing.T) *types.Project {
	t.Helper()
	return load(t, checkout(t), "demo", "cli")
}

// checkout copies what Compose reads into a folder of its own, so that neither the settings of who runs the tests nor
// what the tests write matters.
func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range []string{"demo", "temporal"} {
		from := filepath.Join(repository, "deploy", folder)
		require.NoError(t, os.CopyFS(filepath.Join(dir, "deploy", folder), os.DirFS(from)))
	}
	for _, file := range []string{"docker-compose.yml", "deploy/new-settings.sh"} {
		content, err := os.ReadFile(filepath.Join(repository, file))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), content, 0o755))
	}
	return dir
}

// newSettings makes the settings of a production deployment in a checkout.
func newSettings(t *testing.T, dir string) (said string, err error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "sh", filepath.Join(dir, "deploy", "new-settings.sh")).CombinedOutput()
	return string(out), err
}

// environ is what a container of the service sees, with the secrets' files where they are on this machine.
func environ(project *types.Project, service string) []string {
	places := map[string]string{}
	for name, secret := range project.Secrets {
		places["/run/secrets/"+name] = secret.File
	}
	var out []string
	for name, value := range project.Services[service].Environment {
		if value == nil {
			continue
		}
		content := *value
		if place, ok := places[content]; ok {
			content = place
		}
		out = append(out, name+"="+content)
	}
	return out
}

// endsByItself reports whether others wait for the service's end, or people run it for one command.
func endsByItself(project *types.Project, name string) bool {
	for _, other := range project.Services {
		if other.DependsOn[name].Condition == types.ServiceConditionCompletedSuccessfully {
			return true
		}
	}
	return strings.Join(project.Services[name].Profiles, " ") == "cli"
}
