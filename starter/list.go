package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"model-registrar/internal/words"
	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// stageNames are what a registration can be filtered by: the stages that the workflow indexes, and the endings.
var stageNames = append(names(schemas.IndexedStages), names(schemas.Outcomes)...)

// listOptions are what list is asked to do.
type listOptions struct {
	stage        string
	architecture string
	fleet        string // id
	fleets       bool
	limit        int
}

func listCommand(a *app) *cobra.Command {
	o := &listOptions{}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List operations on models, newest first",
		Long: `List registrations, changes, adoptions and retirements, running and ended, in
the order of their starts, newest first, as Temporal's visibility store knows
them: those that run, and of the ended those that ended last, up to --limit. It
may lag behind by a second or so. Of the stages that pass in a moment not each
is in that store: a running operation is listed at the last stage that is.`,
		Example: `  starter list
  starter list --stage WAITING_FOR_APPROVAL
  starter list --architecture anthropic -o json | jq -r .name
  starter list --fleets
  starter list --fleet migration-1 --stage FAILED`,
		Args: cobra.NoArgs,
		PreRunE: func(*cobra.Command, []string) error {
			if o.limit < 1 || o.limit > registrar.MaxLimit {
				return fmt.Errorf("--limit must be from 1 to 10000")
			}
			if o.fleets && (o.stage != "" || o.architecture != "" || o.fleet != "") {
				return fmt.Errorf("--fleets lists all fleets, and goes with none of --stage, --architecture " +
					"and --fleet")
			}
			if o.fleet = registrar.FleetID(o.fleet); o.fleet != "" {
				return schemas.CheckFleetID(o.fleet)
			}
			return nil
		},
		RunE: a.online(o.run),
	}
	cmd.Flags().Var(oneOf(&o.stage, stageNames...), "stage",
		"only those at this stage or ending: "+strings.Join(stageNames, ", "))
	cmd.Flags().Var(oneOf(&o.architecture, names(schemas.Architectures)...), "architecture",
		"only those of this architecture: "+strings.Join(names(schemas.Architectures), ", "))
	cmd.Flags().StringVar(&o.fleet, "fleet", "", "only the operations of the fleet of this id")
	cmd.Flags().BoolVar(&o.fleets, "fleets", false, "list fleets, and what each is of, instead of operations")
	cmd.Flags().IntVar(&o.limit, "limit", registrar.DefaultLimit, "list at most so many")
	return cmd
}

func (o *listOptions) run(ctx context.Context, c *connection, _ []string) error {
	rows, more, err := c.List(ctx, registrar.Filter{
		Stage: schemas.Stage(o.stage), Architecture: schemas.Architecture(o.architecture), Fleet: o.fleet,
		Limit: o.limit,
	})
	if o.fleets {
		rows, more, err = c.ListFleets(ctx, o.limit)
	}
	if err != nil {
		return err
	}
	switch {
	case c.machine():
		for _, r := range rows {
			if err := c.print(r); err != nil {
				return err
			}
		}
	case len(rows) == 0:
		c.err.Printf("No registrations in namespace %q match.", c.Namespace())
	case o.fleets:
		printFleets(c.out, rows)
	default:
		printList(c.out, rows)
	}
	if more {
		c.err.Printf("There are more; --limit shows up to 10000.")
	}
	return nil
}

// printList prints a table of operations.
func printList(out *console.Printer, rows []registrar.Listed) {
	cells := [][]console.Span{titles("NAME", "OPERATION", "STAGE", "ARCHITECTURE", "STARTED", "DURATION", "MODEL")}
	for _, r := range rows {
		cells = append(cells, []console.Span{
			{Text: r.Name}, {Text: operationNames[r.Operation].verb}, {Text: r.Stage}, {Text: r.Architecture},
			{Text: clock(r.StartedAt)}, {Text: words.Millis(float64(r.DurationMs))}, {Text: string(r.ModelState)},
		})
	}
	out.Table(cells, 3, 4, 5, 6)
}

// printFleets prints a table of fleets.
func printFleets(out *console.Printer, rows []registrar.Listed) {
	cells := [][]console.Span{titles("FLEET", "STATUS", "OPERATIONS", "STARTED", "DURATION")}
	for _, r := range rows {
		cells = append(cells, []console.Span{
			{Text: registrar.FleetID(r.Name)}, {Text: r.Stage}, {Text: words.Operations(r.Operations)},
			{Text: clock(r.StartedAt)}, {Text: words.Millis(float64(r.DurationMs))},
		})
	}
	out.Table(cells, 3, 4)
}

// titles are the first row of a table.
func titles(names ...string) (row []console.Span) {
	for _, name := range names {
		row = append(row, console.Span{Style: console.Strong, Text: name})
	}
	return row
}
