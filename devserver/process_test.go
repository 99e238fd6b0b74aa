package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"log/slog"
)

// asDevserver in the environment makes the test binary be the devserver, so that the tests run, signal and
// kill a real process without a build of their own.
const asDevserver = "DEVSERVER_TEST_RUN_MAIN"

const patience = 60 * time.Second

func TestMain(m *testing.M) {
	if os.Getenv(asDevserver) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a devserver that runs as a process of its own.
type process struct {
	readiness
	readyFile string
	cmd       *exec.Cmd
	stdout    *lockedBuffer
	stderr    *lockedBuffer
	exited    chan struct{}
}

// lockedBuffer can be read while a process still writes to it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// launch starts a devserver and does not wait for anything.
func launch(t *testing.T, args ...string) *process {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(executable, args...), stdout: &lockedBuffer{}, stderr: &lockedBuffer{}, exited: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), asDevserver+"=1")
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.exited
		if t.Failed() {
			t.Logf("devserver %s\n%s%s", strings.Join(args, " "), p.stdout, p.stderr)
		}
	})
	return p
}

// start launches a devserver on free ports and returns when it says that it is ready.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	readyFile := filepath.Join(t.TempDir(), "ready.json")
	p := launch(t, append([]string{"--port=0", "--ui-port=0", "--ready-file=" + readyFile}, args...)...)
	p.readyFile = readyFile
	eventually(t, "devserver ready", func() bool {
		select {
		case <-p.exited:
			t.Fatalf("devserver ended before it was ready, with %d", p.cmd.ProcessState.ExitCode())
		default:
		}
		content, err := os.ReadFile(readyFile)
		return err == nil && json.Unmarshal(content, &p.readiness) == nil
	})
	return p
}

// end sends a signal, waits for the process and returns its exit code, -1 when the signal killed it.
func (p *process) end(t *testing.T, signal syscall.Signal) int {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	return p.wait(t)
}

func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.exited:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		t.Fatalf("devserver did not end within %s", patience)
		return 0
	}
}

// dial connects to the devserver; a worker's or client's complaints about a killed server are not shown.
func (p *process) dial(t *testing.T) client.Client {
	t.Helper()
	c, err := client.DialContext(testContext(t), client.Options{
		HostPort:  p.Address,
		Namespace: p.Namespace,
		Logger:    sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}
