package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

const (
	estateSize = 10_000
	planRuns   = 2
	fewChanges = 3
	applySize  = 1000
	// callsPerChange are those that a change of limits cannot do without: a read to compare with, one right before the
	// write since somebody may have written meanwhile, the update, one look at its job, a read back, the health check,
	// and its result.
	callsPerChange = 7
)

// planLarge measures a plan of as many manifests as there are models, and applies with little and with nothing to do.
func planLarge(ctx context.Context, b *bench) error {
	const part = "plan-10000"
	d, err := b.open(ctx, part, 0)
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.startWorker(ctx); err != nil {
		return err
	}
	n := b.size(estateSize)
	dir, names, err := d.estate(ctx, n)
	if err != nil {
		return err
	}
	if err := d.plans(ctx, part, dir, n); err != nil {
		return err
	}
	return d.applyLittle(ctx, part, dir, names)
}

// plans measures plans under the platform's own quota, of which a plan of 10,000 needs a third of a minute's.
func (d *bed) plans(ctx context.Context, part, dir string, n int) error {
	direct, err := d.readAll(ctx)
	if err != nil {
		return err
	}
	if err := d.quotaOf(ctx, quotaCalls, time.Minute); err != nil {
		return err
	}
	var plans, calls []float64
	for range d.b.times(planRuns) {
		if err := wait(ctx, time.Minute); err != nil { // for a window of which nothing is used up
			return err
		}
		since, err := d.Sim.Now(ctx)
		if err != nil {
			return err
		}
		t, err := d.starter(ctx, "plan", dir)
		if err != nil {
			return err
		}
		made, refused, err := d.calls(ctx, since)
		if err != nil {
			return err
		}
		d.b.say("  the plan took %.2f s and %d calls, %d of them refused", t, made, refused)
		plans, calls = append(plans, t), append(calls, float64(made))
	}
	of := fmt.Sprintf("plan of %d manifests against %d models", n, n)
	d.b.report.figure(part, of+": calls to the gateway", newSeries("", "", calls...), goal{Most: float64(n)/100 + 10},
		"")
	atQuota := float64(n) / 100 / quotaCalls * time.Minute.Seconds()
	d.b.report.ratio(part, of+" ÷ the calls' time at the quota's rate", newSeries("", "s", plans...),
		newSeries("ideal", "s", atQuota), goal{Most: 1.3}, fmt.Sprintf("%d calls at %d a minute; the time is that of "+
			"starter plan, with reading the manifests and the records of what is owned; reading the pages directly, "+
			"without a quota and with the simulator on the same machine, takes %.2f s", n/100, quotaCalls, direct))
	return d.quotaOf(ctx, unlimited, time.Minute)
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// quotaOf sets how many calls the platform takes in a window.
func (d *bed) quotaOf(ctx context.Context, calls int, window time.Duration) error {
	ms := window.Milliseconds()
	_, err := d.Sim.ChangeSettings(ctx, control.SettingsChange{Quota: &calls, QuotaWindowMS: &ms})
	return err
}

// applyLittle measures an apply with nothing to do and one with a few changes, in a large estate.
func (d *bed) applyLittle(ctx context.Context, part, dir string, names []string) error {
	var nothing, few []float64
	for range d.b.times(planRuns) {
		t, err := d.starter(ctx, "apply", dir, "--yes", "--requester", "bench")
		if err != nil {
			return err
		}
		nothing = append(nothing, t)
		for _, name := range names[:fewChanges] {
			if err := d.raiseLimit(dir, name); err != nil {
				return err
			}
		}
		if t, err = d.starter(ctx, "apply", dir, "--yes", "--requester", "bench"); err != nil {
			return err
		}
		d.b.say("  an apply with nothing to do took %.2f s, with %d changes %.2f s", nothing[len(nothing)-1],
			fewChanges, t)
		few, names = append(few, t), names[fewChanges:]
	}
	n := len(names) + len(few)*fewChanges
	d.b.report.figure(part, fmt.Sprintf("apply of %d with nothing to do", n), newSeries("", "s", nothing...),
		goal{}, "")
	d.b.report.figure(part, fmt.Sprintf("apply of %d with %d changes", n, fewChanges), newSeries("", "s", few...),
		goal{}, "no quota, jobs done at once")
	return nil
}

// applyUnderQuota measures an apply that changes every model of an estate, with a window like that of the part quota.
func applyUnderQuota(ctx context.Context, b *bench) error {
	const part = "apply-1000"
	d, err := b.open(ctx, part, 0)
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.startWorker(ctx); err != nil {
		return err
	}
	n := b.size(applySize)
	dir, names, err := d.estate(ctx, n)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := d.raiseLimit(dir, name); err != nil {
			return err
		}
	}
	if err := errors.Join(d.jobsTake(ctx, quotaJob), d.quotaOf(ctx, quotaCalls, quotaWindow)); err != nil {
		return err
	}
	if err := wait(ctx, quotaWindow); err != nil { // for a window of which nothing is used up
		return err
	}
	since, err := d.Sim.Now(ctx)
	if err != nil {
		return err
	}
	t, err := d.starter(ctx, "apply", dir, "--yes", "--requester", "bench")
	if err != nil {
		return err
	}
	calls, refused, err := d.calls(ctx, since)
	if err != nil {
		return err
	}
	needed := n*callsPerChange + (n+99)/100
	b.say("  %d changes in %.1f s, %d calls, %d of them refused", n, t, calls, refused)
	of := fmt.Sprintf("apply of %d changes under a quota", n)
	b.report.ratio(part, of+": time ÷ (calls needed ÷ quota)", newSeries("", "s", t),
		newSeries("ideal", "s", float64(needed)/quotaCalls*quotaWindow.Seconds()), goal{Most: 1.15},
		fmt.Sprintf("%d calls a model and %d for the plan; %.2f calls a model were made; %d calls each %s, jobs of %s",
			callsPerChange, (n+99)/100, float64(calls)/float64(n), quotaCalls, quotaWindow, quotaJob))
	b.report.figure(part, of+": calls refused with 429", newSeries("", "%", 100*float64(refused)/float64(calls)),
		goal{Most: 1}, "")
	return nil
}

