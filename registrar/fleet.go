package registrar

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"model-registrar/schemas"
	"model-registrar/workflows"
)

// FleetRequest asks for many operations as one fleet.
type FleetRequest struct {
	// ID names the fleet; every fleet needs one of its own. Default: one that is made of the time and some letters.
	ID        string
	Manifests []schemas.Manifest // to register, at most [schemas.MaxFleet]
	// Items are further operations, after the registrations: of a plan, by [Items]. Where one comes after another, the
	// name is enough; it waits for nothing if none before it has that name.
	Items     []schemas.FleetItem
	Requester string // who asks; cannot approve any of them
	// Window is how many operations run at a time, from 1 to [schemas.MaxWindow]. Default: [schemas.DefaultWindow].
	Window        int
	StopOnFailure bool // start no more once an operation was not done; default: go on
	// PartSize is how many operations travel in one payload, from 1 to [schemas.MaxPart]. Default: [schemas.MaxPart].
	PartSize int
}

// Fleet is a fleet that was started or found.
type Fleet struct {
	ID         string
	WorkflowID string
	RunID      string // of its newest run
	Total      int    // operations; 0 for a fleet that was found and runs
	Parts      int    // likewise
	Requester  string // likewise
	// Result is what the fleet came to; nil while it runs.
	Result *schemas.FleetResult
}

// Taken says that the id of a fleet that was to be started belongs to another one.
type Taken struct{ ID string }

// Error names the id.
func (e *Taken) Error() string { return fmt.Sprintf("the id %q is taken by another fleet", e.ID) }

// Closed says that a fleet was closed from outside, terminated for example, and left no summary. Its operations go on.
type Closed struct {
	ID  string
	Err error
}

// Error says how it was closed.
func (e *Closed) Error() string {
	return fmt.Sprintf("the fleet was closed from outside, and left no summary: %v", e.Err)
}

// Unwrap returns how it was closed.
func (e *Closed) Unwrap() error { return e.Err }

// Forgotten says that Temporal has forgotten what a fleet was to do, which it holds until the namespace's retention
// time is over.
type Forgotten struct{ ID string }

// Error names the fleet.
func (e *Forgotten) Error() string {
	return fmt.Sprintf("Temporal has forgotten what the fleet %s was to do, so what it did not do is not known", e.ID)
}

func (*Taken) typed()     {}
func (*Closed) typed()    {}
func (*Forgotten) typed() {}

// FleetID takes the folder off the id of a fleet's workflow; the id of a fleet stays as it is.
func FleetID(name string) string {
	return strings.TrimPrefix(name, schemas.RegisterFleetWorkflowID(""))
}

// IsFleet reports whether a name is the id of a fleet's workflow, such as register-fleet/ID.
func IsFleet(name string) bool { return strings.HasPrefix(name, schemas.RegisterFleetWorkflowID("")) }

// StartFleet starts the workflows that hold what is to be done, then the fleet, which goes on whatever happens to this
// program. Starting is repeatable: the same under the same id, by the same requester, go on with what was started
// before. The error is a [*Taken] if the id is another fleet's, an [*Unsettled] if Temporal does not say whether the
// fleet was started, a [*NameTooLong], or an [*Encrypted] if the client lacks keys.
func (c *Client) StartFleet(ctx context.Context, r FleetRequest) (Fleet, error) {
	if r.ID == "" {
		r.ID = time.Now().UTC().Format("20060102-150405") + "-" + strings.ToLower(rand.Text()[:5])
	}
	if r.Window == 0 {
		r.Window = schemas.DefaultWindow
	}
	if r.PartSize == 0 {
		r.PartSize = schemas.MaxPart
	}
	items := r.items()
	f := Fleet{ID: r.ID, WorkflowID: schemas.RegisterFleetWorkflowID(r.ID), Total: len(items), Requester: r.Requester}
	for i, item := range items {
		if problem := item.Problem(); problem != "" {
			return f, fmt.Errorf("operation %d of the fleet %s", i+1, problem)
		}
	}
	parts, err := schemas.FleetParts(r.ID, items, r.PartSize, schemas.MaxPartBytes)
	if err != nil {
		return f, err
	}
	f.Parts = len(parts)
	if err := c.CheckNames(ctx, namesOf(items)...); err != nil {
		return f, err
	}
	if err := c.checkEncryption(ctx); err != nil {
		return f, err
	}
	for i, p := range parts {
		if err := c.startPart(ctx, p, len(parts)); err != nil {
			return f, c.notStarted(r.ID, i, err)
		}
	}
	f.RunID, err = c.startFleet(ctx, schemas.RegisterFleetInput{
		FleetID: r.ID, Total: f.Total, Parts: f.Parts, Window: r.Window, StopOnFailure: r.StopOnFailure,
		Requester: r.Requester, Operations: countsOf(items), Restores: restoresOf(items),
	})
	if err != nil {
		return f, c.notStarted(r.ID, len(parts), err)
	}
	return f, nil
}

