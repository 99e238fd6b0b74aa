package workflows

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

const fleetID = "fleet-1"

// voyage is one run of RegisterFleet against stubs of its registrations and activities.
type voyage struct {
	t        *testing.T
	env      *testsuite.TestWorkflowEnvironment
	in       schemas.RegisterFleetInput
	parts    []schemas.FleetPart
	observed observer

	// registers plays a registration; it may sleep, and has been cancelled when its context has.
	registers func(ctx workflow.Context, m schemas.Manifest) (schemas.Result, error)
	// await answers AwaitRegistrations.
	await func(schemas.AwaitInput) (schemas.AwaitResult, error)
	load  func(schemas.LoadPartInput) (schemas.FleetPart, error)

	mu       sync.Mutex
	running  int
	most     int // running at the same time
	begun    []string
	inputs   map[string]any // that the operations were started with, by name
	released []string
	renewed  int
	// releasing is called while the fleet releases a part.
	releasing func()
	told      []string // runs of earlier runs that were asked to cancel
	loads     int
}

// names makes so many model names.
func names(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("model-%03d", i))
	}
	return all
}

// newVoyage is a fleet of these names in parts of so many, all of which are registered in a second.
func newVoyage(t *testing.T, partSize int, names ...string) *voyage {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	v := &voyage{t: t, env: suite.NewTestWorkflowEnvironment(), inputs: map[string]any{}}
	for group := range slices.Chunk(names, partSize) {
		p := schemas.FleetPart{FleetID: fleetID, Part: len(v.parts), First: len(v.parts) * partSize}
		for _, name := range group {
			p.Manifests = append(p.Manifests, schemas.Manifest{Name: name, EndpointURL: "https://api.example.com", ModelArchitecture: schemas.OpenAI})
		}
		v.parts = append(v.parts, p)
	}
	v.in = schemas.RegisterFleetInput{FleetID: fleetID, Total: len(names), Parts: len(v.parts), Window: 5, Requester: requester}
	v.registers = func(ctx workflow.Context, m schemas.Manifest) (schemas.Result, error) {
		return v.after(ctx, time.Second, schemas.Result{Name: m.Name, Status: schemas.Completed})
	}
	v.load = func(in schemas.LoadPartInput) (schemas.FleetPart, error) { return v.parts[in.Part], nil }
	v.await = func(schemas.AwaitInput) (schemas.AwaitResult, error) {
		return schemas.AwaitResult{}, errors.New("nothing is in flight from before")
	}
	v.wire()
	return v
}

func (v *voyage) wire() {
	v.env.SetTestTimeout(time.Minute)
	v.env.SetWorkerOptions(worker.Options{
		Interceptors: []interceptor.WorkerInterceptor{&v.observed}, DeadlockDetectionTimeout: time.Minute,
	})
	v.env.RegisterWorkflowWithOptions(RegisterFleet, workflow.RegisterOptions{Name: schemas.RegisterFleetWorkflow})
	v.wireOperations()
	v.env.RegisterActivityWithOptions(func(_ context.Context, in schemas.LoadPartInput) (schemas.FleetPart, error) {
		v.mu.Lock()
		v.loads++
		v.mu.Unlock()
		return v.load(in)
	}, activity.RegisterOptions{Name: schemas.LoadFleetPartActivity})
	v.env.RegisterActivityWithOptions(func(_ context.Context, in schemas.AwaitInput) (schemas.AwaitResult, error) {
		return v.await(in)
	}, activity.RegisterOptions{Name: schemas.AwaitRegistrationsActivity})
	v.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(
		func(_, workflowID, _, signal string, arg any) error {
			if signal == schemas.NewsSignal {
				v.env.SignalWorkflow(signal, arg)
				return nil
			}
			v.mu.Lock()
			defer v.mu.Unlock()
			if signal == schemas.RenewSignal {
				v.renewed++
				return nil
			}
			v.released = append(v.released, workflowID)
			if v.releasing != nil {
				v.releasing()
			}
			return nil
		})
	v.env.OnRequestCancelExternalWorkflow(mock.Anything, mock.Anything, mock.Anything).Return(
		func(_, workflowID, runID string) error {
			v.mu.Lock()
			defer v.mu.Unlock()
			v.told = append(v.told, runID)
			return nil
		})
}

