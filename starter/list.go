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
		Short: "List registrations, newest first",
		Long: `List registrations, running and ended, in the order of their starts, newest
first, as Temporal's visibility store knows them: those that run, and of the
ended those that ended last, up to --limit. It may lag behind by a second or so.
Of the stages that pass in a moment not each is in that store: a running
registration is listed at the last stage that is.`,
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
	cmd.Flags().StringVar(&o.fleet, "fleet", "", "only the registrations of the fleet of this id")
	cmd.Flags().BoolVar(&o.fleets, "fleets", false, "list fleets instead of registrations")
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
	default:
		c.out.Print(listLines(rows)...)
	}
	if more {
		c.err.Printf("There are more; --limit shows up to 10000.")
	}
	return nil
}

func listLines(rows []registrar.Listed) []console.Line {
	cells := make([][]console.Span, 1, len(rows)+1)
	for _, title := range []string{"NAME", "STAGE", "ARCHITECTURE", "STARTED", "DURATION", "MODEL"} {
		cells[0] = append(cells[0], console.Span{Style: console.Strong, Text: title})
	}
	for _, r := range rows {
		cells = append(cells, []console.Span{
			{Text: r.Name}, {Text: r.Stage}, {Text: r.Architecture}, {Text: clock(r.StartedAt)},
			{Text: words.Millis(float64(r.DurationMs))}, {Text: string(r.ModelState)},
		})
	}
	return console.Columns(cells)
}
