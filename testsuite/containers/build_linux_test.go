package containers_test

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheDockerfile runs the steps of the build stage here, with its folders in a temporary one, lays out each image's
// file system, and runs the image's program in it.
func TestTheDockerfile(t *testing.T) {
	all := stages(t)
	b := builder{context: buildContext(t), root: t.TempDir(), environ: os.Environ()}
	for _, step := range all["build"].instructions {
		b.run(t, step)
	}
	for _, name := range images {
		t.Run(name, func(t *testing.T) {
			i := lay(t, inherited(all, name), b.root)
			isStatic(t, filepath.Join(i.root, name))
			for _, c := range runs[name] {
				code, said := i.run(t, c.args...)
				assert.Equal(t, c.code, code, "%v: %s", c.args, said)
				assert.Contains(t, said, c.says, "%v", c.args)
			}
		})
	}
}

var runs = map[string][]struct {
	args []string
	code int
	says string
}{
	"worker": {
		{[]string{"--help"}, 0, "configured by environment variables"},
		{nil, 2, "GENESYS_OAUTH_CLIENT_ID is not set"},
	},
	"starter": {
		{[]string{"--help"}, 0, "register"},
		{[]string{"validate", "/absent.yaml"}, 2, "/absent.yaml"},
	},
	"simulator": {
		{[]string{"--help"}, 0, "-tls-listen"},
		{[]string{"--quota", "0"}, 2, "quota"},
	},
}

// buildContext copies what .dockerignore leaves of the repository. It knows the form that this one has: nothing but what
// is named, and of that no tests.
func buildContext(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	rules, err := os.ReadFile(filepath.Join(repository, ".dockerignore"))
	require.NoError(t, err)
	require.Contains(t, string(rules), "\n*\n", "secrets could get into an image")
	for line := range strings.Lines(string(rules)) {
		if entry, ok := strings.CutPrefix(strings.TrimSpace(line), "!"); ok {
			copyTree(t, filepath.Join(repository, entry), filepath.Join(dir, entry))
		}
	}
	return dir
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(from, func(file string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(file, from))
		switch {
		case entry.IsDir() && entry.Name() == "testdata":
			return filepath.SkipDir
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case strings.HasSuffix(file, "_test.go"):
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o644)
	}))
}

// builder is the build stage, with its root folder at root.
type builder struct {
	context, root, workdir string
	environ                []string
}

func (b *builder) run(t *testing.T, step instruction) {
	t.Helper()
	switch step.verb {
	case "WORKDIR":
		b.workdir = filepath.Join(b.root, step.args)
		require.NoError(t, os.MkdirAll(b.workdir, 0o755))
	case "COPY":
		sources := strings.Fields(step.args)
		for _, source := range sources[:len(sources)-1] {
			copyTree(t, filepath.Join(b.context, source), filepath.Join(b.workdir, source))
		}
	case "ENV":
		b.environ = append(b.environ, strings.Fields(step.args)...)
	case "RUN":
		script := strings.ReplaceAll(step.args, " /out/", " "+b.root+"/out/")
		cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
		cmd.Dir, cmd.Env = b.workdir, b.environ
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s\n%s", step.args, out)
	default:
		t.Fatalf("the test does not know how to run %s", step.verb)
	}
}

// image is a final image: its file system, laid out in a folder, and how its program is run.
type image struct {
	root       string
	entrypoint []string
	environ    []string
	uid, gid   uint32
}

func lay(t *testing.T, steps []instruction, built string) image {
	t.Helper()
	i := image{root: t.TempDir(), entrypoint: words(t, last(steps, "ENTRYPOINT"))}
	user, group, _ := strings.Cut(last(steps, "USER"), ":")
	i.uid, i.gid = number(t, user), number(t, group)
	for _, step := range steps {
		switch step.verb {
		case "ENV":
			i.environ = append(i.environ, strings.Fields(step.args)...)
		case "COPY":
			source, target, _ := strings.Cut(step.args, " ")
			if strings.HasPrefix(source, "/out/") { // the rest comes from the Go image, which is not at hand
				i.add(t, filepath.Join(built, source), target)
			}
		}
	}
	require.NoError(t, os.Chmod(i.root, 0o755))
	return i
}

func number(t *testing.T, s string) uint32 {
	t.Helper()
	n, err := strconv.ParseUint(s, 10, 32)
	require.NoError(t, err)
	return uint32(n)
}

func (i image) add(t *testing.T, source, target string) {
	t.Helper()
	target = filepath.Join(i.root, target)
	info, err := os.Stat(source)
	require.NoError(t, err)
	if info.IsDir() {
		require.NoError(t, os.MkdirAll(target, 0o755))
		return
	}
	require.NoError(t, os.Link(source, target))
	require.NoError(t, os.Chmod(target, 0o755))
}

// run runs the image's program with nothing but what the image has: its environment, and, where this process may change
// its root, its files and its user.
func (i image) run(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	program := i.entrypoint[0]
	cmd := &exec.Cmd{Path: program, Args: append(append([]string{}, i.entrypoint...), args...), Env: i.environ, Dir: "/"}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: i.root, Credential: &syscall.Credential{Uid: i.uid, Gid: i.gid}}
	} else {
		cmd.Path, cmd.Dir = path.Join(i.root, program), i.root
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError), "%s", out.String())
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// isStatic fails when a program needs a loader or a library, of which the image has none.
func isStatic(t *testing.T, file string) {
	t.Helper()
	program, err := elf.Open(file)
	require.NoError(t, err)
	defer program.Close()
	for _, part := range program.Progs {
		assert.NotEqual(t, elf.PT_INTERP, part.Type, "%s needs a loader", file)
		assert.NotEqual(t, elf.PT_DYNAMIC, part.Type, "%s is linked dynamically", file)
	}
}
