package workflows

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/ownership"
	"model-registrar/schemas"
)

var megabytes = strings.Repeat("x", 1_900_000)

// forgedOwnerships are records that no operation hands over.
var forgedOwnerships = map[string]func(*schemas.Ownership){
	"of another model":       func(o *schemas.Ownership) { o.Name = "other" },
	"of no model":            func(o *schemas.Ownership) { o.ModelID = "" },
	"a long model id":        func(o *schemas.Ownership) { o.ModelID = megabytes },
	"a long operation":       func(o *schemas.Ownership) { o.Operation = megabytes },
	"a long run":             func(o *schemas.Ownership) { o.RunID = strings.Repeat("r", ownership.MaxWord+1) },
	"a long requester":       func(o *schemas.Ownership) { o.Requester = megabytes },
	"a large manifest":       func(o *schemas.Ownership) { o.Manifest.WebhookCallbackURL = megabytes },
	"many approvals":         func(o *schemas.Ownership) { o.Approvals = make([]schemas.Approval, 100_000) },
	"another payload's hash": func(o *schemas.Ownership) { o.PayloadHash = formerHash },
	"checks without a pause": func(o *schemas.Ownership) { o.Manifest.Monitor.Every = 1 },
	"checks backwards":       func(o *schemas.Ownership) { o.Manifest.Monitor.Every = schemas.Duration(-time.Hour) },
	"checks in a century":    func(o *schemas.Ownership) { o.Manifest.Monitor.Every = schemas.Duration(100 * 365 * 24 * time.Hour) },
	"from the future":        func(o *schemas.Ownership) { o.Since = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) },
}

func TestARecordThatNoOperationHandsOverIsRefused(t *testing.T) {
	for name, forge := range forgedOwnerships {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			o := handedOver(t, "run-1", time.Unix(100, 0))
			forge(&o)
			var a *answer
			s.at(0, func() { a = s.send(schemas.HandOverHandler, o) })
			s.manage(schemas.ManageModelInput{Name: modelName})
			var app *temporal.ApplicationError
			require.ErrorAs(t, a.err, &app)
			require.Equal(t, string(schemas.ErrHandOverRefused), app.Type())
			require.Less(t, len(app.Message()), 500)
			require.Empty(t, s.times(schemas.CheckModelActivity))
		})
	}
}

func TestAnObservationOrAReleaseThatIsNotOfThisModelIsRefused(t *testing.T) {
	for name, forged := range map[string]struct {
		handler string
		ask     any
	}{
		"the state of another model": {schemas.ObserveHandler, schemas.ObserveInput{Name: "another", State: schemas.ModelDrifted}},
		"a state that there is not":  {schemas.ObserveHandler, schemas.ObserveInput{Name: modelName, State: "SUNK"}},
		"another model's release":    {schemas.ReleaseHandler, schemas.ReleaseInput{Name: "another"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			var refused *answer
			s.at(0, func() { s.send(schemas.HandOverHandler, handedOver(t, "run-1", time.Unix(100, 0))) })
			s.at(time.Minute, func() { refused = s.send(forged.handler, forged.ask) })
			s.at(2*time.Minute, func() {
				require.Equal(t, schemas.ModelActive, s.modelStatus().State)
				s.send(schemas.ReleaseHandler, schemas.ReleaseInput{Name: modelName})
			})
			began := s.env.Now()
			s.manage(schemas.ManageModelInput{Name: modelName})
			var app *temporal.ApplicationError
			require.ErrorAs(t, refused.err, &app)
			require.Equal(t, string(schemas.ErrHandOverRefused), app.Type())
			require.GreaterOrEqual(t, s.env.Now().Sub(began), 2*time.Minute, "it stays owned")
		})
	}
}

// A name of 64 characters of four bytes each makes a workflow id of 783.
func TestTheRecordOfAModelWithTheLongestNameIsTaken(t *testing.T) {
	name := strings.Repeat("𝔐", schemas.MaxName)
	o := handedOver(t, "run-1", time.Unix(100, 0))
	o.Name, o.WorkflowID = name, schemas.RegisterModelWorkflowID(name)
	require.Empty(t, ownership.Problem(name, o, time.Unix(100, 0)))
}

