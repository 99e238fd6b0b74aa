package simulator

import (
	"encoding/json"
	"maps"
	"net/http"
	"time"

	"model-registrar/testsuite/simulator/control"
)

// updateModel serves PUT, whose body is a whole payload, and PATCH, whose body has the members that change. Both answer
// like a creation; the model changes when the job ends.
func (s *Server) updateModel(c *call) reply {
	id := c.r.PathValue("id")
	members, ok := s.store.members(id)
	if !ok {
		return refuseGenesys(c, http.StatusNotFound, "not.found", "There is no model with this id.")
	}
	if c.r.Method == http.MethodPatch {
		change, err := parseObject(c.body)
		if err != nil {
			return refuseGenesys(c, http.StatusBadRequest, "bad.request",
				"The request body cannot be read: "+err.Error()+".")
		}
		maps.Copy(members, change)
		c.body, _ = json.Marshal(members)
	}
	p, refusal := readPayload(c)
	if refusal != nil {
		return *refusal
	}
	j, ok := s.store.update(id, p, milliseconds(s.settings.get().JobDurationMS), c.action)
	if !ok {
		return refuseGenesys(c, http.StatusNotFound, "not.found", "There is no model with this id.")
	}
	c.record.ModelID, c.record.JobID = id, j.id
	return jsonReply(http.StatusAccepted, map[string]string{"jobId": j.id})
}

// members are those of a model's payload.
func (s *store) members(id string) (fields, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.models[id]
	if !ok {
		return nil, false
	}
	return maps.Clone(m.payload.members), true
}

// update makes the job that changes a model.
func (s *store) update(id string, p payload, duration time.Duration, shape control.Action) (*job, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.models[id]
	if !ok || len(s.jobs) >= maxJobs {
		return nil, false
	}
	j := &job{
		id: newUUID(), model: m, created: time.Now(), duration: duration, status: queued, update: &p,
		isOver: make(chan struct{}),
	}
	s.jobs[j.id], s.jobOrder = j, append(s.jobOrder, j)
	s.shape(j, shape)
	s.schedule(j)
	s.changed.fire()
	return j, true
}

// apply is the end of an update's job. One that fails half-way has changed the rate limits only.
func (j *job) apply(failed bool) {
	switch {
	case !failed:
		j.model.payload = *j.update
	case j.halfway:
		p := j.model.payload
		p.members = maps.Clone(p.members)
		p.members["rateLimits"] = j.update.members["rateLimits"]
		p.raw, _ = json.Marshal(p.members)
		j.model.payload = p
	}
}

// edit changes a model at once, as somebody does in the admin interface.
func (s *Server) editModel(r *http.Request) reply {
	var change fields
	if err := readOrder(r, &change); err != nil {
		return controlError(http.StatusBadRequest, err.Error())
	}
	s.store.mu.Lock()
	m, ok := s.store.models[r.PathValue("id")]
	if ok {
		p := m.payload
		p.members = maps.Clone(p.members)
		maps.Copy(p.members, change)
		p.raw, _ = json.Marshal(p.members)
		m.payload = p
	}
	s.store.mu.Unlock()
	if !ok {
		return controlError(http.StatusNotFound, "there is no model of this id")
	}
	s.store.changed.fire()
	return reply{status: http.StatusNoContent}
}

// dropModel deletes a model at once, as somebody does in the admin interface.
func (s *Server) dropModel(r *http.Request) reply {
	if !s.store.remove(r.PathValue("id"), time.Time{}) {
		return controlError(http.StatusNotFound, "there is no model of this id")
	}
	return reply{status: http.StatusNoContent}
}
