package main

import (
	"context"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
)

const (
	// trailMark begins, in a worker's identity, the id of the audit trail that it writes.
	trailMark = " trail:"
	// pollerMemory is how long a worker that polls for nothing counts as running: a poll takes up to a minute.
	pollerMemory = 70 * time.Second
)

// checkTrails says if another worker of the task queue writes another audit trail: an ending could then be recorded in
// both. It returns the identity under which this worker polls, which names its trail for those that start later.
func (w *Worker) checkTrails(ctx context.Context) (identity string) {
	identity = processName() + "@" + w.cfg.TaskQueue
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	id, err := w.deps.Audit.ID(ctx)
	if err != nil {
		w.log.Warn("whether all workers write one audit trail is not known", "error", err.Error())
		return identity
	}
	identity += trailMark + id
	reply, err := w.temporal.DescribeTaskQueue(ctx, w.cfg.TaskQueue, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
	if err != nil {
		w.log.Warn("whether all workers write one audit trail is not known", "error", err.Error())
		return identity
	}
	for _, other := range otherTrails(reply.GetPollers(), id, time.Now()) {
		w.log.Error("another worker of this task queue writes another audit trail, so that an ending can be recorded "+
			"twice; "+
			"set REGISTRAR_AUDIT of all workers to one trail: docs/deployment.md, Several workers",
			"taskQueue", w.cfg.TaskQueue, "worker", other, "trail", w.deps.Audit.String(), "trailId", id)
	}
	return identity
}

// otherTrails are the identities of the workers that polled lately and write another trail than this one.
func otherTrails(pollers []*taskqueue.PollerInfo, trail string, now time.Time) (others []string) {
	for _, p := range pollers {
		_, id, named := strings.Cut(p.GetIdentity(), trailMark)
		if named && id != trail && now.Sub(p.GetLastAccessTime().AsTime()) < pollerMemory {
			others = append(others, p.GetIdentity())
		}
	}
	return others
}
