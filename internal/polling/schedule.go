package polling

import "time"

// Gaps while nothing is known of how long jobs take: short at first, for jobs that end at once. A job of one second is
// seen after three looks, one of ten after nine. Later ones are as the last.
var blindGaps = []time.Duration{
	250 * time.Millisecond, 350 * time.Millisecond, 450 * time.Millisecond, 700 * time.Millisecond,
	1050 * time.Millisecond, 1500 * time.Millisecond, 1900 * time.Millisecond, 2000 * time.Millisecond,
}

const (
	longestGap = 2 * time.Second
	finestGap  = 20 * time.Millisecond
	minSpare   = 4 // calls that must be left over, beside one for each eight jobs, for looks that are not needed

	// lateShare is the part of the quota that looks at jobs may take up together while other calls wait for it.
	lateShare = 0.25
)

// at is the age of the job at which to look next. With quota to spare the looks are dense where the end is likely, after
// a few earlier ones that would see a job which failed at once. Without, the first look is when nearly all jobs have
// ended, so that most need no second one; while nothing is known, only the eldest job is looked at as if it were alone.
func (job *Job) at(spare bool, rate float64) time.Duration {
	j := job.jobs
	if !j.memory.known() {
		gap := blindGap(job.looks)
		if !spare && j.eldest != job {
			gap = max(gap, crowdGap(j.unfinished(), rate))
		}
		return job.looked + gap
	}
	if spare || job.explores {
		return job.denseLook()
	}
	surely := j.memory.surely()
	if job.looked < surely && job.overdue == 0 {
		return surely
	}
	gap := growing(max(surely/10, 100*time.Millisecond), job.overdue)
	return job.looked + max(gap, crowdGap(j.late+len(j.away), rate))
}

// crowdGap is the gap at which so many jobs take up their share of the quota together.
func crowdGap(jobs int, rate float64) time.Duration {
	return time.Duration(float64(jobs) / (rate * lateShare) * float64(time.Second))
}

// early are the parts of the likely duration at which a look is worth it although the end is not due.
var early = []float64{0.06, 0.25, 0.5}

// denseLook is the next look around the likely end.
func (job *Job) denseLook() time.Duration {
	likely := job.jobs.memory.likely()
	for _, part := range early {
		at := time.Duration(part * float64(likely.after))
		if at > job.looked && at >= blindGaps[0] {
			return at
		}
	}
	step := max(finestGap, likely.by/100, (likely.by-likely.after)/4)
	if job.looked < likely.by {
		from := likely.after
		for at := from + step; ; at += step {
			if at > job.looked+step/4 {
				return at
			}
		}
	}
	return job.looked + growing(step, job.beyond)
}

func growing(gap time.Duration, times int) time.Duration {
	for range times {
		gap += gap / 2
		if gap >= longestGap {
			return longestGap
		}
	}
	return min(gap, longestGap)
}

func blindGap(looks int) time.Duration { return blindGaps[min(looks, len(blindGaps)-1)] }
