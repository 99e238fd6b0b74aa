package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"model-registrar/activities"
	"model-registrar/internal/config"
	"model-registrar/internal/ownership"
	"model-registrar/internal/telemetry"
	"model-registrar/workflows"
)

// Worker is one worker process: what it is configured with, its connection to Temporal, and what it knows of its own
// fitness. It polls only while the gateway accepts its login.
type Worker struct {
	cfg      config.Worker
	options  client.Options
	temporal client.Client
	deps     *activities.Activities
	web      *telemetry.Server
	log      *slog.Logger

	login   *login
	replays *replays
	health  string // URL of the readiness, once it is served
}

// Misconfigured is everything that is wrong with a worker's configuration, joined.
type Misconfigured struct{ error }

// New makes a worker from an environment in the form of [os.Environ]. It connects to nothing yet, except that it opens
// the audit trail. An error is [*Misconfigured] if the environment is to blame. Close it.
func New(ctx context.Context, environ []string, stderr io.Writer) (*Worker, error) {
	cfg, environment, err := config.LoadWorker(environ)
	log := telemetry.OfActivities(telemetry.Logger(stderr, cfg.Log.Level, cfg.Log.Format))
	keys, keysErr := cfg.Encryption.Keys()
	deps, platform, err := wire(ctx, cfg, errors.Join(err, keysErr), log)
	if err != nil {
		return nil, &Misconfigured{err}
	}
	w := &Worker{cfg: cfg, deps: deps, log: log, login: &login{gateway: platform, log: log}}
	w.options, err = envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{EnvLookup: environment})
	if err == nil {
		err = config.CheckAddress(w.options.HostPort)
	}
	if err != nil {
		return nil, &Misconfigured{errors.Join(fmt.Errorf("the connection to Temporal: %w", err), w.Close())}
	}
	keys.Worker().Into(&w.options)
	log.Info("encryption of payloads", "keys", keys.String())
	if err := w.connect(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// connect sets up the lazy client of Temporal, and what the process is watched by.
func (w *Worker) connect() (err error) {
	if w.web, err = telemetry.NewServer(w.ready); err != nil {
		return err
	}
	w.replays = newReplays(telemetry.OfSDK(w.log, w.cfg.Log.SDKLevel).Handler())
	w.options.Logger = sdklog.NewStructuredLogger(slog.New(w.replays))
	config.Connect(&w.options)
	w.options.MetricsHandler = w.web.MetricsHandler(w.log)
	err = errors.Join(w.login.gateway.Pacer().Observe(w.web.Meter()), w.login.observe(w.web.Meter()),
		w.replays.observe(w.web.Meter()))
	if err != nil {
		w.log.Warn("metrics are missing", "error", err)
	}
	if w.temporal, err = client.NewLazyClient(w.options); err != nil {
		return fmt.Errorf("set up the Temporal client: %w", err)
	}
	w.deps.Temporal, w.deps.Namespace, w.deps.Data = w.temporal, namespaceOf(w.options.Namespace),
		w.options.DataConverter
	w.deps.TaskQueue = w.cfg.TaskQueue
	w.deps.Owners = ownership.Reader{Temporal: w.temporal, Namespace: w.deps.Namespace, Data: w.deps.Data}
	if w.cfg.Profiling {
		w.web.Profile()
	}
	w.cfg.Capacity.Apply()
	return nil
}

// Close gives back what New opened.
func (w *Worker) Close() error {
	if w.temporal != nil {
		w.temporal.Close()
	}
	return w.deps.Audit.Close()
}

// ready says why the worker cannot do its work now, or nil.
func (w *Worker) ready(ctx context.Context) error {
	err := ready(ctx, w.temporal, w.options)
	if notManaged(err) {
		err = answers(ctx, w.temporal, w.options.Namespace)
	}
	if err != nil {
		return err
	}
	if err := errors.Join(w.login.err(), w.replays.err()); err != nil {
		return err
	}
	return w.deps.Audit.Ready(ctx)
}

// Run works until the context ends, which is no error, or the worker can go on no more. While the gateway refuses the
// login it takes no tasks, since each would only fail: it says so, and goes on when the login is accepted.
func (w *Worker) Run(ctx context.Context) error {
	address, err := w.web.Listen(w.cfg.MetricsAddress, w.log)
	if err != nil {
		return err
	}
	defer w.web.Close()
	w.health = "http://" + address + "/readyz"

	err = waitUntilReady(ctx, w.temporal, w.options, w.log)
	accepted := w.login.gateway.FetchToken
	for err == nil && w.login.await(ctx, w.health, accepted) {
		err = w.poll(ctx)
		accepted = w.login.gateway.CheckLogin
	}
	if ctx.Err() != nil {
		return nil // told to stop
	}
	return err
}

// poll takes tasks until the context ends, the login is refused, which are no errors, or the worker can go on no more.
func (w *Worker) poll(ctx context.Context) error {
	fatal := make(chan error, 1)
	tasks, err := w.startPolling(ctx, fatal)
	if err != nil {
		return err
	}
	w.log.Info("the worker is ready", "taskQueue", w.cfg.TaskQueue, "namespace", namespaceOf(w.options.Namespace),
		"temporal", addressOf(w.options), "genesys", w.cfg.Genesys.Host, "approvalFloor", w.cfg.Approval,
		"signedDecisions", w.cfg.ApproversFile != "", "audit", w.deps.Audit.String(), "health", w.health)
	defer w.log.Info("the worker has stopped")
	watching, stop := context.WithCancel(ctx)
	defer stop()
	select {
	case <-w.login.refused(watching):
	case err := <-fatal:
		return fmt.Errorf("the worker cannot go on: %w", err)
	}
	w.log.Info("the worker is stopping; running activities may finish", "within", w.cfg.ShutdownTimeout.String())
	tasks.Stop()
	return nil
}

// startPolling begins to take tasks. A connection that breaks just then is tried again, as when the worker starts.
func (w *Worker) startPolling(ctx context.Context, fatal chan<- error) (worker.Worker, error) {
	identity := w.checkTrails(ctx)
	for giveUp := time.Now().Add(startPatience); ; {
		tasks := worker.New(w.temporal, w.cfg.TaskQueue, w.cfg.Capacity.Options(worker.Options{
			WorkerStopTimeout:           w.cfg.ShutdownTimeout,
			DisableRegistrationAliasing: true,
			OnFatalError:                func(err error) { fatal <- err },
			Identity:                    identity,
		}))
		workflows.Register(tasks)
		activities.Register(tasks, w.deps)
		err := tasks.Start()
		switch {
		case err == nil:
			return tasks, nil
		case time.Now().After(giveUp):
			return nil, fmt.Errorf("start polling task queue %s: %w", w.cfg.TaskQueue, err)
		}
		w.log.Warn("polling could not begin; it is tried again", "taskQueue", w.cfg.TaskQueue, "error", err.Error())
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(checkEvery):
		}
	}
}

// processName is what tells this process from other workers.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%d@%s", os.Getpid(), host)
}
