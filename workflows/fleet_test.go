package workflows

import (
	"errors"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

func TestAFleetRegistersEveryManifestOnceAndKeepsToItsWindow(t *testing.T) {
	v := newVoyage(t, 30, names(100)...)
	e := v.run()
	require.NoError(t, e.Err)
	require.Equal(t, schemas.FleetCompleted, e.Status)
	require.Equal(t, schemas.FleetTally{schemas.Completed: 100}, e.Outcomes)
	require.ElementsMatch(t, names(100), v.begun)
	require.Equal(t, 5, v.most)
	require.Equal(t, 4, v.loads, "each part is loaded once")
	require.Empty(t, e.Failures)
	require.InDelta(t, 20_000, e.DurationMs, 1000, "100 of a second each, five at a time")
}

func TestARegistrationOfAFleetIsStartedAsTheStarterDoes(t *testing.T) {
	v := newVoyage(t, 1, "production-llm-v2")
	var info *workflow.Info
	plain := v.registers
	v.registers = func(ctx workflow.Context, m schemas.Manifest) (schemas.Result, error) {
		info = workflow.GetInfo(ctx)
		attributes := workflow.GetTypedSearchAttributes(ctx)
		name, _ := attributes.GetKeyword(nameKey)
		hash, _ := attributes.GetKeyword(hashKey)
		want, err := m.Payload().Hash()
		if err != nil || name != m.Name || hash != want {
			return schemas.Result{}, errors.New("not indexed as it should be")
		}
		return plain(ctx, m)
	}
	require.Equal(t, 1, v.run().Outcomes[schemas.Completed])
	require.Equal(t, "register-model/production-llm-v2", info.WorkflowExecution.ID)
	require.Equal(t, "register-fleet/fleet-1", info.ParentWorkflowExecution.ID)
	o := childOptions(v.parts[0].All()[0], requester)
	require.Equal(t, "Register production-llm-v2 (openai)", o.StaticSummary)
	require.Contains(t, o.StaticDetails, "- **endpoint**: api.example.com\n")
}

// failing has the registrations whose names end so fail.
func (v *voyage) failing(suffix string) {
	plain := v.registers
	v.registers = func(ctx workflow.Context, m schemas.Manifest) (schemas.Result, error) {
		if strings.HasSuffix(m.Name, suffix) {
			return v.after(ctx, time.Second, schemas.Result{Name: m.Name, Status: schemas.Failed,
				ErrorType: schemas.ErrJobFailed, Reason: "job j ended as FAILED: " + strings.Repeat("x", 500)})
		}
		return plain(ctx, m)
	}
}

func TestAFleetGoesOnAfterFailuresAndSaysWhatFailedAndWhy(t *testing.T) {
	v := newVoyage(t, 30, names(40)...)
	v.failing("7")
	e := v.run()
	require.NoError(t, e.Err)
	require.Equal(t, schemas.FleetCompleted, e.Status)
	require.Equal(t, schemas.FleetTally{schemas.Completed: 36, schemas.Failed: 4}, e.Outcomes)
	require.Len(t, e.Failures, 4)
	require.Equal(t, schemas.ErrJobFailed, e.Failures[0].ErrorType)
	require.Equal(t, "model-007", e.Failures[0].Name)
	require.Len(t, []rune(e.Failures[0].Reason), schemas.MaxReason)
	require.False(t, e.Truncated)
	require.False(t, e.IsRegistered(7))
	require.True(t, e.IsRegistered(8))
}

func TestWhatBecomesOfARegistrationIsCountedAsWhatItIs(t *testing.T) {
	endings := map[string]func() (schemas.Result, error){
		"completed": func() (schemas.Result, error) { return schemas.Result{Status: schemas.Completed}, nil },
		"rejected":  func() (schemas.Result, error) { return schemas.Result{Status: schemas.Rejected, Reason: "no"}, nil },
		"rolled":    func() (schemas.Result, error) { return schemas.Result{Status: schemas.RolledBack}, nil },
		"late":      func() (schemas.Result, error) { return schemas.Result{Status: schemas.ApprovalTimedOut}, nil },
		"known": func() (schemas.Result, error) {
			return schemas.Result{Status: schemas.Unchanged, Reason: "it exists"}, nil
		},
		"cancelled": func() (schemas.Result, error) {
			r := schemas.Result{Status: schemas.Cancelled, Reason: "cancelled at PROBING"}
			return r, temporal.NewCanceledError(r)
		},
		"busy": func() (schemas.Result, error) {
			return schemas.Result{}, &temporal.ChildWorkflowExecutionAlreadyStartedError{}
		},
		"broken": func() (schemas.Result, error) { return schemas.Result{}, errors.New("something else") },
	}
	want := map[string]schemas.Outcome{
		"completed": schemas.Completed, "rejected": schemas.Rejected, "rolled": schemas.RolledBack,
		"late": schemas.ApprovalTimedOut, "known": schemas.Unchanged, "cancelled": schemas.Cancelled,
		"busy": schemas.AlreadyInProgress, "broken": schemas.Failed,
	}
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			v := newVoyage(t, 1, name)
			v.registers = func(workflow.Context, schemas.Manifest) (schemas.Result, error) { return end() }
			e := v.run()
			require.Equal(t, schemas.FleetTally{want[name]: 1}, e.Outcomes)
			require.Equal(t, !want[name].Registered(), len(e.Failures) == 1)
			require.Equal(t, want[name].Registered(), e.IsRegistered(0))
		})
	}
}

