package activities

import (
	"context"
	"fmt"
	"math"
	"time"

	"go.temporal.io/sdk/activity"

	"model-registrar/internal/genesys"
	"model-registrar/schemas"
)

// Gaps between two looks at a job within one window: short at first, for jobs that end at once.
const (
	firstGap   = 200 * time.Millisecond
	longestGap = 3 * time.Second // the tutorial's
	gapGrowth  = 1.5
)

// PollJob asks for the job until it ends or the window is over; with a window of zero it looks once. It heartbeats a
// [schemas.PollProgress] and goes on from there after a crash. A status that nobody knows is not an end. A worker
// that is shutting down ends the window early.
func (a *Activities) PollJob(ctx context.Context, in schemas.PollInput) (schemas.PollResult, error) {
	p := schemas.PollProgress{JobID: in.JobID, Polls: in.Polls}
	if activity.HasHeartbeatDetails(ctx) {
		// Details that cannot be read cost nothing but the count of polls.
		_ = activity.GetHeartbeatDetails(ctx, &p)
	}
	windowEnd := time.Now().Add(in.Window.Std())
	for {
		job, err := a.lookAt(ctx, in.JobID, p)
		if err != nil {
			return schemas.PollResult{}, platformError(ctx, err)
		}
		p.Polls++
		p.LastStatus = job.Status
		if job.Succeeded() || job.Failed() {
			return jobEnd(job, p)
		}
		activity.RecordHeartbeat(ctx, p)

		// A gap that would miss a heartbeat is left to the workflow's timer, like one that leaves the window.
		gap := max(pollGap(p.Polls), job.RetryAfter)
		if gap > heartbeatEvery || time.Now().Add(gap).After(windowEnd) || !pause(ctx, gap) {
			return schemas.PollResult{
				Polls: p.Polls, LastStatus: p.LastStatus, RetryAfter: schemas.Duration(job.RetryAfter),
			}, ctx.Err()
		}
	}
}

// lookAt asks for the job once, which may take longer than a heartbeat may be missing.
func (a *Activities) lookAt(ctx context.Context, jobID string, p schemas.PollProgress) (genesys.Job, error) {
	defer keepAlive(ctx, p)()
	return a.Genesys.GetJob(ctx, jobID)
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

func pollGap(polls int) time.Duration {
	gap := float64(firstGap) * math.Pow(gapGrowth, float64(polls-1))
	return time.Duration(min(gap, float64(longestGap)))
}

// pause waits, and reports whether to go on afterwards.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-activity.GetWorkerStopChannel(ctx):
	}
	return false
}
