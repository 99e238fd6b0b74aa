package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
)

const (
	// cannotReplay marks the SDK's errors about a history that the workflow's code does not lead to.
	cannotReplay = "TMPRL1100"
	// replayMemory is how long a workflow counts as one that cannot be replayed after its task failed. The server hands
	// such a task out again at least every ten minutes.
	replayMemory = 15 * time.Minute
)

// replays is the log of the Temporal SDK, which alone says which workflow's history the code of this worker does not
// lead to (NonDeterminismError): the SDK fails the task and the server hands it out again, while the workflow shows as
// running.
type replays struct {
	slog.Handler
	stuck  *stuck // shared with the handlers made by WithAttrs and WithGroup
	fields []slog.Attr
}

// stuck is which workflows cannot be replayed, and when that was seen last.
type stuck struct {
	mu    sync.Mutex
	seen  map[string]time.Time
	total int64
}

func newReplays(log slog.Handler) *replays {
	return &replays{Handler: log, stuck: &stuck{seen: map[string]time.Time{}}}
}

// WithAttrs returns the handler with these attributes.
func (r *replays) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &replays{Handler: r.Handler.WithAttrs(attrs), stuck: r.stuck,
		fields: append(slices.Clip(r.fields), attrs...)}
}

// WithGroup returns the handler with a group.
func (r *replays) WithGroup(name string) slog.Handler {
	return &replays{Handler: r.Handler.WithGroup(name), stuck: r.stuck, fields: r.fields}
}

// Enabled keeps warnings whatever the level of the log is, since they are read here.
func (r *replays) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn || r.Handler.Enabled(ctx, level)
}

// Handle passes a record on, and adds an error line of its own when a workflow cannot be replayed.
func (r *replays) Handle(ctx context.Context, record slog.Record) error {
	if record.Level >= slog.LevelWarn {
		r.note(ctx, record)
	}
	if !r.Handler.Enabled(ctx, record.Level) {
		return nil
	}
	return r.Handler.Handle(ctx, record)
}

func (r *replays) note(ctx context.Context, record slog.Record) {
	var id, problem string
	take := func(a slog.Attr) bool {
		switch text := a.Value.String(); {
		case a.Key == "WorkflowID":
			id = text
		case strings.Contains(text, cannotReplay):
			problem = text
		}
		return true
	}
	for _, a := range r.fields {
		take(a)
	}
	record.Attrs(take)
	if id == "" || problem == "" || !r.stuck.add(id) {
		return
	}
	line := slog.NewRecord(time.Now(), slog.LevelError,
		"a workflow cannot be replayed by this worker, and hangs; run the "+
			"version that it was started with, or one that knows its history: docs/deployment.md, Releasing", 0)
	line.AddAttrs(slog.String("workflowId", id), slog.String("error", problem))
	_ = r.Handler.Handle(ctx, line) // a log that cannot be written cannot be told of either
}

// add keeps that a workflow cannot be replayed, and reports whether that is news.
func (s *stuck) add(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total++
	last, known := s.seen[id]
	s.seen[id] = time.Now()
	return !known || time.Since(last) > replayMemory
}

// workflows are those that could not be replayed lately, in order, and how many tasks failed for that in all.
func (s *stuck) workflows() (ids []string, total int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.seen, func(_ string, at time.Time) bool { return time.Since(at) > replayMemory })
	return slices.Sorted(maps.Keys(s.seen)), s.total
}

// err names the workflows that cannot be replayed, or is nil.
func (r *replays) err() error {
	ids, _ := r.stuck.workflows()
	if len(ids) == 0 {
		return nil
	}
	named := strings.Join(ids[:min(len(ids), 5)], ", ")
	if len(ids) > 5 {
		named += fmt.Sprintf(" and %d more", len(ids)-5)
	}
	return fmt.Errorf("this worker's version cannot replay %s (NonDeterminismError): see docs/deployment.md, Releasing",
		named)
}

// observe reports both figures as metrics.
func (r *replays) observe(m metric.Meter) error {
	failed, err := m.Int64ObservableCounter("registrar_replay_failures",
		metric.WithDescription("Workflow tasks that failed because this worker's code does not lead to their history."))
	if err != nil {
		return err
	}
	hanging, err := m.Int64ObservableGauge("registrar_unreplayable_workflows",
		metric.WithDescription("Workflows that this worker could not replay within the last 15 minutes."))
	if err != nil {
		return err
	}
	_, err = m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		ids, total := r.stuck.workflows()
		o.ObserveInt64(failed, total)
		o.ObserveInt64(hanging, int64(len(ids)))
		return nil
	}, failed, hanging)
	return err
}