func TestAFleetThatStopsOnFailureLetsWhatRunsEnd(t *testing.T) {
	v := newVoyage(t, 30, names(40)...)
	v.in.StopOnFailure = true
	v.failing("7")
	e := v.run()
	require.NoError(t, e.Err, "stopping is what it was told to do")
	require.Equal(t, schemas.FleetStopped, e.Status)
	require.Contains(t, e.Reason, "model-007 ended as FAILED")
	require.Equal(t, len(v.begun), e.Outcomes.Sum())
	require.Less(t, len(v.begun), 15)
	require.Equal(t, 1, e.Outcomes[schemas.Failed])
	require.Equal(t, 40-len(v.begun), e.NotStarted)
}

func TestANameThatComesTwiceIsReportedAndNotDoubled(t *testing.T) {
	all := names(10)
	all[7] = all[2]
	e := newVoyage(t, 4, all...)
	got := e.run()
	require.Equal(t, schemas.FleetTally{schemas.Completed: 9, schemas.Duplicate: 1}, got.Outcomes)
	require.Len(t, e.begun, 9)
	require.Equal(t, schemas.Duplicate, got.Failures[0].Outcome)
}

func TestFailuresBeyondTheBoundAreOnlyCounted(t *testing.T) {
	v := newVoyage(t, 250, names(schemas.MaxFailures+20)...)
	v.in.Window = 100
	v.registers = func(_ workflow.Context, m schemas.Manifest) (schemas.Result, error) {
		return schemas.Result{Name: m.Name, Status: schemas.Rejected, Reason: "no"}, nil
	}
	e := v.run()
	require.Equal(t, schemas.MaxFailures+20, e.Outcomes[schemas.Rejected])
	require.Len(t, e.Failures, schemas.MaxFailures)
	require.True(t, e.Truncated)
	require.LessOrEqual(t, v.most, 100)
}

func TestAPausedFleetStartsNothingUntilItIsResumed(t *testing.T) {
	v := newVoyage(t, 50, names(50)...)
	var paused, resumed *ordered
	var during schemas.FleetProgress
	begun := 0
	v.at(2500*time.Millisecond, func() { paused = v.tell(schemas.PauseHandler) })
	v.at(time.Minute, func() { during, begun = v.progress(), len(v.begun) })
	v.at(time.Hour, func() {
		require.Len(t, v.begun, begun)
		resumed = v.tell(schemas.ResumeHandler)
	})
	e := v.run()
	require.NoError(t, paused.err)
	require.Equal(t, schemas.FleetPaused, paused.Status)
	require.NoError(t, resumed.err)
	require.Equal(t, schemas.FleetRunning, resumed.Status)
	require.Equal(t, schemas.FleetPaused, during.Status)
	require.Zero(t, during.InFlight)
	require.Equal(t, 50, during.Queued+during.Ended)
	require.Less(t, begun, 20)
	require.Equal(t, 50, e.Outcomes[schemas.Completed])
	require.InDelta(t, time.Hour.Milliseconds(), e.PausedMs, 10_000)
	require.Greater(t, e.DurationMs, e.PausedMs)
}

