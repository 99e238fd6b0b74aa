package registrar

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

	"model-registrar/internal/follow"
	"model-registrar/internal/ownership"
	"model-registrar/internal/plan"
	"model-registrar/schemas"
)

// PlanOptions say what a plan may contain. The zero value retires nothing.
type PlanOptions struct {
	// Prune has owned models that are in no manifest retired. Default: they are named and left alone.
	Prune bool
}

// Plan compares manifests, each name once, with the gateway and with what is owned, and returns what would make them
// one. It changes nothing. The gateway is read by a worker, with one call for each hundred models. The error is one of
// those of [Client.GatewayModels].
func (c *Client) Plan(ctx context.Context, manifests []schemas.Manifest, o PlanOptions) (schemas.Plan, error) {
	at := time.Now().UTC()
	var owned []schemas.Ownership
	var ownedErr error
	var reading sync.WaitGroup
	reading.Go(func() { owned, ownedErr = c.Models(ctx) })
	live, err := c.GatewayModels(ctx)
	reading.Wait()
	if err = cmp.Or(err, ownedErr); err != nil {
		return schemas.Plan{}, err
	}
	world := plan.World{Live: live.Models, Owned: owned}
	if world.Running, err = c.running(ctx); err != nil {
		return schemas.Plan{}, err
	}
	made := func() schemas.Plan { return plan.Make(manifests, world, plan.Options{Prune: o.Prune}) }
	if err = c.findRunning(ctx, world.Running, made()); err != nil {
		return schemas.Plan{}, err
	}
	if world.Owned, err = c.corrected(ctx, owned, made()); err != nil { // what ended meanwhile is handed over by now
		return schemas.Plan{}, err
	}
	p := made()
	p.At = at
	return p, nil
}

// Models lists the models that are ours, in no order. It needs no worker. The visibility store may lag behind by a
// second or so; [Client.Owner] does not.
func (c *Client) Models(ctx context.Context) ([]schemas.Ownership, error) {
	reader := c.owners()
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: c.namespace, PageSize: 500,
		Query: "WorkflowType = " + literal(schemas.ManageModelWorkflow) + " AND ExecutionStatus = 'Running'",
	}
	all := []schemas.Ownership{}
	for {
		page, err := c.page(ctx, request)
		if err != nil {
			return nil, err
		}
		for _, w := range page.GetExecutions() {
			o, err := reader.Of(w)
			if err != nil {
				return nil, c.Explain(ctx, err)
			}
			if o != nil {
				all = append(all, *o)
			}
		}
		if len(page.GetNextPageToken()) == 0 {
			return all, nil
		}
		request.NextPageToken = page.GetNextPageToken()
	}
}

func (c *Client) owners() ownership.Reader {
	return ownership.Reader{Temporal: c.temporal, Namespace: c.namespace, Data: c.decoder.Data}
}

// describedAtOnce bounds the calls that are under way to Temporal.
const describedAtOnce = 20

// detailedRunning bounds how many running operations are looked up for a plan.
const detailedRunning = 100

// running lists the operations that run, by the names of their models, as the visibility store has them.
func (c *Client) running(ctx context.Context) (map[string]schemas.RunningOperation, error) {
	all := map[string]schemas.RunningOperation{}
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: c.namespace, PageSize: 500, Query: Filter{}.query() + " AND CloseTime IS NULL",
	}
	for {
		page, err := c.page(ctx, request)
		if err != nil {
			return nil, err
		}
		for _, w := range page.GetExecutions() {
			if name, ok := schemas.ModelNameOf(w.GetExecution().GetWorkflowId()); ok {
				l := listedOf(w, time.Now())
				all[name] = schemas.RunningOperation{Operation: l.Operation, Stage: schemas.Stage(l.Stage),
					StartedAt: l.StartedAt, RunID: l.RunID, PayloadHash: l.PayloadHash}
			}
		}
		if len(page.GetNextPageToken()) == 0 {
			return all, nil
		}
		request.NextPageToken = page.GetNextPageToken()
	}
}

// findRunning completes what is known of the running operations that a plan has to do with, up to a bound, and looks
// for those that the visibility store does not have yet where a model is in the gateway and nobody's: it may just be
// made.
func (c *Client) findRunning(ctx context.Context, running map[string]schemas.RunningOperation, p schemas.Plan) error {
	var asked []string
	busy := 0
	for _, i := range p.Items {
		switch i.Action {
		case schemas.PlanBusy:
			if busy++; busy <= detailedRunning {
				asked = append(asked, i.Name)
			}
		case schemas.PlanConflict, schemas.PlanAdopt:
			asked = append(asked, i.Name)
		}
	}
	found := make([]*schemas.RunningOperation, len(asked))
	err := concurrently(len(asked), func(n int) (err error) {
		_, known := running[asked[n]]
		found[n], err = c.inProgress(ctx, asked[n], known)
		return err
	})
	for n, name := range asked {
		delete(running, name) // unless it still runs
		if found[n] != nil {
			running[name] = *found[n]
		}
	}
	return err
}

