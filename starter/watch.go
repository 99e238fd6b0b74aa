package main

import (
	"context"

	"github.com/spf13/cobra"

	"model-registrar/schemas"
)

// watchOptions are what watch is asked to do.
type watchOptions struct {
	*app
	followOptions
}

func watchCommand(a *app) *cobra.Command {
	o := &watchOptions{app: a}
	cmd := &cobra.Command{
		Use:   "watch NAME",
		Short: "Follow the newest registration of a model to its end",
		Long: `Follow the newest registration of a model to its end and print what it came to,
with the same exit codes as register. One that has ended is shown from its
history. Watching changes nothing; Ctrl-C ends the watching alone. A fleet is
named by its id, or as register-fleet/ID.`,
		Example: `  starter watch production-llm-v2
  starter watch -o json production-llm-v2
  starter watch migration-1`,
		Args: name,
		RunE: a.online(o.run),
	}
	o.followFlags(cmd.Flags())
	return cmd
}

func (o *watchOptions) run(ctx context.Context, c *connection, args []string) error {
	if o.uiURL != "" {
		c.uiURL = o.uiURL
	}
	t, fleet, err := c.find(ctx, args[0])
	if fleet != "" {
		return c.watchFleet(ctx, fleet, o.timeout)
	}
	if err != nil {
		return err
	}
	r := newRegistration(t.Operation, t.Name(), t.WorkflowID, t.RunID)
	r.result = schemas.Result{Name: r.name, WorkflowID: r.workflowID, RunID: r.runID}
	return c.watch(ctx, o.timeout, r)
}