// starter runs a command of the starter, which has to succeed, and returns the seconds that it took.
func (d *bed) starter(ctx context.Context, args ...string) (seconds float64, err error) {
	start := time.Now()
	stdout, stderr, code := d.Run(ctx, args...)
	seconds = time.Since(start).Seconds()
	if code != 0 {
		return 0, errors.New("starter " + args[0] + " ended with an error: " + stderr + stdout)
	}
	return seconds, nil
}

// readAll reads the list of models page by page with nothing around it.
func (d *bed) readAll(ctx context.Context) (seconds float64, err error) {
	start := time.Now()
	for page, pages := 1, 1; page <= pages; page++ {
		if _, _, pages, err = d.gateway.Page(ctx, page); err != nil {
			return 0, err
		}
	}
	return time.Since(start).Seconds(), nil
}

// estate makes models that are owned, each handed over as an operation does it, and a folder of their manifests.
func (d *bed) estate(ctx context.Context, n int) (dir string, names []string, err error) {
	start := time.Now()
	dir = filepath.Join(d.dir, "models")
	gateway, err := d.platform()
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return "", nil, err
	}
	for range n {
		names = append(names, d.name("model"))
	}
	err = each(ctx, n, atOnce, func(ctx context.Context, i int) error {
		m := d.Manifest(names[i])
		return errors.Join(writeManifest(dir, m), d.handOver(ctx, m, gateway))
	})
	if err == nil {
		err = d.awaitOwned(ctx, n)
	}
	d.b.say("  %d owned models were made in %.0f s", n, time.Since(start).Seconds())
	return dir, names, err
}

// awaitOwned waits until the visibility store knows all models that are owned.
func (d *bed) awaitOwned(ctx context.Context, n int) error {
	return until(ctx, patience, time.Second, func() error {
		counted, err := d.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Query: fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'", schemas.ManageModelWorkflow)})
		if err == nil && counted.GetCount() < int64(n) {
			err = fmt.Errorf("%d of %d models are known to be owned", counted.GetCount(), n)
		}
		return err
	})
}

func writeManifest(dir string, m schemas.Manifest) error {
	data, err := json.Marshal(m)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, m.Name+".json"), data, 0o644)
	}
	return err
}

// raiseLimit changes a model's manifest by one limit.
func (d *bed) raiseLimit(dir, name string) error {
	m := d.Manifest(name)
	m.MaxRequestsPerMinute++
	return writeManifest(dir, m)
}
