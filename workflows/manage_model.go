package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/ownership"
	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// unownedLife is how long ManageModel waits for the hand-over if it was started without one. A start whose hand-over
// never came leaves nothing for ever.
const unownedLife = time.Hour

// ManageModel owns one model, from the moment an operation hands it over until it is released: while it runs and has
// been handed a model, that model is ours. Its memo is the record, which the server tells without a worker. A
// cancellation changes nothing: only a release, or an operator's termination, gives a model up.
//
// It checks the model from time to time (checks.go), and tells of each change of the model's state (transitions.go).
//
// Its history never grows long: it continues as new when the server suggests so, or after a number of checks.
func ManageModel(ctx workflow.Context, in schemas.ManageModelInput) (schemas.ModelStatus, error) {
	m := newOwned(in)
	if err := m.setUp(ctx); err != nil {
		return schemas.ModelStatus{}, err
	}
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	if err := m.awaitHandOver(ctx); err != nil {
		return m.status, err
	}
	workflow.GoNamed(ctx, "tell", m.tellAll)
	for {
		if err := m.look(ctx); err != nil {
			return m.status, err
		}
		if m.isOwned() {
			return m.status, m.continueAsNew(ctx)
		}
		if err := workflow.Await(ctx, func() bool { return m.isOwned() || m.isQuiet(ctx) }); err != nil {
			return m.status, err
		}
		if !m.isOwned() { // nor was it handed over again meanwhile
			m.release(ctx)
			return m.status, nil
		}
	}
}

// isQuiet reports whether nobody waits for an answer, and every change of state was told.
func (m *owned) isQuiet(ctx workflow.Context) bool {
	return len(m.untold) == 0 && m.wanted <= m.done && workflow.AllHandlersFinished(ctx)
}

// mayContinueAsNew reports whether the run is long, and nothing would be lost if another one took over.
func (m *owned) mayContinueAsNew(ctx workflow.Context) bool {
	long := m.begun >= maxChecks || workflow.GetInfo(ctx).GetContinueAsNewSuggested()
	return long && m.isQuiet(ctx)
}

// owned is the state of one run of a ManageModel workflow.
type owned struct {
	name     string
	status   schemas.ModelStatus   // empty until the model is handed over
	handedOn bool                  // the run was started with the status
	atOnce   bool                  // and needs nothing else: see [schemas.ManageModelInput]
	released *schemas.ReleaseInput // why it is given up; nil while it is not

	wanted, begun, done int          // the number of the latest check of this run that was asked for, begun, and ended
	untold              []transition // changes of state, in their order
	untellable          string       // why the audit trail cannot be written at the moment; empty when it can
}

func newOwned(in schemas.ManageModelInput) *owned {
	m := &owned{name: in.Name}
	if in.Status != nil {
		m.status, m.handedOn, m.atOnce = *in.Status, true, in.Owned
	}
	return m
}

// isOwned reports whether a model has been handed over and not released.
func (m *owned) isOwned() bool { return m.status.ModelID != "" && m.released == nil }

// setUp registers the handlers. But for `check`, each is over in the workflow task in which it began.
func (m *owned) setUp(ctx workflow.Context) error {
	if want, is := schemas.ManageModelWorkflowID(m.name), workflow.GetInfo(ctx).WorkflowExecution.ID; want != is {
		return wrongID("the ownership of "+m.name, want, is)
	}
	if m.handedOn {
		if problem := statusProblem(m.name, m.status, workflow.Now(ctx)); problem != "" {
			return final(schemas.ErrHandOverRefused, "what the workflow was started with is nothing that an operation "+
				"hands over, or an earlier run hands on: %s", problem)
		}
	}
	err := workflow.SetQueryHandlerWithOptions(ctx, schemas.StatusQuery,
		func() (schemas.ModelStatus, error) { return m.status, nil },
		workflow.QueryHandlerOptions{Description: "What is registered, by which operation and since when, and how " +
			"the model is doing"})
	if err != nil {
		return err
	}
	err = workflow.SetUpdateHandlerWithOptions(ctx, schemas.HandOverHandler, m.takeOver, workflow.UpdateHandlerOptions{
		Validator:   m.checkHandOver,
		Description: "Sent by an operation that completes: from now on the model is owned as the operation says",
	})
	if err != nil {
		return err
	}
	err = workflow.SetUpdateHandlerWithOptions(ctx, schemas.ObserveHandler, m.observe, workflow.UpdateHandlerOptions{
		Validator:   m.checkObservation,
		Description: "Sent by who has looked at the model: how it was found to be",
	})
	if err != nil {
		return err
	}
	err = workflow.SetUpdateHandlerWithOptions(ctx, schemas.ReleaseHandler, m.giveUp, workflow.UpdateHandlerOptions{
		Validator: func(in schemas.ReleaseInput) error { return m.checkName(in.Name) },
		Description: "Sent by an operation that retires the model or takes its hand-over back: the model is " +
			"owned no more",
	})
	if err != nil {
		return err
	}
	return m.listenForChecks(ctx)
}

