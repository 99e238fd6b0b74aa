package activities

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"

	"model-registrar/internal/genesys"
	"model-registrar/internal/polling"
	"model-registrar/schemas"
)

// firstPollBeat is when polling heartbeats for the first time: late enough that a job of five seconds costs none, and one
// of ten a single one, since the SDK sends them 9.6 s apart at least.
const firstPollBeat = 6500 * time.Millisecond

// PollJob asks for the job until it ends or the window is over; with a window of zero it looks once. When to look is
// what [polling.Jobs] knows. It heartbeats a [schemas.PollProgress] and goes on from there after a crash. A status that
// nobody knows is not an end. A worker that is shutting down ends the window early.
func (a *Activities) PollJob(ctx context.Context, in schemas.PollInput) (schemas.PollResult, error) {
	p := schemas.PollProgress{JobID: in.JobID, Polls: in.Polls}
	if activity.HasHeartbeatDetails(ctx) {
		// Details that cannot be read cost nothing but the count of polls.
		_ = activity.GetHeartbeatDetails(ctx, &p)
	}
	var progress atomic.Pointer[schemas.PollProgress]
	progress.Store(&p)
	defer keepAliveWith(ctx, firstPollBeat, func() []any { return []any{*progress.Load()} })()

	age := in.Running.Std()
	if activity.GetInfo(ctx).Attempt > 1 {
		age = -1
	}
	job := a.Jobs.Watch(age)
	defer job.Leave()
	windowEnd := time.Now().Add(in.Window.Std())
	var notBefore time.Time
	for {
		if in.Window > 0 {
			if later, look := untilNextLook(ctx, job, notBefore, windowEnd); !look {
				return leave(job, p, later), ctx.Err()
			}
		}
		seen, err := a.Genesys.GetJob(ctx, in.JobID)
		if err != nil {
			return schemas.PollResult{}, platformError(ctx, err)
		}
		p.Polls++
		p.LastStatus = seen.Status
		if seen.Succeeded() || seen.Failed() {
			job.Ended()
			return jobEnd(seen, p)
		}
		job.Looked()
		progress.Store(&schemas.PollProgress{JobID: p.JobID, Polls: p.Polls, LastStatus: p.LastStatus})
		if in.Window == 0 || seen.RetryAfter > longestAsked {
			later, _ := job.Next()
			return leave(job, p, max(later, seen.RetryAfter)), ctx.Err()
		}
		notBefore = time.Now().Add(seen.RetryAfter)
	}
}

// leave hands the job to the workflow's timer. A wait that is shorter than any of those is not worth telling.
func leave(job *polling.Job, p schemas.PollProgress, later time.Duration) schemas.PollResult {
	job.Sleeps(later)
	if later < shortestTimer {
		later = 0
	}
	return schemas.PollResult{
		Polls: p.Polls, LastStatus: p.LastStatus, RetryAfter: schemas.Duration(later.Round(100 * time.Millisecond))}
}

// shortestTimer is the workflow's shortest sleep between two windows.
const shortestTimer = 3 * time.Second

// longestAsked is the longest wait that the platform may ask for between two looks without the workflow's timer.
const longestAsked = 5 * time.Second

// untilNextLook waits until it is time to look, and is false when that is not in this window, or the activity is to
// end. In the first case it returns how long there is to wait still.
func untilNextLook(ctx context.Context, job *polling.Job, notBefore, windowEnd time.Time) (later time.Duration, look bool) {
	for {
		gap, news := job.Next()
		gap = max(gap, time.Until(notBefore))
		if time.Now().Add(gap).After(windowEnd) {
			return gap, false
		}
		t := time.NewTimer(gap)
		select {
		case <-t.C:
			return 0, true
		case <-news:
			t.Stop()
			continue
		case <-ctx.Done():
		case <-activity.GetWorkerStopChannel(ctx):
		}
		t.Stop()
		return 0, false
	}
}

func jobEnd(job genesys.Job, p schemas.PollProgress) (schemas.PollResult, error) {
	switch {
	case job.Failed():
		reason := "the platform gives no reason"
		for i, e := range job.Errors {
			if i == 0 {
				reason = e.String()
				continue
			}
			reason += "; " + e.String()
		}
		return schemas.PollResult{}, fatal(schemas.ErrJobFailed,
			fmt.Sprintf("job %s ended as %s: %s", job.ID, job.Status, reason))
	case job.ModelID == "":
		return schemas.PollResult{}, fatal(schemas.ErrJobWithoutModel,
			fmt.Sprintf("job %s ended as %s but names no model; ask Genesys about the job", job.ID, job.Status))
	}
	return schemas.PollResult{Done: true, ModelID: job.ModelID, Polls: p.Polls, LastStatus: p.LastStatus}, nil
}
