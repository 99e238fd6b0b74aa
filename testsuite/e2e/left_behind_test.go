package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

func TestAModelIsDeletedByTheCallsThatTheErrorPageShows(t *testing.T) {
	k := onShared(t)
	page, err := os.ReadFile("../../docs/errors.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(page), "To remove a model by its id")
	require.True(t, found)
	byStarter, rest, found := strings.Cut(rest, "Where no worker can, by hand")
	require.True(t, found)
	byHand, _, _ := strings.Cut(rest, "\n## ")
	for how, text := range map[string]string{"by the starter": byStarter, "by hand": byHand} {
		m := k.Manifest(k.name("unwanted"))
		made := k.completed(m)
		k.done(giveUp(m.Name))
		require.Len(t, k.models(m.Name), 1)

		var script []string
		for line := range strings.Lines(text) {
			if command, indented := strings.CutPrefix(line, "    "); indented {
				script = append(script, strings.NewReplacer("NAME", m.Name, "models/ID", "models/"+made.ModelID, "--model ID", "--model "+made.ModelID).Replace(command))
			}
		}
		require.NotEmpty(t, script, how)
		cmd := exec.CommandContext(k.ctx, "bash", "-eu", "-o", "pipefail", "-c", strings.Join(script, ""))
		cmd.Env = append(k.WorkerEnviron(), "PATH="+filepath.Dir(k.Starter())+":"+os.Getenv("PATH"))
		said, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", how, said)
		require.Empty(t, k.models(m.Name), "%s: %s", how, said)
	}
}

func TestWhatIsLeftBehindIsNamedOnTheScreenInTheResultAndInTheFleetsSummary(t *testing.T) {
	k := onShared(t)
	left := func() (file, name string) {
		m := k.Manifest(k.name("left"))
		m.Probe.Model = "probe-of-" + m.Name
		k.fault(control.OpProvider, m.Probe.Model, 0, control.Action{Answer: "no"})
		k.fault(control.OpDelete, m.Name, 0, control.Action{Status: http.StatusBadRequest, Message: "it is in use"})
		return k.file(m), m.Name
	}
	file, name := left()
	stdout, stderr, code := k.Run(k.ctx, "register", file, "--requester", requester)
	require.Equal(t, 1, code, stdout+stderr)
	id := k.models(name)[0].ID
	require.Contains(t, stdout, "DELETE {gateway}/models/"+id)
	result := k.end(name)
	require.Equal(t, schemas.ErrRollbackFailed, result.ErrorType)
	require.False(t, result.Rollback.Deregistered)
	require.Equal(t, id, result.LeftBehind()[0].ID)

	file, name = left()
	stdout, stderr, code = k.Run(k.ctx, "fleet", file, "--requester", requester)
	require.Equal(t, 1, code, stdout+stderr)
	require.Contains(t, stdout, "Left behind in the gateway:")
	require.Contains(t, stdout, "DELETE {gateway}/models/"+k.models(name)[0].ID)
}
