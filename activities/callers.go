package activities

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/activity"

	"model-registrar/schemas"
)

// Whoever reaches Temporal can call an activity by its name: from a workflow of their own, or from none. So each
// activity is registered together with the callers that it serves, and refuses all others before it does anything. The
// workflow's type and id are what the server says of the caller. That a workflow of such a type and id runs the
// registrar's own code they do not prove: docs/security.md says what is left to somebody who runs workers in the
// namespace.

// permit is one kind of caller.
type permit[In any] struct {
	workflow string // its type
	local    bool   // only as a local activity
	fits     func(by activity.Info, in In) bool
}

// operations are the workflow types that work on a model, under the id register-model/NAME.
var operations = schemas.Operations

// of permits the operations on the model that the input is about.
func of[In any](name func(In) string) []permit[In] {
	return operating(func(by activity.Info, in In) bool {
		return by.WorkflowExecution.ID == schemas.RegisterModelWorkflowID(name(in))
	})
}

// anyOperation permits the operations on whichever model, for inputs that do not name one.
func anyOperation[In any]() []permit[In] {
	return operating(func(by activity.Info, _ In) bool {
		return strings.HasPrefix(by.WorkflowExecution.ID, schemas.RegisterModelWorkflowID(""))
	})
}

func operating[In any](fits func(activity.Info, In) bool) (permits []permit[In]) {
	for _, o := range operations {
		permits = append(permits, permit[In]{workflow: o, fits: fits})
	}
	return permits
}

// locally restricts permits to local activities, whose results nobody but the holder of the workflow task can write.
func locally[In any](permits []permit[In]) []permit[In] {
	for i := range permits {
		permits[i].local = true
	}
	return permits
}

// only makes an activity that serves the callers permitted and refuses all others. Its results say what they answer.
func only[In, Out any](
	fn func(context.Context, In) (Out, error), permits ...permit[In],
) func(context.Context, In) (Out, error) {
	return func(ctx context.Context, in In) (Out, error) {
		if err := admit(ctx, in, permits); err != nil {
			var none Out
			return none, err
		}
		out, err := fn(prioritised(ctx), in)
		if asked, ok := any(in).(schemas.Asked); ok && err == nil {
			if answer, ok := any(&out).(schemas.Answered); ok {
				answer.SetAbout(asked.Subject())
			}
		}
		return out, err
	}
}

// onlyDone is only for an activity without a result.
func onlyDone[In any](fn func(context.Context, In) error, permits ...permit[In]) func(context.Context, In) error {
	return func(ctx context.Context, in In) error {
		if err := admit(ctx, in, permits); err != nil {
			return err
		}
		return fn(prioritised(ctx), in)
	}
}

func admit[In any](ctx context.Context, in In, permits []permit[In]) error {
	by := activity.GetInfo(ctx)
	known := by.IsWorkflowActivity() && by.WorkflowType != nil
	if known && slices.ContainsFunc(permits, func(p permit[In]) bool {
		return p.workflow == by.WorkflowType.Name && (!p.local || by.IsLocalActivity) && p.fits(by, in)
	}) {
		return nil
	}
	who := "it was called without a workflow"
	if known {
		who = fmt.Sprintf("it was called by the workflow %.100q of type %.60q", by.WorkflowExecution.ID,
			by.WorkflowType.Name)
	}
	activity.GetLogger(ctx).Warn("a call was refused: somebody uses the registrar's activities from outside", "caller",
		who)
	return fatal(schemas.ErrCallerRefused, fmt.Sprintf(
		"%s serves the registrar's own workflows alone, each for what it is about; %s. Nothing was done",
		by.ActivityType.Name, who))
}

// The rules of the activities whose callers are of several kinds.

