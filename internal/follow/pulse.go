package follow

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// pulse is what a description of the workflow adds to its history.
type pulse struct {
	attempts []schemas.Retry
	polling  string   // how far the job is, by the newest heartbeat
	waiting  []string // tasks that no worker has taken yet, each by a name of its own
}

// Retrying is what of a run failed and is tried again just now.
func Retrying(ctx context.Context, source Source, d Decoder, workflowID, runID string) ([]schemas.Retry, error) {
	r, err := source.DescribeWorkflowExecution(ctx, workflowID, runID)
	if err != nil {
		return nil, err
	}
	return d.look(r, time.Now()).attempts, nil
}

// look reads a description.
func (d Decoder) look(r *workflowservice.DescribeWorkflowExecutionResponse, now time.Time) pulse {
	var p pulse
	if task := r.GetPendingWorkflowTask(); task.GetState() == enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED {
		p.waiting = append(p.waiting, fmt.Sprintf("workflow task %s", task.GetOriginalScheduledTime().AsTime()))
	}
	for _, a := range r.GetPendingActivities() {
		d.lookAtActivity(&p, a, now)
	}
	return p
}

func (d Decoder) lookAtActivity(p *pulse, a *workflowpb.PendingActivityInfo, now time.Time) {
	begins := a.GetScheduledTime()
	if next := a.GetNextAttemptScheduleTime(); next != nil {
		begins = next
	}
	scheduled := a.GetState() == enumspb.PENDING_ACTIVITY_STATE_SCHEDULED
	later := scheduled && begins != nil && begins.AsTime().After(now)
	if scheduled && !later {
		p.waiting = append(p.waiting, fmt.Sprintf("activity %s %d", a.GetActivityId(), a.GetAttempt()))
	}
	if failure := a.GetLastFailure(); failure != nil && a.GetAttempt() > 1 {
		attempt := schemas.Retry{
			Activity: a.GetActivityType().GetName(), Number: a.GetAttempt(), Failure: sentence(d.failure(failure)),
		}
		if later {
			attempt.Next = begins.AsTime()
		}
		p.attempts = append(p.attempts, attempt)
	}
	var beat schemas.PollProgress
	if a.GetActivityType().GetName() == schemas.PollJobActivity && d.value(a.GetHeartbeatDetails(), &beat) &&
		beat.LastStatus != "" {
		p.polling = fmt.Sprintf("%s after %d looks", beat.LastStatus, beat.Polls)
		if beat.Polls == 1 {
			p.polling = beat.LastStatus + " after one look"
		}
	}
}

// patience is how long a task may wait for a worker before people are told.
const patience = 4 * time.Second

// queue remembers since when tasks have been waiting, by this machine's clock, so that a server with another idea of
// the time does no harm.
type queue map[string]time.Time

// stalled reports whether a task has waited for longer than people should be left guessing.
func (q queue) stalled(waiting []string, now time.Time) bool {
	found := map[string]bool{}
	for _, w := range waiting {
		found[w] = true
		if _, ok := q[w]; !ok {
			q[w] = now
		}
	}
	stalled := false
	for w, since := range q {
		if !found[w] {
			delete(q, w)
		} else if now.Sub(since) >= patience {
			stalled = true
		}
	}
	return stalled
}

// noWorker says why a task is not taken. The server remembers a poller for minutes after it has gone, so a poller
// counts only if it was seen within the time of a long poll.
func noWorker(taskQueue string, r *workflowservice.DescribeTaskQueueResponse, err error, now time.Time) string {
	var newest time.Time
	for _, p := range r.GetPollers() {
		if at := p.GetLastAccessTime().AsTime(); at.After(newest) {
			newest = at
		}
	}
	switch {
	case err != nil:
		return fmt.Sprintf("no worker has taken the next task from task queue %q yet", taskQueue)
	case newest.IsZero():
		return fmt.Sprintf("no worker is polling task queue %q; start one with `worker`, and this goes on by itself",
			taskQueue)
	case now.Sub(newest) > 70*time.Second:
		return fmt.Sprintf("no worker is polling task queue %q (the last one was seen %s ago); start one with "+
			"`worker`, "+
			"and this goes on by itself", taskQueue, words.Span(now.Sub(newest)))
	}
	return fmt.Sprintf("no worker has taken the next task from task queue %q yet; one was polling %s ago, and may be "+
		"busy or have stopped",
		taskQueue, words.Span(now.Sub(newest)))
}
