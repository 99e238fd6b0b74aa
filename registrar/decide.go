package registrar

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
	"model-registrar/workflows"
)

// Refused says that a workflow refused a decision, or a fleet an order. It is no error of the program's: the reason is
// for the person who decided.
type Refused struct {
	Who    string // "the registration" or "the fleet"
	Reason string // in the workflow's words
}

// Error says why.
func (e *Refused) Error() string {
	if e.Who == aRegistration {
		return "the decision was refused: " + e.Reason
	}
	return e.Who + " refused: " + e.Reason
}

// Who refuses.
const (
	aRegistration = "the registration"
	aFleet        = "the fleet"
)

// TooLate says that a registration had ended before a decision about it came. The decision is in the audit trail all
// the same, unless Unrecorded says why not.
type TooLate struct {
	Ended
	Refusal    string // why it does not count, in the worker's words; empty while that is not known
	AuditSeq   int64  // of its entry in the audit trail; 0 while there is none
	WorkflowID string // of the workflow that records it
	// a [*NoWorker], a [*Refused], or why Temporal could not be asked to record it; nil once it is recorded
	Unrecorded error
}

// Error says how the registration ended, and what became of the decision.
func (e *TooLate) Error() string {
	if e.Unrecorded == nil {
		return "the decision was refused: " + e.Refusal
	}
	return fmt.Sprintf("%s; the decision is not recorded: %v", e.Ended.Error(), e.Unrecorded)
}

// Unwrap returns why the decision is not recorded.
func (e *TooLate) Unwrap() error { return e.Unrecorded }

func (*Refused) typed() {}
func (*TooLate) typed() {}

// Decide sends a decision about the registration of a name, and waits up to [AnswerTimeout] for the worker to accept
// it. The decision is about the run d.RunID, and about the newest where that is empty. An approval has to name the
// payload hash that was looked at. Repeating a call whose answer was lost makes no second decision. A rejection that no
// worker answers is left as a signal, and the receipt says so. The error is a [*Refused] with the reason if the
// decision does not count, a [*TooLate] if the run had ended, a [*NoWorker] if none answered (whether the decision
// counts is then not known), or one of those of every call.
func (c *Client) Decide(ctx context.Context, name string, d schemas.Decision) (schemas.DecisionReceipt, error) {
	var receipt schemas.DecisionReceipt
	if err := c.checkEncryption(ctx); err != nil {
		return receipt, err
	}
	workflowID := schemas.RegisterModelWorkflowID(name)
	id := c.decisionID(ctx, name, d)
	err := c.updateAs(ctx, id, workflowID, d.RunID, schemas.DecideHandler, &receipt, d)
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone && ctx.Err() == nil {
		return receipt, c.decideTooLate(ctx, name, d)
	}
	if d.Decision == schemas.Reject && ctx.Err() == nil && undelivered(err) {
		return c.signalRejection(ctx, name, d)
	}
	return receipt, c.refused(ctx, aRegistration, "the decision", err)
}

// decisionID is the id of a decision's update: the same for one that is sent again after its answer was lost, so that
// the two are one. After a refusal it is another, since what was refused may be right by now.
func (c *Client) decisionID(ctx context.Context, name string, d schemas.Decision) string {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	p, err := c.Status(ctx, name, d.RunID)
	if err != nil {
		p.RefusedAll = 0 // no worker answers, so that nothing is refused meanwhile either
	}
	d.Signature = "" // some keys never make the same one twice
	return updateID(schemas.DecideHandler, name, d, p.RefusedAll)
}

// updateID derives the id of an update from what it says.
func updateID(handler string, said ...any) string {
	raw, _ := json.Marshal(said) // plain values: it cannot fail
	sum := sha256.Sum256(raw)
	return handler + "-" + hex.EncodeToString(sum[:16])
}

// undelivered reports whether an update got no answer: no worker took it, or as many as the server allows wait already.
func undelivered(err error) bool {
	_, late := errors.AsType[*client.WorkflowUpdateServiceTimeoutOrCanceledError](err)
	_, full := errors.AsType[*serviceerror.ResourceExhausted](err)
	return late || full
}