func notifyCallers() []permit[schemas.WebhookInput] {
	own := func(by activity.Info, in schemas.WebhookInput) bool {
		e := in.Event
		return by.WorkflowExecution.ID == e.Sender() && e.WorkflowID == by.WorkflowExecution.ID &&
			e.RunID == by.WorkflowExecution.RunID && isMessageOf(in.MessageID, e.RunID)
	}
	operation := operating(func(by activity.Info, in schemas.WebhookInput) bool {
		return in.Event.Event != schemas.ModelStateChanged && own(by, in)
	})
	return append(operation, permit[schemas.WebhookInput]{
		workflow: schemas.ManageModelWorkflow,
		fits: func(by activity.Info, in schemas.WebhookInput) bool {
			return in.Event.Event == schemas.ModelStateChanged && own(by, in)
		},
	}, permit[schemas.WebhookInput]{
		workflow: schemas.DeliverWebhookWorkflow,
		fits: func(by activity.Info, in schemas.WebhookInput) bool {
			return by.WorkflowExecution.ID == schemas.DeliverWebhookWorkflowID(in.MessageID) &&
				isMessageOf(in.MessageID, in.Event.RunID) && in.Event.WorkflowID == in.Event.Sender()
		},
	})
}

// isRecordedOf reports whether the name in an entry is that of the model whose operation, or whose owner, the entry is
// about.
func isRecordedOf(e schemas.AuditEntry) bool {
	name, ok := schemas.ModelNameOf(e.WorkflowID)
	if !ok {
		name, ok = schemas.OwnedNameOf(e.WorkflowID)
	}
	return ok && schemas.RecordedName(name) == e.Name
}

// isMisnamed reports whether an entry says of a registration under an id that is not its model's that it was refused,
// and nothing else.
func isMisnamed(e schemas.AuditEntry) bool {
	return e.Event == schemas.AuditEnded && e.ErrorType == schemas.ErrWrongWorkflowID && e.Outcome == schemas.Failed &&
		e.ModelID == "" && e.PayloadHash == "" && e.Approval == nil
}

func isMessageOf(messageID, runID string) bool {
	return strings.HasPrefix(messageID, schemas.MessageID(runID, ""))
}

func verifyCallers() []permit[schemas.VerifyDecisionInput] {
	operation := of(func(in schemas.VerifyDecisionInput) string { return in.Registration.Name })
	return locally(append(operation, permit[schemas.VerifyDecisionInput]{
		workflow: schemas.RecordDecisionWorkflow,
		fits: func(by activity.Info, in schemas.VerifyDecisionInput) bool {
			return strings.HasPrefix(by.WorkflowExecution.ID, schemas.LateDecisionWorkflowID(in.Registration.Name, ""))
		},
	}))
}

// handOverCallers: an operation hands over what is its own, in its own name. A change that does not complete hands back
// what an earlier operation had handed over, in that one's.
func handOverCallers() []permit[schemas.HandOverInput] {
	return operating(func(by activity.Info, in schemas.HandOverInput) bool {
		own := in.RunID == by.WorkflowExecution.RunID && in.Operation == by.WorkflowType.Name
		back := by.WorkflowType.Name == schemas.ChangeModelWorkflow && slices.Contains(operations, in.Operation)
		return by.WorkflowExecution.ID == schemas.RegisterModelWorkflowID(in.Name) &&
			in.WorkflowID == by.WorkflowExecution.ID && (own || back)
	})
}

// releaseCallers: an operation takes back its own hand-over alone, but for a retirement.
func releaseCallers() []permit[schemas.ReleaseInput] {
	return operating(func(by activity.Info, in schemas.ReleaseInput) bool {
		return by.WorkflowExecution.ID == schemas.RegisterModelWorkflowID(in.Name) &&
			(in.RunID == by.WorkflowExecution.RunID || by.WorkflowType.Name == schemas.RetireModelWorkflow)
	})
}

// byType permits one operation alone, on the model that the input is about.
func byType[In any](operation string, name func(In) string) permit[In] {
	return permit[In]{workflow: operation, fits: func(by activity.Info, in In) bool {
		return by.WorkflowExecution.ID == schemas.RegisterModelWorkflowID(name(in))
	}}
}