// corrected asks again about each model that a plan has something to do with: the visibility store may lag behind.
func (c *Client) corrected(
	ctx context.Context, owned []schemas.Ownership, p schemas.Plan,
) ([]schemas.Ownership, error) {
	var names []string
	for _, item := range p.Items {
		if item.Action != schemas.PlanUnchanged {
			names = append(names, item.Name)
		}
	}
	answers := make([]*schemas.Ownership, len(names))
	err := concurrently(len(names), func(n int) (err error) {
		answers[n], err = c.Owner(ctx, names[n])
		return err
	})
	if err != nil {
		return nil, err
	}
	asked := map[string]bool{}
	for _, name := range names {
		asked[name] = true
	}
	var now []schemas.Ownership
	for _, o := range owned {
		if !asked[o.Name] {
			now = append(now, o)
		}
	}
	for _, answer := range answers {
		if answer != nil {
			now = append(now, *answer)
		}
	}
	return now, nil
}

// concurrently calls do with the numbers below n, some at a time, and returns the first error.
func concurrently(n int, do func(n int) error) error {
	var group errgroup.Group
	group.SetLimit(describedAtOnce)
	for i := range n {
		group.Go(func() error { return do(i) })
	}
	return group.Wait()
}

// inProgress is the operation that runs on the model of this name; nil if none does. Where none is known, the server is
// asked first whether there is one, which is a smaller question.
func (c *Client) inProgress(ctx context.Context, name string, known bool) (*schemas.RunningOperation, error) {
	id := schemas.RegisterModelWorkflowID(name)
	if !known {
		var d *workflowservice.DescribeWorkflowExecutionResponse
		err := c.call(ctx, func(ctx context.Context) (err error) {
			d, err = c.temporal.DescribeWorkflowExecution(ctx, id, "")
			if _, none := errors.AsType[*serviceerror.NotFound](err); none {
				d, err = nil, nil
			}
			return err
		})
		if err != nil || d == nil || follow.IsOver(d.GetWorkflowExecutionInfo().GetStatus()) {
			return nil, err
		}
	}
	t, err := c.load(ctx, id, "")
	if err != nil || t == nil || t.Ending != nil {
		return nil, err
	}
	o := &schemas.RunningOperation{Operation: t.Operation, Stage: t.Progress().Stage, Requester: t.Input.Requester,
		StartedAt: t.StartedAt, RunID: t.RunID, PayloadHash: t.Evidence.PayloadHash}
	if t.Input.Manifest.Name == name {
		o.Manifest = &t.Input.Manifest
	}
	return o, nil
}

// pruneReason is the reason of a retirement that a plan asks for.
const pruneReason = "in no manifest any more"

// Items are the operations that do what a plan says, for a fleet: each bound to what the plan saw, but the
// registrations, for which what they find decides. Retirements come last, and that of a model which was renamed waits
// until the model is registered under its new name.
func Items(p schemas.Plan) []schemas.FleetItem {
	var items, retirements []schemas.FleetItem
	successors := map[string]*schemas.FleetPlace{}
	for _, i := range p.Items {
		if i.RenamedFrom != "" && i.Action.Applies() {
			successors[i.RenamedFrom] = &schemas.FleetPlace{Name: i.Name}
		}
	}
	for _, i := range p.Items {
		item := schemas.FleetItem{Operation: schemas.RegisterModelWorkflow, Manifest: i.Manifest}
		switch i.Action {
		case schemas.PlanChange, schemas.PlanRestore:
			item.Operation, item.Seen, item.Restore = schemas.ChangeModelWorkflow, &i.Seen,
				i.Action == schemas.PlanRestore
		case schemas.PlanAdopt:
			item.Operation, item.Seen = schemas.AdoptModelWorkflow, &i.Seen
		case schemas.PlanRetire:
			retirements = append(retirements, schemas.FleetItem{Operation: schemas.RetireModelWorkflow, Name: i.Name,
				Reason: pruneReason, Seen: &i.Seen, After: successors[i.Name]})
		}
		if i.Action.Applies() && i.Action != schemas.PlanRetire {
			items = append(items, item)
		}
	}
	return append(items, retirements...)
}