func TestAFleetCanBeReWindowed(t *testing.T) {
	v := newVoyage(t, 50, names(100)...)
	var wider, absurd *ordered
	v.at(1500*time.Millisecond, func() {
		require.Equal(t, 5, v.most)
		wider = v.tell(schemas.WindowHandler, schemas.FleetWindow{Size: 20})
		absurd = v.tell(schemas.WindowHandler, schemas.FleetWindow{Size: schemas.MaxWindow + 1})
	})
	e := v.run()
	require.NoError(t, wider.err)
	require.Equal(t, 20, wider.Window)
	require.ErrorContains(t, absurd.err, "the size of a window is 1 to 1000")
	require.Equal(t, 20, v.most)
	require.Equal(t, 100, e.Outcomes[schemas.Completed])
}

func TestACancelledFleetCancelsWhatRunsAndStartsNothingMore(t *testing.T) {
	for what, cancel := range map[string]func(*voyage) *ordered{
		"by update": func(v *voyage) *ordered {
			return v.tell(schemas.CancelHandler, schemas.FleetCancel{Reason: "wrong list"})
		},
		"by Temporal": func(v *voyage) *ordered {
			v.env.CancelWorkflow()
			return &ordered{}
		},
	} {
		t.Run(what, func(t *testing.T) {
			v := newVoyage(t, 50, names(50)...)
			var answer *ordered
			v.at(2500*time.Millisecond, func() { answer = cancel(v) })
			e := v.run()
			require.NoError(t, answer.err)
			require.True(t, temporal.IsCanceledError(e.Err), "%v", e.Err)
			require.Equal(t, schemas.FleetCancelled, e.Status)
			require.Equal(t, schemas.FleetTally{schemas.Completed: 10, schemas.Cancelled: 5}, e.Outcomes)
			require.Equal(t, 35, e.NotStarted)
			require.Zero(t, v.running, "it has waited for all of them")
			require.True(t, strings.HasPrefix(e.Reason, "cancelled"))
		})
	}
}

func TestAPausedFleetCanBeCancelled(t *testing.T) {
	v := newVoyage(t, 50, names(50)...)
	v.at(1500*time.Millisecond, func() { v.tell(schemas.PauseHandler) })
	v.at(time.Minute, func() { v.tell(schemas.CancelHandler) })
	e := v.run()
	require.Equal(t, schemas.FleetCancelled, e.Status)
	require.Equal(t, 10, e.Outcomes[schemas.Completed])
}

func TestOrdersThatDoNotFitAreRefusedWithTheReason(t *testing.T) {
	v := newVoyage(t, 50, names(20)...)
	var orders []*ordered
	v.registers = func(ctx workflow.Context, m schemas.Manifest) (schemas.Result, error) {
		ctx, _ = workflow.NewDisconnectedContext(ctx) // it takes its time to roll back
		return v.after(ctx, time.Hour, schemas.Result{Name: m.Name, Status: schemas.Cancelled})
	}
	v.at(time.Second, func() { v.tell(schemas.CancelHandler, schemas.FleetCancel{}) })
	v.at(2*time.Second, func() {
		orders = []*ordered{
			v.tell(schemas.PauseHandler), v.tell(schemas.ResumeHandler), v.tell(schemas.WindowHandler, schemas.FleetWindow{Size: 3}),
			v.tell(schemas.CancelHandler, schemas.FleetCancel{}),
			v.tell(schemas.CancelHandler, schemas.FleetCancel{Reason: strings.Repeat("x", 5000)}),
		}
	})
	v.run()
	for i, want := range []string{"starts nothing any more", "starts nothing any more", "starts nothing any more",
		"is being cancelled already", "at most 2000 characters"} {
		require.ErrorContains(t, orders[i].err, want)
		var app *temporal.ApplicationError
		require.ErrorAs(t, orders[i].err, &app)
		require.Equal(t, string(schemas.ErrFleetRefused), app.Type())
	}
}

