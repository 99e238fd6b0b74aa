package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/testsuite/stack"
)

// inCheckout changes to a folder that has the project's binaries and examples, and nothing that runs leave.
func inCheckout(t *testing.T) {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	out, err := exec.Command("make", "-C", root, "build").CombinedOutput()
	require.NoError(t, err, string(out))
	dir := t.TempDir()
	for _, name := range []string{"bin", "examples"} {
		require.NoError(t, os.Symlink(filepath.Join(root, name), filepath.Join(dir, name)))
	}
	t.Chdir(dir)
}

// running runs up until the test ends, and returns the variables that it writes for other terminals.
func upUntilTheEnd(t *testing.T, folder string) (env []string) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- up(ctx, stack.Server{}) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	ready := func() bool {
		log, err := os.ReadFile(filepath.Join(folder, "worker.log"))
		return err == nil && strings.Contains(string(log), "the worker is ready")
	}
	require.Eventually(t, ready, time.Minute, 20*time.Millisecond)
	lines, err := exec.Command("sh", "-c", ". "+folder+"/env; env").Output()
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(lines)), "\n")
}

// starterIn runs the starter as a person does in a terminal with these variables.
func starterIn(t *testing.T, env []string, args ...string) (out string, code int) {
	cmd := exec.CommandContext(t.Context(), "bin/starter", args...)
	cmd.Env = env
	text, err := cmd.CombinedOutput()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		require.NoError(t, err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

func TestTwoStacksInOneFolderShareNothing_AndTheCallersVariablesReachTheWorker(t *testing.T) {
	inCheckout(t)
	t.Setenv("REGISTRAR_APPROVAL", "always")
	first := upUntilTheEnd(t, ".run/1")
	t.Setenv("REGISTRAR_APPROVAL", "never")
	second := upUntilTheEnd(t, ".run/2")

	out, code := starterIn(t, first, "register", "--detach", "--approval", "never", ".run/1/example.yaml")
	require.Zero(t, code, out)
	require.Eventually(t, func() bool { // the floor of the first one holds
		out, _ := starterIn(t, first, "status", "production-llm-v2")
		return strings.Contains(out, "WAITING_FOR_APPROVAL")
	}, time.Minute, 100*time.Millisecond)
	out, code = starterIn(t, first, "audit", "show", "production-llm-v2")
	require.Zero(t, code, out)
	require.Contains(t, out, "asked for the registration")

	out, _ = starterIn(t, second, "status", "production-llm-v2")
	require.Contains(t, out, "no registration")
	out, code = starterIn(t, second, "probe", ".run/2/example.yaml")
	require.Zero(t, code, out)
	out, code = starterIn(t, second, "register", "--approval", "never", ".run/2/example.yaml")
	require.Zero(t, code, out)
}

func TestTheWorkerGetsTheCallersVariablesAndWhatTheSimulatorNeeds(t *testing.T) {
	u := &upstack{Stack: &stack.Stack{SimURL: "http://127.0.0.1:1", AuditFile: "/run/trail.log"}}
	u.given = workersVariables([]string{"EXTERNAL_AI_TOKEN_HOSTS=127.0.0.1:11434", "REGISTRAR_ALLOW_NETWORKS=10.0.0.0/8", "HOME=/root", "REGISTRAR_UI_URL=x"})
	require.Equal(t, map[string]string{"EXTERNAL_AI_TOKEN_HOSTS": "127.0.0.1:11434", "REGISTRAR_ALLOW_NETWORKS": "10.0.0.0/8"}, u.given)
	require.Subset(t, u.environ(), []string{"EXTERNAL_AI_TOKEN_HOSTS=127.0.0.1:1,127.0.0.1:11434", "REGISTRAR_ALLOW_NETWORKS=127.0.0.0/8,10.0.0.0/8",
		"REGISTRAR_CREDENTIALS_FILE=/run/credentials.yaml"})

	u.given = workersVariables([]string{"EXTERNAL_AI_TOKEN_FILE=token", "EXTERNAL_AI_TOKEN_HOSTS=api.example.com", "REGISTRAR_CREDENTIALS_FILE=mine.yaml"})
	for _, variable := range u.environ() {
		require.NotContains(t, variable, stack.ProviderToken, "the simulator's token is sent to nobody else's hosts")
	}
	require.NotContains(t, strings.Join(u.outbound(), " "), "EXTERNAL", "nor is what the caller set written to a file")
}

func TestWhatIsPrintedFitsInto80Columns(t *testing.T) {
	u := &upstack{Stack: &stack.Stack{SimURL: "http://127.0.0.1:44099", UI: "http://127.0.0.1:8233"}, folder: ".run/1"}
	for line := range strings.Lines(u.manual()) {
		require.LessOrEqual(t, len(strings.TrimSuffix(line, "\n")), 80, line)
	}
	require.Contains(t, u.manual(), "forgets")
	require.Contains(t, u.manual(), "http://127.0.0.1:44099/providers/openai")
}
