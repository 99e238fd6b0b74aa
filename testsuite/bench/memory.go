package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"model-registrar/schemas"
)

const (
	settleLimit  = 4 * time.Minute // Go returns memory in steps; it collects every two minutes at the latest
	settleWindow = 15              // looks, a second apart, that have to agree
	settleSpread = 1.0             // MiB
)

// memory measures how much more a worker holds with registrations that wait for approval than it held idle.
func memory(d *bed) {
	d.addMemory("registrations waiting for approval", func() {
		d.each(d.size, func(ctx context.Context, _ int) error {
			m := d.manifests(1)[0]
			m.Approval = schemas.ApprovalSpec{Policy: schemas.ApproveAlways, Timeout: schemas.Duration(24 * time.Hour)}
			_, err := d.start(ctx, m)
			return err
		})
		d.awaitCount(d.size, fmt.Sprintf("%s = '%s'", schemas.RegistrationStageAttribute, schemas.StageApproval))
	})
}

// owned measures how much more a worker holds with owned models at rest than it held idle. Their checks are a month
// apart, so that none falls into the measurement.
func owned(d *bed) {
	models := d.manifests(d.size)
	for i := range models {
		models[i].Monitor.Every = schemas.Duration(30 * 24 * time.Hour)
	}
	d.addMemory("owned models at rest", func() { d.own(models, false) })
}

// addMemory adds how much more the worker holds, when it is at rest again, after this has been done.
func (d *bed) addMemory(what string, do func()) {
	d.registerOne()
	idle := d.settled()
	took := d.timed(do)
	busy := must(resident(d.started[0].Process))
	after := d.settled()
	d.add(row{Figure: fmt.Sprintf("resident memory of a worker with %d %s, over idle", d.size, what),
		Measured: newSeries("", "MiB", after-idle), Goal: goal{Most: 60},
		Note: fmt.Sprintf("idle %.1f MiB; when the last of them was there, after %.0f s, %.1f MiB; settled %.1f MiB",
			idle, took.seconds, busy, after)})
}

// settled waits until the worker's memory stops changing, and returns how many MiB it then is.
func (d *bed) settled() (now float64) {
	var looks []float64
	check(until(d.ctx, settleLimit, time.Second, func() error {
		now = must(resident(d.started[0].Process))
		looks = append(looks, now)
		if len(looks) < settleWindow {
			return errors.New("too early to say")
		}
		recent := looks[len(looks)-settleWindow:]
		if least, most := slices.Min(recent), slices.Max(recent); most-least > settleSpread {
			return fmt.Errorf("the memory did not settle within %s: it is between %.1f and %.1f MiB", settleLimit,
				least, most)
		}
		return nil
	}))
	return now
}
