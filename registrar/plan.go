package registrar

import (
	"cmp"
	"context"
	"sync"
	"time"

	"go.temporal.io/api/workflowservice/v1"

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
	p := plan.Make(manifests, world, plan.Options{Prune: o.Prune})
	if world.Owned, err = c.corrected(ctx, owned, p); err != nil {
		return schemas.Plan{}, err
	}
	p = plan.Make(manifests, world, plan.Options{Prune: o.Prune})
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

// corrected asks again about each model that a plan has something to do with: the visibility store may lag behind.
func (c *Client) corrected(
	ctx context.Context, owned []schemas.Ownership, p schemas.Plan,
) ([]schemas.Ownership, error) {
	asked := map[string]**schemas.Ownership{}
	var group sync.WaitGroup
	var once sync.Once
	var failed error
	slots := make(chan struct{}, describedAtOnce)
	for _, item := range p.Items {
		if item.Action == schemas.PlanUnchanged {
			continue
		}
		answer := new(*schemas.Ownership)
		asked[item.Name] = answer
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			own, err := c.Owner(ctx, item.Name)
			if err != nil {
				once.Do(func() { failed = err })
			}
			*answer = own
		})
	}
	group.Wait()
	if failed != nil {
		return nil, failed
	}
	var now []schemas.Ownership
	for _, o := range owned {
		if asked[o.Name] == nil {
			now = append(now, o)
		}
	}
	for _, answer := range asked {
		if *answer != nil {
			now = append(now, **answer)
		}
	}
	return now, nil
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
