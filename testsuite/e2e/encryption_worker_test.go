package e2e

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/codec"
	"model-registrar/internal/telemetry"
)

// Keys of the tests.
const (
	key1 = "k1:MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE="
	key2 = "k2:MjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjI="
)

var clientSide, workerSide = (*codec.Keys).Client, (*codec.Keys).Worker

func parseKeys(t *testing.T, text string) *codec.Keys {
	t.Helper()
	keys, err := codec.ParseKeys(text)
	require.NoError(t, err)
	return keys
}

// party is a process of its own as far as keys go: a client, or a worker.
func (k *kit) party(keys string, side func(*codec.Keys) codec.Converters) client.Client {
	k.t.Helper()
	parsed := parseKeys(k.t, keys)
	options := client.Options{HostPort: k.Temporal, Logger: sdklog.NewStructuredLogger(telemetry.Logger(os.Stderr, "disabled", "json"))}
	side(parsed).Into(&options)
	c, err := client.DialContext(k.ctx, options)
	require.NoError(k.t, err)
	k.t.Cleanup(c.Close)
	return c
}

// chapter is a workflow that meets one kind of payload. Each must end with "read: canary", whatever worker it met before.
type chapter func(workflow.Context) (string, error)

var activityOptions = workflow.ActivityOptions{StartToCloseTimeout: time.Minute}

var chapters = map[string]chapter{
	"a signal": func(ctx workflow.Context) (string, error) {
		var s string
		workflow.GetSignalChannel(ctx, "tell").Receive(ctx, &s)
		return "read: " + s, nil
	},
	"a signal looked for": func(ctx workflow.Context) (string, error) {
		var s string
		signals := workflow.GetSignalChannel(ctx, "tell")
		err := workflow.Await(ctx, func() bool { return signals.Len() > 0 })
		if !signals.ReceiveAsync(&s) {
			s = "nothing"
		}
		return "read: " + s, err
	},
	"an update": func(ctx workflow.Context) (string, error) {
		var told string
		err := workflow.SetUpdateHandler(ctx, "tell", func(_ workflow.Context, s string) error { told = s; return nil })
		if err == nil {
			err = workflow.Await(ctx, func() bool { return told != "" })
		}
		return "read: " + told, err
	},
	"an activity's result": func(ctx workflow.Context) (string, error) {
		var s string
		err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, activityOptions), "result").Get(ctx, &s)
		awaitSwitch(ctx)
		return "read: " + s, err
	},
	"an activity's failure": func(ctx workflow.Context) (string, error) {
		err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, activityOptions), "failure").Get(ctx, nil)
		awaitSwitch(ctx)
		var app *temporal.ApplicationError
		var detail string
		if !errors.As(err, &app) || app.Message() != "message" || app.Details(&detail) != nil {
			return "read: something else", nil
		}
		return "read: " + detail, nil
	},
	"a version": func(ctx workflow.Context) (string, error) {
		v := workflow.GetVersion(ctx, "change", workflow.DefaultVersion, 7)
		awaitSwitch(ctx)
		if v != 7 {
			return "read: something else", nil
		}
		return "read: canary", nil
	},
	"a side effect": func(ctx workflow.Context) (string, error) {
		var s string
		err := workflow.SideEffect(ctx, func(workflow.Context) any { return "canary" }).Get(&s)
		awaitSwitch(ctx)
		return "read: " + s, err
	},
	"a child's result": func(ctx workflow.Context) (string, error) {
		var s string
		err := workflow.ExecuteChildWorkflow(ctx, "child").Get(ctx, &s)
		awaitSwitch(ctx)
		return "read: " + s, err
	},
}

// awaitSwitch waits until the test has changed the worker.
func awaitSwitch(ctx workflow.Context) { workflow.GetSignalChannel(ctx, "go on").Receive(ctx, nil) }