func TestARegistrationThatWaitsForAPersonTakesNoPlaceOfTheWindow(t *testing.T) {
	v := newVoyage(t, 50, names(30)...)
	waits := func(name string) bool { return strings.HasSuffix(name, "0") || strings.HasSuffix(name, "1") }
	v.registers = func(ctx workflow.Context, m schemas.Manifest) (schemas.Result, error) {
		if !waits(m.Name) {
			return v.after(ctx, time.Second, schemas.Result{Name: m.Name, Status: schemas.Completed})
		}
		r := &registration{manifest: m}
		r.result.RunID = workflow.GetInfo(ctx).WorkflowExecution.RunID
		r.tellFleet(ctx, true)
		if err := workflow.Sleep(ctx, 10*time.Hour); err != nil {
			return schemas.Result{}, err
		}
		r.tellFleet(ctx, false)
		return v.after(ctx, time.Second, schemas.Result{Name: m.Name, Status: schemas.Completed})
	}
	v.in.Window = 3
	var later schemas.FleetProgress
	v.at(time.Hour, func() { later = v.progress() })
	e := v.run()
	require.Equal(t, 24, later.Ended, "the others were not held up")
	require.Equal(t, 6, later.Waiting)
	require.Zero(t, later.InFlight)
	require.Equal(t, 30, e.Outcomes[schemas.Completed])
}

// continued runs a fleet until it continues as new, and returns the next run of it.
func continued(t *testing.T, v *voyage, after time.Duration) (*voyage, sailed) {
	t.Helper()
	v.at(after, func() { v.env.SetContinueAsNewSuggested(true) })
	e := v.run()
	require.NotNil(t, e.next, "it should have continued as new: %v", e.Err)
	next := newVoyage(t, 1, "unused")
	next.parts, next.in = v.parts, *e.next
	return next, e
}

func TestAFleetContinuesAsNewWithWhatIsInFlightAndLosesNothing(t *testing.T) {
	v := newVoyage(t, 30, names(100)...)
	v.failing("03")
	next, _ := continued(t, v, 12500*time.Millisecond)
	state := next.in.State
	require.Len(t, state.InFlight, 5)
	require.Equal(t, 65, state.Next)
	require.Equal(t, 2, state.Part)
	require.Equal(t, 1, state.Runs)
	require.Equal(t, schemas.FleetTally{schemas.Completed: 59, schemas.Failed: 1}, state.Tally)
	for _, run := range state.InFlight {
		require.NotEmpty(t, run.RunID)
	}

	rounds := 0
	next.await = func(in schemas.AwaitInput) (schemas.AwaitResult, error) {
		rounds++
		run := in.Runs[0] // one ends at a time, the last one badly
		if len(in.Runs) == 1 {
			return schemas.AwaitResult{Ended: []schemas.FleetEnding{{FleetRun: run, Outcome: schemas.RolledBack, Reason: "the probe failed"}}}, nil
		}
		return schemas.AwaitResult{Ended: []schemas.FleetEnding{{FleetRun: run, Outcome: schemas.Completed}}}, nil
	}
	e := next.run()
	require.Equal(t, 5, rounds)
	require.Equal(t, schemas.FleetTally{schemas.Completed: 98, schemas.Failed: 1, schemas.RolledBack: 1}, e.Outcomes)
	require.Equal(t, 2, e.Runs)
	require.Len(t, next.begun, 35)
	require.ElementsMatch(t, names(100), append(slices.Clone(v.begun), next.begun...), "each is started once over both runs")
	require.Equal(t, []string{"model-003", "model-064"}, []string{e.Failures[0].Name, e.Failures[1].Name})
}

func TestAFleetThatContinuesAsNewKeepsToItsOrders(t *testing.T) {
	v := newVoyage(t, 30, names(100)...)
	v.at(2500*time.Millisecond, func() {
		v.tell(schemas.WindowHandler, schemas.FleetWindow{Size: 7})
		v.tell(schemas.PauseHandler)
	})
	next, _ := continued(t, v, 2600*time.Millisecond)
	require.True(t, next.in.State.Paused)
	require.Equal(t, 7, next.in.State.Window)
	next.await = func(in schemas.AwaitInput) (out schemas.AwaitResult, _ error) {
		for _, run := range in.Runs {
			out.Ended = append(out.Ended, schemas.FleetEnding{FleetRun: run, Outcome: schemas.Completed})
		}
		return out, nil
	}
	next.at(time.Hour, func() {
		require.Empty(t, next.begun)
		next.tell(schemas.ResumeHandler)
	})
	e := next.run()
	require.Equal(t, 100, e.Outcomes[schemas.Completed])
	require.Equal(t, 7, next.most)
	require.InDelta(t, time.Hour.Milliseconds(), e.PausedMs, 10_000, "the pause went on over both runs")
}

