package main

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"model-registrar/testsuite/cost"
)

// one measures registrations one at a time, in turn with the baselines.
func one(job time.Duration, usual int) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		part := "one-" + job.String()
		d, err := b.open(ctx, part, job)
		if err != nil {
			return err
		}
		defer d.Close()
		w, err := d.startWorker(ctx)
		if err != nil {
			return err
		}
		m := singles{d: d, w: w, withTutorial: job >= 5*time.Second}
		if err := m.warmUp(ctx, job); err != nil {
			return err
		}
		for i := range b.times(usual) {
			if err := m.round(ctx); err != nil {
				return err
			}
			b.say("  %d: ours %.3f s, ideal %.3f s", i+1, m.ours[i], m.ideal[i])
		}
		m.report(b.report, part, job)
		return nil
	}
}

// singles is what one part measured, a sample a round.
type singles struct {
	d            *bed
	w            *worker
	withTutorial bool

	ours, ideal, tutorial         []float64 // seconds
	calls, events, bytes, actions []float64
}

// warmUp makes the first connections of everybody, with a job that ends at once.
func (m *singles) warmUp(ctx context.Context, job time.Duration) error {
	if err := m.d.jobsTake(ctx, 10*time.Millisecond); err != nil {
		return err
	}
	if _, err := m.d.register(ctx, m.d.Manifest(m.d.name("warm-up"))); err != nil {
		return err
	}
	if err := m.runIdeal(ctx); err != nil {
		return err
	}
	m.ideal = nil
	return m.d.jobsTake(ctx, job)
}

func (m *singles) round(ctx context.Context) error {
	if err := m.runOurs(ctx); err != nil {
		return fmt.Errorf("ours: %w", err)
	}
	if err := m.runIdeal(ctx); err != nil {
		return fmt.Errorf("ideal: %w", err)
	}
	if !m.withTutorial {
		return nil
	}
	start := time.Now()
	if err := m.d.gateway.Tutorial(ctx, m.d.Manifest(m.d.name("tutorial")), m.d.AuditFile+".tutorial"); err != nil {
		return fmt.Errorf("tutorial: %w", err)
	}
	m.tutorial = append(m.tutorial, time.Since(start).Seconds())
	return nil
}

func (m *singles) runOurs(ctx context.Context) error {
	since, err := m.d.Sim.Now(ctx)
	if err != nil {
		return err
	}
	beats, err := m.w.heartbeats(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	run, err := m.d.register(ctx, m.d.Manifest(m.d.name("ours")))
	if err != nil {
		return err
	}
	m.ours = append(m.ours, time.Since(start).Seconds())
	return m.count(ctx, run, since, beats)
}

// count takes down what the registration cost.
func (m *singles) count(ctx context.Context, run client.WorkflowRun, since uint64, beats float64) error {
	calls, _, err := m.d.calls(ctx, since)
	if err != nil {
		return err
	}
	events, size, err := m.d.history(ctx, run)
	if err != nil {
		return err
	}
	after, err := m.w.heartbeats(ctx)
	if err != nil {
		return err
	}
	m.calls = append(m.calls, float64(calls))
	m.events = append(m.events, float64(len(events)))
	m.bytes = append(m.bytes, float64(size)/1024)
	m.actions = append(m.actions, float64(cost.Actions(events))+after-beats)
	return nil
}

func (m *singles) runIdeal(ctx context.Context) error {
	start := time.Now()
	err := m.d.gateway.Ideal(ctx, m.d.Manifest(m.d.name("ideal")), func(ctx context.Context, jobID string) error {
		_, err := m.d.Sim.WaitJobEnd(ctx, jobID)
		return err
	})
	m.ideal = append(m.ideal, time.Since(start).Seconds())
	return err
}

func (m *singles) report(r *report, part string, job time.Duration) {
	of := fmt.Sprintf(" of one registration, job of %s", job)
	ours := newSeries("", "s", m.ours...)
	limit := 1.5
	if m.withTutorial {
		limit = 1.08
	}
	r.ratio(part, "wall time"+of+" ÷ ideal", ours, newSeries("ideal", "s", m.ideal...), goal{Most: limit}, "")
	if m.withTutorial {
		r.ratio(part, "wall time"+of+" ÷ tutorial", ours, newSeries("tutorial", "s", m.tutorial...), goal{Most: 0.95},
			"")
		r.figure(part, "calls to Genesys"+of, newSeries("", "", m.calls...), goal{Most: 12}, "")
	}
	r.figure(part, "history events"+of, newSeries("", "", m.events...), goal{Most: 60}, "")
	r.figure(part, "history size"+of, newSeries("", "KiB", m.bytes...), goal{Most: 20}, "")
	r.figure(part, "actions"+of, newSeries("", "", m.actions...), goal{Most: 12},
		"counted in the history, and heartbeats by the worker's metrics")
}
