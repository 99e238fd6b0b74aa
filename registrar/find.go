package registrar

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"

	"model-registrar/internal/follow"
	"model-registrar/schemas"
)

// NotFound says that Temporal knows no registration of a name, or no fleet of an id. Temporal forgets what has ended
// after the namespace's retention time.
type NotFound struct {
	Name      string // of the model; the id of a fleet
	Fleet     bool
	Namespace string
	Like      string // a name that is known, and differs in case alone; empty for none
}

// Error says what is not known.
func (e *NotFound) Error() string {
	if e.Fleet {
		return fmt.Sprintf("no fleet %q is known in namespace %q", e.Name, e.Namespace)
	}
	text := fmt.Sprintf("no registration of %q is known in namespace %q", e.Name, e.Namespace)
	if e.Like != "" {
		text += fmt.Sprintf("; did you mean %q?", e.Like)
	}
	return text
}

// NoWorker says that no worker answered. What was asked for may have happened all the same.
type NoWorker struct {
	TaskQueue string
	Waited    time.Duration // 0: until Temporal gave up
	Unknown   string        // what may count all the same, for example "the decision"; empty for a question
}

// Error names the task queue, and says what is not known.
func (e *NoWorker) Error() string {
	switch {
	case e.Unknown != "":
		return fmt.Sprintf("no worker answered within %s; whether %s counts is not known", e.Waited, e.Unknown)
	case e.Waited > 0:
		return fmt.Sprintf("no worker on task queue %q answered within %s", e.TaskQueue, e.Waited)
	}
	return fmt.Sprintf("no worker on task queue %q answered", e.TaskQueue)
}

func (*NotFound) typed() {}
func (*NoWorker) typed() {}

// ModelNamed is the name of the model that a person names: by that name, or by the id of the workflow that registers or
// owns the model.
func ModelNamed(argument string) string {
	if name, ok := schemas.ModelNameOf(argument); ok {
		return name
	}
	if name, ok := schemas.OwnedNameOf(argument); ok {
		return name
	}
	return argument
}

// Find reads the newest registration of a name from its history. It needs no worker. A name that no registration has is
// taken for the id of its workflow, or of the one that owns the model. The error is a [*NotFound] if there is none.
func (c *Client) Find(ctx context.Context, name string) (*Timeline, error) {
	return c.FindRun(ctx, name, "")
}

// FindRun reads one run of a registration from its history; the newest for an empty id.
func (c *Client) FindRun(ctx context.Context, name, runID string) (*Timeline, error) {
	t, err := c.load(ctx, schemas.RegisterModelWorkflowID(name), runID)
	if of := ModelNamed(name); of != name && err == nil && t == nil {
		t, err = c.load(ctx, schemas.RegisterModelWorkflowID(of), runID)
	}
	if err == nil && t == nil {
		return nil, &NotFound{Name: name, Namespace: c.namespace, Like: c.like(ctx, name)}
	}
	return t, err
}

// like is a name among the newest thousand registrations that differs from this one in case alone; empty for none.
func (c *Client) like(ctx context.Context, name string) string {
	known, _, _ := c.list(ctx, Filter{}.query(), namesCompared)
	i := slices.IndexFunc(known, func(l Listed) bool { return l.Name != name && strings.EqualFold(l.Name, name) })
	if i < 0 {
		return ""
	}
	return known[i].Name
}

// load reads one run of a workflow id, the newest for an empty run id; nil if there is none.
func (c *Client) load(ctx context.Context, workflowID, runID string) (*Timeline, error) {
	var t *Timeline
	err := c.call(ctx, func(ctx context.Context) (err error) {
		t, err = follow.Load(ctx, c.temporal, c.decoder, workflowID, runID)
		if _, none := errors.AsType[*serviceerror.NotFound](err); none {
			t, err = nil, nil
		}
		return err
	})
	return t, err
}

