package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"model-registrar/schemas"
)

func watchCommand(a *app) *cobra.Command {
	var uiURL string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "watch NAME",
		Short: "Follow the newest registration of a model to its end",
		Long: `Follow the newest registration of a model to its end and print what it came to, with the same exit codes as
register. One that has ended is shown from its history. Watching changes nothing; Ctrl-C ends the watching alone.
A fleet is named by its id, or as register-fleet/ID.`,
		Example: `  starter watch production-llm-v2
  starter watch -o json production-llm-v2
  starter watch migration-1`,
		Args: name,
		RunE: a.online(func(ctx context.Context, c *connection, args []string) error {
			if uiURL != "" {
				c.uiURL = uiURL
			}
			t, fleet, err := c.find(ctx, args[0])
			if fleet != "" {
				return a.watchFleet(ctx, c, fleet)
			}
			if err != nil {
				return err
			}
			r := &registration{name: t.Name(), workflowID: t.WorkflowID, runID: t.RunID, state: started}
			r.result = schemas.Result{Name: r.name, Status: statusInProgress, WorkflowID: r.workflowID, RunID: r.runID}
			followFor(ctx, a.err, c, []*registration{r}, timeout)
			return a.conclude(c, []*registration{r})
		}),
	}
	cmd.Flags().DurationVar(&timeout, "timeout", 0,
		"follow for at most so long, such as 30m; what is not over by then goes on (exit code 130)")
	cmd.Flags().StringVar(&uiURL, "ui-url", "",
		"base address of the Temporal UI, for links (default $REGISTRAR_UI_URL)")
	return cmd
}
