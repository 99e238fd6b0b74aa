package main

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"model-registrar/schemas"
)

const (
	waiting      = 2000
	settleLimit  = 4 * time.Minute // Go returns memory in steps; it collects every two minutes at the latest
	settleWindow = 15              // looks, a second apart, that have to agree
	settleSpread = 1.0             // MiB
)

// memory measures how much more a worker holds with registrations that wait for approval than it held idle.
func memory(ctx context.Context, b *bench) error {
	d, err := b.open(ctx, "memory", 0)
	if err != nil {
		return err
	}
	defer d.Close()
	w, idle, err := d.idleWorker(ctx)
	if err != nil {
		return err
	}
	b.say("  idle: %s", idle)
	n := b.size(waiting)
	err = each(ctx, n, atOnce, func(ctx context.Context, _ int) error {
		m := d.Manifest(d.name("waits"))
		m.Approval = schemas.ApprovalSpec{Policy: schemas.ApproveAlways, Timeout: schemas.Duration(24 * time.Hour)}
		_, err := d.start(ctx, schemas.DefaultTaskQueue, m)
		return err
	})
	if err != nil {
		return err
	}
	if err := d.awaitWaiting(ctx, n); err != nil {
		return err
	}
	busy, err := resident(w.PID())
	if err != nil {
		return err
	}
	b.say("  when the last of %d began to wait: %s", n, busy)
	b.profile(ctx, "memory.worker.heap", w.url+"/debug/pprof/heap")
	b.profile(ctx, "memory.worker.goroutine", w.url+"/debug/pprof/goroutine")
	after, err := settled(ctx, w.PID())
	if err != nil {
		return err
	}
	b.say("  settled: %s", after)
	b.report.figure("memory", fmt.Sprintf("resident memory of a worker with %d registrations waiting for approval, "+
		"over idle", n),
		newSeries("", "MiB", after.rss-idle.rss), goal{Most: 60},
		fmt.Sprintf("idle %s; when the last began to wait %s; settled %s", idle, busy, after))
	return nil
}

// awaitWaiting waits until so many registrations wait for approval.
func (d *bed) awaitWaiting(ctx context.Context, n int) error {
	return until(ctx, 10*time.Minute, 250*time.Millisecond, func() error {
		answer, err := d.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Query: fmt.Sprintf("%s = '%s'", schemas.RegistrationStageAttribute, schemas.StageApproval),
		})
		if err == nil && answer.Count < int64(n) {
			err = fmt.Errorf("%d of %d registrations wait for approval", answer.Count, n)
		}
		return err
	})
}

// footprint is the memory of a process in MiB.
type footprint struct{ rss, anonymous float64 }

// String gives both figures.
func (f footprint) String() string {
	return fmt.Sprintf("%.1f MiB resident, %.1f MiB of it anonymous", f.rss, f.anonymous)
}

func resident(pid int) (footprint, error) {
	file := fmt.Sprintf("/proc/%d/status", pid)
	f := footprint{
		rss:       float64(leadingInt(procField(file, "VmRSS"))) / 1024,
		anonymous: float64(leadingInt(procField(file, "RssAnon"))) / 1024,
	}
	if f.rss == 0 {
		return f, fmt.Errorf("%s does not say how much memory is resident; this figure needs Linux", file)
	}
	return f, nil
}

// idleWorker starts a worker, has it register one model, and returns it with what it holds once it is at rest.
func (d *bed) idleWorker(ctx context.Context) (*worker, footprint, error) {
	w, err := d.startWorker(ctx)
	if err != nil {
		return nil, footprint{}, err
	}
	if _, err := d.register(ctx, d.Manifest(d.name("warm-up"))); err != nil {
		return nil, footprint{}, err
	}
	idle, err := settled(ctx, w.PID())
	return w, idle, err
}

// settled waits until a process's memory stops changing, and returns what it then is.
func settled(ctx context.Context, pid int) (footprint, error) {
	var looks []footprint
	var f footprint
	err := until(ctx, settleLimit, time.Second, func() error {
		var err error
		if f, err = resident(pid); err != nil {
			return nil // said by the caller's next look
		}
		looks = append(looks, f)
		if len(looks) < settleWindow {
			return fmt.Errorf("too early to say")
		}
		least, most := f.rss, f.rss
		for _, l := range looks[len(looks)-settleWindow:] {
			least, most = min(least, l.rss), max(most, l.rss)
		}
		if most-least > settleSpread {
			return fmt.Errorf("the memory did not settle within %s: it is between %.1f and %.1f MiB", settleLimit,
				least, most)
		}
		return nil
	})
	if err != nil {
		return f, err
	}
	return resident(pid)
}