func TestACancelledFleetCancelsWhatItsEarlierRunsStarted(t *testing.T) {
	next, _ := continued(t, newVoyage(t, 30, names(100)...), 2500*time.Millisecond)
	var asked []string
	for _, run := range next.in.State.InFlight {
		asked = append(asked, run.RunID)
	}
	next.registers = func(ctx workflow.Context, m schemas.Manifest) (schemas.Result, error) {
		return next.after(ctx, time.Hour, schemas.Result{Name: m.Name, Status: schemas.Completed})
	}
	next.await = func(in schemas.AwaitInput) (out schemas.AwaitResult, _ error) {
		next.mu.Lock()
		defer next.mu.Unlock()
		for _, run := range in.Runs {
			if slices.Contains(next.told, run.RunID) {
				out.Ended = append(out.Ended, schemas.FleetEnding{FleetRun: run, Outcome: schemas.Cancelled})
			}
		}
		if len(out.Ended) == 0 {
			time.Sleep(time.Millisecond) // it has looked
		}
		return out, nil
	}
	next.at(0, func() { next.env.CancelWorkflow() })
	e := next.run()
	require.Equal(t, schemas.FleetCancelled, e.Status)
	require.ElementsMatch(t, asked, next.told)
	require.Equal(t, 5, e.Outcomes[schemas.Cancelled])
}

func TestRegistrationsFromBeforeThatAllWaitForAPersonAreLookedAtSeldomUntilOneGoesOn(t *testing.T) {
	v := newVoyage(t, 2, names(2)...)
	v.in.State = &schemas.FleetState{StartedAt: time.Unix(0, 0), Window: 5, Part: 1, Next: 2, Runs: 1, InFlight: []schemas.FleetRun{
		{Name: "model-000", Index: 0, RunID: "a", Waiting: true, News: 1}, {Name: "model-001", Index: 1, RunID: "b", Waiting: true, News: 1}}}
	decided, looks := false, 0
	v.await = func(in schemas.AwaitInput) (out schemas.AwaitResult, _ error) {
		looks++
		if !decided {
			require.Zero(t, in.Window)
			return out, nil
		}
		for _, run := range in.Runs {
			out.Ended = append(out.Ended, schemas.FleetEnding{FleetRun: run, Outcome: schemas.Completed})
		}
		return out, nil
	}
	var before time.Duration
	v.at(24*time.Hour, func() {
		decided, before = true, time.Duration(looks)
		v.env.SignalWorkflow(schemas.NewsSignal, schemas.FleetNews{Name: "model-000", RunID: "a", Number: 2})
	})
	began := v.env.Now()
	e := v.run()
	require.Equal(t, 2, e.Outcomes[schemas.Completed])
	require.Less(t, int(before), 200)
	require.Less(t, v.env.Now().Sub(began), 24*time.Hour+2*time.Minute)
}

func TestNewsThatIsNotOfARegistrationInFlightChangesNothing(t *testing.T) {
	v := newVoyage(t, 2, names(2)...)
	v.at(500*time.Millisecond, func() {
		v.env.SignalWorkflow(schemas.NewsSignal, schemas.FleetNews{Name: "model-000", RunID: "another", Waiting: true})
		v.env.SignalWorkflow(schemas.NewsSignal, schemas.FleetNews{Name: "unknown", Waiting: true})
		require.Zero(t, v.progress().Waiting)
	})
	require.Equal(t, 2, v.run().Outcomes[schemas.Completed])
}

