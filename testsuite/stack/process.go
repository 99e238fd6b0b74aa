package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	stopPatience = 15 * time.Second
	lookEvery    = 10 * time.Millisecond
)

// Process is one running process. Its output goes to a log file.
type Process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{}
}

// start starts a process whose standard output and error are appended to the log. It dies with this process, even if
// this one is killed.
func start(binary, log, dir string, args, environ []string) (*Process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(binary, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, environ, out, out
	cmd.SysProcAttr = apart()
	p := &Process{cmd: cmd, log: log, done: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// Await repeats the check until it succeeds, the process ends or time is up.
func (p *Process) Await(ctx context.Context, limit time.Duration, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended while it started:\n%s", p.cmd.Path, p.Log())
		case <-ctx.Done():
			return fmt.Errorf("%s was not ready in time: %w\n%s", p.cmd.Path, err, p.Log())
		case <-time.After(lookEvery):
		}
	}
}

// Log is what the process has written so far; with processes of the same name that ran before it.
func (p *Process) Log() string {
	data, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill kills the process with SIGKILL and waits until it is gone.
func (p *Process) Kill() {
	p.cmd.Process.Kill()
	<-p.done
}

// Wait waits until the process ends by itself and returns its exit code, or -1 if the context ends first.
func (p *Process) Wait(ctx context.Context) int {
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-ctx.Done():
		return -1
	}
}

// Interrupt asks the process to end as Ctrl-C does.
func (p *Process) Interrupt() error { return p.cmd.Process.Signal(os.Interrupt) }

// Freeze stops the process in its tracks, with SIGSTOP.
func (p *Process) Freeze() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }

// Thaw lets a frozen process go on.
func (p *Process) Thaw() error { return p.cmd.Process.Signal(syscall.SIGCONT) }

// Stop asks the process to end, waits, and kills it if it does not. It returns the exit code, -1 if killed.
func (p *Process) Stop() int {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(stopPatience):
		p.Kill()
	}
	return p.cmd.ProcessState.ExitCode()
}

// output runs a process to its end.
func output(ctx context.Context, binary, dir string, environ, args []string) (stdout, stderr string, code int) {
	cmd := exec.CommandContext(ctx, binary, args...)
	var out, errOut bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, environ, &out, &errOut
	cmd.SysProcAttr = apart()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return out.String(), errOut.String() + err.Error(), -1
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

// cleanEnviron is this process's environment without what configures Temporal clients or the product, so that a run
// depends on nothing that happens to be set.
func cleanEnviron() []string {
	var out []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		switch prefix, _, _ := strings.Cut(name, "_"); prefix {
		case "TEMPORAL", "REGISTRAR", "GENESYS", "GENESYSCLOUD", "EXTERNAL":
		default:
			out = append(out, kv)
		}
	}
	return out
}
