package simulator

import (
	"slices"
	"sync"
	"time"

	"model-registrar/testsuite/simulator/control"
)

// maxJobs bounds what the store keeps; a job outlives its model until a reset.
const maxJobs = 500_000

// store holds models and jobs. Everything that a request needs is found by index, in constant or logarithmic time.
type store struct {
	mu       sync.Mutex
	models   map[string]*model
	ordered  []*model // by number, oldest first
	byName   map[string][]*model
	gone     []*model // deleted within the last minutes, oldest first
	checks   map[string]*check
	jobs     map[string]*job
	jobOrder []*job
	created  int
	deleted  int
	changed  signal
	ended    func(control.Job, string) // called, unlocked, with the callback URL of an ended job's payload
}

type model struct {
	number       int
	id, name     string
	state        string
	created      time.Time
	goneAt       time.Time // when it was deleted
	payload      payload
	job          *job
	healthChecks int
	gone         bool // deleted
}

func newStore(ended func(control.Job, string)) *store {
	s := &store{ended: ended}
	s.clear()
	return s
}

// clear forgets everything; the caller holds the lock or is the only one who knows s.
func (s *store) clear() {
	for _, j := range s.jobOrder {
		j.stopTimer()
	}
	s.models, s.byName, s.jobs = map[string]*model{}, map[string][]*model{}, map[string]*job{}
	s.ordered, s.jobOrder, s.gone, s.checks = nil, nil, nil, map[string]*check{}
	s.created, s.deleted = 0, 0
}

func (s *store) reset() {
	s.mu.Lock()
	s.clear()
	s.mu.Unlock()
	s.changed.fire()
}

func (s *store) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.jobOrder {
		j.stopTimer()
	}
}

// createResult is how a create ended.
type createResult int

const (
	createdOK createResult = iota
	nameTaken
	storeFull
)

// create makes a model and the job that provisions it. Names may repeat unless unique is set.
func (s *store) create(p payload, unique bool, duration time.Duration, shape control.Action) (*job, createResult) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case unique && len(s.byName[p.name]) > 0:
		return nil, nameTaken
	case len(s.jobs) >= maxJobs:
		return nil, storeFull
	}
	m := &model{number: s.created, id: newUUID(), name: p.name, state: control.ModelProvisioning, created: time.Now(),
		payload: p}
	j := &job{id: newUUID(), model: m, created: m.created, duration: duration, status: queued,
		isOver: make(chan struct{})}
	m.job = j
	s.created++
	s.models[m.id], s.jobs[j.id] = m, j
	s.ordered, s.jobOrder = append(s.ordered, m), append(s.jobOrder, j)
	s.byName[m.name] = append(s.byName[m.name], m)
	s.shape(j, shape)
	s.schedule(j)
	s.changed.fire()
	return j, createdOK
}

// page returns one page of the models, of one name when name is not empty, and how many there are in all.
func (s *store) page(name string, number, size int, asOf time.Time) (found []entity, total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.ordered
	if name != "" {
		all = s.byName[name]
	}
	if !asOf.IsZero() {
		all = s.pastOf(all, name, asOf)
	}
	from := min(len(all), (number-1)*size)
	found = []entity{}
	for _, m := range all[from:min(len(all), from+size)] {
		found = append(found, m.entity())
	}
	return found, len(all)
}

func (s *store) model(id string, asOf time.Time) (entity, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.models[id]
	for _, g := range s.gone {
		if g.id == id && !asOf.IsZero() && g.goneAt.After(asOf) {
			m, ok = g, true
		}
	}
	if !ok || m.isAfter(asOf) {
		return entity{}, false
	}
	return m.entity(), true
}

// remove deletes a model. A job that is still running ends as failed.
func (s *store) remove(id string, asOf time.Time) bool {
	s.mu.Lock()
	m, ok := s.models[id]
	if !ok || m.isAfter(asOf) {
		s.mu.Unlock()
		return false
	}
	delete(s.models, id)
	s.byName[m.name] = withoutModel(s.byName[m.name], m)
	if len(s.byName[m.name]) == 0 {
		delete(s.byName, m.name)
	}
	s.ordered = withoutModel(s.ordered, m)
	s.deleted++
	m.gone = true
	s.remember(m)
	j := m.job
	s.mu.Unlock()
	gone := platformError(newUUID(), 404, "not.found", "The model was deleted before its registration ended.", nil)
	s.conclude(j, &gone)
	s.changed.fire()
	return true
}

// withoutModel removes m from a list in the order of numbers. Moving the rest up is one memmove of pointers.
func withoutModel(list []*model, m *model) []*model {
	i, ok := slices.BinarySearchFunc(list, m.number,
		func(other *model, number int) int { return other.number - number })
	if !ok {
		return list
	}
	return slices.Delete(list, i, i+1)
}

// about fills in what the journal says of a model id or a job id, also when the model is gone.
func (s *store) about(modelID, jobID string, record *control.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	record.ModelID = modelID
	m := s.models[modelID]
	if j := s.jobs[jobID]; j != nil {
		m = j.model
	}
	if m != nil {
		record.ModelName, record.ModelID, record.JobID = m.name, m.id, m.job.id
	}
}

// healthCheck counts a check; ready is false while the model is not active.
func (s *store) healthCheck(id string, a control.Action, asOf time.Time) (c *check, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.models[id]
	if !ok || m.isAfter(asOf) || m.state != control.ModelActive {
		return nil, ok && !m.isAfter(asOf)
	}
	m.healthChecks++
	now := time.Now()
	c = &check{id: newUUID(), modelID: id, created: now, ends: now.Add(milliseconds(a.HealthDurationMS)),
		outcome: orText(a.HealthOutcome, control.OutcomeCompleted)}
	s.checks[c.id] = c
	return c, true
}

// healthResult is how a health check stands.
func (s *store) healthResult(modelID, id string, asOf time.Time) (checkAnswer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.checks[id]
	if !ok || c.modelID != modelID || !asOf.IsZero() && c.created.After(asOf) {
		return checkAnswer{}, false
	}
	return c.answer(time.Now()), true
}
