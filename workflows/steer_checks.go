package workflows

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// listenForChecks registers the updates that concern checks.
func (m *owned) listenForChecks(ctx workflow.Context) error {
	for _, h := range []struct {
		name, description string
		handle            func(workflow.Context, schemas.CheckRequest) (schemas.ModelCheck, error)
	}{
		{schemas.CheckHandler, "Checks the model now, and answers with what was seen", m.checkNow},
		{schemas.PauseHandler, "Checks the model no more until the checks are resumed", m.pause},
		{schemas.ResumeHandler, "Checks the model again, for the first time at once", m.resume},
	} {
		err := workflow.SetUpdateHandlerWithOptions(ctx, h.name, h.handle, workflow.UpdateHandlerOptions{
			Validator: m.checkRequest, Description: h.description,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *owned) checkRequest(_ workflow.Context, in schemas.CheckRequest) error {
	switch {
	case !m.isOwned(): // any more, or yet: nothing would come of it
		return m.notOwned()
	case strings.TrimSpace(in.By) == "":
		return temporal.NewApplicationError("say who asks: by is empty", string(schemas.ErrBadRequest))
	case utf8.RuneCountInString(in.By) > schemas.MaxRequester || utf8.RuneCountInString(in.Reason) > maxReason:
		return temporal.NewApplicationError(fmt.Sprintf("by has more than %d characters, or reason more than %d",
			schemas.MaxRequester, maxReason), string(schemas.ErrBadRequest))
	}
	return nil
}

func (m *owned) notOwned() error {
	return temporal.NewApplicationError(plain(m.name, 80)+" is not owned", string(schemas.ErrModelNotOwned))
}

// checkNow is the update `check`. It waits for a check that begins from now on.
func (m *owned) checkNow(ctx workflow.Context, _ schemas.CheckRequest) (schemas.ModelCheck, error) {
	mine := m.begun + 1
	m.wanted = max(m.wanted, mine)
	err := workflow.Await(ctx, func() bool { return m.done >= mine || m.released != nil })
	if err == nil && m.done < mine {
		err = m.notOwned()
	}
	return m.seen(), err
}

// seen is what is known of the model.
func (m *owned) seen() schemas.ModelCheck {
	s := m.status
	return schemas.ModelCheck{
		Name: m.name, State: s.State, Reason: s.Reason, At: s.Checks.At, Trouble: s.Checks.Trouble,
		Drift: s.Checks.Drift,
		Probe: s.Checks.Probe,
	}
}

// pause is the update `pause`. A check that was asked for is made nevertheless, and changes no state.
func (m *owned) pause(ctx workflow.Context, in schemas.CheckRequest) (schemas.ModelCheck, error) {
	if m.status.Checks.Paused == nil && m.isOwned() {
		paused := &schemas.Pause{By: plain(in.By, 200), Reason: plain(in.Reason, 500), At: workflow.Now(ctx).UTC(),
			State: m.status.State, Why: m.status.Reason}
		reason := "its checks are paused by " + paused.By
		if paused.Reason != "" {
			reason += ": " + paused.Reason
		}
		m.find(ctx, schemas.ModelPaused, reason)
		m.status.Checks.Paused = paused
		m.plan(ctx)
	}
	return m.seen(), nil
}

// resume is the update `resume`. The model is in the state that is known of it, and is checked at once.
func (m *owned) resume(ctx workflow.Context, in schemas.CheckRequest) (schemas.ModelCheck, error) {
	if paused := m.status.Checks.Paused; paused != nil && m.isOwned() {
		m.status.Checks.Paused = nil
		m.findBy(ctx, paused.State, paused.Why, "its checks are resumed by "+plain(in.By, 200))
		m.plan(ctx)
		m.status.Checks.Next = workflow.Now(ctx).UTC()
	}
	return m.seen(), nil
}
