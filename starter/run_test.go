package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// ran is what one run of the starter came to.
type ran struct {
	code        int
	out, errors string
}

// starter runs the starter in process. The environment holds no configuration of the machine.
func starter(t *testing.T, stdin string, env []string, args ...string) ran {
	t.Helper()
	return starterWithin(t.Context(), t, stdin, env, args...)
}

func starterWithin(ctx context.Context, t *testing.T, stdin string, env []string, args ...string) ran {
	t.Helper()
	env = append([]string{"TEMPORAL_CONFIG_FILE=" + filepath.Join(t.TempDir(), "none.toml"), "REGISTRAR_REQUESTER=alice"}, env...)
	var out, errs bytes.Buffer
	code := run(ctx, args, env, strings.NewReader(stdin), &out, &errs)
	return ran{code, out.String(), errs.String()}
}

// documents decodes stdout, which must hold JSON documents, one a line, and nothing else.
func documents[T any](t *testing.T, r ran) []T {
	t.Helper()
	var all []T
	for line := range strings.Lines(r.out) {
		var v T
		require.NoError(t, json.Unmarshal([]byte(line), &v), "stdout: %q", r.out)
		all = append(all, v)
	}
	return all
}

const tutorial = `
name: production-llm-v2
endpoint_url: https://api.external-ai-provider.com
auth_credential_id: cred_abc123xyz
model_architecture: openai
max_requests_per_minute: 500
max_tokens_per_minute: 100000
parameters: {temperature: 0.7, max_tokens: 4096}
webhook_callback_url: https://my-orchestrator.internal/webhooks/genesys-llm
`

// named is the tutorial's manifest under another name.
func named(name string) string { return strings.Replace(tutorial, "production-llm-v2", name, 1) }

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestWrongUsageExitsWith2AndSaysWhatIsWrong(t *testing.T) {
	manifest := file(t, "model.yaml", tutorial)
	for want, args := range map[string][]string{
		"no command given":                          {},
		`unknown command "regster"; did you mean`:   {"regster"},
		"unknown flag: --fast":                      {"list", "--fast"},
		"name at least one manifest file":           {"register"},
		"name exactly one model":                    {"status"},
		"must be one of: never, on_failure, always": {"register", "--approval", "maybe", manifest},
		"must be one of: text, json":                {"list", "--output", "xml"},
		"must be one of: REGISTERING":               {"list", "--stage", "nowhere"},
		"must be one of: openai, anthropic":         {"list", "--architecture", "llama"},
		"--limit must be from 1 to 10000":           {"list", "--limit", "0"},
		"--reason must say why":                     {"approve", "x"},
		"REGISTRAR_LOG_LEVEL":                       {"list"},
		`unknown command "now" for "starter setup"`: {"setup", "now"},
		`unknown command "nosuch"`:                  {"help", "nosuch"},
	} {
		r := starter(t, "", []string{"REGISTRAR_LOG_LEVEL=loud"}, args...)
		require.Equal(t, exitUsage, r.code, "%v", args)
		require.Contains(t, r.errors, want)
		require.Empty(t, r.out)
	}
}

func TestHelpAndVersionGoToStdout(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"register", "--help"}, {"--version"}, {"completion", "bash"}} {
		r := starter(t, "", nil, args...)
		require.Zero(t, r.code)
		require.NotEmpty(t, r.out)
		require.Empty(t, r.errors)
	}
}

func TestEveryCommandHasAnExample(t *testing.T) {
	for _, cmd := range rootCommand(&app{}).Commands() {
		require.NotEmpty(t, cmd.Example, cmd.Name())
		require.NotEmpty(t, cmd.Long, cmd.Name())
	}
}

func TestValidatePrintsThePayloadAndItsHash(t *testing.T) {
	r := starter(t, "", nil, "validate", file(t, "model.yaml", tutorial))
	require.Zero(t, r.code, r.errors)
	require.Empty(t, r.errors)
	require.Contains(t, r.out, `  "endpointUrl": "https://api.external-ai-provider.com",`)
	require.Contains(t, r.out, "payload hash 2f5b4f5d5b0bc7504c32c630c5c599205ab16eb49f1095124bd38eb59dc52f0b\n")
}

