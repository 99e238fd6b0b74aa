package containers_test

import (
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var production = []string{"postgresql", "temporal", "temporal-schema", "temporal-setup", "temporal-ui", "temporal-ui-front", "worker"}

func TestTheDemoProfileAddsTheSimulatorToTheServicesOfProduction(t *testing.T) {
	dir := checkout(t)
	assert.ElementsMatch(t, production, load(t, dir).ServiceNames())
	assert.ElementsMatch(t, append([]string{"simulator"}, production...), load(t, dir, "demo").ServiceNames())
}

func TestEveryImageIsPinnedOrBuiltHere(t *testing.T) {
	version := regexp.MustCompile(`^[a-z]+(/[a-z-]+)?:\d+\.\d+(\.\d+)?(-[a-z]+)?$`)
	targets := stages(t)
	for name, service := range demo(t).Services {
		if service.Build == nil {
			assert.Regexp(t, version, service.Image, name)
			continue
		}
		assert.Equal(t, name, service.Build.Target)
		assert.Contains(t, targets, service.Build.Target, "the Dockerfile has no such stage")
	}
}

func TestTheToolsThatMakeTemporalsSchemaAreOfTheServersVersion(t *testing.T) {
	services := demo(t).Services
	_, version, _ := strings.Cut(services["temporal"].Image, ":")
	for _, name := range []string{"temporal-schema", "temporal-setup"} {
		assert.Equal(t, "temporalio/admin-tools:"+version, services[name].Image)
	}
}

func TestEveryServiceHasAHealthCheckOrEndsByItself(t *testing.T) {
	project := demo(t)
	for name, service := range project.Services {
		switch {
		case endsByItself(project, name):
			assert.Nil(t, service.HealthCheck, name)
		default:
			require.NotNil(t, service.HealthCheck, name)
			require.NotEmpty(t, service.HealthCheck.Test, name)
			assert.Equal(t, "CMD", service.HealthCheck.Test[0], "%s: the worker's image has no shell", name)
			assert.NotNil(t, service.HealthCheck.Timeout, name)
			assert.Equal(t, types.RestartPolicyUnlessStopped, service.Restart, name)
		}
	}
}

func TestWhoDependsOnAServiceWaitsUntilItCanBeUsed(t *testing.T) {
	project := demo(t)
	for name, service := range project.Services {
		for needed, how := range service.DependsOn {
			want := types.ServiceConditionHealthy
			if endsByItself(project, needed) {
				want = types.ServiceConditionCompletedSuccessfully
			}
			assert.Equal(t, want, how.Condition, "%s needs %s", name, needed)
			assert.Equal(t, needed != "simulator", how.Required, "%s needs %s", name, needed)
		}
	}
	worker := project.Services["worker"].DependsOn
	for _, needed := range []string{"temporal", "temporal-setup", "simulator"} {
		assert.Contains(t, worker, needed)
	}
}

func TestPortsArePublishedOnLoopbackAlone(t *testing.T) {
	for name, service := range demo(t).Services {
		for _, port := range service.Ports {
			assert.True(t, net.ParseIP(port.HostIP).IsLoopback(), "%s: %v", name, port)
		}
		assert.NotEqual(t, "host", service.NetworkMode, name)
	}
}

func TestTheDatabaseIsReachedByTemporalAlone(t *testing.T) {
	project := demo(t)
	assert.True(t, project.Networks["database"].Internal)
	for name, service := range project.Services {
		_, reaches := service.Networks["database"]
		assert.Equal(t, slices.Contains([]string{"postgresql", "temporal", "temporal-schema"}, name), reaches, name)
	}
	assert.Len(t, project.Services["postgresql"].Networks, 1)
	assert.Empty(t, project.Services["postgresql"].Ports)
}

func TestEveryContainerIsConfined(t *testing.T) {
	for name, service := range demo(t).Services {
		assert.True(t, service.ReadOnly, name)
		assert.Equal(t, []string{"ALL"}, service.CapDrop, name)
		assert.Empty(t, service.CapAdd, name)
		assert.Contains(t, service.SecurityOpt, "no-new-privileges:true", name)
		assert.False(t, service.Privileged, name)
		assert.Positive(t, service.PidsLimit, name)
		assert.NotEmpty(t, service.Logging.Options["max-size"], "%s: its log grows without bound", name)
	}
}

func TestWhatIsWrittenIsKeptInNamedVolumes(t *testing.T) {
	project := demo(t)
	for name, service := range project.Services {
		for _, mount := range service.Volumes {
			if mount.Type == types.VolumeTypeBind {
				assert.True(t, mount.ReadOnly, "%s writes into %s", name, mount.Source)
				assert.True(t, strings.HasPrefix(mount.Source, filepath.Join(project.WorkingDir, "deploy")), mount.Source)
				continue
			}
			assert.Contains(t, project.Volumes, mount.Source, name)
		}
	}
	kept := func(service, path string) bool {
		return slices.ContainsFunc(project.Services[service].Volumes, func(m types.ServiceVolumeConfig) bool {
			return m.Target == path && m.Type == types.VolumeTypeVolume && m.Source != ""
		})
	}
	assert.True(t, kept("postgresql", "/var/lib/postgresql/data"))
	assert.True(t, kept("worker", "/data"))
}

func TestSecretsAreFilesAndInNoVariable(t *testing.T) {
	project := demo(t)
	secret := regexp.MustCompile(`PASSWORD|PWD|SECRET|TOKEN|API_KEY|CREDENTIAL`)
	harmless := []string{"EXTERNAL_AI_TOKEN_HOSTS"}
	for name, service := range project.Services {
		for variable, value := range service.Environment {
			if !secret.MatchString(variable) || slices.Contains(harmless, variable) {
				continue
			}
			require.True(t, strings.HasSuffix(variable, "_FILE"), "%s: %s", name, variable)
			file, ok := strings.CutPrefix(*value, "/run/secrets/")
			require.True(t, ok, "%s: %s", name, variable)
			assert.True(t, slices.ContainsFunc(service.Secrets, func(s types.ServiceSecretConfig) bool { return s.Source == file }),
				"%s is not given the secret of %s", name, variable)
		}
	}
	for name, secret := range project.Secrets {
		assert.Equal(t, name, filepath.Base(secret.File))
	}
}

func TestTheWorkerIsGivenTimeToFinishItsActivities(t *testing.T) {
	grace := demo(t).Services["worker"].StopGracePeriod
	require.NotNil(t, grace)
	assert.Greater(t, time.Duration(*grace), workerConfig(t, demo(t)).ShutdownTimeout)
}
