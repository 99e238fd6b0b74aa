// The worker polls the task queue and runs the workflows and activities of model registrations. It is configured by
// the environment alone, says everything that is wrong with it at once, and lets running activities finish when it is
// told to stop.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"model-registrar/activities"
	"model-registrar/internal/capacity"
	"model-registrar/internal/config"
	"model-registrar/internal/telemetry"
	"model-registrar/workflows"
)

// Exit codes of the worker.
const (
	exitOK            = 0
	exitFailed        = 1
	exitMisconfigured = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command(ctx, os.Args[1:], os.Environ(), os.Stderr)
	stop()
	os.Exit(code)
}

const usage = `usage: worker               run the worker, which is configured by environment variables alone
       worker healthcheck   ask the running worker whether it is ready; exit 0 if it is, 1 if not`

// command does what the arguments ask for, and returns the exit code.
func command(ctx context.Context, args, environ []string, stderr io.Writer) int {
	switch {
	case len(args) == 0:
		return run(ctx, environ, stderr)
	case len(args) == 1 && args[0] == "healthcheck":
		return healthcheck(ctx, environ, stderr)
	}
	fmt.Fprintln(stderr, usage)
	if slices.Contains([]string{"help", "--help", "-h"}, args[0]) {
		return exitOK
	}
	return exitMisconfigured
}

// run runs a worker until the context ends, and returns the exit code.
func run(ctx context.Context, environ []string, stderr io.Writer) int {
	cfg, environment, err := config.LoadWorker(environ)
	log := telemetry.Logger(stderr, cfg.Log.Level, cfg.Log.Format)
	keys, keysErr := cfg.Encryption.Keys()
	deps, err := wire(ctx, cfg, errors.Join(err, keysErr), log)
	if err != nil {
		misconfigured(stderr, err)
		return exitMisconfigured
	}
	defer deps.Audit.Close()
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{EnvLookup: environment})
	if err != nil {
		misconfigured(stderr, fmt.Errorf("the connection to Temporal: %w", err))
		return exitMisconfigured
	}
	keys.Worker().Into(&options)
	log.Info("encryption of payloads", "keys", keys.String())
	if err := serve(ctx, cfg, options, deps, log); err != nil {
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

// serve connects, checks, and works until the context ends or the worker can go on no more.
func serve(ctx context.Context, cfg config.Worker, options client.Options, deps *activities.Activities, log *slog.Logger) error {
	var temporal client.Client
	web, err := telemetry.NewServer(func(ctx context.Context) error {
		if err := ready(ctx, temporal, options.Namespace); err != nil {
			return err
		}
		return deps.Audit.Ready(ctx)
	})
	if err != nil {
		return err
	}
	options.Logger = sdklog.NewStructuredLogger(log)
	capacity.Connect(&options)
	options.MetricsHandler = web.MetricsHandler(log)
	if err := deps.Genesys.Pacer().Observe(web.Meter()); err != nil {
		log.Warn("the metrics of the Genesys quota are missing", "error", err)
	}
	if temporal, err = client.NewLazyClient(options); err != nil {
		return fmt.Errorf("set up the Temporal client: %w", err)
	}
	defer temporal.Close()
	if cfg.Profiling {
		web.Profile()
	}
	address, err := web.Listen(cfg.MetricsAddress, log)
	if err != nil {
		return err
	}
	defer web.Close()

	err = waitUntilReady(ctx, temporal, options, log)
	if ctx.Err() != nil {
		return nil // told to stop before there was anything to do
	}
	if err != nil {
		return err
	}
	fatal := make(chan error, 1)
	cfg.Capacity.Apply()
	w := worker.New(temporal, cfg.TaskQueue, cfg.Capacity.Options(worker.Options{
		WorkerStopTimeout:           cfg.ShutdownTimeout,
		DisableRegistrationAliasing: true,
		OnFatalError:                func(err error) { fatal <- err },
	}))
	deps.Temporal, deps.Namespace, deps.Data = temporal, namespaceOf(options.Namespace), options.DataConverter
	workflows.Register(w)
	activities.Register(w, deps)
	if err := w.Start(); err != nil {
		return fmt.Errorf("start polling task queue %s: %w", cfg.TaskQueue, err)
	}
	log.Info("the worker is ready", "taskQueue", cfg.TaskQueue, "namespace", namespaceOf(options.Namespace),
		"temporal", addressOf(options), "genesys", cfg.Genesys.Host, "approvalFloor", cfg.Approval,
		"signedDecisions", cfg.ApproversFile != "", "audit", deps.Audit.String(), "health", "http://"+address+"/readyz")
	defer log.Info("the worker has stopped")
	select {
	case <-ctx.Done():
		log.Info("the worker is stopping; running activities may finish", "within", cfg.ShutdownTimeout.String())
		w.Stop()
		return nil
	case err := <-fatal:
		return fmt.Errorf("the worker cannot go on: %w", err)
	}
}