func TestValidatePrintsEveryViolationWithItsPlaceAndExitsWith2(t *testing.T) {
	bad := file(t, "bad.yaml", "name: ab\nendpoint_url: ftp://x\nmax_requests_per_minute: 0\napi_key: hunter2hunter2\n")
	r := starter(t, "", nil, "validate", bad, filepath.Join(filepath.Dir(bad), "missing.yaml"))
	require.Equal(t, exitUsage, r.code)
	require.Empty(t, r.out)
	for _, want := range []string{":1:1: name: ", ":2:1: endpoint_url: ", ":3:1: max_requests_per_minute: ", ":4:1: api_key: "} {
		require.Contains(t, r.errors, bad+want)
	}
	require.Contains(t, r.errors, "missing.yaml: cannot be read: no such file or directory")
	require.NotContains(t, r.errors, "hunter2")
}

func TestValidateInJSONPrintsADocumentForEachManifest(t *testing.T) {
	r := starter(t, tutorial+"---\nname: ab\n", nil, "validate", "-o", "json", "-")
	require.Equal(t, exitUsage, r.code)
	all := documents[checked](t, r)
	require.Len(t, all, 2)
	require.True(t, all[0].Valid)
	require.Equal(t, "https://api.external-ai-provider.com", all[0].Payload.EndpointURL)
	require.False(t, all[1].Valid)
	require.Equal(t, 2, all[1].Document)
	require.Nil(t, all[1].Payload)
	require.NotEmpty(t, all[1].Violations)
}

func TestAFileThatIsTooLargeOrAnEmptyFolderIsRefused(t *testing.T) {
	large := file(t, "large.yaml", strings.Repeat("# ten megabytes\n", 10<<20/16))
	r := starter(t, "", nil, "validate", large, t.TempDir())
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.errors, "more than 1 MiB")
	require.Contains(t, r.errors, "no manifest is in this folder")
}

func TestSchemaPrintsTheManifestsSchema(t *testing.T) {
	r := starter(t, "", nil, "schema")
	require.Zero(t, r.code)
	require.JSONEq(t, string(schemas.ManifestSchema()), r.out)
}

func TestAnUnreachableTemporalExitsWith4WithinFiveSeconds(t *testing.T) {
	// This one takes connections and never answers; the other refuses them.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	refusing, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, refusing.Close())
	manifest := file(t, "model.yaml", tutorial)

	for _, address := range []string{silent.Addr().String(), refusing.Addr().String()} {
		began := time.Now()
		r := starter(t, "", []string{"TEMPORAL_ADDRESS=" + address}, "register", "-o", "json", manifest)
		require.Equal(t, exitUnreachable, r.code)
		require.Less(t, time.Since(began), 5*time.Second)
		require.Contains(t, r.errors, "cannot reach Temporal at "+address)
		require.Contains(t, r.errors, "TEMPORAL_ADDRESS")
		require.Equal(t, "Unreachable", documents[errorDocument](t, r)[0].Error.Type)
	}
}

func TestInvalidClientConfigurationExitsWith2(t *testing.T) {
	broken := file(t, "temporal.toml", "[profile.default\n")
	r := starter(t, "", []string{"TEMPORAL_CONFIG_FILE=" + broken}, "list")
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.errors, "TEMPORAL_CONFIG_FILE")
}

func TestHelpFitsTerminalsOf80Columns(t *testing.T) {
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		r := starter(t, "", nil, append(strings.Fields(cmd.CommandPath())[1:], "--help")...)
		require.Zero(t, r.code, r.errors)
		for line := range strings.Lines(r.out) {
			require.LessOrEqual(t, console.Width(strings.TrimRight(line, "\n")), 80, "%s: %s", cmd.CommandPath(), line)
		}
		for _, child := range cmd.Commands() {
			visit(child)
		}
	}
	visit(rootCommand(&app{}))
}
