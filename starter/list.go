package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"model-registrar/internal/follow"
	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// stageNames are what a registration can be filtered by: the stages that the workflow indexes, and the endings.
var stageNames = []string{
	string(schemas.StageValidating), string(schemas.StageRegistering), string(schemas.StageApproval),
	string(schemas.StageRollingBack),
	string(schemas.Completed), string(schemas.Failed), string(schemas.Rejected), string(schemas.RolledBack),
	string(schemas.ApprovalTimedOut), string(schemas.Cancelled),
}

var architectureNames = []string{
	string(schemas.OpenAI), string(schemas.Anthropic), string(schemas.Azure), string(schemas.Cohere), string(schemas.Custom),
}

// listOptions are the flags of list.
type listOptions struct {
	stage        string
	architecture string
	fleet        string // id
	fleets       bool
	limit        int
}

func (a *app) listCommand() *cobra.Command {
	var o listOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List registrations, newest first",
		Long: `List registrations, running and ended, newest first, as Temporal's visibility store knows them. It may lag behind by
a second or so. Of the stages that pass in a moment not each is in that store: a running registration is listed at the
last stage that is.`,
		Example: `  starter list
  starter list --stage WAITING_FOR_APPROVAL
  starter list --architecture anthropic -o json | jq -r .name
  starter list --fleets
  starter list --fleet migration-1 --stage FAILED`,
		Args: cobra.NoArgs,
		PreRunE: func(*cobra.Command, []string) error {
			if o.limit < 1 || o.limit > 10_000 {
				return fmt.Errorf("--limit must be from 1 to 10000")
			}
			if o.fleets && (o.stage != "" || o.architecture != "" || o.fleet != "") {
				return fmt.Errorf("--fleets lists all fleets, and goes with none of --stage, --architecture and --fleet")
			}
			if o.fleet = fleetID(o.fleet); o.fleet != "" {
				return schemas.CheckFleetID(o.fleet)
			}
			return nil
		},
		RunE: a.online(func(ctx context.Context, c *connection, _ []string) error { return a.list(ctx, c, o) }),
	}
	cmd.Flags().Var(oneOf(&o.stage, stageNames...), "stage", "only those at this stage or ending: "+strings.Join(stageNames, ", "))
	cmd.Flags().Var(oneOf(&o.architecture, architectureNames...), "architecture", "only those of this architecture: "+strings.Join(architectureNames, ", "))
	cmd.Flags().StringVar(&o.fleet, "fleet", "", "only the registrations of the fleet of this id")
	cmd.Flags().BoolVar(&o.fleets, "fleets", false, "list fleets instead of registrations")
	cmd.Flags().IntVar(&o.limit, "limit", 100, "list at most so many")
	return cmd
}

// listed is one registration of the list, in JSON.
type listed struct {
	Name         string     `json:"name"`
	Stage        string     `json:"stage"`
	Architecture string     `json:"architecture"`
	PayloadHash  string     `json:"payloadHash,omitempty"`
	StartedAt    time.Time  `json:"startedAt"`
	EndedAt      *time.Time `json:"endedAt,omitempty"`
	DurationMs   int64      `json:"durationMs"` // until now while it runs
	WorkflowID   string     `json:"workflowId"`
	RunID        string     `json:"runId"`
}

func (a *app) list(ctx context.Context, c *connection, o listOptions) error {
	rows, more, err := c.find(ctx, o)
	if err != nil {
		return err
	}
	switch {
	case a.machine():
		for _, r := range rows {
			if err := a.print(r); err != nil {
				return err
			}
		}
	case len(rows) == 0:
		a.err.Printf("No registrations in namespace %q match.", c.Namespace())
	default:
		a.out.Print(listLines(rows)...)
	}
	if more {
		a.err.Printf("There are more; --limit shows up to 10000.")
	}
	return nil
}

// find reads the visibility store page by page.
func (c *connection) find(ctx context.Context, o listOptions) (rows []listed, more bool, err error) {
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: c.Namespace(), Query: listQuery(o), PageSize: int32(min(o.limit, 500)),
	}
	for {
		var page *workflowservice.ListWorkflowExecutionsResponse
		err := c.call(ctx, func(ctx context.Context) (err error) {
			page, err = c.Temporal().ListWorkflow(ctx, request)
			return err
		})
		if err != nil {
			return nil, false, err
		}
		for _, w := range page.GetExecutions() {
			if len(rows) == o.limit {
				return rows, true, nil
			}
			rows = append(rows, listedOf(w, time.Now()))
		}
		if len(page.GetNextPageToken()) == 0 {
			return rows, false, nil
		}
		request.NextPageToken = page.GetNextPageToken()
	}
}

func listQuery(o listOptions) string {
	if o.fleets {
		return "WorkflowType = " + literal(schemas.RegisterFleetWorkflow) + " AND ExecutionStatus != 'ContinuedAsNew'"
	}
	query := "WorkflowType = " + literal(schemas.RegisterModelWorkflow)
	if o.fleet != "" {
		query += " AND ParentWorkflowId = " + literal(schemas.RegisterFleetWorkflowID(o.fleet))
	}
	if o.stage != "" {
		query += " AND " + schemas.RegistrationStageAttribute + " = " + literal(o.stage)
	}
	if o.architecture != "" {
		query += " AND " + schemas.ModelArchitectureAttribute + " = " + literal(o.architecture)
	}
	return query
}

// literal writes a text as a value of a visibility query.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func listedOf(w *workflowpb.WorkflowExecutionInfo, now time.Time) listed {
	attribute := func(name string) string {
		var s string
		if p := w.GetSearchAttributes().GetIndexedFields()[name]; p != nil {
			_ = converter.GetDefaultDataConverter().FromPayload(p, &s) // an odd value shows as none
		}
		return s
	}
	r := listed{
		Name: attribute(schemas.ModelNameAttribute), Stage: attribute(schemas.RegistrationStageAttribute),
		Architecture: attribute(schemas.ModelArchitectureAttribute), PayloadHash: attribute(schemas.PayloadHashAttribute),
		StartedAt:  w.GetStartTime().AsTime(),
		WorkflowID: w.GetExecution().GetWorkflowId(), RunID: w.GetExecution().GetRunId(),
	}
	if r.Name == "" {
		r.Name = strings.TrimPrefix(r.WorkflowID, schemas.RegisterModelWorkflowID("")) // a fleet is named by its workflow's id
	}
	if w.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
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

func listLines(rows []listed) []console.Line {
	cells := make([][]console.Span, 1, len(rows)+1)
	for _, title := range []string{"NAME", "STAGE", "ARCHITECTURE", "STARTED", "DURATION"} {
		cells[0] = append(cells[0], console.Span{Style: console.Strong, Text: title})
	}
	for _, r := range rows {
		cells = append(cells, []console.Span{
			{Text: r.Name}, {Text: r.Stage}, {Text: r.Architecture}, {Text: clock(r.StartedAt)},
			{Text: words.Millis(float64(r.DurationMs))},
		})
	}
	return console.Columns(cells)
}
