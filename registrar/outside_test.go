package registrar_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A program of its own module sees of this one what is public, and no more.
func TestAProgramOfAnotherModuleStartsFollowsApprovesAndReadsTheResult(t *testing.T) {
	dir, root := t.TempDir(), ""
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	mod, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	mod = regexp.MustCompile(`(?m)^module .*$`).ReplaceAll(mod, []byte("module example.com/program"))
	mod = append(mod, "\nrequire model-registrar v0.0.0\n\nreplace model-registrar => "+root+"\n"...)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), mod, 0o644))
	for from, to := range map[string]string{"../go.sum": "go.sum", "testdata/program/main.go": "main.go"} {
		data, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, to), data, 0o644))
	}
	manifest, err := manifestJSON("outside-program")
	require.NoError(t, err)

	cmd := exec.Command("go", "run", "-mod=mod", ".", manifest)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOWORK=off")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	require.Regexp(t, `^COMPLETED \S+\n$`, string(out))
	require.Contains(t, stderr.String(), "WAITING_FOR_APPROVAL")
}

func TestTheProgramOfTheDocumentationIsTheOneThatIsRun(t *testing.T) {
	program, err := os.ReadFile("testdata/program/main.go")
	require.NoError(t, err)
	page, err := os.ReadFile("../docs/client.md")
	require.NoError(t, err)
	require.Contains(t, string(page), "```go\n"+string(program)+"```\n")
}