// awaitHandOver waits for the first hand-over, unless the run was started with it.
func (m *owned) awaitHandOver(ctx workflow.Context) error {
	if m.atOnce {
		if m.status.Checks.Next.IsZero() {
			m.plan(ctx)
		}
		return nil
	}
	taken, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout: unownedLife,
		TimerOptions: workflow.TimerOptions{Summary: "End unless the model is handed over within " +
			words.Exactly(unownedLife)},
	}, func() bool { return m.status.ModelID != "" || m.released != nil })
	if err == nil && !taken {
		m.released = &schemas.ReleaseInput{Name: m.name, Reason: "no operation handed the model over"}
	}
	return err
}

// checkHandOver refuses what cannot be the record of this model.
func (m *owned) checkHandOver(ctx workflow.Context, o schemas.Ownership) error {
	if problem := ownership.Problem(m.name, o, workflow.Now(ctx)); problem != "" {
		return refuseHandOver(problem)
	}
	if o.Since.Before(m.status.Since) {
		return refuseHandOver(plain(m.name, 80) + " was handed over by a later operation, run " + m.status.RunID)
	}
	return nil
}

// refuseHandOver is the error of an update that this workflow does not take.
func refuseHandOver(why string) error {
	return temporal.NewApplicationError(why, string(schemas.ErrHandOverRefused))
}

// takeOver is the update `hand-over`. One that is repeated changes nothing.
func (m *owned) takeOver(ctx workflow.Context, o schemas.Ownership) (schemas.ModelStatus, error) {
	if m.isOwned() && m.status.RunID == o.RunID && m.status.ModelID == o.ModelID && m.status.Since.Equal(o.Since) {
		return m.status, nil
	}
	before := m.status
	if m.released != nil {
		before = schemas.ModelStatus{HandOvers: before.HandOvers} // of a model that was given up
	}
	o.State, o.LastCheck = schemas.ModelActive, nil
	m.released = nil
	m.status = schemas.ModelStatus{Ownership: o, StateSince: before.StateSince, HandOvers: before.HandOvers + 1}
	m.status.Checks = schemas.Checks{Paused: before.Checks.Paused, Transitions: before.Checks.Transitions}
	switch p := m.status.Checks.Paused; {
	case p != nil: // an operation does not resume checks
		p.State, p.Why = schemas.ModelActive, ""
		m.status.State, m.status.Reason = before.State, before.Reason
	case before.State != schemas.ModelActive:
		m.status.StateSince = workflow.Now(ctx).UTC()
		if before.State != "" {
			m.note(ctx, before.State, fmt.Sprintf("%s handed it over, run %s",
				plain(o.Operation, 40), plain(o.RunID, 60)))
		}
	}
	m.plan(ctx)
	m.remember(ctx)
	m.index(ctx)
	m.describe(ctx)
	return m.status, nil
}

// checkName refuses an update that is about another model.
func (m *owned) checkName(name string) error {
	if name == m.name {
		return nil
	}
	return refuseHandOver("this workflow owns " + plain(m.name, 80) + ", not " + plain(name, 80))
}

// checkObservation refuses a state that there is not, too: no later run would take it over.
func (m *owned) checkObservation(in schemas.ObserveInput) error {
	if !slices.Contains(modelStates, in.State) {
		return refuseHandOver("no model has the state " + plain(string(in.State), 40))
	}
	return m.checkName(in.Name)
}

