package activities

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"model-registrar/schemas"
)

// maxResets is how many resets of one operation are looked through.
const maxResets = 20

// jobsBeforeReset are the jobs of creations that the operation's earlier runs sent, where it was reset to before its
// submission. What those made is this operation's own: nobody else's job could be in its history.
func (a *Activities) jobsBeforeReset(ctx context.Context) ([]string, error) {
	info := activity.GetInfo(ctx)
	if a.Temporal == nil {
		return nil, nil
	}
	var jobs []string
	run := info.WorkflowExecution.RunID
	for range maxResets {
		events, err := a.history(ctx, info.WorkflowExecution.ID, run)
		if err != nil {
			return nil, err
		}
		if run != info.WorkflowExecution.RunID {
			jobs = append(jobs, a.submittedJobs(info, events)...)
		}
		if run = resetFrom(events); run == "" {
			break
		}
	}
	return jobs, nil
}

// history reads a run's events; a run that Temporal has forgotten has none.
func (a *Activities) history(ctx context.Context, id, run string) (events []*historypb.HistoryEvent, err error) {
	it := a.Temporal.GetWorkflowHistory(ctx, id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		e, err := it.Next()
		var none *serviceerror.NotFound
		switch {
		case errors.As(err, &none):
			return nil, nil
		case err != nil:
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// resetFrom is the run that a run was reset from; empty if it was not. The last reset is that of this run: those before
// were copied with the events.
func resetFrom(events []*historypb.HistoryEvent) (run string) {
	for _, e := range events {
		f := e.GetWorkflowTaskFailedEventAttributes()
		if f.GetCause() == enumspb.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW {
			run = f.GetBaseRunId()
		}
	}
	return run
}

// submittedJobs are the jobs that a run's submissions returned. A result that cannot be read proves nothing.
func (a *Activities) submittedJobs(info activity.Info, events []*historypb.HistoryEvent) (jobs []string) {
	data := a.Data
	if data == nil {
		data = converter.GetDefaultDataConverter()
	}
	data = converter.WithDataConverterSerializationContext(data, converter.ActivitySerializationContext{
		Namespace: info.Namespace, WorkflowID: info.WorkflowExecution.ID, WorkflowType: info.WorkflowType.Name,
		ActivityType: schemas.SubmitRegistrationActivity, TaskQueue: info.TaskQueue,
	})
	submissions := map[int64]bool{}
	for _, e := range events {
		s := e.GetActivityTaskScheduledEventAttributes()
		if s.GetActivityType().GetName() == schemas.SubmitRegistrationActivity {
			submissions[e.GetEventId()] = true
		}
		var out schemas.Submission
		if c := e.GetActivityTaskCompletedEventAttributes(); c != nil && submissions[c.GetScheduledEventId()] &&
			data.FromPayloads(c.GetResult(), &out) == nil && out.JobID != "" && !out.Adopted {
			jobs = append(jobs, out.JobID)
		}
	}
	return jobs
}
