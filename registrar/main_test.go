package registrar_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"model-registrar/schemas"
	"model-registrar/testsuite/stack"
)

// The examples talk to real processes: the development server, the simulator and a worker.
func TestMain(m *testing.M) { os.Exit(run(m)) }

var simulated *stack.Stack

func run(m *testing.M) int {
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	root, err := filepath.Abs("..")
	if err != nil {
		return fail(err)
	}
	if out, err := exec.Command("make", "-C", root, "build").CombinedOutput(); err != nil {
		return fail(fmt.Errorf("make build: %w\n%s", err, out))
	}
	dir, err := os.MkdirTemp("", "registrar-client-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	simulated, err = stack.Start(ctx, stack.Options{
		Bin: filepath.Join(root, "bin"), Dir: dir, InMemory: true,
		Simulator: []string{"--job-duration", "200ms", "--quota", "1000000"},
	})
	if err != nil {
		return fail(err)
	}
	defer simulated.Close()
	if _, err := simulated.StartWorker(); err != nil {
		return fail(err)
	}
	os.Setenv("TEMPORAL_ADDRESS", simulated.Temporal)
	return m.Run()
}

// manifest is one whose endpoint the simulator serves, which somebody has to approve.
func manifest(name string) schemas.Manifest {
	m := simulated.Manifest(name)
	m.Approval.Policy = schemas.ApproveAlways
	return m
}

func manifestJSON(name string) (string, error) {
	data, err := json.Marshal(manifest(name))
	return string(data), err
}
