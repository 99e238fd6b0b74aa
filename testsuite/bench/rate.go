package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/caarlos0/env/v11"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"

	"model-registrar/internal/capacity"
	"model-registrar/internal/telemetry"
	"model-registrar/testsuite/baseline"
)

const (
	atOnce      = 100
	perRound    = 250
	engineQueue = "bench-engine"
	// engineCommand is the argument with which this program is the engine's worker: a process of its own like ours.
	engineCommand = "engine-worker"
)

// rate measures registrations per second, in rounds that take turns with the engine's.
func rate(ctx context.Context, b *bench) error {
	d, err := b.open(ctx, "rate", 0)
	if err != nil {
		return err
	}
	defer d.Close()
	w, err := d.startWorker(ctx)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	engineWorker, err := d.Launch(self, []string{engineCommand}, append(d.WorkerEnviron(), b.worker...))
	if err != nil {
		return err
	}
	shape, err := d.shape(ctx)
	if err != nil {
		return err
	}
	b.say("  the engine's workflow has %d activities; which wait for which: %v", len(shape), shape)
	ours := func(ctx context.Context, _ int) error {
		_, err := d.register(ctx, d.Manifest(d.name("rate")))
		return err
	}
	engine := func(ctx context.Context, _ int) error { return d.engine(ctx, shape) }
	n, rounds := b.size(perRound), b.times(5)
	for _, warmUp := range []func(context.Context, int) error{ours, engine} {
		if err := each(ctx, min(n, atOnce), atOnce, warmUp); err != nil {
			return err
		}
	}
	if b.profiles != "" {
		go w.profile(ctx, b, "rate.cpu.pprof", fmt.Sprintf("profile?seconds=%d", 20))
	}
	var a, e []float64
	var oursCPU, engineCPU usage
	for i := range rounds {
		before := usageOf(d, w.Process)
		mine, err := timed(ctx, n, ours)
		if err != nil {
			return err
		}
		oursCPU.add(before, usageOf(d, w.Process), n)
		before = usageOf(d, engineWorker)
		theirs, err := timed(ctx, n, engine)
		if err != nil {
			return err
		}
		engineCPU.add(before, usageOf(d, engineWorker), n)
		b.say("  %d: ours %.1f/s, engine %.1f/s", i+1, mine, theirs)
		a, e = append(a, mine), append(e, theirs)
	}
	w.profile(ctx, b, "rate.heap.pprof", "heap")
	b.report.ratio("rate", fmt.Sprintf("registrations per second ÷ engine, %d at a time, jobs done at once", atOnce),
		newSeries("", "/s", a...), newSeries("engine", "/s", e...), goal{Least: 0.9},
		fmt.Sprintf("rounds of %d; the engine's workflow has %d no-op activities that wait for one another as ours do; CPU time of "+
			"one registration: %s; of one of the engine's: %s", n, len(shape), oursCPU, engineCPU))
	return nil
}

// shape is the shape of a registration in which nothing had to be done twice: the shortest of a few, since on a busy
// machine one may look at its job a second time.
func (d *bed) shape(ctx context.Context) (shortest baseline.Shape, err error) {
	for range 5 {
		run, err := d.register(ctx, d.Manifest(d.name("shape")))
		if err != nil {
			return nil, err
		}
		events, _, err := d.history(ctx, run)
		if err != nil {
			return nil, err
		}
		if s := baseline.ShapeOf(events); shortest == nil || len(s) < len(shortest) {
			shortest = s
		}
	}
	return shortest, nil
}

// timed runs n of something, 100 at a time, and returns how many a second there were.
func timed(ctx context.Context, n int, do func(context.Context, int) error) (float64, error) {
	start := time.Now()
	err := each(ctx, n, atOnce, do)
	return float64(n) / time.Since(start).Seconds(), err
}

// engine runs one workflow of the engine's to its end.
func (d *bed) engine(ctx context.Context, shape baseline.Shape) error {
	run, err := d.client.ExecuteWorkflow(ctx,
		client.StartWorkflowOptions{ID: d.name("engine"), TaskQueue: engineQueue}, baseline.EngineWorkflow, shape)
	if err != nil {
		return err
	}
	return run.Get(ctx, nil)
}

// runEngine is the engine's worker, with the sizes that the registrar's worker has.
func runEngine(ctx context.Context, stderr io.Writer) int {
	fail := func(err error) int {
		fmt.Fprintln(stderr, filepath.Base(os.Args[0]), engineCommand+":", err)
		return 1
	}
	size, err := env.ParseAs[capacity.Capacity]()
	if err != nil {
		return fail(err)
	}
	c, err := client.Dial(client.Options{
		HostPort: os.Getenv("TEMPORAL_ADDRESS"), Logger: sdklog.NewStructuredLogger(telemetry.Logger(stderr, "warn", "json")),
	})
	if err != nil {
		return fail(err)
	}
	defer c.Close()
	size.Apply()
	w := sdkworker.New(c, engineQueue, size.Options(sdkworker.Options{
		DisableRegistrationAliasing: true,
		DisableEagerActivities:      os.Getenv("BENCH_NO_EAGER_ACTIVITIES") != "",
	}))
	baseline.RegisterEngine(w)
	if err := w.Start(); err != nil {
		return fail(err)
	}
	<-ctx.Done()
	w.Stop()
	return 0
}
