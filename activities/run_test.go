package activities

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

type option func(*testsuite.TestActivityEnvironment)

func quietly() *testsuite.WorkflowTestSuite {
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	return suite
}

// run runs an activity once, as a worker would, and returns its error as the activity itself returned it.
func run[In, Out any](t *testing.T, fn func(context.Context, In) (Out, error), in In, options ...option) (Out, error) {
	t.Helper()
	env := quietly().NewTestActivityEnvironment()
	for _, o := range options {
		o(env)
	}
	returned := errNotRun
	env.RegisterActivityWithOptions(func(ctx context.Context, in In) (Out, error) {
		out, err := fn(ctx, in)
		returned = err
		return out, err
	}, activity.RegisterOptions{Name: "activity"})
	var out Out
	value, err := env.ExecuteActivity("activity", in)
	if err == nil {
		require.NoError(t, value.Get(&out))
	}
	checkOutermost(t, returned)
	return out, returned
}

// attempts runs an activity as a workflow would, with retries on a clock that skips the waiting, and returns the error of
// each attempt as the activity itself returned it.
func attempts[In, Out any](t *testing.T, fn func(context.Context, In) (Out, error), in In) (Out, []error) {
	t.Helper()
	env := quietly().NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute})
	env.SetTestTimeout(time.Minute)
	var returned []error
	env.RegisterActivityWithOptions(func(ctx context.Context, in In) (Out, error) {
		out, err := fn(ctx, in)
		returned = append(returned, err)
		return out, err
	}, activity.RegisterOptions{Name: "activity"})
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context, in In) (out Out, err error) {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		err = workflow.ExecuteActivity(ctx, "activity", in).Get(ctx, &out)
		return out, err
	}, workflow.RegisterOptions{Name: "workflow"})
	env.ExecuteWorkflow("workflow", in)
	var out Out
	if env.GetWorkflowError() == nil {
		require.NoError(t, env.GetWorkflowResult(&out))
	}
	for _, err := range returned {
		checkOutermost(t, err)
	}
	return out, returned
}

// without gives an activity that has no result the form of the others.
func without[In any](fn func(context.Context, In) error) func(context.Context, In) (struct{}, error) {
	return func(ctx context.Context, in In) (struct{}, error) { return struct{}{}, fn(ctx, in) }
}

// checkOutermost checks that an activity's error is Temporal's own, or the context's: one that is wrapped would lose its
// type and be retried.
func checkOutermost(t *testing.T, err error) {
	t.Helper()
	if err == nil || err == context.Canceled || err == context.DeadlineExceeded { // compared as they are: wrapped is wrong
		return
	}
	if _, cancelled := err.(*temporal.CanceledError); cancelled {
		return
	}
	require.IsType(t, &temporal.ApplicationError{}, err)
}

// applicationError returns err as Temporal's.
func applicationError(t *testing.T, err error) *temporal.ApplicationError {
	t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	return app
}

// wantFatal checks an error that must not be retried.
func wantFatal(t *testing.T, err error, want schemas.ErrorType) *temporal.ApplicationError {
	t.Helper()
	app := applicationError(t, err)
	require.Equal(t, string(want), app.Type(), err)
	require.True(t, app.NonRetryable(), err)
	return app
}

// wantRetried checks an error that must be retried, after the given time if that is not zero.
func wantRetried(t *testing.T, err error, want schemas.ErrorType, after time.Duration) *temporal.ApplicationError {
	t.Helper()
	app := applicationError(t, err)
	require.Equal(t, string(want), app.Type(), err)
	require.False(t, app.NonRetryable(), err)
	require.Equal(t, after, app.NextRetryDelay())
	return app
}

// cancelledBy runs the activity under a context that is cancelled when the channel is closed.
func cancelledBy(t *testing.T, cancelled <-chan struct{}) option {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		select {
		case <-cancelled:
			cancel()
		case <-t.Context().Done():
		}
	}()
	return func(env *testsuite.TestActivityEnvironment) {
		env.SetWorkerOptions(worker.Options{BackgroundActivityContext: ctx})
	}
}