// Status asks the workflow of a running registration where it stands. That needs a worker, and tells what the history
// does not: the deadline of an approval, decisions that were refused. The error is a [*NoWorker] if none answers.
func (c *Client) Status(ctx context.Context, name, runID string) (schemas.Progress, error) {
	return query[schemas.Progress](ctx, c, schemas.RegisterModelWorkflowID(name), runID, schemas.StatusQuery)
}

// Retrying is what of a running registration failed and is tried again just now, which neither its history nor its
// workflow tells. It needs no worker.
func (c *Client) Retrying(ctx context.Context, name, runID string) (all []schemas.Retry, err error) {
	err = c.call(ctx, func(ctx context.Context) (err error) {
		all, err = follow.Retrying(ctx, c.temporal, c.decoder, schemas.RegisterModelWorkflowID(name), runID)
		return err
	})
	return all, err
}

// query asks a workflow.
func query[T any](ctx context.Context, c *Client, workflowID, runID, name string) (answer T, err error) {
	limited, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	value, err := c.temporal.QueryWorkflow(limited, workflowID, runID, name)
	if err == nil {
		err = value.Get(&answer)
	}
	return answer, c.unanswered(ctx, err)
}

// unanswered gives the error of a call that a worker has to answer its type.
func (c *Client) unanswered(ctx context.Context, err error) error {
	_, nobody := errors.AsType[*serviceerror.FailedPrecondition](err)
	if err != nil && ctx.Err() == nil && (nobody || follow.TimedOut(err)) {
		return &NoWorker{TaskQueue: c.taskQueue}
	}
	return c.Explain(ctx, err)
}

// Follow calls show whenever something about a run changes, until the run has ended, and returns its timeline; the
// newest run for an empty id. Calls of show do not overlap, and a view stays as it is. While Temporal cannot be reached
// the view says so, and following goes on when it can. It sends no query, and needs no worker.
func (c *Client) Follow(ctx context.Context, name, runID string, show func(View)) (Timeline, error) {
	t, err := follow.Follow(ctx, c.temporal, c.decoder, schemas.RegisterModelWorkflowID(name), runID, show)
	if _, none := errors.AsType[*serviceerror.NotFound](err); none {
		return t, &NotFound{Name: name, Namespace: c.namespace}
	}
	return t, c.Explain(ctx, err)
}

// WithDeliveries brings what a result says of its webhooks up to date. What cannot be found out stays as it was when
// the registration ended.
func (c *Client) WithDeliveries(ctx context.Context, r schemas.Result) schemas.Result {
	r.Webhook = c.Delivery(ctx, r.Webhook)
	if r.Approval != nil {
		approval := *r.Approval
		approval.Announced = c.Delivery(ctx, approval.Announced)
		r.Approval = &approval
	}
	return r
}

// Delivery is what has become of a webhook by now, if it was left to a workflow of its own. Nil stays nil.
func (c *Client) Delivery(ctx context.Context, d *schemas.WebhookDelivery) *schemas.WebhookDelivery {
	if d == nil || !d.Pending || d.WorkflowID == "" {
		return d
	}
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	now, err := follow.Delivery(ctx, c.temporal, c.decoder, *d)
	if err != nil {
		return d
	}
	return &now
}

// AwaitApproval waits until a running registration asks for a decision, and returns what the decision is about. The
// error is an [*Ended] if it ends without asking.
func (c *Client) AwaitApproval(ctx context.Context, name, runID string) (schemas.Progress, error) {
	following, stop := context.WithCancel(ctx)
	defer stop()
	asks := false
	t, err := c.Follow(following, name, runID, func(v View) {
		if v.Undecided() {
			asks = true
			stop()
		}
	})
	switch {
	case asks && ctx.Err() == nil:
		return c.Status(ctx, name, t.RunID)
	case err != nil:
		return schemas.Progress{}, err
	}
	return t.Progress(), &Ended{t.Name(), t.Ending.At, t.Ending.Outcome()}
}
