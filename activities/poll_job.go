package activities

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/gateway"
	"model-registrar/internal/polling"
	"model-registrar/schemas"
)

// PollJob asks for the job until it ends or the window is over; with a window of zero it looks once. When to look is
// what [polling.Jobs] knows. It heartbeats a [schemas.PollProgress] and goes on from there after a crash. A look that
// is far away is left to the server: the attempt ends as a retryable JobStillRunning that names the time of the next
// one, which costs no event of the history and holds no slot of the worker. A status that nobody knows is not an end. A
// worker that is shutting down ends the window early.
func (a *Activities) PollJob(ctx context.Context, in schemas.PollInput) (schemas.PollResult, error) {
	p := schemas.PollProgress{JobID: in.JobID, Polls: in.Polls, LookedAt: in.LookedAt}
	if activity.HasHeartbeatDetails(ctx) {
		// Details that cannot be read cost nothing but the count of polls.
		_ = activity.GetHeartbeatDetails(ctx, &p)
	}
	var progress atomic.Pointer[schemas.PollProgress]
	progress.Store(&p)
	info := activity.GetInfo(ctx)
	defer keepAliveWith(ctx, firstPollBeat(info.HeartbeatTimeout), func() []any { return []any{*progress.Load()} })()

	waited := info.StartedTime.Sub(info.ScheduledTime) // both by the server's clock
	job := watch(priorityOf(ctx), a.Jobs, in.Running.Std()+waited, p.LookedAt.Std())
	defer job.Leave()
	started := time.Now()
	windowEnd := started.Add(in.Window.Std() - waited)
	var notBefore time.Time
	for {
		if in.Window > 0 {
			later, turn := untilNextLook(ctx, job, notBefore, windowEnd)
			switch turn {
			case leaveToWorkflow:
				return leave(job, p, later), ctx.Err()
			case leaveToServer:
				job.Sleeps(later)
				return schemas.PollResult{}, lookAgain(ctx, p, later)
			}
		}
		var seen gateway.Job
		err := a.settled(ctx, in.Running.Std()+waited+time.Since(started), func() (err error) {
			seen, err = a.Gateway.GetJob(ctx, in.JobID)
			return err
		}, schemas.ErrNotFound)
		if err != nil {
			return schemas.PollResult{}, platformError(ctx, err)
		}
		p.Polls++
		p.LastStatus = seen.Status
		if seen.Succeeded() || seen.Failed() {
			job.Ended()
			return jobEnd(seen, p)
		}
		p.LookedAt = schemas.Duration(max(job.Looked().Round(time.Millisecond), time.Millisecond))
		progress.Store(&schemas.PollProgress{JobID: p.JobID, Polls: p.Polls, LastStatus: p.LastStatus,
			LookedAt: p.LookedAt})
		if in.Window == 0 || seen.RetryAfter > longestAsked {
			later, _ := job.Next()
			return leave(job, p, max(later, seen.RetryAfter)), ctx.Err()
		}
		notBefore = time.Now().Add(seen.RetryAfter)
	}
}

// firstPollBeat is when polling heartbeats for the first time. While a job is young the server has to notice a dead
// worker soon, and the first heartbeat comes late enough that a job of five seconds costs none, and one of ten a single
// one.
func firstPollBeat(timeout time.Duration) time.Duration {
	if timeout >= patientHeartbeat {
		return timeout * 2 / 5
	}
	return 6500 * time.Millisecond
}

// patientHeartbeat is the heartbeat time-out from which a window belongs to a job that has run for a while.
const patientHeartbeat = 30 * time.Second

// leave hands the job to the workflow's timer.
func leave(job *polling.Job, p schemas.PollProgress, later time.Duration) schemas.PollResult {
	job.Sleeps(later)
	return schemas.PollResult{
		Polls: p.Polls, LastStatus: p.LastStatus, LookedAt: p.LookedAt,
		RetryAfter: schemas.Duration(later.Round(100 * time.Millisecond)),
	}
}

// lookAgain ends an attempt whose next look is left to the server's retry. The details go with it.
func lookAgain(ctx context.Context, p schemas.PollProgress, later time.Duration) error {
	activity.RecordHeartbeat(ctx, p)
	status := p.LastStatus
	if status == "" {
		status = "not looked at yet"
	}
	return temporal.NewApplicationErrorWithOptions(
		fmt.Sprintf("job %s is %s; the next look is in %s", p.JobID, status, later.Round(time.Second)),
		string(schemas.ErrJobStillRunning), temporal.ApplicationErrorOptions{
			NextRetryDelay: later, Category: temporal.ApplicationErrorCategoryBenign,
		})
}

// longestAsked is the longest wait that the platform may ask for between two looks without the workflow's timer.
const longestAsked = 5 * time.Second

// longestHeld is the longest wait for a look that is worth a slot of the worker. Beyond it the retry, an action, is
// cheaper than the slot.
const longestHeld = 15 * time.Second

// turn is who takes care of the next look.
type turn int

const (
	lookNow turn = iota
	leaveToServer
	leaveToWorkflow
)

// untilNextLook waits until it is time to look, or says who is to wait for that and for how long: the server where the
// look is far away and in this window, else the workflow.
func untilNextLook(ctx context.Context, job *polling.Job, notBefore, windowEnd time.Time) (time.Duration, turn) {
	for {
		gap, news := job.Next()
		gap = max(gap, time.Until(notBefore))
		switch {
		case time.Now().Add(gap).After(windowEnd):
			return gap, leaveToWorkflow
		case gap > longestHeld:
			return gap, leaveToServer
		}
		t := time.NewTimer(gap)
		select {
		case <-t.C:
			return 0, lookNow
		case <-news:
			t.Stop()
			continue
		case <-ctx.Done():
		case <-activity.GetWorkerStopChannel(ctx):
		}
		t.Stop()
		return 0, leaveToWorkflow
	}
}

func jobEnd(job gateway.Job, p schemas.PollProgress) (schemas.PollResult, error) {
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
			fmt.Sprintf("job %s ended as %s but names no model", job.ID, job.Status))
	}
	return schemas.PollResult{Done: true, ModelID: job.ModelID, Polls: p.Polls, LastStatus: p.LastStatus}, nil
}
