package main

import (
	"context"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/starter/console"
)

func (a *app) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel NAME",
		Short: "Cancel a registration; its model, if it exists already, is removed again",
		Long: `Ask for a registration to be cancelled, and return as soon as Temporal has taken the request. The registration
then removes its model if there is one, announces and audits its ending, and ends as CANCELLED. A fleet is named register-fleet/ID: it
starts nothing more, has all its registrations in flight cancelled, and ends after them.`,
		Example: `  starter cancel production-llm-v2 && starter watch production-llm-v2`,
		Args:    name,
		RunE:    a.online(a.cancel),
	}
}

// cancelled is what cancel prints in JSON.
type cancelled struct {
	Name       string `json:"name"`
	WorkflowID string `json:"workflowId"`
	RunID      string `json:"runId"`
	Requested  bool   `json:"cancellationRequested"`
}

func (a *app) cancel(ctx context.Context, c *connection, args []string) error {
	name := args[0]
	if registrar.IsFleet(name) {
		return a.cancelFleet(ctx, c, name)
	}
	t, err := c.Find(ctx, name)
	if err != nil {
		return err
	}
	name = t.Name() // the argument may be the workflow's id
	run, err := c.Cancel(ctx, name)
	if err != nil {
		return err
	}
	if a.machine() {
		return a.print(cancelled{name, t.WorkflowID, run, true})
	}
	a.out.Print(console.Styled(console.Good, "✓ ").And(console.Strong, name).
		And(console.Plain, ": cancellation requested; its model is removed again if it exists"))
	a.err.Print(console.Text("  Watch it:  starter watch " + argument(name)))
	return nil
}