func TestNewsThatArriveInTheWrongOrderLeaveTheNewest(t *testing.T) {
	v := newVoyage(t, 2, names(2)...)
	v.in.State = &schemas.FleetState{StartedAt: time.Unix(0, 0), Window: 5, Part: 1, Next: 2, Runs: 1, InFlight: []schemas.FleetRun{
		{Name: "model-000", Index: 0, RunID: "a"}, {Name: "model-001", Index: 1, RunID: "b"}}}
	over := false
	v.await = func(in schemas.AwaitInput) (out schemas.AwaitResult, _ error) {
		for _, run := range in.Runs {
			if over {
				out.Ended = append(out.Ended, schemas.FleetEnding{FleetRun: run, Outcome: schemas.Completed})
			}
		}
		return out, nil
	}
	v.at(10*time.Millisecond, func() {
		v.env.SignalWorkflow(schemas.NewsSignal, schemas.FleetNews{Name: "model-000", RunID: "a", Number: 2, Waiting: false})
		v.env.SignalWorkflow(schemas.NewsSignal, schemas.FleetNews{Name: "model-000", RunID: "a", Number: 1, Waiting: true})
		v.env.SignalWorkflow(schemas.NewsSignal, schemas.FleetNews{Name: "model-001", RunID: "b", Number: 1, Waiting: true})
	})
	v.at(20*time.Millisecond, func() {
		require.Equal(t, 1, v.progress().Waiting)
		over = true
	})
	require.Equal(t, 2, v.run().Outcomes[schemas.Completed])
}

func TestAFleetWhosePartIsMissingEndsWhatItStartedAndFails(t *testing.T) {
	v := newVoyage(t, 10, names(20)...)
	v.load = func(in schemas.LoadPartInput) (schemas.FleetPart, error) {
		if in.Part == 1 {
			return schemas.FleetPart{}, fatal(schemas.ErrFleetPart, "Temporal knows no workflow register-fleet/fleet-1/part/1")
		}
		return v.parts[in.Part], nil
	}
	e := v.run()
	require.Equal(t, schemas.FleetFailed, e.Status)
	require.Equal(t, schemas.ErrFleetPart, e.ErrorType)
	require.Contains(t, e.Reason, "part 2 of the fleet's manifests could not be loaded")
	require.Equal(t, len(v.begun), e.Outcomes[schemas.Completed])
}

func TestAPartThatIsNotWhatComesNextIsRefusedAndNothingOfItStarts(t *testing.T) {
	for name, forge := range map[string]func(*schemas.FleetPart){
		"more than the fleet has": func(p *schemas.FleetPart) { p.Manifests = append(p.Manifests, p.Manifests...) },
		"fewer":                   func(p *schemas.FleetPart) { p.Manifests = p.Manifests[:9] },
		"those of before":         func(p *schemas.FleetPart) { p.First = 0 },
		"a gap":                   func(p *schemas.FleetPart) { p.First++ },
		"far away":                func(p *schemas.FleetPart) { p.First = math.MaxInt },
	} {
		t.Run(name, func(t *testing.T) {
			v := newVoyage(t, 10, names(20)...)
			v.load = func(in schemas.LoadPartInput) (schemas.FleetPart, error) {
				p := v.parts[in.Part]
				if in.Part == 1 {
					forge(&p)
				}
				return p, nil
			}
			e := v.run()
			require.Equal(t, schemas.FleetFailed, e.Status)
			require.Equal(t, schemas.ErrFleetPart, e.ErrorType)
			require.Contains(t, e.Reason, "which are not those that come next")
			require.NotContains(t, v.begun, "model-010")
			require.Equal(t, 20, e.NotStarted+len(v.begun))
		})
	}
}

func TestAFleetThatCannotBeWorkedWithIsRefused(t *testing.T) {
	for want, spoil := range map[string]func(*schemas.RegisterFleetInput){
		"a fleet's id has":  func(in *schemas.RegisterFleetInput) { in.FleetID = "a/b" },
		"must run as":       func(in *schemas.RegisterFleetInput) { in.FleetID = "another" },
		"a fleet has 1 to":  func(in *schemas.RegisterFleetInput) { in.Total = schemas.MaxFleet + 1 },
		"in parts with":     func(in *schemas.RegisterFleetInput) { in.Parts = 0 },
		"the window of a":   func(in *schemas.RegisterFleetInput) { in.Window = -1 },
		"1 to 1000 registr": func(in *schemas.RegisterFleetInput) { in.Window = 1001 },
	} {
		v := newVoyage(t, 1, "model-000")
		spoil(&v.in)
		e := v.run()
		require.ErrorContains(t, e.Err, want)
		require.Empty(t, v.begun)
	}
}

