package baseline

import (
	"context"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Names of what the engine's worker runs.
const (
	EngineWorkflow = "Engine"
	noOp           = "NoOp"
)

// Shape is the skeleton of a workflow: for each of its activities, in the order in which they were scheduled, which of
// the earlier ones had to end first.
type Shape [][]int

// ShapeOf reads the shape of a workflow from its history. An activity was waiting for those that ended since the last
// workflow task that scheduled any; if none did (a timer fired, say), for what its predecessor waited for.
func ShapeOf(events []*historypb.HistoryEvent) Shape {
	var shape Shape
	number := map[int64]int{} // by the id of the event that scheduled it
	var ended, cause []int
	deciding := false // a workflow task was completed, and has scheduled nothing yet
	for _, e := range events {
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
			number[e.EventId] = len(shape)
			shape = append(shape, slices.Clone(cause))
		}
	}
	return shape
}

// RegisterEngine registers the engine's workflow and its activity, which does nothing.
func RegisterEngine(w worker.Registry) {
	w.RegisterWorkflowWithOptions(engine, workflow.RegisterOptions{Name: EngineWorkflow})
	w.RegisterActivityWithOptions(func(context.Context) error { return nil }, activity.RegisterOptions{Name: noOp})
}

// engine runs as many activities as the shape has, each as soon as those that it waits for have ended. It has neither
// payloads nor search attributes, timers or handlers: what it costs is what the engine itself costs.
func engine(ctx workflow.Context, shape Shape) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	ended := make([]workflow.Future, len(shape))
	settle := make([]workflow.Settable, len(shape))
	for i := range shape {
		ended[i], settle[i] = workflow.NewFuture(ctx)
	}
	for i, waitsFor := range shape {
		workflow.Go(ctx, func(ctx workflow.Context) {
			for _, j := range waitsFor {
				if err := ended[j].Get(ctx, nil); err != nil {
					settle[i].SetError(err)
					return
				}
			}
			settle[i].Set(nil, workflow.ExecuteActivity(ctx, noOp).Get(ctx, nil))
		})
	}
	for _, f := range ended {
		if err := f.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}
