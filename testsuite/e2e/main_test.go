// Package e2e runs the product as its users do: the real development server, simulator, worker and starter as
// processes. Every history that a run leaves is replayed against the present workflow code.
package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"model-registrar/testsuite/stack"
)

// limit bounds each test's waiting; nothing waits that long unless it is broken.
const limit = 10 * time.Minute

var (
	bin    string
	shared *stack.Stack // for tests that kill nothing; each uses model names of its own
)

func TestMain(m *testing.M) {
	flag.Parse()
	explicit := false
	flag.Visit(func(f *flag.Flag) { explicit = explicit || f.Name == "test.parallel" })
	if !explicit { // a test mostly waits: for processes to start, for timers, for the server
		_ = flag.Set("test.parallel", strconv.Itoa(4*runtime.GOMAXPROCS(0)))
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	root, err := filepath.Abs("../..")
	if err != nil {
		return fail(err)
	}
	bin = filepath.Join(root, "bin")
	build := exec.Command("make", "-C", root, "build")
	if out, err := build.CombinedOutput(); err != nil {
		return fail(fmt.Errorf("make build: %w\n%s", err, out))
	}
	dir, err := os.MkdirTemp("", "registrar-e2e-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	shared, err = stack.Start(ctx, stack.Options{
		Bin: bin, Dir: dir, InMemory: true,
		Simulator: []string{"--job-duration", "300ms", "--quota", "1000000"},
	})
	if err != nil {
		return fail(err)
	}
	defer shared.Close()
	if _, err := shared.StartWorker(); err != nil {
		return fail(err)
	}
	return m.Run()
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
