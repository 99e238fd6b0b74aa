package workflows

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"model-registrar/schemas"
)

const (
	requester = "requester@example.com"
	approver  = "approver@example.com"
	modelName = "production-llm-v2"
)

// story is one run of RegisterModel, on a clock that skips whatever nobody works in, against stubs of the activities.
type story struct {
	t        *testing.T
	env      *testsuite.TestWorkflowEnvironment
	in       schemas.RegisterModelInput
	world    world
	during   map[string]func() // what happens while an activity runs for the first time
	observed observer
	uncalled bool // the webhook URL is among the violations, so nobody is told
	// unrecorded: an attempt that delivers a webhook cannot write the audit trail.
	unrecorded bool

	log *bytes.Buffer // of the worker; complete once the story has ended

	mu    sync.Mutex
	calls []call
	noted []schemas.AuditEntry // by the attempts that delivered webhooks
}

// call is one attempt of an activity.
type call struct {
	activity string
	in       any
	at       time.Time // on the workflow's clock
}

// ending is what a story came to.
type ending struct {
	schemas.Result
	Err error
}

func newStory(t *testing.T) *story {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	lines := &bytes.Buffer{}
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(lines, nil))))
	s := &story{t: t, env: suite.NewTestWorkflowEnvironment(), world: goodWorld(), during: map[string]func(){}, log: lines}
	s.in = schemas.RegisterModelInput{Requester: requester, Manifest: schemas.Manifest{
		Name: modelName, EndpointURL: "https://api.external-ai-provider.com/v1?key=hush", AuthCredentialID: "cred_abc123xyz",
		ModelArchitecture: schemas.OpenAI, MaxRequestsPerMinute: 500, MaxTokensPerMinute: 100000,
		WebhookCallbackURL: "https://my-orchestrator.internal/webhooks/genesys-llm",
	}}
	s.env.SetTestTimeout(time.Minute)
	s.env.SetWorkerOptions(worker.Options{
		Interceptors:             []interceptor.WorkerInterceptor{&s.observed},
		DeadlockDetectionTimeout: time.Minute, // a busy machine is no deadlock
	})
	Register(s.env)
	stub(s, schemas.ValidatePayloadActivity, &s.world.validate)
	stub(s, schemas.SubmitRegistrationActivity, &s.world.submit)
	stub(s, schemas.PollJobActivity, &s.world.poll)
	stubOf(s, schemas.SyntheticProbeActivity, &s.world.probe, func(in schemas.Sealed[schemas.ProbeInput]) schemas.ProbeInput { return in.Value })
	stub(s, schemas.TriggerHealthCheckActivity, &s.world.healthCheck)
	stub(s, schemas.DeregisterModelActivity, &s.world.deregister)
	stub(s, schemas.FindTwinsActivity, &s.world.twins)
	notify := s.notify
	stub(s, schemas.NotifyWebhookActivity, &notify)
	stub(s, schemas.WriteAuditActivity, &s.world.audit)
	stub(s, schemas.HandOverActivity, &s.world.handOver)
	stub(s, schemas.ReleaseModelActivity, &s.world.release)
	stub(s, schemas.FindOwnerActivity, &s.world.owner)
	stub(s, schemas.VerifyDecisionActivity, &s.world.verify)
	stub(s, schemas.ReadModelActivity, &s.world.read)
	stub(s, schemas.UpdateModelActivity, &s.world.update)
	stub(s, schemas.DeleteModelActivity, &s.world.remove)
	stub(s, schemas.ObserveModelActivity, &s.world.observe)
	stub(s, schemas.CheckModelActivity, &s.world.check)
	return s
}

// recordingTheEnding is the occasion of the activity that writes the entry of the ending.
const recordingTheEnding = "WriteAudit of the ending"

// notify delivers a webhook, and records that if it is asked to.
func (s *story) notify(in schemas.WebhookInput) (schemas.Notified, error) {
	d, err := s.world.notify(in)
	out := schemas.Notified{WebhookDelivery: d, Recorded: err == nil && in.Record != nil && !s.unrecorded}
	if out.Recorded {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.noted = append(s.noted, schemas.DeliveryEntry(in, d, *in.Record, d.DeliveredAt))
	}
	return out, err
}

// stub registers an activity under its name that answers as the world does when it is called.
func stub[In, Out any](s *story, name string, answer *func(In) (Out, error)) {
	stubOf(s, name, answer, func(in In) In { return in })
}

// stubOf is stub for an activity of whose input the world knows a part.
func stubOf[Full, In, Out any](s *story, name string, answer *func(In) (Out, error), part func(Full) In) {
	s.env.RegisterActivityWithOptions(func(_ context.Context, full Full) (Out, error) {
		in := part(full)
		s.onLoop(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.calls = append(s.calls, call{name, in, s.env.Now()})
		})
		s.mu.Lock()
		occasion := name
		if entry, ok := any(in).(schemas.AuditEntry); ok && entry.Event == schemas.AuditEnded {
			occasion = recordingTheEnding
		}
		meanwhile := s.during[occasion]
		delete(s.during, occasion)
		s.mu.Unlock()
		if meanwhile != nil {
			meanwhile()
		}
		out, err := (*answer)(in)
		if asked, ok := any(full).(schemas.Asked); ok {
			if answer, ok := any(&out).(schemas.Answered); ok && answer.Answers() == "" {
				answer.SetAbout(asked.Subject())
			}
		}
		return out, err
	}, activity.RegisterOptions{Name: name})
}

