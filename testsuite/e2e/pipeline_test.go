package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

// pipeline is the workflow that docs/lifecycle.md shows, as far as it matters here.
type pipeline struct {
	Jobs map[string]struct {
		Steps []struct {
			Uses, Run string
			Env       map[string]string
		}
	}
}

// documented reads the pipeline from the page.
func documented(t *testing.T) (p pipeline) {
	t.Helper()
	page, err := os.ReadFile("../../docs/lifecycle.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(page)
	require.NotNil(t, block)
	require.NoError(t, yaml.Unmarshal(block[1], &p))
	return p
}

// runJob runs the commands of a job in a folder, as the pipeline's runner does: each step in a shell that ends at the
// first error. A stand-in for gh keeps the comment.
func (k *kit) runJob(p pipeline, job, folder string) (out string) {
	k.t.Helper()
	tools := k.t.TempDir()
	gh := "#!/bin/sh\nwhile [ $# -gt 0 ]; do [ \"$1\" = --body-file ] && cp \"$2\" comment.md; shift; done\n"
	require.NoError(k.t, os.WriteFile(filepath.Join(tools, "gh"), []byte(gh), 0o755))
	require.NotEmpty(k.t, p.Jobs[job].Steps, job)
	for _, step := range p.Jobs[job].Steps {
		if step.Run == "" {
			continue
		}
		cmd := exec.CommandContext(k.ctx, "bash", "-e", "-c", step.Run)
		cmd.Dir = folder
		cmd.Env = append(k.Environ(), "PATH="+tools+":"+filepath.Dir(k.Starter())+":"+os.Getenv("PATH"),
			"REGISTRAR_REQUESTER="+requester, "PULL_REQUEST=1")
		text, err := cmd.CombinedOutput()
		require.NoError(k.t, err, "%s\n%s", step.Run, text)
		out += string(text)
	}
	return out
}

func TestThePipelineThatThePageShowsPlansOnAPullRequestAndAppliesOnMerge(t *testing.T) {
	t.Parallel()
	k := onOwn(t)
	_, err := k.StartWorker()
	require.NoError(t, err)
	p, folder := documented(t), t.TempDir()
	e := estate{k, filepath.Join(folder, "models")}
	require.NoError(t, os.Mkdir(e.dir, 0o755))
	write := func(m schemas.Manifest) {
		e.write(m)
		file := filepath.Join(e.dir, m.Name)
		require.NoError(t, os.Rename(file+".json", file+".yaml"))
	}
	comment := func() string {
		k.runJob(p, "plan", folder)
		text, err := os.ReadFile(filepath.Join(folder, "comment.md"))
		require.NoError(t, err)
		return string(text)
	}
	first, second := k.Manifest("piped-1"), k.Manifest("piped-2")
	write(first)
	write(second)
	require.Contains(t, comment(), "### Model plan: 2 to create.")
	require.Empty(t, k.models(first.Name), "a pull request changes nothing")
	k.runJob(p, "apply", folder)
	require.Len(t, k.models(first.Name), 1)

	first.MaxRequestsPerMinute += 100
	write(first)
	require.NoError(t, os.Remove(filepath.Join(e.dir, second.Name+".yaml")))
	text := comment()
	require.Contains(t, text, `| piped-1 | **change** | max\_requests\_per\_minute: 500 → 600 |`)
	require.Contains(t, text, "| piped-2 | **retire** |")
	k.runJob(p, "apply", folder)
	require.Equal(t, first.MaxRequestsPerMinute, k.limit(first.Name))
	require.Empty(t, k.models(second.Name))
	require.Equal(t, "### Model plan: nothing to do; 1 unchanged.", strings.TrimSpace(comment()))
}