// items are the operations of the fleet, in their order.
func (r FleetRequest) items() []schemas.FleetItem {
	items := make([]schemas.FleetItem, 0, len(r.Manifests)+len(r.Items))
	for _, m := range r.Manifests {
		items = append(items, Request{Manifest: m}.item())
	}
	items = append(items, r.Items...)
	place := map[string]int{}
	for i := range items {
		if after := items[i].After; after != nil {
			items[i].After = nil // unless it is of this fleet
			if index, ok := place[after.Name]; ok {
				items[i].After = &schemas.FleetPlace{Name: after.Name, Index: index}
			}
		}
		place[items[i].ModelName()] = i
	}
	return items
}

func namesOf(items []schemas.FleetItem) []string {
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = item.ModelName()
	}
	return names
}

// countsOf counts operations by workflow type; nil if all are registrations, of which a fleet is unless it says
// otherwise.
func countsOf(items []schemas.FleetItem) map[string]int {
	counts := map[string]int{}
	for _, item := range items {
		counts[item.Operation]++
	}
	if counts[schemas.RegisterModelWorkflow] == len(items) {
		return nil
	}
	return counts
}

// restoresOf counts the changes that put back what was approved.
func restoresOf(items []schemas.FleetItem) (n int) {
	for _, item := range items {
		if item.Restore {
			n++
		}
	}
	return n
}

// unique are the options of a workflow whose id is used once.
func (c *Client) unique(id, summary string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID: id, TaskQueue: c.taskQueue,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            summary,
	}
}

func (c *Client) startPart(ctx context.Context, p schemas.FleetPart, of int) error {
	options := c.unique(schemas.FleetPartWorkflowID(p.FleetID, p.Part),
		fmt.Sprintf("Part %d of %d of the fleet %s", p.Part+1, of, p.FleetID))
	return c.settle(ctx, options.ID, true, func(ctx context.Context) error {
		_, err := c.temporal.ExecuteWorkflow(ctx, options, schemas.HoldFleetPartWorkflow, p)
		return err
	}, func(ctx context.Context) (bool, error) {
		var held schemas.FleetPart
		_, err := c.startInput(ctx, options.ID, &held)
		return err == nil && same(held, p), err
	})
}

func (c *Client) startFleet(ctx context.Context, in schemas.RegisterFleetInput) (runID string, err error) {
	start := workflows.StartOfFleet(in)
	options := c.unique(schemas.RegisterFleetWorkflowID(in.FleetID), start.Summary)
	options.StaticDetails, options.TypedSearchAttributes = start.Details, start.Attributes
	options.Priority = workflows.PriorityOfFleet(in.Requester)
	err = c.settle(ctx, options.ID, true, func(ctx context.Context) error {
		run, err := c.temporal.ExecuteWorkflow(ctx, options, schemas.RegisterFleetWorkflow, in)
		if err == nil {
			runID = run.GetRunID()
		}
		return err
	}, func(ctx context.Context) (bool, error) {
		var there schemas.RegisterFleetInput
		started, err := c.startInput(ctx, options.ID, &there)
		there.Window, there.State = in.Window, nil // both change while a fleet runs
		there.Restores = in.Restores               // which the parts say, and earlier starters did not count
		runID = started.GetOriginalExecutionRunId()
		return err == nil && same(there, in), err
	})
	return runID, err
}

// notStarted gives the error of a start its type. The parts of a fleet that was plainly not started are released; where
// that is not known they stay, and end by themselves if there is no fleet.
func (c *Client) notStarted(id string, parts int, err error) error {
	if _, ok := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); ok {
		return &Taken{id} // and so may the parts be
	}
	if _, unsettled := errors.AsType[*Unsettled](err); !unsettled {
		c.release(id, parts)
	}
	return err
}

// release lets go of the first parts of a fleet that was not started. Those that it does not reach end by themselves.
func (c *Client) release(id string, parts int) {
	ctx, cancel := context.WithTimeout(context.Background(), CallTimeout)
	defer cancel()
	for part := range parts {
		if c.temporal.SignalWorkflow(ctx, schemas.FleetPartWorkflowID(id, part), "", schemas.ReleaseSignal,
			nil) != nil {
			return
		}
	}
}
