package simulator

import (
	"context"
	"time"

	"model-registrar/testsuite/simulator/control"
)

type jobStatus int

const (
	queued jobStatus = iota
	inProgress
	completed
	failed
)

var spellings = map[string][4]string{
	"":                     {"QUEUED", "IN_PROGRESS", "COMPLETED", "FAILED"},
	control.SpellingPascal: {"Queued", "InProgress", "Succeeded", "Failed"},
}

// job provisions one model. The store's lock guards it.
type job struct {
	id       string
	model    *model
	created  time.Time
	duration time.Duration
	timer    *time.Timer
	ended    time.Time
	polls    int
	status   jobStatus
	errors   []control.ErrorBody
	isOver   chan struct{} // closed when it ends

	outcome    string // as ordered; empty is COMPLETED
	jobError   *control.ErrorBody
	stuck      bool
	statusText string // shown until the job ends
	noResultID bool
	spelling   string

	update  *payload // that takes the place of the model's when the job ends; nil: the job makes the model
	halfway bool     // a failed update has changed the rate limits
}

// jobAnswer is what the jobs endpoint says.
type jobAnswer struct {
	ID     string              `json:"id"`
	Status string              `json:"status"`
	Result *jobResult          `json:"result,omitempty"`
	Errors []control.ErrorBody `json:"errors"`
}

type jobResult struct {
	ID string `json:"id,omitempty"`
}

func (j *job) over() bool { return j.status == completed || j.status == failed }

func (j *job) stopTimer() {
	if j.timer != nil {
		j.timer.Stop()
	}
}

// shape applies what a fault orders for the whole life of a job. The caller holds the lock.
func (s *store) shape(j *job, a control.Action) {
	if a.JobDurationMS > 0 {
		j.duration = milliseconds(a.JobDurationMS)
	}
	if a.JobOutcome != "" {
		j.outcome = a.JobOutcome
	}
	if a.JobError != nil {
		j.jobError = a.JobError
	}
	if a.JobSpelling != "" {
		j.spelling = a.JobSpelling
	}
	j.stuck = j.stuck || a.JobStuck
	j.halfway = j.halfway || a.JobHalfway
	j.statusText, j.noResultID = orText(a.JobStatus, j.statusText), j.noResultID || a.JobNoResultID
}

func orText(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

// schedule sets the timer that ends the job. The caller holds the lock.
func (s *store) schedule(j *job) {
	j.stopTimer()
	if j.stuck || j.over() {
		return
	}
	j.timer = time.AfterFunc(time.Until(j.created.Add(j.duration)), func() { s.finish(j.id) })
}

// poll answers for a job, reshaped first when a fault on this request says so.
func (s *store) poll(id string, a control.Action, asOf time.Time) (jobAnswer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, ok := s.jobs[id]
	if !ok || j.model.isAfter(asOf) {
		return jobAnswer{}, false
	}
	lasting := a
	lasting.JobStatus, lasting.JobNoResultID = "", false
	s.shape(j, lasting)
	if a.JobStuck || a.JobDurationMS > 0 {
		s.schedule(j)
	}
	j.polls++
	if j.status == queued && j.polls > 1 {
		j.status = inProgress
	}
	answer := j.answer(a.JobNoResultID)
	answer.Status = orText(a.JobStatus, answer.Status)
	return answer, true
}

func (j *job) answer(noResultID bool) jobAnswer {
	answer := jobAnswer{ID: j.id, Status: orText(j.statusText, spellings[j.spelling][j.status]), Errors: j.errors}
	if answer.Errors == nil {
		answer.Errors = []control.ErrorBody{}
	}
	if j.status == completed {
		answer.Result = &jobResult{ID: j.model.id}
		if noResultID || j.noResultID {
			answer.Result.ID = ""
		}
	}
	return answer
}

// finish ends a job now with the outcome that it is going to have; a job that is over stays as it is.
func (s *store) finish(id string) (control.Job, bool) {
	s.mu.Lock()
	j, ok := s.jobs[id]
	s.mu.Unlock()
	if !ok {
		return control.Job{}, false
	}
	return s.conclude(j, nil), true
}

// awaitEnd waits until a job has ended or ctx ends, and returns the job as it then is.
func (s *store) awaitEnd(ctx context.Context, id string) (control.Job, bool) {
	s.mu.Lock()
	j, ok := s.jobs[id]
	s.mu.Unlock()
	if !ok {
		return control.Job{}, false
	}
	select {
	case <-j.isOver:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return j.view(), true
}

// conclude ends a job that is not over, and tells the world after the lock is released.
func (s *store) conclude(j *job, failure *control.ErrorBody) control.Job {
	s.mu.Lock()
	ended := j.end(failure)
	view, callbackURL := j.view(), j.model.payload.callbackURL
	s.mu.Unlock()
	if ended {
		s.changed.fire()
		s.ended(view, callbackURL)
	}
	return view
}

// end is false when the job was over already.
func (j *job) end(failure *control.ErrorBody) bool {
	if j.over() {
		return false
	}
	j.stopTimer()
	if failure == nil && j.outcome == control.OutcomeFailed {
		failure = j.failure()
	}
	j.ended, j.stuck, j.statusText = time.Now(), false, ""
	close(j.isOver)
	if j.update != nil && j.model.gone && failure == nil {
		gone := platformError(newUUID(), 404, "not.found", "The model was deleted before its update ended.", nil)
		failure = &gone
	}
	j.status = completed
	if failure != nil {
		j.status, j.errors = failed, []control.ErrorBody{*failure}
	}
	switch {
	case j.update != nil:
		j.apply(failure != nil)
	case failure != nil:
		j.model.state = control.ModelFailed
	default:
		j.model.state = control.ModelActive
	}
	return true
}

// failure is the ordered error with its gaps filled.
func (j *job) failure() *control.ErrorBody {
	filled := platformError(newUUID(), 400, "bad.request",
		"The LLM Gateway could not reach the endpoint with the given credential.", nil)
	o := j.jobError
	if o == nil {
		return &filled
	}
	filled.Message = orText(o.Message, filled.Message)
	filled.MessageWithParams = orText(o.MessageWithParams, filled.Message)
	filled.Code, filled.ContextID = orText(o.Code, filled.Code), orText(o.ContextID, filled.ContextID)
	if o.Status != 0 {
		filled.Status = o.Status
	}
	if o.MessageParams != nil {
		filled.MessageParams = o.MessageParams
	}
	if o.Details != nil {
		filled.Details = o.Details
	}
	if o.Errors != nil {
		filled.Errors = o.Errors
	}
	return &filled
}

// view is the job as the control interface shows it, in the plain spelling.
func (j *job) view() control.Job {
	v := control.Job{
		ID: j.id, ModelID: j.model.id, ModelName: j.model.name, Created: j.created.UTC(),
		Status: orText(j.statusText, spellings[""][j.status]), Polls: j.polls, Stuck: j.stuck, Errors: j.errors,
	}
	if !j.ended.IsZero() {
		ended := j.ended.UTC()
		v.Ended = &ended
	}
	return v
}
