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

	mu       sync.Mutex
	memory   memory
	watched  []*Job        // the jobs that are waited for, oldest first
	late     int           // those of them that have outlasted what was expected
	hurried  int           // those of them that a person waits for
	onTimers []time.Time   // when those jobs are looked at again that are left to a timer
	scout    *Job          // the one that is looked at more closely while there is no quota to spare
	news     chan struct{} // closed when there is more to know
}

// New returns the memory of a process that knows nothing yet.
func New(q Quota) *Jobs { return &Jobs{quota: q, news: make(chan struct{})} }

// Job is one job that is waited for. It is for one goroutine.
type Job struct {
	jobs    *Jobs
	created time.Time
	looked  time.Duration // age at the last look; 0: none yet
	beyond  int           // looks since it was likely to have ended
	late    bool
	hurried bool
}

// Watch begins to wait for a job of that age which was last looked at when it was as old as looked; 0 is never. Leave
// ends it.
func (j *Jobs) Watch(age, looked time.Duration) *Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	job := &Job{jobs: j, created: time.Now().Add(-age), looked: min(looked, age)}
	j.watched = append(j.watched, job)
	if j.scout == nil {
		j.scout = job
	}
	return job
}

// Hurry says that a person waits for the job: it is looked at soon although others wait for the quota.
func (job *Job) Hurry() {
	job.jobs.mu.Lock()
	defer job.jobs.mu.Unlock()
	job.hurried = true
	job.jobs.hurried++
}

// Leave ends the waiting. The scout's part goes to the youngest job, of which there is most to learn.
func (job *Job) Leave() {
	j := job.jobs
	j.mu.Lock()
	defer j.mu.Unlock()
	j.watched = slices.DeleteFunc(j.watched, func(other *Job) bool { return other == job })
	if job.late {
		j.late--
	}
	if job.hurried {
		j.hurried--
	}
	if j.scout != job {
		return
	}
	j.scout = nil
	if n := len(j.watched); n > 0 {
		j.scout = j.watched[n-1]
		j.wake()
	}
}

// Sleeps reports that the job is left to a timer, which asks again after about that time.
func (job *Job) Sleeps(d time.Duration) {
	j := job.jobs
	j.mu.Lock()
	defer j.mu.Unlock()
	j.onTimers = append(j.onTimers, time.Now().Add(d))
}

// unfinished is how many jobs of this process go on, as far as it knows. The caller holds the lock.
func (j *Jobs) unfinished() int {
	now := time.Now()
	j.onTimers = slices.DeleteFunc(j.onTimers, func(back time.Time) bool { return !back.After(now) })
	return len(j.watched) + len(j.onTimers)
}

// Looked reports that the job was looked at and runs. It returns the job's age.
func (job *Job) Looked() time.Duration {
	j := job.jobs
	j.mu.Lock()
	defer j.mu.Unlock()
	job.looked = max(time.Since(job.created), 1)
	if !j.memory.known() {
		return job.looked
	}
	if job.looked >= j.memory.likely().by {
		job.beyond++
	}
	if job.looked >= j.memory.surely() && !job.late {
		job.late = true
		j.late++
	}
	return job.looked
}

// Ended reports that the job was looked at and has ended.
func (job *Job) Ended() {
	j := job.jobs
	age := time.Since(job.created)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.memory.add(span{job.looked, max(age, 1)}, j.scout == job) {
		j.wake()
	}
}

// wake has everybody who waits ask again. The caller holds the lock.
func (j *Jobs) wake() {
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
	at := job.next(spare > minSpare+len(j.watched)/8, rate)
	return max(0, at-age), j.news
}