// ownedBy permits the workflow that owns the model that the input is about.
func ownedBy[In any](name func(In) string) permit[In] {
	return permit[In]{workflow: schemas.ManageModelWorkflow, fits: func(by activity.Info, in In) bool {
		return by.WorkflowExecution.ID == schemas.ManageModelWorkflowID(name(in))
	}}
}

// auditCallers: an entry is about its caller, under an id that is its caller's. Two kinds write about a registration
// that is not theirs: the delivery of its webhook, and a decision that came too late, which can only be recorded as
// refused.
func auditCallers() []permit[schemas.AuditEntry] {
	operation := operating(func(by activity.Info, e schemas.AuditEntry) bool {
		run := by.WorkflowExecution.RunID
		return e.WorkflowID == by.WorkflowExecution.ID && e.RunID == run && (isRecordedOf(e) || isMisnamed(e)) &&
			e.Event != schemas.AuditModelState &&
			(strings.HasPrefix(e.EntryID, run+"/") || e.Event == schemas.AuditWebhook && isMessageOf(e.EntryID, run))
	})
	return append(operation, permit[schemas.AuditEntry]{
		workflow: schemas.ManageModelWorkflow,
		fits: func(by activity.Info, e schemas.AuditEntry) bool {
			run := by.WorkflowExecution.RunID
			return e.WorkflowID == by.WorkflowExecution.ID && e.RunID == run && isRecordedOf(e) &&
				(e.Event == schemas.AuditModelState && strings.HasPrefix(e.EntryID, run+"/") ||
					e.Event == schemas.AuditWebhook && isMessageOf(e.EntryID, run))
		},
	}, permit[schemas.AuditEntry]{
		workflow: schemas.DeliverWebhookWorkflow,
		fits: func(by activity.Info, e schemas.AuditEntry) bool {
			return e.Event == schemas.AuditWebhook && e.Webhook != nil && isRecordedOf(e) &&
				by.WorkflowExecution.ID == schemas.DeliverWebhookWorkflowID(e.Webhook.MessageID) &&
				isMessageOf(e.Webhook.MessageID, e.RunID) && strings.HasPrefix(e.EntryID, e.Webhook.MessageID+"/")
		},
	}, permit[schemas.AuditEntry]{
		workflow: schemas.RecordDecisionWorkflow,
		fits: func(by activity.Info, e schemas.AuditEntry) bool {
			name, ok := schemas.ModelNameOf(e.WorkflowID)
			return ok && e.Event == schemas.AuditDecision && e.Decision != nil && !e.Decision.Accepted &&
				isRecordedOf(e) &&
				strings.HasPrefix(by.WorkflowExecution.ID, schemas.LateDecisionWorkflowID(name, "")) &&
				strings.HasPrefix(e.EntryID, by.WorkflowExecution.RunID+"/")
		},
	})
}

// ofFleet permits the fleet of this id.
func ofFleet[In any](id func(In) string) permit[In] {
	return permit[In]{workflow: schemas.RegisterFleetWorkflow, fits: func(by activity.Info, in In) bool {
		return by.WorkflowExecution.ID == schemas.RegisterFleetWorkflowID(id(in))
	}}
}

func anyFleet[In any]() permit[In] {
	return permit[In]{workflow: schemas.RegisterFleetWorkflow, fits: func(by activity.Info, _ In) bool {
		return strings.HasPrefix(by.WorkflowExecution.ID, schemas.RegisterFleetWorkflowID(""))
	}}
}

// reading permits the workflows that read the gateway for a plan.
func reading[In any]() permit[In] {
	return permit[In]{workflow: schemas.ReadGatewayWorkflow, fits: func(by activity.Info, _ In) bool {
		return strings.HasPrefix(by.WorkflowExecution.ID, schemas.ReadGatewayWorkflowID(""))
	}}
}