// observe is the update `observe`: how the model was found to be.
func (m *owned) observe(ctx workflow.Context, in schemas.ObserveInput) error {
	if m.isOwned() {
		m.find(ctx, in.State, in.Reason)
	}
	return nil
}

// giveUp is the update `release`. One that names an operation leaves the model of another alone.
func (m *owned) giveUp(ctx workflow.Context, in schemas.ReleaseInput) error {
	if m.isOwned() && (in.RunID == "" || in.RunID == m.status.RunID) {
		m.released = &in
		if len(m.untold) > 0 { // this workflow outlives the ownership until they are told
			former := m.status.Ownership // is nobody's from now on, and remains what was approved last
			former.ModelID = ""
			return workflow.UpsertMemo(ctx, map[string]any{schemas.OwnershipMemo: former})
		}
	}
	return nil
}

// release takes the model out of the index of those that are owned.
func (m *owned) release(ctx workflow.Context) {
	if m.status.ModelID != "" {
		upsert(ctx, modelStateKey.ValueUnset())
	}
	m.describe(ctx)
}

// continueAsNew hands on to a new run. No handler is under way, and all is told. The memo and the search attributes go
// with it.
func (m *owned) continueAsNew(ctx workflow.Context) error {
	return workflow.NewContinueAsNewError(ctx, schemas.ManageModelWorkflow,
		schemas.ManageModelInput{Name: m.name, Status: &m.status, Owned: true})
}

var modelStateKey = temporal.NewSearchAttributeKeyKeyword(schemas.ModelStateAttribute)

// index makes the model findable by what is registered and by its state; what is indexed already costs nothing.
func (m *owned) index(ctx workflow.Context) {
	known := workflow.GetTypedSearchAttributes(ctx)
	var updates []temporal.SearchAttributeUpdate
	for _, a := range []struct {
		key   temporal.SearchAttributeKeyKeyword
		value string
	}{
		{nameKey, plain(m.name, 80)},
		{architectureKey, plain(string(m.status.Manifest.ModelArchitecture), 40)},
		{hashKey, m.status.PayloadHash},
		{modelStateKey, string(m.status.State)},
	} {
		if now, _ := known.GetKeyword(a.key); now != a.value {
			updates = append(updates, a.key.ValueSet(a.value))
		}
	}
	if len(updates) > 0 {
		upsert(ctx, updates...)
	}
}

// describe writes the UI's current details.
func (m *owned) describe(ctx workflow.Context) { workflow.SetCurrentDetails(ctx, m.details()) }

// clockOf writes a time for a person; "" for none.
func clockOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 MST")
}

func (m *owned) details() string {
	var b strings.Builder
	s := m.status
	switch {
	case m.released != nil:
		fmt.Fprintf(&b, "**%s** is **not owned any more**: %s\n\n", markdown(m.name), markdown(m.released.Reason))
	case s.ModelID == "":
		fmt.Fprintf(&b, "**%s** has not been handed over yet.\n", markdown(m.name))
		return b.String()
	default:
		fmt.Fprintf(&b, "**%s** is **%s**", markdown(m.name), s.State)
		if s.Reason != "" {
			fmt.Fprintf(&b, ": %s", markdown(s.Reason))
		}
		b.WriteString("\n\n")
	}
	var approvers []string
	for _, a := range s.Approvals {
		approvers = append(approvers, a.Approver)
	}
	for _, row := range [][2]string{
		{"model", s.ModelID},
		{"endpoint", words.Host(s.Manifest.EndpointURL)},
		{"architecture", string(s.Manifest.ModelArchitecture)},
		{"payload hash", s.PayloadHash},
		{"registered by", s.Operation + " " + s.WorkflowID + " run " + s.RunID},
		{"requester", s.Requester},
		{"approved by", strings.Join(approvers, ", ")},
		{"owned since", clockOf(s.Since)},
		{"last checked", clockOf(s.Checks.At)},
		{"next check", clockOf(s.Checks.Next)},
		{"last check found nothing out", s.Checks.Trouble},
		{"waits for the audit trail", m.untellable},
	} {
		if row[1] != "" {
			fmt.Fprintf(&b, "- **%s**: %s\n", row[0], markdown(row[1]))
		}
	}
	return b.String()
}