// signalRejection leaves a rejection where the next worker finds it: nothing must keep a person from stopping a model.
func (c *Client) signalRejection(
	ctx context.Context, name string, d schemas.Decision,
) (schemas.DecisionReceipt, error) {
	err := c.call(ctx, func(ctx context.Context) error {
		return c.temporal.SignalWorkflow(ctx, schemas.RegisterModelWorkflowID(name), d.RunID, schemas.DecideHandler, d)
	})
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone && ctx.Err() == nil {
		return schemas.DecisionReceipt{}, c.decideTooLate(ctx, name, d)
	}
	return schemas.DecisionReceipt{
		Name: name, Decision: d.Decision, Approver: d.Approver, Signalled: true,
		Message: "no worker answered, so the rejection was left as a signal; it counts once a worker hears it, if " +
			"the registration " +
			"has not passed its gate by then",
	}, err
}

// update sends an update to a workflow and waits for its answer.
func (c *Client) update(ctx context.Context, workflowID, runID, handler string, answer any, args ...any) error {
	return c.updateAs(ctx, "", workflowID, runID, handler, answer, args...)
}

// updateAs sends an update under an id; one of that id that was sent before is waited for in its place.
func (c *Client) updateAs(ctx context.Context, id, workflowID, runID, handler string, answer any, args ...any) error {
	limited, cancel := context.WithTimeout(ctx, AnswerTimeout)
	defer cancel()
	handle, err := c.temporal.UpdateWorkflow(limited, client.UpdateWorkflowOptions{
		UpdateID: id, WorkflowID: workflowID, RunID: runID, UpdateName: handler,
		Args: args, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(limited, answer)
	}
	return err
}

// refused gives the error of an update its type.
func (c *Client) refused(ctx context.Context, who, what string, err error) error {
	if err == nil || ctx.Err() != nil {
		return c.Explain(ctx, err)
	}
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return &Refused{who, app.Message()}
	}
	if _, late := errors.AsType[*client.WorkflowUpdateServiceTimeoutOrCanceledError](err); late {
		return &NoWorker{TaskQueue: c.taskQueue, Waited: AnswerTimeout, Unknown: what}
	}
	return c.Explain(ctx, err)
}

// decideTooLate has a decision recorded whose registration has ended, or does not exist.
func (c *Client) decideTooLate(ctx context.Context, name string, d schemas.Decision) error {
	t, err := c.FindRun(ctx, name, d.RunID)
	if err != nil {
		return err
	}
	if t.Ending == nil {
		return &Moved{t.Name()}
	}
	in := schemas.RecordDecisionInput{
		Name: t.Name(), RunID: t.RunID, PayloadHash: d.PayloadHash, ModelID: t.Evidence.ModelID,
		Requester: t.Input.Requester, Outcome: t.Ending.Outcome(), Decision: d,
	}
	late := &TooLate{Ended: Ended{in.Name, t.Ending.At, in.Outcome},
		WorkflowID: schemas.LateDecisionWorkflowID(in.Name, uuid.NewString())}
	limited, cancel := context.WithTimeout(ctx, AnswerTimeout)
	defer cancel()
	recorded, started, err := c.record(limited, late.WorkflowID, in)
	app, refused := errors.AsType[*temporal.ApplicationError](err)
	switch {
	case err == nil:
		late.Refusal, late.AuditSeq = recorded.Refusal, recorded.AuditSeq
	case refused:
		late.Unrecorded = &Refused{aRegistration, app.Message()}
	case started && ctx.Err() == nil && isUnreachable(err):
		late.Unrecorded = &NoWorker{TaskQueue: c.taskQueue, Waited: AnswerTimeout}
	default:
		late.Unrecorded = c.Explain(ctx, err)
	}
	return late
}

// record runs the workflow that records a decision, and reports whether it was started.
func (c *Client) record(
	ctx context.Context, id string, in schemas.RecordDecisionInput,
) (r schemas.RecordedDecision, started bool, err error) {
	who := in.Decision.Approver
	if who == "" {
		who = "the signer"
	}
	run, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: c.taskQueue, Priority: workflows.PriorityOf(in.Decision.Approver),
		StaticSummary: workflows.SummaryOfRecord(who, in),
	}, schemas.RecordDecisionWorkflow, in)
	if err != nil {
		return r, false, err
	}
	return r, true, run.Get(ctx, &r)
}
