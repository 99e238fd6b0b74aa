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

	"model-registrar/internal/config"
	"model-registrar/internal/telemetry"
	"model-registrar/testsuite/baseline"
)

const (
	atOnce      = 100
	perRound    = 200
	rateRounds  = 10
	profileTime = 6 // seconds
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
	ours, engine, note, err := d.againstEngine(ctx)
	if err != nil {
		return err
	}
	if err := d.rounds(ctx, b.times(rateRounds), ours, engine); err != nil {
		return err
	}
	b.profile(ctx, "rate.worker.heap", ours.worker.url+"/debug/pprof/heap")
	b.report.paired("rate", fmt.Sprintf("registrations per second ÷ engine, %d at a time, jobs done at once", atOnce),
		newSeries("", "/s", ours.rates...), newSeries("engine", "/s", engine.rates...), goal{Least: 0.9},
		fmt.Sprintf("%s; CPU time of one registration: %s; of one of the engine's: %s", note, ours.cpu, engine.cpu))
	return nil
}

// againstEngine starts a worker of ours and one of the engine's, and warms both up.
func (d *bed) againstEngine(ctx context.Context) (ours, engine *side, note string, err error) {
	w, err := d.startWorker(ctx)
	if err != nil {
		return nil, nil, "", err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, nil, "", err
	}
	engineWorker, err := d.Launch(self, []string{engineCommand}, append(d.WorkerEnviron(), d.b.worker...))
	if err != nil {
		return nil, nil, "", err
	}
	shape, err := d.shape(ctx)
	if err != nil {
		return nil, nil, "", err
	}
	d.b.say("  the engine's workflow has %d activities; which wait for which: %v", len(shape), shape)
	ours = &side{profiles: "rate", worker: w, run: func(ctx context.Context, _ int) error {
		_, err := d.register(ctx, d.Manifest(d.name("rate")))
		return err
	}}
	engine = &side{profiles: "rate-engine", worker: &worker{Process: engineWorker},
		run: func(ctx context.Context, _ int) error {
			return d.engine(ctx, shape)
		}}
	n := d.b.size(perRound)
	for _, s := range []*side{ours, engine} {
		if err := each(ctx, min(n, atOnce), atOnce, s.run); err != nil {
			return nil, nil, "", err
		}
	}
	return ours, engine, fmt.Sprintf("rounds of %d; the engine's workflow has %d no-op activities that wait for one "+
		"another as ours do",
		n, len(shape)), nil
}

// rounds has both take turns.
func (d *bed) rounds(ctx context.Context, rounds int, ours, engine *side) error {
	for i := range rounds {
		if err := takeTurns(ctx, d, i, d.b.size(perRound), ours, engine); err != nil {
			return err
		}
		o, e := ours.rates[len(ours.rates)-1], engine.rates[len(engine.rates)-1]
		d.b.say("  %d: ours %.1f/s, engine %.1f/s, ratio %.2f", i+1, o, e, o/e)
	}
	return nil
}

// side is one of the two that take turns.
type side struct {
	name     string
	worker   *worker
	profiles string // the name of its first round's profiles; empty: none
	run      func(context.Context, int) error

	rates []float64 // a second, a round each
	cpu   usage
}

// takeTurns runs a round of each. Who goes first changes, so that a machine that becomes slower or faster favours
// nobody.
func takeTurns(ctx context.Context, d *bed, i, n int, sides ...*side) error {
	for k := range sides {
		if i%2 == 1 {
			k = len(sides) - 1 - k
		}
		if err := sides[k].round(ctx, d, n); err != nil {
			return err
		}
	}
	return nil
}

// round runs n of its workflows, 100 at a time.
func (s *side) round(ctx context.Context, d *bed, n int) error {
	wait := func() {}
	if len(s.rates) == 0 && s.profiles != "" {
		wait = d.profileCPU(ctx, s.profiles, s.worker, profileTime)
	}
	defer wait()
	before := usageOf(d, s.worker.Process)
	start := time.Now()
	if err := each(ctx, n, atOnce, s.run); err != nil {
		return err
	}
	s.rates = append(s.rates, float64(n)/time.Since(start).Seconds())
	s.cpu.add(before, usageOf(d, s.worker.Process), n)
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

// engine runs one workflow of the engine's to its end.
func (d *bed) engine(ctx context.Context, shape baseline.Shape) error {
	run, err := d.client.ExecuteWorkflow(ctx,
		client.StartWorkflowOptions{ID: d.name("engine"), TaskQueue: engineQueue}, baseline.EngineWorkflow, shape)
	if err != nil {
		return err
	}
	return run.Get(ctx, nil)
}

// runEngine is the engine's worker, with the sizes and the connection that the registrar's worker has.
func runEngine(ctx context.Context, stderr io.Writer) int {
	fail := func(err error) int {
		fmt.Fprintln(stderr, filepath.Base(os.Args[0]), engineCommand+":", err)
		return 1
	}
	size, err := env.ParseAs[config.Capacity]()
	if err != nil {
		return fail(err)
	}
	options := client.Options{
		HostPort: os.Getenv("TEMPORAL_ADDRESS"), Logger: sdklog.NewStructuredLogger(telemetry.Logger(stderr, "warn",
			"json")),
	}
	config.Connect(&options)
	c, err := client.Dial(options)
	if err != nil {
		return fail(err)
	}
	defer c.Close()
	size.Apply()
	w := sdkworker.New(c, engineQueue, size.Options(sdkworker.Options{DisableRegistrationAliasing: true}))
	baseline.RegisterEngine(w)
	if err := w.Start(); err != nil {
		return fail(err)
	}
	<-ctx.Done()
	w.Stop()
	return 0
}
