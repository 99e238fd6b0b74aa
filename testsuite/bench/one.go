package main

import (
	"context"
	"fmt"
	"time"

	"model-registrar/schemas"
	"model-registrar/testsuite/cost"
)

// one measures registrations one at a time, in turn with the baselines: with ideal, and where jobs are long with the
// tutorial.
func one(d *bed) {
	withTutorial := d.job >= 5*time.Second
	// The first connections of everybody are made with a job that ends at once.
	d.platform(10*time.Millisecond, unlimited, quotaWindow)
	d.registerOne()
	d.ideal()
	d.platform(d.job, unlimited, quotaWindow)
	var m singles
	for i := range d.repeats {
		m.round(d)
		m.ideal = append(m.ideal, d.timed(d.ideal).seconds)
		if withTutorial {
			m.tutorial = append(m.tutorial, d.timed(d.tutorial).seconds)
		}
		d.say("  %d: ours %.3f s, ideal %.3f s", i+1, m.ours[i], m.ideal[i])
	}
	m.add(d)
}

// singles is what one part measured, a sample a round.
type singles struct {
	ours, ideal, tutorial         []float64 // seconds
	calls, events, bytes, actions []float64
	owner                         string // what the last of them cost beside, for the model's owner
}

// ideal registers one model with the calls that it needs.
func (d *bed) ideal() {
	check(d.gateway.Ideal(d.ctx, d.manifests(1)[0], func(ctx context.Context, jobID string) error {
		_, err := d.Sim.WaitJobEnd(ctx, jobID)
		return err
	}))
}

// tutorial registers one model as the tutorial does.
func (d *bed) tutorial() {
	check(d.gateway.Tutorial(d.ctx, d.manifests(1)[0], d.AuditFile+".tutorial"))
}

// round registers one model, and takes down what that cost.
func (m *singles) round(d *bed) {
	before := d.started[0].heartbeats()
	var name string
	took := d.timed(func() { name = d.registerOne() })
	beats := d.started[0].heartbeats() - before
	events, owner := d.histories(name)
	m.ours = append(m.ours, took.seconds)
	m.calls = append(m.calls, float64(took.calls))
	m.events = append(m.events, float64(len(events)))
	m.bytes = append(m.bytes, d.kib(schemas.RegisterModelWorkflowID(name)))
	m.actions = append(m.actions, float64(cost.Actions(events)+beats))
	m.owner = fmt.Sprintf("%d events, %.1f KiB and %d actions", len(owner), d.kib(schemas.ManageModelWorkflowID(name)),
		cost.Actions(owner))
}

// kib is the size of a workflow's history, as the server counts it.
func (d *bed) kib(id string) float64 {
	described := must(d.client.DescribeWorkflowExecution(d.ctx, id, ""))
	return float64(described.WorkflowExecutionInfo.HistorySizeBytes) / 1024
}

func (m *singles) add(d *bed) {
	of := fmt.Sprintf(" of one registration, job of %s", d.job)
	wall := row{Figure: "wall time" + of + " ÷ ideal", Measured: newSeries("", "s", m.ours...),
		Baseline: newSeries("ideal", "s", m.ideal...), Goal: goal{Most: 1.5}}
	if m.tutorial != nil {
		wall.Goal.Most = 1.08
	}
	d.add(wall)
	if m.tutorial != nil {
		wall.Figure, wall.Goal.Most = "wall time"+of+" ÷ tutorial", 0.95
		wall.Baseline = newSeries("tutorial", "s", m.tutorial...)
		d.add(wall)
		d.add(row{Figure: "calls to Genesys" + of, Measured: newSeries("", "", m.calls...), Goal: goal{Most: 12}})
	}
	d.add(row{Figure: "history events" + of, Measured: newSeries("", "", m.events...), Goal: goal{Most: 60}})
	d.add(row{Figure: "history size" + of, Measured: newSeries("", "KiB", m.bytes...), Goal: goal{Most: 20}})
	d.add(row{Figure: "actions" + of, Measured: newSeries("", "", m.actions...), Goal: goal{Most: 12},
		Note: "counted in the history, and heartbeats by the worker's metrics; the workflow that owns the model from " +
			"then on adds " + m.owner})
}
