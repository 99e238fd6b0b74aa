package baseline

import (
	"context"
	"errors"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// Names of what the engine's worker runs.
const (
	EngineWorkflow = "Engine"
	ownerWorkflow  = "Owner"
	noOp           = "NoOp"
	handOver       = "HandOver"
)

// Shape is the skeleton of a registration and of the workflow that owns the model from then on.
type Shape struct {
	// WaitsFor has for each activity of the registration, in the order in which they were scheduled, which of the
	// earlier ones had to end first.
	WaitsFor [][]int
	// HandOver is the number of the activity that hands the model over to the owner.
	HandOver int
	// Timers is how many timers the owner had started.
	Timers int
}

// ShapeOf reads the shape from the history of a registration and the first history of the model's owner. An activity
// was waiting for those that ended since the last workflow task that scheduled any; if none did (a timer fired, say),
// for what its predecessor waited for.
func ShapeOf(registration, owner []*historypb.HistoryEvent) (Shape, error) {
	shape := Shape{HandOver: -1}
	number := map[int64]int{} // by the id of the event that scheduled it
	var ended, cause []int
	deciding := false // a workflow task was completed, and has scheduled nothing yet
	for _, e := range registration {
		switch e.EventType {
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
			ended = append(ended, number[e.GetActivityTaskCompletedEventAttributes().ScheduledEventId])
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			deciding = true
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			if deciding && len(ended) > 0 {
				cause, ended = ended, nil
			}
			deciding = false
			if e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == schemas.HandOverActivity {
				shape.HandOver = len(shape.WaitsFor)
			}
			number[e.EventId] = len(shape.WaitsFor)
			shape.WaitsFor = append(shape.WaitsFor, slices.Clone(cause))
		}
	}
	updates := count(owner, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED)
	shape.Timers = count(owner, enumspb.EVENT_TYPE_TIMER_STARTED)
	if shape.HandOver < 0 || updates != 0 {
		return shape, errors.New("these are not the histories of a registration that handed its model over by one " +
			"activity and one start: the engine would do something else")
	}
	return shape, nil
}

func count(events []*historypb.HistoryEvent, of enumspb.EventType) (n int) {
	for _, e := range events {
		if e.EventType == of {
			n++
		}
	}
	return n
}

// RegisterEngine registers the engine's two workflows and their activities: one that does nothing, and one that starts
// an owner, by the worker's own client.
func RegisterEngine(w worker.Registry, c client.Client) {
	w.RegisterWorkflowWithOptions(engine, workflow.RegisterOptions{Name: EngineWorkflow})
	w.RegisterWorkflowWithOptions(owner, workflow.RegisterOptions{Name: ownerWorkflow})
	w.RegisterActivityWithOptions(func(context.Context) error { return nil }, activity.RegisterOptions{Name: noOp})
	w.RegisterActivityWithOptions(func(ctx context.Context, timers int) error {
		return startOwner(ctx, c, timers)
	}, activity.RegisterOptions{Name: handOver})
}

// engine runs as many activities as the shape has, each as soon as those that it waits for have ended. They do nothing,
// but for the one that hands over. The workflow has neither payloads nor search attributes, timers or handlers: what it
// costs is what the engine itself costs.
func engine(ctx workflow.Context, shape Shape) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	ended := make([]workflow.Future, len(shape.WaitsFor))
	settle := make([]workflow.Settable, len(shape.WaitsFor))
	for i := range shape.WaitsFor {
		ended[i], settle[i] = workflow.NewFuture(ctx)
	}
	for i, waitsFor := range shape.WaitsFor {
		workflow.Go(ctx, func(ctx workflow.Context) {
			for _, j := range waitsFor {
				if err := ended[j].Get(ctx, nil); err != nil {
					settle[i].SetError(err)
					return
				}
			}
			if i == shape.HandOver {
				settle[i].Set(nil, workflow.ExecuteActivity(ctx, handOver, shape.Timers).Get(ctx, nil))
			} else {
				settle[i].Set(nil, workflow.ExecuteActivity(ctx, noOp).Get(ctx, nil))
			}
		})
	}
	for _, f := range ended {
		if err := f.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// startOwner starts an owner on the activity's task queue, on this very worker if it has room, as a hand-over does.
func startOwner(ctx context.Context, c client.Client, timers int) error {
	info := activity.GetInfo(ctx)
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: info.WorkflowExecution.ID + "/owner", TaskQueue: info.TaskQueue, EnableEagerStart: true,
	}, ownerWorkflow, timers)
	return err
}

// owner waits on as many timers as the owner of a model does, for longer than a benchmark runs. It keeps no record.
func owner(ctx workflow.Context, timers int) error {
	for range timers {
		workflow.NewTimer(ctx, 24*time.Hour)
	}
	return workflow.Await(ctx, func() bool { return false })
}
