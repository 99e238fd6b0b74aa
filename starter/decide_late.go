package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"model-registrar/registrar"
	"model-registrar/schemas"
)

// decideTooLate is for a run that had not ended when it was looked at.
func (a *app) decideTooLate(ctx context.Context, c *connection, t *registrar.Timeline, d schemas.Decision) error {
	ended, err := c.FindRun(ctx, t.Name(), t.RunID)
	if err != nil {
		return err
	}
	if ended == nil || ended.Ending == nil {
		return failed("the registration of %s ended or was started anew just now; look again", t.Name())
	}
	return a.decideLate(ctx, c, ended, d)
}

// decideLate has a decision recorded that came after the registration had ended. It is always refused.
func (a *app) decideLate(ctx context.Context, c *connection, t *registrar.Timeline, d schemas.Decision) error {
	in := schemas.RecordDecisionInput{
		Name: t.Name(), RunID: t.RunID, PayloadHash: d.PayloadHash, ModelID: t.Evidence.ModelID,
		Requester: t.Input.Requester, Outcome: t.Ending.Outcome(), Decision: d,
	}
	ended := fmt.Sprintf("the registration of %s has ended at %s as %s; there is nothing left to decide",
		in.Name, clock(t.Ending.At), in.Outcome)
	id := schemas.LateDecisionWorkflowID(in.Name, uuid.NewString())
	limited, cancel := context.WithTimeout(ctx, registrar.AnswerTimeout)
	defer cancel()
	var recorded schemas.RecordedDecision
	run, err := c.Temporal().ExecuteWorkflow(limited, client.StartWorkflowOptions{
		ID: id, TaskQueue: c.TaskQueue(), StaticSummary: fmt.Sprintf("Record that %s came too late to %s %s", whoever(d), d.Decision, in.Name),
	}, schemas.RecordDecisionWorkflow, in)
	if err == nil {
		err = run.Get(limited, &recorded)
	}
	var refused *temporal.ApplicationError
	switch {
	case err == nil:
		return failed("the decision was refused: %s", recorded.Refusal).
			hinting("It ended at %s. The decision is entry %d of the audit trail.", clock(t.Ending.At), recorded.AuditSeq)
	case errors.As(err, &refused):
		return failed("%s. The decision was refused: %s", ended, refused.Message())
	case run != nil && ctx.Err() == nil && unreachable(err):
		return failed("%s. That it was tried is being recorded, by the workflow %s", ended, id).
			hinting("No worker has done so within %s; check that one polls task queue %q.", registrar.AnswerTimeout, c.TaskQueue())
	}
	return about(ended+". It could not be recorded", c.explain(ctx, err))
}

// whoever is who decides, as far as the decision says.
func whoever(d schemas.Decision) string {
	if d.Approver == "" {
		return "the signer"
	}
	return d.Approver
}