func TestAStatusThatNoRunOfManageModelHandsOnEndsItAtOnce(t *testing.T) {
	forged := map[string]func(*schemas.ModelStatus){
		"an unknown state":     func(s *schemas.ModelStatus) { s.State = "SUNK" },
		"an unknown pause":     func(s *schemas.ModelStatus) { s.Checks.Paused = &schemas.Pause{State: "SUNK"} },
		"negative hand-overs":  func(s *schemas.ModelStatus) { s.HandOvers = -1 },
		"negative transitions": func(s *schemas.ModelStatus) { s.Checks.Transitions = -1 },
		"negative failures":    func(s *schemas.ModelStatus) { s.Checks.ProbeFailures = -1 },
		"a long reason":        func(s *schemas.ModelStatus) { s.Reason = megabytes },
		"much drift":           func(s *schemas.ModelStatus) { s.Checks.Drift = make([]schemas.Change, 100_000) },
		"a check in year 9999": func(s *schemas.ModelStatus) { s.Checks.Next = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) },
		"nothing but a state":  func(s *schemas.ModelStatus) { s.Ownership = schemas.Ownership{State: schemas.ModelActive} },
		"nothing":              func(s *schemas.ModelStatus) { *s = schemas.ModelStatus{} },
	}
	for name, forge := range forgedOwnerships {
		forged[name] = func(s *schemas.ModelStatus) { forge(&s.Ownership) }
	}
	for name, forge := range forged {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			status := schemas.ModelStatus{Ownership: handedOver(t, "run-1", time.Unix(100, 0)), HandOvers: 1}
			status.State = schemas.ModelActive
			forge(&status)
			s.manage(schemas.ManageModelInput{Name: modelName, Status: &status})
			var app *temporal.ApplicationError
			require.ErrorAs(t, s.env.GetWorkflowError(), &app)
			require.Equal(t, string(schemas.ErrHandOverRefused), app.Type())
			require.True(t, app.NonRetryable())
			require.Less(t, len(app.Message()), 700)
			require.Empty(t, s.times(schemas.CheckModelActivity))
		})
	}
}

func TestAnOrderToChecksOfMegabytesIsRefused(t *testing.T) {
	for _, ask := range []schemas.CheckRequest{{By: megabytes}, {By: "ann", Reason: megabytes}} {
		for _, handler := range []string{schemas.CheckHandler, schemas.PauseHandler, schemas.ResumeHandler} {
			s := newStory(t)
			var a *answer
			s.at(0, func() { s.send(schemas.HandOverHandler, handedOver(t, "run-1", time.Unix(100, 0))) })
			s.at(time.Minute, func() {
				a = s.send(handler, ask)
				s.send(schemas.ReleaseHandler, schemas.ReleaseInput{Name: modelName})
			})
			s.manage(schemas.ManageModelInput{Name: modelName})
			require.ErrorContains(t, a.err, "by has more than 200 characters, or reason more than 2000", handler)
		}
	}
}

func TestWhateverComesToManageModelInTheFirstWorkflowTask(t *testing.T) {
	ask := schemas.CheckRequest{By: "ann", Reason: "moving"}
	handlers := []string{schemas.CheckHandler, schemas.PauseHandler, schemas.ResumeHandler}
	t.Run("before the hand-over", func(t *testing.T) {
		for _, handler := range handlers {
			s := newStory(t)
			var a, release *answer
			s.at(0, func() {
				a = s.send(handler, ask)
				release = s.send(schemas.ReleaseHandler, schemas.ReleaseInput{Name: modelName})
			})
			s.at(time.Millisecond, func() { require.Empty(t, s.modelStatus().ModelID) })
			s.manage(schemas.ManageModelInput{Name: modelName})
			require.ErrorContains(t, a.err, "is not owned", handler)
			require.NoError(t, release.err)
			require.NoError(t, s.env.GetWorkflowError())
		}
	})
	t.Run("with the hand-over", func(t *testing.T) {
		for _, handler := range handlers {
			s := newStory(t)
			s.world.check = inTurn(asApproved)
			var answers []*answer
			s.at(0, func() {
				answers = append(answers, s.send(schemas.HandOverHandler, handedOver(t, "run-1", time.Unix(100, 0))),
					s.send(handler, ask), s.send(schemas.ObserveHandler, schemas.ObserveInput{Name: modelName, State: schemas.ModelActive}))
			})
			s.at(time.Minute, func() {
				require.Equal(t, handler == schemas.PauseHandler, s.modelStatus().Checks.Paused != nil, handler)
				s.send(schemas.ReleaseHandler, schemas.ReleaseInput{Name: modelName})
			})
			s.manage(schemas.ManageModelInput{Name: modelName})
			require.NoError(t, s.env.GetWorkflowError())
			for _, a := range answers {
				require.NoError(t, a.err, handler)
			}
		}
	})
}
