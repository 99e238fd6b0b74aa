package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"model-registrar/internal/quota"
	"model-registrar/schemas"
)

// prioritised has the calls of an activity wait for the quota in the order of Temporal's task priority. An activity without
// a priority counts as a fleet's.
func prioritised(ctx context.Context) context.Context {
	priority := quota.OfFleet
	switch key := activity.GetInfo(ctx).Priority.PriorityKey; {
	case key == 0:
	case key < schemas.PriorityOfFleet:
		priority = quota.OfPerson
	case key > schemas.PriorityOfFleet:
		priority = quota.OfCheck
	}
	return quota.WithPriority(ctx, priority)
}
