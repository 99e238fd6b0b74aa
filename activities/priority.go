package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"model-registrar/internal/polling"
	"model-registrar/internal/quota"
	"model-registrar/schemas"
)

// prioritised has the calls of an activity wait for the quota in the order of Temporal's task priority.
func prioritised(ctx context.Context) context.Context {
	return quota.WithPriority(ctx, priorityOf(ctx))
}

// watch begins to wait for the end of what the platform does, as [polling.Jobs.Watch]. One that a person waits for is
// looked at soon although a fleet uses the quota up.
func watch(waits quota.Priority, jobs *polling.Jobs, age, looked time.Duration) *polling.Job {
	job := jobs.Watch(age, looked)
	if waits == quota.OfPerson {
		job.Hurry()
	}
	return job
}

// priorityOf says who waits for an activity. One without a priority counts as a fleet's.
func priorityOf(ctx context.Context) quota.Priority {
	switch key := activity.GetInfo(ctx).Priority.PriorityKey; {
	case key == 0 || key == schemas.PriorityOfFleet:
		return quota.OfFleet
	case key < schemas.PriorityOfFleet:
		return quota.OfPerson
	}
	return quota.OfCheck
}
