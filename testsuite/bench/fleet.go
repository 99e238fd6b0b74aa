package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	quotaFleet    = 300
	quotaCalls    = 300 // in a window, as the platform has it
	quotaWindow   = 15 * time.Second
	quotaJob      = time.Second
	callsPerModel = 4 // look-up, creation, one look at the job, health check
	tutorialRuns  = 5
)

// quota measures a fleet under a quota. The platform's window of a minute is shortened to 15 s, so that 300 models,
// which need four windows, take one minute rather than four.
func quota(workers int) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		part := "quota"
		if workers > 1 {
			part = fmt.Sprintf("quota-%d", workers)
		}
		d, err := b.open(ctx, part, quotaJob)
		if err != nil {
			return err
		}
		defer d.Close()
		for range workers {
			if _, err := d.startWorker(ctx); err != nil {
				return err
			}
		}
		if err := d.quotaOf(ctx, quotaCalls, quotaWindow); err != nil {
			return err
		}
		n := b.size(quotaFleet)
		ideal := float64(n*callsPerModel) / quotaCalls * quotaWindow.Seconds()
		var took, refused []float64
		for range b.times(1) {
			since, err := d.Sim.Now(ctx)
			if err != nil {
				return err
			}
			t, err := d.fleet(ctx, n)
			if err != nil {
				return err
			}
			calls, limited, err := d.calls(ctx, since)
			if err != nil {
				return err
			}
			b.say("  %d models in %.1f s, %d calls, %d of them refused", n, t, calls, limited)
			took, refused = append(took, t), append(refused, 100*float64(limited)/float64(calls))
		}
		of := fmt.Sprintf("fleet of %d under a quota", n)
		if workers > 1 {
			of += fmt.Sprintf(", %d workers", workers)
		}
		measured := newSeries("", "s", took...)
		b.report.ratio(part, of+": time ÷ (calls needed ÷ quota)", measured, newSeries("ideal", "s", ideal),
			goal{Most: 1.15},
			fmt.Sprintf("%d calls a model, %d calls each %s, jobs of %s", callsPerModel, quotaCalls, quotaWindow,
				quotaJob))
		b.report.figure(part, of+": calls refused with 429", newSeries("", "%", refused...), goal{Most: 1}, "")
		if workers == 1 {
			return d.againstTutorial(ctx, part, n, measured)
		}
		return nil
	}
}

// againstTutorial runs the tutorial's flow for a few models under the same quota and scales its time up to the fleet's.
func (d *bed) againstTutorial(ctx context.Context, part string, n int, fleet series) error {
	runs := d.b.size(tutorialRuns)
	if d.b.quick {
		runs = 2
	}
	start := time.Now()
	for range runs {
		if err := d.gateway.Tutorial(ctx, d.Manifest(d.name("tutorial")), d.AuditFile+".tutorial"); err != nil {
			return fmt.Errorf("tutorial: %w", err)
		}
	}
	each := time.Since(start).Seconds() / float64(runs)
	d.b.report.ratio(part, fmt.Sprintf("fleet of %d under a quota ÷ tutorial, one after another", n), fleet,
		newSeries("tutorial", "s", each*float64(n)), goal{Most: 0.1},
		fmt.Sprintf("the tutorial's flow took %.2f s a model for %d models; its time for %d is that multiplied", each,
			runs, n))
	return nil
}

// fleets compares the time per model in a small and a large fleet. In each cycle some small ones come before the large
// one and as many after it.
func fleets(part string, small, around, large, cycles int) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		d, err := b.open(ctx, part, 0)
		if err != nil {
			return err
		}
		defer d.Close()
		w, err := d.startWorker(ctx)
		if err != nil {
			return err
		}
		few, many := b.size(small), b.size(large)
		if _, err := d.fleet(ctx, min(few, 100)); err != nil { // to warm up
			return err
		}
		var smallCPU, largeCPU usage
		perModel := func(n int, cpu *usage) (ms float64, err error) {
			wait := d.profileCPU(ctx, fmt.Sprintf("fleet-%d", n), w, min(60, max(3, n/20)))
			defer wait()
			before := usageOf(d, w.Process)
			t, err := d.fleet(ctx, n)
			cpu.add(before, usageOf(d, w.Process), n)
			ms = 1000 * t / float64(n)
			b.say("  %d models in %.1f s, %.1f ms each", n, t, ms)
			return ms, err
		}
		var ofSmall, ofLarge []float64 // a sample a cycle
		for range b.times(cycles) {
			var beside []float64
			for k := range 2*around + 1 {
				n, cpu, into := few, &smallCPU, &beside
				if k == around {
					n, cpu, into = many, &largeCPU, &ofLarge
				}
				ms, err := perModel(n, cpu)
				if err != nil {
					return err
				}
				*into = append(*into, ms)
			}
			ofSmall = append(ofSmall, median(beside))
		}
		b.report.paired(part, fmt.Sprintf("time per model, fleet of %d ÷ fleet of %d", many, few),
			newSeries("", "ms", ofLarge...),
			newSeries(fmt.Sprintf("fleet of %d", few), "ms", ofSmall...), goal{Least: 0.9, Most: 1.1},
			fmt.Sprintf("jobs done at once, no quota; CPU time of one model in a fleet of %d: %s; of %d: %s", many,
				largeCPU, few, smallCPU))
		return nil
	}
}

// fleet registers n models with `starter fleet`, all of which have to complete, and returns the seconds from the start
// of that program to its end.
func (d *bed) fleet(ctx context.Context, n int) (seconds float64, err error) {
	dir, err := d.manifests(n)
	if err != nil {
		return 0, err
	}
	return d.starter(ctx, "fleet", dir, "--output", "json", "--requester", "bench")
}

// manifests writes the manifests of n new models, and returns their folder.
func (d *bed) manifests(n int) (dir string, err error) {
	dir = filepath.Join(d.dir, d.name("fleet"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for range n {
		if err := writeManifest(dir, d.Manifest(d.name("model"))); err != nil {
			return "", err
		}
	}
	return dir, nil
}
