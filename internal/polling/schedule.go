package polling

import "time"

const (
	// firstGap is the first gap while nothing is known of how long jobs take. The gaps then grow with the job's age.
	firstGap = 250 * time.Millisecond
	// finestGap is the shortest gap around an expected end.
	finestGap = 20 * time.Millisecond

	// minSpare is how many calls must be left over, beside one for each eight jobs, for looks that are not needed.
	minSpare = 4

	// lateShare is the part of the quota that jobs which outlast the expected end may use together while other calls
	// wait for it, and scoutShare the part that the scout may use.
	lateShare, scoutShare = 0.25, 0.03
)

// Patience is how long after its end a job of that age may go unnoticed while there is quota to spare: a tenth of its
// age, at least one second and at most one hour.
func Patience(age time.Duration) time.Duration { return min(max(time.Second, age/10), time.Hour) }

// next is the age of the job at which to look next.
func (job *Job) next(spare bool, rate float64) time.Duration {
	j := job.jobs
	switch {
	case spare:
		return job.closeLook(Patience(job.looked))
	case job.hurried:
		return job.looked + max(firstGap, min(job.looked/10, time.Hour), share(j.hurried, rate, lateShare))
	case j.scout == job:
		gap := share(1, rate, scoutShare)
		return max(job.closeLook(max(Patience(job.looked), gap)), job.looked+gap)
	case !j.memory.known():
		return job.looked + max(job.blindGap(), share(j.unfinished(), rate, lateShare))
	}
	if surely := j.memory.surely(); job.looked < surely {
		return surely
	}
	return job.looked + max(Patience(job.looked), share(j.late+len(j.onTimers), rate, lateShare))
}

// share is the gap at which that many jobs use their part of the quota together.
func share(jobs int, rate, part float64) time.Duration {
	return time.Duration(float64(jobs) / (rate * part) * float64(time.Second))
}

// blindGap is the next gap while nothing is known: short at first, for jobs that end at once.
func (job *Job) blindGap() time.Duration {
	return min(max(firstGap, job.looked*2/3), Patience(job.looked))
}

// closeLook is the next look with gaps of at most bound. Before the expected end the looks are evenly spread, so that
// the last of them falls on the earliest likely end; around that they are dense; behind it the gaps grow.
func (job *Job) closeLook(bound time.Duration) time.Duration {
	if !job.jobs.memory.known() {
		return job.looked + max(job.blindGap(), bound-Patience(job.looked))
	}
	likely := job.jobs.memory.likely()
	step := max(finestGap, likely.by/100, (likely.by-likely.after)/4)
	if job.looked >= likely.by {
		return job.looked + min(growing(step, job.beyond), bound)
	}
	target := likely.after + step
	for target <= job.looked+step/4 {
		target += step
	}
	distance := target - job.looked
	steps := (distance + bound - 1) / bound
	return job.looked + distance/steps
}

// growing is a gap that has grown by half for a number of times.
func growing(gap time.Duration, times int) time.Duration {
	for range min(times, 40) {
		gap += gap / 2
	}
	return gap
}