// work runs a worker with these keys until stopped.
func (k *kit) work(queue, keys string) (stop func()) {
	k.t.Helper()
	w := worker.New(k.party(keys, workerSide), queue, worker.Options{
		DisableRegistrationAliasing: true,
		// The queue of a worker that has stopped is given up at once.
		StickyScheduleToStartTimeout: 100 * time.Millisecond,
	})
	for name, story := range chapters {
		w.RegisterWorkflowWithOptions((func(workflow.Context) (string, error))(story), workflow.RegisterOptions{Name: name})
	}
	w.RegisterWorkflowWithOptions(func(workflow.Context) (string, error) { return "canary", nil }, workflow.RegisterOptions{Name: "child"})
	w.RegisterActivityWithOptions(func(context.Context) (string, error) { return "canary", nil }, named("result"))
	w.RegisterActivityWithOptions(func(context.Context) error {
		return temporal.NewNonRetryableApplicationError("message", "T", errors.New("cause"), "canary")
	}, named("failure"))
	require.NoError(k.t, w.Start())
	return w.Stop
}

func named(name string) activity.RegisterOptions { return activity.RegisterOptions{Name: name} }

// countEvents counts the events of one type in a workflow's history.
func (k *kit) countEvents(id string, kind enumspb.EventType) (n int) {
	it := k.client.GetWorkflowHistory(k.ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		e, err := it.Next()
		require.NoError(k.t, err)
		if e.EventType == kind {
			n++
		}
	}
	return n
}

// idle reports whether a workflow waits for something from outside.
func (k *kit) idle(id string) bool {
	d, err := k.client.DescribeWorkflowExecution(k.ctx, id, "")
	require.NoError(k.t, err)
	return d.PendingWorkflowTask == nil && len(d.PendingActivities) == 0 && len(d.PendingChildren) == 0
}

func TestAWorkerThatCannotReadAPayloadFailsTheWorkflowTaskAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]string{
		"no keys": "", "another key": key2, "another key of that id": "k1:" + key2[3:],
	} {
		t.Run(name, func(t *testing.T) {
			k := onShared(t)
			queue := k.name("queue")
			people := k.party(key1, clientSide)
			runs := map[string]client.WorkflowRun{}
			stop := k.work(queue, key1)
			for story := range chapters {
				run, err := people.ExecuteWorkflow(k.ctx, client.StartWorkflowOptions{ID: queue + "/" + story, TaskQueue: queue}, story)
				require.NoError(t, err)
				runs[story] = run
			}
			for story, run := range runs {
				k.eventually(func() bool {
					return k.countEvents(run.GetID(), enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED) > 0 && k.idle(run.GetID())
				}, "%s should get to where it waits", story)
			}
			stop()

			stop = k.work(queue, other)
			told := make(chan error, len(runs))
			for story, run := range runs {
				go func() { told <- tell(k.ctx, people, story, run.GetID()) }()
			}
			for story, run := range runs {
				k.eventually(func() bool { return k.countEvents(run.GetID(), enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED) > 0 },
					"the workflow task of %s should fail", story)
				d, err := people.DescribeWorkflowExecution(k.ctx, run.GetID(), "")
				require.NoError(t, err)
				require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, d.WorkflowExecutionInfo.Status, story)
			}
			stop()

			stop = k.work(queue, key1)
			defer stop()
			for story, run := range runs {
				var read string
				require.NoError(t, run.Get(k.ctx, &read), story)
				require.Equal(t, "read: canary", read, story)
				require.NoError(t, <-told)
			}
		})
	}
}

// tell sends a story what it waits for.
func tell(ctx context.Context, people client.Client, story, id string) error {
	switch story {
	case "a signal", "a signal looked for":
		return people.SignalWorkflow(ctx, id, "", "tell", "canary")
	case "an update":
		for { // the server forgets an update that no worker accepts for long
			h, err := people.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{UpdateID: "tell", WorkflowID: id, UpdateName: "tell",
				Args: []any{"canary"}, WaitForStage: client.WorkflowUpdateStageCompleted})
			if err == nil {
				err = h.Get(ctx, nil)
			}
			if err == nil || ctx.Err() != nil {
				return err
			}
			if errors.As(err, new(*serviceerror.NotFound)) {
				return nil // the workflow has ended, and its result tells why
			}
			time.Sleep(20 * time.Millisecond) // between two attempts: what is waited for is an answer, until ctx ends
		}
	}
	return people.SignalWorkflow(ctx, id, "", "go on", nil)
}
