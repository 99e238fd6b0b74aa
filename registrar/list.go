package registrar

import (
	"context"
	"slices"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"model-registrar/internal/follow"
	"model-registrar/schemas"
)

// Bounds of a list.
const (
	DefaultLimit = 100
	MaxLimit     = 10_000
)

// Filter says which registrations are listed. Its zero value asks for the newest hundred.
type Filter struct {
	Stage        schemas.Stage        // one of [schemas.IndexedStages], or an outcome; default: any
	Architecture schemas.Architecture // default: any
	Fleet        string               // only those of the fleet of this id; default: any, of a fleet or not
	Limit        int                  // from 1 to [MaxLimit]; default: [DefaultLimit]
}

// Listed is one registration, or one fleet, of a list.
type Listed struct {
	Operation    string     `json:"operation"` // the workflow type
	Name         string     `json:"name"`      // of the model; the workflow id of a fleet
	Stage        string     `json:"stage"`     // or the outcome
	Architecture string     `json:"architecture"`
	PayloadHash  string     `json:"payloadHash,omitempty"`
	StartedAt    time.Time  `json:"startedAt"`
	EndedAt      *time.Time `json:"endedAt,omitempty"`
	DurationMs   int64      `json:"durationMs"` // until now while it runs
	// ModelState is how the model of that name is doing, whatever came of this registration; empty for one that is
	// nobody's.
	ModelState schemas.ModelState `json:"modelState,omitempty"`
	// Operations are what a fleet is of, counted by workflow type; nil where that cannot be read.
	Operations map[string]int `json:"operations,omitempty"`
	WorkflowID string         `json:"workflowId"`
	RunID      string         `json:"runId"`
}

// List reads registrations from Temporal's visibility store, in the order of their starts, newest first, and reports
// whether there are more than the limit allows. The store may lag behind by a second or so.
func (c *Client) List(ctx context.Context, f Filter) (all []Listed, more bool, err error) {
	all, more, err = c.list(ctx, f.query(), f.Limit)
	if err == nil {
		err = c.addStates(ctx, all)
	}
	return all, more, err
}

// ListFleets reads fleets, newest first, at most limit (default: [DefaultLimit]) of them, with what each is of.
func (c *Client) ListFleets(ctx context.Context, limit int) (all []Listed, more bool, err error) {
	all, more, err = c.list(ctx, "WorkflowType = "+literal(schemas.RegisterFleetWorkflow)+" AND ExecutionStatus != "+
		"'ContinuedAsNew'", limit)
	if err != nil {
		return all, more, err
	}
	return all, more, concurrently(len(all), func(n int) error {
		var in schemas.RegisterFleetInput
		if _, err := c.startInput(ctx, all[n].WorkflowID, &in); err != nil {
			return ctx.Err() // forgotten meanwhile, or encrypted with another key
		}
		if all[n].Operations = in.Operations; len(in.Operations) == 0 {
			all[n].Operations = map[string]int{schemas.RegisterModelWorkflow: in.Total}
		}
		return nil
	})
}

// page reads one page of the visibility store.
func (c *Client) page(
	ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest,
) (page *workflowservice.ListWorkflowExecutionsResponse, err error) {
	err = c.call(ctx, func(ctx context.Context) (err error) {
		page, err = c.temporal.ListWorkflow(ctx, request)
		return err
	})
	return page, err
}

// list reads the visibility store page by page. Of more than the limit, the store answers those that run and those that
// ended last.
func (c *Client) list(ctx context.Context, query string, limit int) (all []Listed, more bool, err error) {
	if limit <= 0 {
		limit = DefaultLimit
	}
	limit = min(limit, MaxLimit)
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: c.namespace, Query: query,
		PageSize: int32(min(limit, 500))}
	for {
		page, err := c.page(ctx, request)
		if err != nil {
			return nil, false, err
		}
		for _, w := range page.GetExecutions() {
			if more = len(all) == limit; more {
				break
			}
			all = append(all, listedOf(w, time.Now()))
		}
		if more || len(page.GetNextPageToken()) == 0 {
			// The store's own order is by their ends.
			slices.SortStableFunc(all, func(x, y Listed) int { return y.StartedAt.Compare(x.StartedAt) })
			return all, more, nil
		}
		request.NextPageToken = page.GetNextPageToken()
	}
}

// query is the filter in the language of the visibility store.
func (f Filter) query() string {
	var operations []string
	for _, o := range schemas.Operations {
		operations = append(operations, literal(o))
	}
	query := "WorkflowType IN (" + strings.Join(operations, ", ") + ")"
	if f.Fleet != "" {
		query += " AND ParentWorkflowId = " + literal(schemas.RegisterFleetWorkflowID(f.Fleet))
	}
	if f.Stage != "" {
		query += " AND " + schemas.RegistrationStageAttribute + " = " + literal(string(f.Stage))
		if follow.Known(f.Stage) {
			query += " AND CloseTime IS NULL" // one that was terminated stands where it stood, and is there no more
		}
	}
	if f.Architecture != "" {
		query += " AND " + schemas.ModelArchitectureAttribute + " = " + literal(string(f.Architecture))
	}
	return query
}

// literal writes a text as a value of a visibility query.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func listedOf(w *workflowpb.WorkflowExecutionInfo, now time.Time) Listed {
	attribute := func(name string) string {
		var s string
		if p := w.GetSearchAttributes().GetIndexedFields()[name]; p != nil {
			_ = converter.GetDefaultDataConverter().FromPayload(p, &s) // an odd value shows as none
		}
		return s
	}
	r := Listed{
		Name: attribute(schemas.ModelNameAttribute), Stage: attribute(schemas.RegistrationStageAttribute),
		Architecture: attribute(schemas.ModelArchitectureAttribute),
		PayloadHash:  attribute(schemas.PayloadHashAttribute), StartedAt: w.GetStartTime().AsTime(),
		WorkflowID: w.GetExecution().GetWorkflowId(), RunID: w.GetExecution().GetRunId(),
		Operation: w.GetType().GetName(),
	}
	if r.Name == "" {
		var ok bool
		if r.Name, ok = schemas.ModelNameOf(r.WorkflowID); !ok { // a fleet is named by its workflow's id
			r.Name = r.WorkflowID
		}
	}
	if !follow.IsOver(w.GetStatus()) { // the close time of one that is paused may be the beginning of 1970
		r.DurationMs = now.Sub(r.StartedAt).Milliseconds()
		return r
	}
	end := w.GetCloseTime().AsTime()
	r.EndedAt, r.DurationMs = &end, end.Sub(r.StartedAt).Milliseconds()
	if follow.Known(schemas.Stage(r.Stage)) || r.Stage == "" {
		r.Stage = strings.ToUpper(w.GetStatus().String()) // closed from outside, without a word from the workflow
	}
	return r
}
