package simulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"model-registrar/testsuite/simulator/control"
)

// jobsLookEvery bounds how often a reader that waits for jobs goes through all of them.
const jobsLookEvery = 10 * time.Millisecond

// maxWaitMS bounds one long poll.
const maxWaitMS = 60_000

// State is everything that the simulator knows.
func (s *Server) State() control.State {
	state := control.State{
		Models:       s.store.allModels(""),
		Jobs:         s.store.allJobs(control.JobFilter{}),
		Faults:       s.faults.list(),
		TokensIssued: s.tokens.issuedCount(),
		Settings:     s.settings.get(),
	}
	state.Requests, _ = s.requests.collect(0, always[control.Request], []control.Request{})
	state.Webhooks, _ = s.webhooks.collect(0, always[control.Webhook], []control.Webhook{})
	state.Callbacks, _ = s.callbacks.made.collect(0, always[control.Callback], []control.Callback{})
	state.ModelsCreated, state.ModelsDeleted = s.store.counts()
	return state
}

func always[T any](*T) bool { return true }

// Reset forgets everything but tokens and sequence numbers, and restores the settings of the start.
func (s *Server) Reset() {
	s.faults.clear()
	s.settings.restore()
	s.store.reset()
	s.tokens.reset()
	s.requests.clear()
	s.counts.clear()
	s.webhooks.clear()
	s.callbacks.made.clear()
}

// reading is what every reader may ask for: only what came after since, at least so many, waiting so long.
type reading struct {
	query url.Values
	since uint64
	least int
	wait  time.Duration
}

// readQuery refuses parameters that the endpoint does not know: a misspelled filter must not select everything.
func readQuery(r *http.Request, filters ...string) (reading, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return reading{}, errors.New("the query cannot be parsed")
	}
	for key := range query {
		if !slices.Contains(filters, key) && key != "min" && key != "waitMs" {
			return reading{}, errors.New("unknown query parameter " + strconv.Quote(key) + "; known: min, waitMs, " +
				strings.Join(filters, ", "))
		}
	}
	least, ok := wholeNumber(query.Get("min"), 0, 0, 1<<30)
	wait, bounded := wholeNumber(query.Get("waitMs"), 0, 0, maxWaitMS)
	since, err := strconv.ParseUint(orText(query.Get("since"), "0"), 10, 63)
	if !ok || !bounded || err != nil {
		return reading{}, errors.New("min, waitMs (at most 60000) and since must be whole numbers")
	}
	return reading{query: query, since: since, least: least, wait: milliseconds(int64(wait))}, nil
}

// context ends when the wait is over, the reader is gone or the simulator stops.
func (s *Server) waiting(r *http.Request, wait time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	detach := context.AfterFunc(s.stopped, cancel)
	return ctx, func() {
		detach()
		cancel()
	}
}

func (s *Server) readRequests(r *http.Request) reply {
	q, err := readQuery(r, "op", "name", "path", "since")
	if err != nil {
		return controlError(http.StatusBadRequest, err.Error())
	}
	op, name, part := control.Op(q.query.Get("op")), q.query.Get("name"), q.query.Get("path")
	if !slices.Contains(ops, op) {
		return controlError(http.StatusBadRequest, "op must be one of "+strings.Trim(fmt.Sprint(ops), "[ ]"))
	}
	ctx, done := s.waiting(r, q.wait)
	defer done()
	return jsonReply(http.StatusOK, s.requests.await(ctx, q.since, q.least, func(e *control.Request) bool {
		return (op == "" || e.Op == op) && (name == "" || e.ModelName == name) && strings.Contains(e.Path, part)
	}))
}

func (s *Server) readWebhooks(r *http.Request) reply {
	q, err := readQuery(r, "path", "event", "since")
	if err != nil {
		return controlError(http.StatusBadRequest, err.Error())
	}
	part, event := q.query.Get("path"), q.query.Get("event")
	ctx, done := s.waiting(r, q.wait)
	defer done()
	return jsonReply(http.StatusOK, s.webhooks.await(ctx, q.since, q.least, func(e *control.Webhook) bool {
		return strings.Contains(e.Path, part) && (event == "" || e.Event == event)
	}))
}

func (s *Server) readModels(r *http.Request) reply {
	q, err := readQuery(r, "name")
	if err != nil {
		return controlError(http.StatusBadRequest, err.Error())
	}
	ctx, done := s.waiting(r, q.wait)
	defer done()
	return jsonReply(http.StatusOK, awaitStore(ctx, s.store, q.least, func() []control.Model {
		return s.store.allModels(q.query.Get("name"))
	}))
}

func (s *Server) readJobs(r *http.Request) reply {
	q, err := readQuery(r, "name", "status")
	if err != nil {
		return controlError(http.StatusBadRequest, err.Error())
	}
	ctx, done := s.waiting(r, q.wait)
	defer done()
	filter := control.JobFilter{Name: q.query.Get("name"), Status: q.query.Get("status")}
	return jsonReply(http.StatusOK, awaitStore(ctx, s.store, q.least, func() []control.Job {
		return s.store.allJobs(filter)
	}))
}

// readJob answers with one job, and with waitMs only once it has ended or the time is up.
func (s *Server) readJob(r *http.Request) reply {
	q, err := readQuery(r)
	if err != nil {
		return controlError(http.StatusBadRequest, err.Error())
	}
	ctx, done := s.waiting(r, q.wait)
	defer done()
	job, ok := s.store.awaitEnd(ctx, r.PathValue("id"))
	if !ok {
		return controlError(http.StatusNotFound, "there is no job of this id")
	}
	return jsonReply(http.StatusOK, job)
}

// awaitStore looks whenever the store has changed, but not more often than jobsLookEvery.
func awaitStore[T any](ctx context.Context, s *store, least int, look func() []T) []T {
	for {
		changed := s.changed.next() // before looking: what comes in between is not missed
		found := look()
		if len(found) >= least {
			return found
		}
		pause := time.NewTimer(jobsLookEvery)
		select {
		case <-changed:
		case <-ctx.Done():
			pause.Stop()
			return found
		}
		<-pause.C
	}
}

func (s *store) allModels(name string) []control.Model {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.ordered
	if name != "" {
		all = s.byName[name]
	}
	found := make([]control.Model, 0, len(all))
	for _, m := range all {
		found = append(found, control.Model{
			ID: m.id, Name: m.name, State: m.state, JobID: m.job.id, Created: m.created.UTC(), Payload: m.payload.raw,
			HealthChecks: m.healthChecks,
		})
	}
	return found
}

func (s *store) allJobs(filter control.JobFilter) []control.Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []control.Job{}
	for _, j := range s.jobOrder {
		if filter.Name != "" && filter.Name != j.model.name {
			continue
		}
		if v := j.view(); filter.Status == "" || filter.Status == v.Status {
			found = append(found, v)
		}
	}
	return found
}

func (s *store) counts() (created, deleted int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.created, s.deleted
}