// onLoop runs f between two steps of the workflow and waits for it. It is for activities: the loop would wait for itself.
func (s *story) onLoop(f func()) {
	done := make(chan struct{})
	s.env.RegisterDelayedCallback(func() { defer close(done); f() }, 0)
	<-done
}

// until waits, within an activity, until something has come about in the workflow.
func (s *story) until(condition func() bool) {
	for limit := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		met := false
		s.onLoop(func() { met = condition() })
		if met {
			return
		}
		if time.Now().After(limit) {
			s.t.Error("what was waited for did not come about")
			return
		}
	}
}

// at has f happen when that time has passed on the workflow's clock.
func (s *story) at(after time.Duration, f func()) { s.env.RegisterDelayedCallback(f, after) }

func (s *story) cancel() { s.env.CancelWorkflow() }

// run runs the story to its end, and checks what holds for every ending.
func (s *story) run() ending {
	s.t.Helper()
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: schemas.RegisterModelWorkflowID(s.in.Manifest.Name)})
	s.env.ExecuteWorkflow(schemas.RegisterModelWorkflow, s.in)
	require.True(s.t, s.env.IsWorkflowCompleted())
	e := s.ending()
	s.checkClosedAs(e)
	s.checkRecordedOnce(e)
	for _, seen := range s.observed.all() {
		require.NotEmpty(s.t, seen.summary, "%s has no summary", seen.what)
	}
	return e
}

// ending reads the result from where the way in which the workflow closed has put it.
func (s *story) ending() ending {
	s.t.Helper()
	e := ending{Err: s.env.GetWorkflowError()}
	var failed *temporal.ApplicationError
	var cancelled *temporal.CanceledError
	switch {
	case e.Err == nil:
		require.NoError(s.t, s.env.GetWorkflowResult(&e.Result))
	case errors.As(e.Err, &cancelled):
		require.NoError(s.t, cancelled.Details(&e.Result), "a cancelled workflow carries its result")
	default:
		require.ErrorAs(s.t, e.Err, &failed)
		require.NoError(s.t, failed.Details(&e.Result), "a failed workflow carries its result")
	}
	return e
}

// checkClosedAs checks that the workflow closed in the way that its outcome asks for.
func (s *story) checkClosedAs(e ending) {
	s.t.Helper()
	var failed *temporal.ApplicationError
	switch e.Status {
	case schemas.Failed:
		require.ErrorAs(s.t, e.Err, &failed)
		require.Equal(s.t, string(e.ErrorType), failed.Type())
		require.NotEmpty(s.t, e.ErrorType)
		require.Equal(s.t, e.Reason, failed.Message())
		require.True(s.t, failed.NonRetryable())
	case schemas.Cancelled:
		require.True(s.t, temporal.IsCanceledError(e.Err))
	default:
		require.NoError(s.t, e.Err)
		require.Empty(s.t, e.ErrorType)
	}
	require.Equal(s.t, e.Status == schemas.Completed && len(e.Twins) == 0, e.Reason == "", "every ending but COMPLETED says why: %q", e.Reason)
	p := s.progress()
	require.Equal(s.t, schemas.Stage(e.Status), p.Stage)
	require.NotNil(s.t, p.Result)
}

// checkRecordedOnce checks that the ending was audited once and announced once, with the right outcome.
func (s *story) checkRecordedOnce(e ending) {
	s.t.Helper()
	require.Len(s.t, s.entries(schemas.AuditStarted), 1)
	ended := s.entries(schemas.AuditEnded)
	require.Len(s.t, ended, 1)
	outcome := ended[0].Outcome
	if e.ErrorType != schemas.ErrAuditUnavailable {
		require.Equal(s.t, e.Status, outcome)
	}
	messages := map[string]bool{}
	for _, in := range made[schemas.WebhookInput](s, schemas.NotifyWebhookActivity) {
		if in.Event.Status == string(schemas.StageApproval) {
			continue
		}
		require.Equal(s.t, string(e.Status), in.Event.Status)
		messages[in.MessageID] = true
	}
	asBefore := e.ExistingModelID != "" && e.ReplacedModelID == ""
	if s.in.Manifest.WebhookCallbackURL == "" || s.uncalled || e.Status == schemas.Unchanged || asBefore {
		require.Empty(s.t, messages)
	} else {
		require.Len(s.t, messages, 1, "webhook messages")
	}
}

// activities lists the activities that ran, attempts included, in order.
func (s *story) activities() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, c := range s.calls {
		names = append(names, c.activity)
	}
	return names
}

// made returns the inputs of one activity's attempts.
func made[In any](s *story, activity string) []In {
	s.mu.Lock()
	defer s.mu.Unlock()
	var inputs []In
	for _, c := range s.calls {
		if c.activity == activity {
			inputs = append(inputs, c.in.(In))
		}
	}
	return inputs
}

// entries returns what was written to the audit trail about an event, repeated attempts left out.
func (s *story) entries(event schemas.AuditEvent) []schemas.AuditEntry {
	var out []schemas.AuditEntry
	seen := map[string]bool{}
	written := made[schemas.AuditEntry](s, schemas.WriteAuditActivity)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range append(written, s.noted...) {
		if e.Event == event && !seen[e.EntryID] {
			seen[e.EntryID] = true
			out = append(out, e)
		}
	}
	return out
}

// times returns when one activity's attempts began.
func (s *story) times(activity string) []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	var at []time.Time
	for _, c := range s.calls {
		if c.activity == activity {
			at = append(at, c.at)
		}
	}
	return at
}
