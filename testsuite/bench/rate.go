package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/caarlos0/env/v11"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"

	"model-registrar/internal/config"
	"model-registrar/internal/telemetry"
	"model-registrar/schemas"
	"model-registrar/testsuite/baseline"
	"model-registrar/testsuite/stack"
)

const (
	engineQueue = "bench-engine"
	// engineCommand is the argument with which this program is the engine's worker: a process of its own like ours.
	engineCommand = "engine-worker"
	checkedOfSize = 5 // times as many models are checked hourly as a round of registrations has
)

// rate measures registrations per second, in rounds that take turns with the engine's.
func rate(d *bed) {
	r := d.race()
	r.rounds()
	d.add(row{Figure: fmt.Sprintf("registrations per second ÷ engine, %d at a time, jobs done at once", atOnce),
		Measured: newSeries("", "/s", r.ours.rates...), Baseline: newSeries("engine", "/s", r.engine.rates...),
		Paired: true, Goal: goal{Least: 0.9}, Note: fmt.Sprintf("%s; CPU time of one registration: %s; of one of the "+
			"engine's: %s", r.note, r.ours.cpu, r.engine.cpu)})
}

// checksBeside compares the rate of registrations, as a share of the engine's, with models being checked and without.
func checksBeside(d *bed) {
	r := d.race()
	r.rounds()
	models := d.manifests(checkedOfSize * d.size)
	for i := range models {
		models[i].Monitor.Every = schemas.Duration(time.Hour)
	}
	d.own(models, true)
	since := time.Now()
	r.rounds()
	took := time.Since(since)
	var shares []float64
	for i := range r.ours.rates {
		shares = append(shares, r.ours.rates[i]/r.engine.rates[i])
	}
	d.add(row{Figure: fmt.Sprintf("registrations per second ÷ engine, with %d models checked hourly ÷ without",
		len(models)),
		Measured: newSeries("", "", shares[d.repeats:]...), Baseline: newSeries("without", "", shares[:d.repeats]...),
		Goal: goal{Least: 0.9},
		Note: fmt.Sprintf("about %.0f checks in %.0f s; %s", took.Hours()*float64(len(models)), took.Seconds(),
			r.note)})
}

// race is between registrations and the engine's workflows.
type race struct {
	d            *bed
	ours, engine side
	note         string
}

// side is one of two that take turns.
type side struct {
	worker *stack.Process
	run    func(context.Context, int) error
	rates  []float64 // a second, a round each
	cpu    usage
}

// race starts the engine's worker beside ours, and warms both up.
func (d *bed) race() *race {
	engine := must(d.Launch(must(os.Executable()), []string{engineCommand}, d.WorkerEnviron()))
	shape := d.shape()
	r := &race{d: d, note: fmt.Sprintf("rounds of %d; the engine's workflow has %d no-op activities that wait for one "+
		"another as ours do, and one of them starts an owner, which waits on %d timers", d.size,
		len(shape.WaitsFor), shape.Timers)}
	r.ours = side{worker: d.started[0].Process, run: func(ctx context.Context, _ int) error {
		return d.register(ctx, d.manifests(1)[0])
	}}
	r.engine = side{worker: engine, run: func(ctx context.Context, _ int) error {
		run, err := d.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: engineQueue},
			baseline.EngineWorkflow, shape)
		if err != nil {
			return err
		}
		return run.Get(ctx, nil)
	}}
	for _, s := range []side{r.ours, r.engine} {
		d.each(min(d.size, atOnce), s.run)
	}
	return r
}

// rounds has both take turns. Who goes first changes, so that a machine that becomes slower or faster favours nobody.
func (r *race) rounds() {
	turns := []*side{&r.ours, &r.engine}
	for i := range r.d.repeats {
		for k := range turns {
			turns[(i+k)%2].round(r.d)
		}
		ours, engine := r.ours.rates[len(r.ours.rates)-1], r.engine.rates[len(r.engine.rates)-1]
		r.d.say("  %d: ours %.1f/s, engine %.1f/s, ratio %.2f", i+1, ours, engine, ours/engine)
	}
}

// round runs as many of its workflows as a round has.
func (s *side) round(d *bed) {
	took := d.timedCPU(&s.cpu, s.worker, d.size, func() { d.each(d.size, s.run) })
	s.rates = append(s.rates, float64(d.size)/took.seconds)
}

// shape is the shape of a registration in which nothing had to be done twice: the shortest of a few, since on a busy
// machine one may look at its job a second time.
func (d *bed) shape() (shortest baseline.Shape) {
	for range 5 {
		s := must(baseline.ShapeOf(d.histories(d.registerOne())))
		if shortest.WaitsFor == nil || len(s.WaitsFor) < len(shortest.WaitsFor) {
			shortest = s
		}
	}
	d.say("  the engine's shape: %+v", shortest)
	return shortest
}

// runEngine is the engine's worker, with the sizes and the connection that the registrar's worker has.
func runEngine(ctx context.Context, stderr io.Writer) error {
	size, err := env.ParseAs[config.Capacity]()
	if err != nil {
		return err
	}
	options := client.Options{HostPort: os.Getenv("TEMPORAL_ADDRESS"),
		Logger: sdklog.NewStructuredLogger(telemetry.Logger(stderr, "warn", "json"))}
	config.Connect(&options)
	c, err := client.Dial(options)
	if err != nil {
		return err
	}
	defer c.Close()
	size.Apply()
	w := sdkworker.New(c, engineQueue, size.Options(sdkworker.Options{DisableRegistrationAliasing: true}))
	baseline.RegisterEngine(w, c)
	if err := w.Start(); err != nil {
		return err
	}
	<-ctx.Done()
	w.Stop()
	return nil
}
