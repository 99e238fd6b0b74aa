package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// transition is a change of a model's state that the trail and the webhook have not been told yet.
type transition struct {
	at            time.Time
	number        int
	before, after schemas.ModelState
	reason        string
	model         schemas.Ownership // as it was then
	drift         []schemas.Change
	probe         *schemas.AuditedProbe
}

// find notes how the model was found to be. A change of state is told; while checks are paused, it is kept for later.
func (m *owned) find(ctx workflow.Context, state schemas.ModelState, reason string) {
	m.findBy(ctx, state, reason, "")
}

// findBy is find with the occasion of the change, where the state does not say it.
func (m *owned) findBy(ctx workflow.Context, state schemas.ModelState, reason, occasion string) {
	reason = plain(reason, 1000)
	if p := m.status.Checks.Paused; p != nil {
		p.State, p.Why = state, reason
		m.describe(ctx)
		return
	}
	before := m.status.State
	m.status.State, m.status.Reason = state, reason
	if before != state {
		m.status.StateSince = workflow.Now(ctx).UTC()
		m.note(ctx, before, firstNonEmpty(occasion, reason, "it is as it was approved"))
		m.remember(ctx)
		m.index(ctx)
	}
	m.describe(ctx)
}

// note has a change of state told.
func (m *owned) note(ctx workflow.Context, before schemas.ModelState, reason string) {
	c := &m.status.Checks
	c.Transitions++
	t := transition{
		at: workflow.Now(ctx).UTC(), number: c.Transitions, before: before, after: m.status.State, reason: reason,
		model: m.status.Ownership,
	}
	switch {
	case t.after == schemas.ModelDrifted:
		t.drift = c.Drift
	case t.after == schemas.ModelDegraded || before == schemas.ModelDegraded && t.after == schemas.ModelActive:
		t.probe = c.Probe
	}
	m.untold = append(m.untold, t)
}

// remember writes the record where it can be read without a worker.
func (m *owned) remember(ctx workflow.Context) {
	err := workflow.UpsertMemo(ctx, map[string]any{
		schemas.OwnershipMemo: m.status.Ownership, schemas.LastCheckMemo: m.lastCheck(),
	})
	if err != nil {
		workflow.GetLogger(ctx).Error("the record of the model was not written", "error", err)
	}
}

// rememberCheck writes when the model was last seen where it can be read without a worker. Runs that began before there
// was such a memo do without; those that need no more than their status began later.
func (m *owned) rememberCheck(ctx workflow.Context) {
	if !m.isOwned() || !m.atOnce &&
		workflow.GetVersion(ctx, "last-check-in-memo", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return
	}
	if err := workflow.UpsertMemo(ctx, map[string]any{schemas.LastCheckMemo: m.lastCheck()}); err != nil {
		workflow.GetLogger(ctx).Error("the last check was not written", "error", err)
	}
}

func (m *owned) lastCheck() schemas.LastCheck {
	return schemas.LastCheck{At: m.status.Checks.At, StateSince: m.status.StateSince,
		Trouble: plain(m.status.Checks.Trouble, 200)}
}

// tellAll tells transitions one after the other: nothing is announced that is not in the audit trail.
func (m *owned) tellAll(ctx workflow.Context) {
	for workflow.Await(ctx, func() bool { return len(m.untold) > 0 }) == nil {
		m.tell(ctx, m.untold[0])
		m.untold = m.untold[1:]
	}
}

func (m *owned) tell(ctx workflow.Context, t transition) {
	self := workflow.GetInfo(ctx).WorkflowExecution
	e := schemas.AuditEntry{
		EntryID: fmt.Sprintf("%s/state-%d", self.RunID, t.number), Event: schemas.AuditModelState, Timestamp: t.at,
		ModelID: t.model.ModelID, PayloadHash: t.model.PayloadHash, Compliance: schemas.RecordStored,
		Name: schemas.RecordedName(m.name), Reason: t.reason, Requester: plain(t.model.Requester, 200), Probe: t.probe,
		Changes: t.drift, State: t.after, StateBefore: t.before, WorkflowID: self.ID, RunID: self.RunID,
	}
	event := schemas.Event{
		Event: schemas.ModelStateChanged, Timestamp: t.at, ModelID: t.model.ModelID, Status: string(t.after),
		StateBefore: t.before, Name: m.name, Reason: t.reason, PayloadHash: t.model.PayloadHash, Changes: t.drift,
		WorkflowID: self.ID, RunID: self.RunID,
	}
	if t.probe != nil {
		e.ValidationStatus = t.probe.Status
		if l := t.probe.Latency; l != nil {
			e.LatencyMs, event.Metrics.ValidationLatencyMs = &l.Median, &l.Median
		}
	}
	_, err := writeAudit(ctx, e, func(reason string) { m.untellable = reason; m.describe(ctx) })
	m.untellable = ""
	if err != nil { // it can never be written, which the trail's own checks have said
		workflow.GetLogger(ctx).Error("a change of state is not in the audit trail", "error", err)
	}
	if url := t.model.Manifest.WebhookCallbackURL; url != "" {
		announce(ctx, schemas.DeliverWebhookInput{
			Requester: t.model.Requester,
			Webhook: schemas.WebhookInput{
				URL: url, MessageID: schemas.MessageID(self.RunID, fmt.Sprintf("state-%d", t.number)), Event: event,
			},
		})
	}
}