func TestAFleetOfNobodyOrOfALongRequesterIsRefused(t *testing.T) {
	for _, asks := range []string{"", " \t", strings.Repeat("ä", schemas.MaxRequester+1), "ann\u3164", "\u0430nn", strings.Repeat("x", 1_900_000)} {
		v := newVoyage(t, 1, "model-000")
		v.in.Requester = asks
		wantFleetInput(t, v.run().Err, "the requester of a fleet must")
		require.Empty(t, v.begun)
	}
	v := newVoyage(t, 1, "model-000")
	v.in.Requester = strings.Repeat("ä", schemas.MaxRequester)
	require.NoError(t, v.run().Err)
}

func TestAFleetStateThatNoFleetHandsOnIsRefused(t *testing.T) {
	for name, forge := range map[string]func(*schemas.FleetState){
		"no window":      func(s *schemas.FleetState) { s.Window = 0 },
		"wide window":    func(s *schemas.FleetState) { s.Window = schemas.MaxWindow + 1 },
		"negative part":  func(s *schemas.FleetState) { s.Part = -1 },
		"part beyond":    func(s *schemas.FleetState) { s.Part = 3 },
		"negative next":  func(s *schemas.FleetState) { s.Next = -1 },
		"next beyond":    func(s *schemas.FleetState) { s.Next = 3 },
		"negative runs":  func(s *schemas.FleetState) { s.Runs = -1 },
		"endless runs":   func(s *schemas.FleetState) { s.Runs = math.MaxInt },
		"negative pause": func(s *schemas.FleetState) { s.PausedFor = -1 },
		"year 10000": func(s *schemas.FleetState) {
			s.StartedAt = time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -7200))
		},
		"odd ending":         func(s *schemas.FleetState) { s.Ending = "SUNK" },
		"odd outcome":        func(s *schemas.FleetState) { s.Tally = schemas.FleetTally{"SUNK": 1} },
		"negative outcome":   func(s *schemas.FleetState) { s.Tally = schemas.FleetTally{schemas.Failed: -1} },
		"many outcomes":      func(s *schemas.FleetState) { s.Tally = schemas.FleetTally{schemas.Failed: 2, schemas.Completed: 1} },
		"many in flight":     func(s *schemas.FleetState) { s.InFlight = make([]schemas.FleetRun, schemas.MaxWindow+maxWaiting+1) },
		"twice in flight":    func(s *schemas.FleetState) { s.InFlight = []schemas.FleetRun{{Name: "a"}, {Name: "a", Index: 1}} },
		"negative in flight": func(s *schemas.FleetState) { s.InFlight = []schemas.FleetRun{{Name: "a", Index: -9}} },
		"in flight beyond":   func(s *schemas.FleetState) { s.InFlight = []schemas.FleetRun{{Name: "a", Index: 2}} },
		"many failures":      func(s *schemas.FleetState) { s.Failures = make([]schemas.FleetFailure, schemas.MaxFailures+1) },
		"a long name":        func(s *schemas.FleetState) { s.InFlight = []schemas.FleetRun{{Name: megabytes}} },
		"a long run":         func(s *schemas.FleetState) { s.InFlight = []schemas.FleetRun{{Name: "a", RunID: megabytes}} },
		"a long failure":     func(s *schemas.FleetState) { s.Failures = []schemas.FleetFailure{{Name: "a", Reason: megabytes}} },
		"a long failed name": func(s *schemas.FleetState) { s.Failures = []schemas.FleetFailure{{Name: megabytes}} },
		"a long reason":      func(s *schemas.FleetState) { s.Reason = megabytes },
		"a long error type":  func(s *schemas.FleetState) { s.ErrorType = schemas.ErrorType(megabytes) },
		"paused in year 9999": func(s *schemas.FleetState) {
			s.Paused, s.PausedAt = true, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
		},
		"many registered": func(s *schemas.FleetState) { s.Registered = make([]byte, 2) },
	} {
		t.Run(name, func(t *testing.T) {
			v := newVoyage(t, 1, names(2)...)
			v.in.State = &schemas.FleetState{StartedAt: v.env.Now(), Window: 1, Runs: 1}
			forge(v.in.State)
			wantFleetInput(t, v.run().Err, "the state of the fleet fleet-1 is not one that a fleet hands on")
			require.Empty(t, v.begun)
		})
	}
}

