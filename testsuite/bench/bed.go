package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"golang.org/x/sync/errgroup"

	"model-registrar/internal/telemetry"
	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/testsuite/baseline"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

const (
	unlimited   = 1_000_000        // calls in a window: as good as no quota
	quotaCalls  = 300              // in a window, as the platform has it
	quotaWindow = 15 * time.Second // in place of the platform's minute, so that a part takes a quarter of the time
	quotaJob    = time.Second      // how long jobs take under the quota
	atOnce      = 100
)

// bed is what one part measures on: a server on a SQLite file, a simulator, workers, and the baselines' client.
type bed struct {
	*stack.Stack
	*bench
	part
	ctx       context.Context // of the part
	dir       string
	registrar *registrar.Client
	client    client.Client // of Temporal
	gateway   *baseline.Gateway
	started   []worker
	names     atomic.Int64
}

// failure is what a part panics with when a step of it fails, as a test ends with FailNow: all of its steps have to
// succeed. bench.measure recovers it.
type failure struct{ error }

// check ends the part if there was an error.
func check(err error) {
	if err != nil {
		panic(failure{err})
	}
}

// must is a value for which there was no error; otherwise the part ends.
func must[T any](value T, err error) T {
	check(err)
	return value
}

// measure measures one part, on a bed of its own.
func (b *bench) measure(ctx context.Context, p part) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			err = r.error
		default:
			panic(r)
		}
	}()
	dir := filepath.Join(b.folder, p.name)
	s := must(stack.Start(ctx, stack.Options{Bin: b.bin, Dir: dir}))
	defer s.Close()
	d := &bed{Stack: s, bench: b, part: p, ctx: ctx, dir: dir}
	d.registrar = must(registrar.Dial(ctx, registrar.Options{Temporal: client.Options{
		HostPort: d.Temporal, Logger: sdklog.NewStructuredLogger(telemetry.Logger(d.progress, "error", "")),
	}}))
	defer d.registrar.Close()
	d.client = d.registrar.Temporal()
	d.gateway = must(baseline.New(d.SimURL, stack.ClientID, stack.ClientSecret, stack.ProviderToken))
	d.platform(d.job, cmp.Or(d.quota, unlimited), quotaWindow)
	for range cmp.Or(d.workers, 1) {
		d.startWorker()
	}
	p.run(d)
	return nil
}

// platform sets how long jobs take, and how many calls the platform takes in a window.
func (d *bed) platform(job time.Duration, calls int, window time.Duration) {
	must(d.Sim.ChangeSettings(d.ctx, control.SettingsChange{JobDurationMS: new(job.Milliseconds()), Quota: &calls,
		QuotaWindowMS: new(window.Milliseconds())}))
}

// manifests are those of n models whose names were not used before.
func (d *bed) manifests(n int) (models []schemas.Manifest) {
	for range n {
		models = append(models, d.Manifest(fmt.Sprintf("model-%06d", d.names.Add(1))))
	}
	return models
}

// write writes manifests into a folder of the bed, and returns it.
func (d *bed) write(folder string, models ...schemas.Manifest) (dir string) {
	dir = filepath.Join(d.dir, folder)
	check(os.MkdirAll(dir, 0o755))
	for _, m := range models {
		check(os.WriteFile(filepath.Join(dir, m.Name+".json"), must(json.Marshal(m)), 0o644))
	}
	return dir
}

// start starts a registration.
func (d *bed) start(ctx context.Context, m schemas.Manifest) (client.WorkflowRun, error) {
	started, err := d.registrar.Start(ctx, registrar.Request{Manifest: m, Requester: "bench"})
	if err != nil {
		return nil, err
	}
	return d.client.GetWorkflow(ctx, started.WorkflowID, started.RunID), nil
}

// register runs one registration to its end, which has to be COMPLETED.
func (d *bed) register(ctx context.Context, m schemas.Manifest) error {
	run, err := d.start(ctx, m)
	if err != nil {
		return err
	}
	var result schemas.Result
	err = run.Get(ctx, &result)
	if err == nil && result.Status != schemas.Completed {
		err = fmt.Errorf("%s ended as %s: %s", result.Name, result.Status, result.Reason)
	}
	return err
}

// registerOne registers a new model, and returns its name.
func (d *bed) registerOne() (name string) {
	m := d.manifests(1)[0]
	check(d.register(d.ctx, m))
	return m.Name
}

// starter runs a command of the starter, which has to succeed.
func (d *bed) starter(args ...string) {
	if stdout, stderr, code := d.Run(d.ctx, args...); code != 0 {
		check(errors.New("starter " + args[0] + " ended with an error: " + stderr + stdout))
	}
}

// histories reads the history of a model's registration, and the first one of the workflow that owns the model, once
// that sleeps: no registration waits for it.
func (d *bed) histories(name string) (registration, owner []*historypb.HistoryEvent) {
	check(until(d.ctx, time.Minute, 20*time.Millisecond, func() error {
		owner = d.history(schemas.ManageModelWorkflowID(name))
		if owner[len(owner)-1].EventType != enumspb.EVENT_TYPE_TIMER_STARTED {
			return errors.New("the owner of " + name + " does not sleep yet")
		}
		return nil
	}))
	return d.history(schemas.RegisterModelWorkflowID(name)), owner
}

func (d *bed) history(id string) (events []*historypb.HistoryEvent) {
	it := d.client.GetWorkflowHistory(d.ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		events = append(events, must(it.Next()))
	}
	return events
}

// awaitCount waits until the visibility store knows that many workflows that match.
func (d *bed) awaitCount(n int, query string) {
	check(until(d.ctx, 10*time.Minute, 250*time.Millisecond, func() error {
		answer, err := d.client.CountWorkflow(d.ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
		if err == nil && answer.Count < int64(n) {
			err = fmt.Errorf("only %d of %d workflows have %s", answer.Count, n, query)
		}
		return err
	}))
}

// spent is what something took.
type spent struct {
	seconds        float64
	calls, refused int // calls to the platform other than for tokens, and how many of them it answered with 429
}

// add adds a figure of the part.
func (d *bed) add(x row) {
	x.Part = d.name
	d.report.add(x)
}

// timed does something, and says what that took.
func (d *bed) timed(do func()) (s spent) {
	before := must(d.Sim.Counts(d.ctx)).Genesys()
	start := time.Now()
	do()
	s.seconds = time.Since(start).Seconds()
	after := must(d.Sim.Counts(d.ctx)).Genesys()
	s.calls, s.refused = after.Requests-before.Requests, after.RateLimited-before.RateLimited
	return s
}

// each runs do for every i below n, some at a time, until one fails.
func (d *bed) each(n int, do func(ctx context.Context, i int) error) {
	all, ctx := errgroup.WithContext(d.ctx)
	all.SetLimit(atOnce)
	for i := range n {
		all.Go(func() error { return do(ctx, i) })
	}
	check(all.Wait())
}

// until repeats the attempt until it succeeds or time is up.
func until(ctx context.Context, limit, every time.Duration, attempt func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := attempt()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(every):
		}
	}
}
