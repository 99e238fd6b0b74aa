// The worker polls the task queue and runs the workflows and activities of model registrations. It is configured by
// the environment alone, says everything that is wrong with it at once, and lets running activities finish when it is
// told to stop.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"model-registrar/internal/build"
	"model-registrar/internal/telemetry"
)

// Exit codes of the worker.
const (
	exitOK            = 0
	exitFailed        = 1
	exitMisconfigured = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

const usage = `usage: worker               run the worker, which is configured by environment variables alone
       worker --version     print what the worker was built from
       worker healthcheck   ask the running worker whether it is ready; exit 0 if it is, 1 if not`

// command does what the arguments ask for, and returns the exit code.
func command(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	switch {
	case len(args) == 0:
		return run(ctx, environ, stderr)
	case len(args) == 1 && args[0] == "healthcheck":
		return healthcheck(ctx, environ, stderr)
	case len(args) == 1 && slices.Contains([]string{"version", "--version", "-v"}, args[0]):
		fmt.Fprintln(stdout, "worker "+build.Version())
		return exitOK
	}
	fmt.Fprintln(stderr, usage)
	if slices.Contains([]string{"help", "--help", "-h"}, args[0]) {
		return exitOK
	}
	return exitMisconfigured
}

// run runs a worker until the context ends, and returns the exit code.
func run(ctx context.Context, environ []string, stderr io.Writer) int {
	w, err := New(ctx, environ, stderr)
	var wrong *Misconfigured
	if errors.As(err, &wrong) {
		misconfigured(stderr, wrong)
		return exitMisconfigured
	}
	log := telemetry.Logger(stderr, "", "")
	if err == nil {
		log = w.log
		err = errors.Join(w.Run(ctx), w.Close())
	}
	if err != nil {
		log.Error("the worker ends", "error", err.Error())
		return exitFailed
	}
	return exitOK
}

// misconfigured says everything that is wrong, a line each.
func misconfigured(out io.Writer, err error) {
	fmt.Fprintln(out, "The worker cannot start. Its configuration has problems:")
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(out, "  - "+strings.TrimSpace(line))
	}
}