// wantFleetInput requires a refusal that is not tried again.
func wantFleetInput(t *testing.T, err error, says string) {
	t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, string(schemas.ErrFleetInput), app.Type())
	require.True(t, app.NonRetryable())
	require.Contains(t, app.Message(), says)
}

func TestThePageOfAFleetShowsItsCounts(t *testing.T) {
	v := newVoyage(t, 30, names(40)...)
	v.failing("03")
	var page string
	v.at(2500*time.Millisecond, func() {
		s := &story{t: t, env: v.env}
		page = s.page().CurrentDetails
	})
	v.run()
	for _, shown := range []string{"The fleet **fleet-1** is **RUNNING**", "- **queued**: 25\n", "- **in flight**: 5 of 5 at a time\n",
		"- **COMPLETED**: 9\n", "- **FAILED**: 1\n", `- model-003: FAILED job j ended as FAILED`, "`starter watch register-fleet/fleet-1`"} {
		require.Contains(t, page, shown)
	}
	require.Contains(t, (&story{t: t, env: v.env}).page().CurrentDetails, "ended as **COMPLETED**")
}

func TestAPartIsHeldUntilItIsReleasedOrItsTimeIsUp(t *testing.T) {
	for _, release := range []bool{true, false} {
		s := newStory(t)
		s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: schemas.FleetPartWorkflowID(fleetID, 0)})
		if release {
			s.at(time.Hour, func() { s.env.SignalWorkflow(schemas.ReleaseSignal, nil) })
		}
		began := s.env.Now()
		s.env.ExecuteWorkflow(schemas.HoldFleetPartWorkflow, schemas.FleetPart{FleetID: fleetID, Manifests: make([]schemas.Manifest, 3)})
		require.NoError(t, s.env.GetWorkflowError())
		held := s.env.Now().Sub(began)
		require.Equal(t, release, held < 2*time.Hour, "%s", held)
		require.LessOrEqual(t, held, partLife+time.Minute)
	}
}

func TestTheIDsOfFleetsAndPartsAreFixed(t *testing.T) {
	require.Equal(t, "register-fleet/f", schemas.RegisterFleetWorkflowID("f"))
	require.Equal(t, "register-fleet/f/part/7", schemas.FleetPartWorkflowID("f", 7))
	require.Equal(t, "RegisterFleet", schemas.RegisterFleetWorkflow)
}

func TestACancellationThatMeetsAFleetThatHasEndedChangesNothing(t *testing.T) {
	for name, cancel := range map[string]func(v *voyage) *ordered{
		"by update":       func(v *voyage) *ordered { return v.tell(schemas.CancelHandler, schemas.FleetCancel{}) },
		"of the workflow": func(v *voyage) *ordered { v.env.CancelWorkflow(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			v := newVoyage(t, 2, names(6)...)
			var told *ordered
			var once sync.Once
			v.releasing = func() { once.Do(func() { told = cancel(v) }) }
			e := v.run()
			require.NoError(t, e.Err)
			require.Equal(t, schemas.FleetCompleted, e.Status)
			require.Equal(t, 6, e.Outcomes[schemas.Completed])
			if told != nil {
				require.ErrorContains(t, told.err, "has ended as COMPLETED")
			}
		})
	}
}

func TestTheManifestsOfAFleetThatTakesMonthsAreHeldAsLong(t *testing.T) {
	v := newVoyage(t, 2, names(4)...)
	v.registers = func(ctx workflow.Context, m schemas.Manifest) (schemas.Result, error) {
		return v.after(ctx, 95*24*time.Hour, schemas.Result{Name: m.Name, Status: schemas.Completed})
	}
	v.run()
	require.Equal(t, 9*len(v.parts), v.renewed)

	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflowWithOptions(HoldFleetPart, workflow.RegisterOptions{Name: schemas.HoldFleetPartWorkflow})
	began := env.Now()
	for i := range 9 {
		env.RegisterDelayedCallback(func() { env.SignalWorkflow(schemas.RenewSignal, nil) }, time.Duration(i+1)*partsRenewed)
	}
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: schemas.FleetPartWorkflowID(fleetID, 0)})
	env.ExecuteWorkflow(schemas.HoldFleetPartWorkflow, schemas.FleetPart{FleetID: fleetID, Manifests: make([]schemas.Manifest, 3)})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 9*partsRenewed+partLife, env.Now().Sub(began))
}
