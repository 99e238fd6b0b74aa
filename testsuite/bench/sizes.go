package main

import (
	"context"
	"fmt"
	"strings"

	"model-registrar/schemas"
)

// variants are workers of other sizes than the default, each said by its variables.
var variants = [][]string{
	{"REGISTRAR_WORKER_WORKFLOW_POLLERS=2", "REGISTRAR_WORKER_ACTIVITY_POLLERS=2"},
	{"REGISTRAR_WORKER_WORKFLOW_POLLERS=40", "REGISTRAR_WORKER_ACTIVITY_POLLERS=40"},
	{"REGISTRAR_WORKER_WORKFLOW_SLOTS=20", "REGISTRAR_WORKER_ACTIVITY_SLOTS=20"},
	{"REGISTRAR_WORKER_WORKFLOW_SLOTS=1000", "REGISTRAR_WORKER_ACTIVITY_SLOTS=1000"},
	{"REGISTRAR_WORKER_CACHE=50"}, // half of what is at work
}

const (
	sizesPerRound = 100
	sizesRounds   = 6
)

// sizes measures registrations per second with workers of other sizes, in turn with one of the default size. Each has a
// task queue of its own.
func sizes(ctx context.Context, b *bench) error {
	d, err := b.open(ctx, "sizes", 0)
	if err != nil {
		return err
	}
	defer d.Close()
	all, err := d.workersOfSizes(ctx)
	if err != nil {
		return err
	}
	n := b.size(sizesPerRound)
	for _, s := range all {
		if err := each(ctx, n, atOnce, s.run); err != nil { // to warm up
			return err
		}
	}
	for i := range b.times(sizesRounds) {
		if err := takeTurns(ctx, d, i, n, all...); err != nil {
			return err
		}
		var told []string
		for _, s := range all {
			told = append(told, fmt.Sprintf("%.1f", s.rates[i]))
		}
		b.say("  %d: %s a second", i+1, strings.Join(told, ", "))
	}
	standard := all[0]
	for _, s := range all[1:] {
		b.report.paired("sizes", "registrations per second with "+s.name+" ÷ default", newSeries("", "/s", s.rates...),
			newSeries("default", "/s", standard.rates...), goal{},
			fmt.Sprintf("CPU time of one registration: %s; default: %s", s.cpu, standard.cpu))
	}
	return nil
}

// workersOfSizes starts a worker of the default size, and one of each variant.
func (d *bed) workersOfSizes(ctx context.Context) (all []*side, err error) {
	for i, environ := range append([][]string{nil}, variants...) {
		queue := fmt.Sprintf("%s-%d", schemas.DefaultTaskQueue, i)
		w, err := d.startWorker(ctx, append(environ, "REGISTRAR_TASK_QUEUE="+queue)...)
		if err != nil {
			return nil, err
		}
		name := strings.ToLower(strings.ReplaceAll(strings.Join(environ, " "), "REGISTRAR_WORKER_", ""))
		all = append(all, &side{name: name, worker: w, run: func(ctx context.Context, _ int) error {
			_, err := d.registerOn(ctx, queue, d.Manifest(d.name("sizes")))
			return err
		}})
	}
	return all, nil
}
