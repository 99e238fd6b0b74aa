package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// cancelOptions are what cancel is asked to do.
type cancelOptions struct {
	schemas.CancelRequest
	yes bool
}

func cancelCommand(a *app) *cobra.Command {
	o := &cancelOptions{}
	cmd := &cobra.Command{
		Use:   "cancel NAME --reason TEXT",
		Short: "Cancel an operation; what it has made or changed is undone",
		Long: `Ask for an operation to be cancelled, and return as soon as the request is
taken. A registration then removes its model if there is one, a change puts back
what was there, and an adoption or a retirement leaves the model as it is. The
ending is announced and audited, and is CANCELLED. Who cancelled and why is in
the audit trail. Where no worker answers, the workflow is cancelled through
Temporal, and the trail says only that. A fleet is named by its id: it starts
nothing more, has all its registrations in flight cancelled, and ends after
them.`,
		Example: `  starter cancel llm-v2 --reason "wrong region" && starter watch llm-v2`,
		Args:    name,
		RunE:    a.online(o.run),
	}
	f := cmd.Flags()
	f.StringVarP(&o.Reason, "reason", "r", "", "why, for those who read the audit trail")
	f.StringVar(&o.By, "by", "", "who cancels (default $REGISTRAR_REQUESTER, or user@host)")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask whether to go on")
	return cmd
}

// cancelled is what cancel prints in JSON.
type cancelled struct {
	Name       string `json:"name"`
	WorkflowID string `json:"workflowId"`
	RunID      string `json:"runId"`
	Requested  bool   `json:"cancellationRequested"`
	Plain      bool   `json:"plain,omitempty"` // through Temporal: the trail does not say who and why
}

func (o *cancelOptions) run(ctx context.Context, c *connection, args []string) error {
	why := o.CancelRequest
	if strings.TrimSpace(why.By) == "" {
		why.By = c.env.identity()
	}
	t, fleet, err := c.find(ctx, args[0])
	if fleet != "" {
		return c.cancelFleet(ctx, fleet, schemas.FleetCancel(why))
	}
	if err != nil {
		return err
	}
	name := t.Name() // the argument may be the workflow's id
	ask, then := "Cancel this, so that its model is removed?", "its model is removed again if it exists"
	if !creates(t.Operation) {
		ask, then = "Cancel this, so that the model stays as it was?", "what it has changed in the gateway is put back"
	}
	if t.Ending == nil && !o.yes && c.interactive() && !c.confirm(ctx, ask) {
		if ctx.Err() != nil {
			return explained(ctx.Err())
		}
		return failed("nothing was cancelled")
	}
	out, err := c.Cancel(ctx, name, why)
	if err != nil {
		return err
	}
	if c.machine() {
		return c.print(cancelled{name, t.WorkflowID, out.RunID, true, out.Plain})
	}
	c.out.Print(console.Styled(console.Good, "✓ ").And(console.Strong, name).
		And(console.Plain, ": cancellation requested; "+then))
	c.warnOfCancellation("the audit trail", out.Plain, why.By, why.Reason)
	c.err.Print(console.Text("  Watch it:  starter watch " + argument(name)))
	return nil
}

// cancelFleet asks for a fleet to be cancelled. That needs no worker to answer.
func (c *connection) cancelFleet(ctx context.Context, name string, why schemas.FleetCancel) error {
	if err := checkFleet(name); err != nil {
		return misused("%w", err)
	}
	f, plain, err := c.CancelFleet(ctx, registrar.FleetID(name), why)
	if ended, ok := errors.AsType[*registrar.FleetEnded](err); ok {
		return failed("%w; there is nothing left to cancel", ended)
	}
	if err != nil {
		return err
	}
	if c.machine() {
		return c.print(cancelled{f.ID, f.WorkflowID, f.RunID, true, plain})
	}
	c.out.Print(console.Styled(console.Good, "✓ ").And(console.Strong, "fleet "+f.ID).
		And(console.Plain, ": cancellation requested; it starts nothing more, and what is in flight is undone"))
	c.warnOfCancellation("the fleet's result", plain, why.By, why.Reason)
	c.err.Print(console.Text("  Watch it:  starter watch " + f.WorkflowID))
	return nil
}

// warnOfCancellation says what the record of a cancellation lacks.
func (a *app) warnOfCancellation(record string, plain bool, by, reason string) {
	switch {
	case plain:
		a.err.Alertf("no worker answered, so it was cancelled through Temporal: %s will not say who did so and why",
			record)
	case strings.TrimSpace(reason) == "":
		a.err.Alertf("%s says that %s cancelled it and gave no reason; --reason says why", record, by)
	}
}
