package main

import (
	"context"
	"fmt"
	"time"

	"model-registrar/activities"
	"model-registrar/schemas"
)

const (
	fewChanges = 3
	// callsPerChange are those that a change of limits cannot do without: a read to compare with, one right before the
	// write since somebody may have written meanwhile, the update, one look at its job, a read back, the health check,
	// and its result.
	callsPerChange = 7
	pageSize       = 100 // models in a page of the platform's list
	estateFolder   = "models"
)

// plan measures plans of as many manifests as there are models under the platform's own quota, and then, without one,
// applies with nothing and with little to do.
func plan(d *bed) {
	models, dir := d.estate()
	d.platform(0, quotaCalls, time.Minute)
	var plans, calls, nothing, few []float64
	for range d.repeats {
		d.awaitNewWindow(time.Minute)
		took := d.timed(func() { d.starter("plan", dir) })
		d.say("  the plan took %.2f s and %d calls, %d of them refused", took.seconds, took.calls, took.refused)
		plans, calls = append(plans, took.seconds), append(calls, float64(took.calls))
	}
	d.platform(0, unlimited, time.Minute)
	for range d.repeats {
		nothing = append(nothing, d.apply(dir).seconds)
		d.raiseLimits(models[:fewChanges])
		models = models[fewChanges:]
		few = append(few, d.apply(dir).seconds)
	}
	pages := float64(d.size) / pageSize
	what := fmt.Sprintf("plan of %d manifests against %d models", d.size, d.size)
	d.add(row{Figure: what + ": calls to the gateway", Measured: newSeries("", "", calls...),
		Goal: goal{Most: pages + 10}})
	d.add(row{Figure: what + " ÷ the calls' time at the quota's rate", Measured: newSeries("", "s", plans...),
		Baseline: newSeries("ideal", "s", pages/quotaCalls*time.Minute.Seconds()), Goal: goal{Most: 1.3},
		Note: fmt.Sprintf("%.0f calls at %d a minute; the time is that of starter plan, with reading the manifests "+
			"and the records of what is owned", pages, quotaCalls)})
	d.add(row{Figure: fmt.Sprintf("apply of %d with nothing to do", d.size), Measured: newSeries("", "s", nothing...)})
	d.add(row{Figure: fmt.Sprintf("apply of %d with %d changes", d.size, fewChanges),
		Measured: newSeries("", "s", few...), Note: "no quota, jobs done at once"})
}

// apply measures an apply that changes every model of an estate under a quota.
func apply(d *bed) {
	models, dir := d.estate()
	d.raiseLimits(models)
	d.platform(quotaJob, quotaCalls, quotaWindow)
	d.awaitNewWindow(quotaWindow)
	pages := (d.size + pageSize - 1) / pageSize
	d.addUnderQuota(fmt.Sprintf("apply of %d changes under a quota", d.size), d.size*callsPerChange+pages,
		[]spent{d.apply(dir)}, fmt.Sprintf("%d calls a model and %d for the plan", callsPerChange, pages))
}

func (d *bed) apply(dir string) spent {
	took := d.timed(func() { d.starter("apply", dir, "--yes", "--requester", "bench") })
	d.say("  the apply took %.2f s and %d calls", took.seconds, took.calls)
	return took
}

// awaitNewWindow waits for a window of which nothing is used up.
func (d *bed) awaitNewWindow(window time.Duration) {
	select {
	case <-d.ctx.Done():
		check(d.ctx.Err())
	case <-time.After(window):
	}
}

// estate makes the part's models, which are owned, and a folder of their manifests.
func (d *bed) estate() (models []schemas.Manifest, dir string) {
	models = d.manifests(d.size)
	took := d.timed(func() { d.own(models, true) })
	d.say("  %d owned models were made in %.0f s", d.size, took.seconds)
	return models, d.write(estateFolder, models...)
}

// raiseLimits changes the manifests of models by one limit each.
func (d *bed) raiseLimits(models []schemas.Manifest) {
	for _, m := range models {
		m.MaxRequestsPerMinute++
		d.write(estateFolder, m)
	}
}

// own has models be owned that no operation registered: each is handed over to ManageModel as the activity does it.
// Unless they are to exist, the platform knows nothing of them.
func (d *bed) own(models []schemas.Manifest, exist bool) {
	d.each(len(models), func(ctx context.Context, i int) error {
		m := models[i]
		payload, err := m.Payload().Seal()
		if err != nil {
			return err
		}
		id := m.Name
		if exist {
			if id, err = d.create(ctx, payload); err != nil {
				return err
			}
		}
		_, err = activities.HandOver(ctx, d.client, schemas.DefaultTaskQueue, "bench", schemas.HandOverInput{
			Label: m.Name, Ownership: schemas.Ownership{
				Name: m.Name, ModelID: id, PayloadHash: payload.Hash, Payload: payload, Manifest: m,
				State: schemas.ModelActive, Operation: schemas.AdoptModelWorkflow,
				WorkflowID: schemas.RegisterModelWorkflowID(m.Name), RunID: "bench", Requester: "bench",
				Since: time.Now().UTC(),
			}})
		return err
	})
	d.awaitCount(len(models), fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'",
		schemas.ManageModelWorkflow))
}

// create makes a model, whose job ends at once.
func (d *bed) create(ctx context.Context, payload schemas.SealedPayload) (modelID string, err error) {
	job, err := d.gateway.CreateModel(ctx, payload)
	if err != nil {
		return "", err
	}
	done, err := d.Sim.FinishJob(ctx, job)
	return done.ModelID, err
}
