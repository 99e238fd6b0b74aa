package polling

import (
	"slices"
	"sync"
	"time"
)

// Quota is what polling asks of the pacer that all calls pass through.
type Quota interface {
	// Spare is how many calls more could be made at once without anybody waiting for it.
	Spare() int
	// Rate is how many calls a second the quota allows.
	Rate() float64
}

// Jobs is what one process knows of the jobs that it waits for, and of those that have ended. It is safe for concurrent
// use.
type Jobs struct {
	quota Quota

	mu      sync.Mutex
	memory  memory
	watched int           // jobs waited for now
	late    int           // those of them that should have ended
	away    []time.Time   // when jobs that sleep on a durable timer come back
	eldest  *Job          // the one that finds out how long jobs take, while nobody knows
	begun   int           // jobs ever waited for
	news    chan struct{} // closed when there is more to know
}

// New returns the memory of a process that knows nothing yet.
func New(q Quota) *Jobs { return &Jobs{quota: q, news: make(chan struct{})} }

// Job is one job that is waited for. It is for one goroutine.
type Job struct {
	jobs     *Jobs
	created  time.Time
	looked   time.Duration // age at the last look; 0: none yet
	looks    int
	beyond   int  // looks since it was likely to have ended
	overdue  int  // looks since it should surely have ended
	explores bool // looks where it may learn, whatever the quota
	from     bool // whether created can be trusted
	late     bool
}

// explorers is how many jobs there are for each one that looks as if the quota did not matter, so that jobs that become
// faster are noticed while the quota is in use.
const explorers = 40

// Watch begins to wait for a job of that age. Leave ends it. An age that is not known is negative: it is looked at at
// once, and nothing is learnt from it.
func (j *Jobs) Watch(age time.Duration) *Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.watched++
	j.begun++
	job := &Job{jobs: j, created: time.Now().Add(-max(age, 0)), from: age >= 0, explores: j.begun%explorers == 0}
	// A job that slept on a durable timer was last looked at about as long ago as the workflow sleeps: a tenth of its age.
	job.looked = max(0, age-max(age/10, 3*time.Second))
	if j.eldest == nil && job.from {
		j.eldest = job
	}
	return job
}

// Leave ends the waiting.
func (job *Job) Leave() {
	j := job.jobs
	j.mu.Lock()
	defer j.mu.Unlock()
	j.watched--
	if job.late {
		j.late--
	}
	if j.eldest == job {
		j.eldest = nil
		if !j.memory.known() {
			j.tell() // another one takes its place
		}
	}
}

// Sleeps tells that the job is left to a durable timer, which asks again after about that time.
func (job *Job) Sleeps(d time.Duration) {
	j := job.jobs
	j.mu.Lock()
	defer j.mu.Unlock()
	j.away = append(j.away, time.Now().Add(d))
}

// unfinished is how many jobs of this process go on, as far as it knows. The caller holds the lock.
func (j *Jobs) unfinished() int {
	now := time.Now()
	j.away = slices.DeleteFunc(j.away, func(back time.Time) bool { return !back.After(now) })
	return j.watched + len(j.away)
}

// Looked tells that the job was looked at and runs.
func (job *Job) Looked() {
	j := job.jobs
	j.mu.Lock()
	defer j.mu.Unlock()
	job.looked = max(time.Since(job.created), 1)
	job.looks++
	if !j.memory.known() {
		return
	}
	if job.looked >= j.memory.likely().by {
		job.beyond++
	}
	if job.looked >= j.memory.surely() {
		job.overdue++
		if !job.late {
			job.late = true
			j.late++
		}
	}
}

// Ended tells that the job was looked at and has ended.
func (job *Job) Ended() {
	j := job.jobs
	age := time.Since(job.created)
	j.mu.Lock()
	defer j.mu.Unlock()
	if job.from && j.memory.add(span{job.looked, max(age, 1)}) {
		j.tell()
	}
}

// tell has everybody who waits think again. The caller holds the lock.
func (j *Jobs) tell() {
	close(j.news)
	j.news = make(chan struct{})
}

// Next is how long to wait for the next look, by what is known now. When the channel is closed there is more to know,
// and Next is to be asked again.
func (job *Job) Next() (time.Duration, <-chan struct{}) {
	j := job.jobs
	spare, rate := j.quota.Spare(), j.quota.Rate()
	age := time.Since(job.created)
	j.mu.Lock()
	defer j.mu.Unlock()
	if !job.from && job.looks == 0 {
		return 0, j.news
	}
	if j.eldest == nil && !j.memory.known() {
		j.eldest = job
	}
	at := job.at(spare > minSpare+j.watched/8, rate)
	return max(0, at-age), j.news
}
