package main

import (
	"fmt"
	"time"

	"model-registrar/testsuite/baseline"
	"model-registrar/testsuite/simulator/control"
)

const (
	tutorialRuns = 5
	around       = 3 // small fleets before and after a large one
)

// fleetUnderQuota measures a fleet under a quota, and with one worker the tutorial's flow under the same.
func fleetUnderQuota(d *bed) {
	var took []spent
	for range d.repeats {
		took = append(took, d.timed(func() { d.fleet(d.size) }))
	}
	what := fmt.Sprintf("fleet of %d under a quota", d.size)
	if d.workers > 1 {
		what += fmt.Sprintf(", %d workers", d.workers)
	}
	measured := d.addUnderQuota(what, d.size*baseline.CallsPerModel, took, fmt.Sprintf("%d calls a model",
		baseline.CallsPerModel))
	if d.workers > 1 {
		return
	}
	runs := tutorialRuns
	if d.quick {
		runs = 2
	}
	each := d.timed(func() {
		for range runs {
			d.tutorial()
		}
	}).seconds / float64(runs)
	d.add(row{Figure: what + " ÷ tutorial, one after another", Measured: measured,
		Baseline: newSeries("tutorial", "s", each*float64(d.size)), Goal: goal{Most: 0.1},
		Note: fmt.Sprintf("the tutorial's flow took %.2f s a model for %d models; its time for %d is that multiplied",
			each, runs, d.size)})
}

// addUnderQuota adds the figures of what was done under the quota of the parts and needs this many calls, and returns
// the seconds that it took.
func (d *bed) addUnderQuota(what string, needed int, took []spent, note string) series {
	var seconds, refused []float64
	for _, s := range took {
		d.say("  %.1f s, %d calls, %d of them refused", s.seconds, s.calls, s.refused)
		seconds = append(seconds, s.seconds)
		refused = append(refused, 100*float64(s.refused)/float64(s.calls))
	}
	measured := newSeries("", "s", seconds...)
	d.add(row{Figure: what + ": time ÷ (calls needed ÷ quota)", Measured: measured,
		Baseline: newSeries("ideal", "s", float64(needed)/quotaCalls*quotaWindow.Seconds()), Goal: goal{Most: 1.15},
		Note: fmt.Sprintf("%s; %.2f calls a model were made; %d calls each %s, jobs of %s", note,
			float64(took[0].calls)/float64(d.size), quotaCalls, quotaWindow, quotaJob)})
	d.add(row{Figure: what + ": calls refused with 429", Measured: newSeries("", "%", refused...), Goal: goal{Most: 1}})
	return measured
}

// fleets compares the time per model in a large fleet and in ones of a tenth of its size. In each cycle some small ones
// come before the large one and as many after it.
func fleets(d *bed) {
	few := d.size / 10
	d.fleet(min(few, 100)) // to warm up
	var ofSmall, ofLarge []float64
	var smallCPU, largeCPU usage
	for range d.repeats {
		var beside []float64
		for k := range 2*around + 1 {
			if k == around {
				ofLarge = append(ofLarge, d.perModel(d.size, &largeCPU))
			} else {
				beside = append(beside, d.perModel(few, &smallCPU))
			}
		}
		ofSmall = append(ofSmall, median(beside))
	}
	d.add(row{Figure: fmt.Sprintf("time per model, fleet of %d ÷ fleet of %d", d.size, few), Paired: true,
		Measured: newSeries("", "ms", ofLarge...),
		Baseline: newSeries(fmt.Sprintf("fleet of %d", few), "ms", ofSmall...), Goal: goal{Least: 0.9, Most: 1.1},
		Note: fmt.Sprintf("jobs done at once, no quota; CPU time of one model in a fleet of %d: %s; of %d: %s", d.size,
			largeCPU, few, smallCPU)})
}

// perModel registers a fleet, and returns the milliseconds that each model took.
func (d *bed) perModel(n int, cpu *usage) (ms float64) {
	took := d.timedCPU(cpu, d.started[0].Process, n, func() { d.fleet(n) })
	ms = 1000 * took.seconds / float64(n)
	d.say("  %d models in %.1f s, %.1f ms each", n, took.seconds, ms)
	return ms
}

// fleet registers n models with `starter fleet`, all of which have to complete.
func (d *bed) fleet(n int) {
	models := d.manifests(n)
	d.starter("fleet", d.write("fleet-of-"+models[0].Name, models...), "--output", "json", "--requester", "bench")
}

// priority measures a single registration in the middle of a fleet under a quota, against one that is alone under it.
func priority(d *bed) {
	d.singly(1) // to warm up
	alone := d.singly(d.repeats)
	d.besideFleet()
	within := d.singly(d.repeats)
	asFleet := d.timed(func() { d.fleet(1) }).seconds
	d.add(row{Figure: fmt.Sprintf("wall time of one registration within a fleet of %d under a quota ÷ alone", d.size),
		Measured: newSeries("", "s", within...), Baseline: newSeries("alone", "s", alone...), Goal: goal{Most: 1.5},
		Note: fmt.Sprintf("as a fleet of one, with a fleet's priority, %.1f s, %.1f times that of one alone; %d calls "+
			"each %s, jobs of %s", asFleet, asFleet/median(alone), quotaCalls, quotaWindow, quotaJob)})
}

// singly registers one model after the other, and returns the seconds that each took.
func (d *bed) singly(n int) (seconds []float64) {
	for range n {
		seconds = append(seconds, d.timed(func() { d.registerOne() }).seconds)
	}
	d.say("  one registration at a time: %.2f s", seconds)
	return seconds
}

// besideFleet starts a fleet that goes on in the background, and returns once a tenth of it has been created.
func (d *bed) besideFleet() {
	before := must(d.Sim.Counts(d.ctx))
	must(d.StartStarter("fleet", nil, "fleet", d.write("crowd", d.manifests(d.size)...), "--output", "json",
		"--requester", "bench-fleet"))
	check(until(d.ctx, 5*time.Minute, 250*time.Millisecond, func() error {
		now, err := d.Sim.Counts(d.ctx)
		made := now[control.OpCreate].Requests - before[control.OpCreate].Requests
		if err == nil && made < d.size/10 {
			err = fmt.Errorf("the fleet has made %d models", made)
		}
		return err
	}))
}