// wireOperations registers what stands for the four operations.
func (v *voyage) wireOperations() {
	register := func(operation any, name string) {
		v.env.RegisterWorkflowWithOptions(operation, workflow.RegisterOptions{Name: name})
	}
	register(func(ctx workflow.Context, in schemas.RegisterModelInput) (schemas.Result, error) {
		return v.child(ctx, in.Manifest, in)
	}, schemas.RegisterModelWorkflow)
	register(func(ctx workflow.Context, in schemas.ChangeModelInput) (schemas.Result, error) {
		return v.child(ctx, in.Manifest, in)
	}, schemas.ChangeModelWorkflow)
	register(func(ctx workflow.Context, in schemas.AdoptModelInput) (schemas.Result, error) {
		return v.child(ctx, in.Manifest, in)
	}, schemas.AdoptModelWorkflow)
	register(func(ctx workflow.Context, in schemas.RetireModelInput) (schemas.Result, error) {
		return v.child(ctx, schemas.Manifest{Name: in.Name}, in)
	}, schemas.RetireModelWorkflow)
}

// child stands for an operation on a model.
func (v *voyage) child(ctx workflow.Context, m schemas.Manifest, in any) (schemas.Result, error) {
	v.mu.Lock()
	v.running++
	v.most = max(v.most, v.running)
	v.begun = append(v.begun, m.Name)
	v.inputs[m.Name] = in
	v.mu.Unlock()
	defer func() {
		v.mu.Lock()
		v.running--
		v.mu.Unlock()
	}()
	return v.registers(ctx, m)
}

// after has a registration end so when the time has passed, or as CANCELLED if it is cancelled before.
func (v *voyage) after(ctx workflow.Context, d time.Duration, r schemas.Result) (schemas.Result, error) {
	if err := workflow.Sleep(ctx, d); err != nil {
		r.Status, r.Reason = schemas.Cancelled, "cancelled at REGISTERING"
		return r, temporal.NewCanceledError(r)
	}
	if r.Status == schemas.Failed {
		return r, temporal.NewApplicationErrorWithOptions(r.Reason, string(r.ErrorType),
			temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{r}})
	}
	return r, nil
}

// sailed is what a run of a fleet came to.
type sailed struct {
	schemas.FleetResult
	Err  error
	next *schemas.RegisterFleetInput // of the run that it continued as
}

func (v *voyage) at(after time.Duration, f func()) { v.env.RegisterDelayedCallback(f, after) }

func (v *voyage) run() sailed {
	v.t.Helper()
	v.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: schemas.RegisterFleetWorkflowID(fleetID)})
	v.env.ExecuteWorkflow(schemas.RegisterFleetWorkflow, v.in)
	require.True(v.t, v.env.IsWorkflowCompleted())
	s := sailed{Err: v.env.GetWorkflowError()}
	var app *temporal.ApplicationError
	var cancelled *temporal.CanceledError
	var again *workflow.ContinueAsNewError
	switch {
	case s.Err == nil:
		require.NoError(v.t, v.env.GetWorkflowResult(&s.FleetResult))
	case errors.As(s.Err, &again):
		s.next = &schemas.RegisterFleetInput{}
		require.NoError(v.t, converter.GetDefaultDataConverter().FromPayloads(again.Input, s.next))
		return s
	case errors.As(s.Err, &cancelled):
		require.NoError(v.t, cancelled.Details(&s.FleetResult))
	case errors.As(s.Err, &app) && app.HasDetails():
		require.NoError(v.t, app.Details(&s.FleetResult))
	default:
		return s
	}
	v.checkSummary(s.FleetResult)
	return s
}

// checkSummary checks what holds for every ending.
func (v *voyage) checkSummary(r schemas.FleetResult) {
	v.t.Helper()
	require.True(v.t, r.Status.Ended(), r.Status)
	require.Equal(v.t, r.Total, r.Outcomes.Sum()+r.NotStarted, "every manifest is counted once")
	registered := 0
	for i := range r.Total {
		if r.IsRegistered(i) {
			registered++
		}
	}
	require.Equal(v.t, r.Outcomes[schemas.Completed]+r.Outcomes[schemas.Unchanged], registered)
	require.Len(v.t, v.released, r.Parts, "every part is released")
	for _, seen := range v.observed.all() {
		require.NotEmpty(v.t, seen.summary, "%s has no summary", seen.what)
	}
}

func (v *voyage) progress() (p schemas.FleetProgress) {
	v.t.Helper()
	answer, err := v.env.QueryWorkflow(schemas.StatusQuery)
	require.NoError(v.t, err)
	require.NoError(v.t, answer.Get(&p))
	return p
}

// ordered is what a fleet answered to an update.
type ordered struct {
	schemas.FleetReceipt
	err error
}

// tell sends an update and keeps its answer.
func (v *voyage) tell(name string, args ...any) *ordered {
	o := &ordered{}
	v.env.UpdateWorkflow(name, "", &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { o.err = err },
		OnComplete: func(answer any, err error) {
			if receipt, ok := answer.(schemas.FleetReceipt); ok {
				o.FleetReceipt = receipt
			}
			o.err = err
		},
	}, args...)
	return o
}
