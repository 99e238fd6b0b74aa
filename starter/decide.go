package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// decideTime is how long a decision may take to be answered by a worker.
const decideTime = 30 * time.Second

func (a *app) approveCommand() *cobra.Command {
	return a.decideCommand(schemas.Approve, "approve", "Approve a registration that waits for a person, or will",
		`  starter approve production-llm-v2 --reason "figures are fine" --approver bob@example.com`)
}

func (a *app) rejectCommand() *cobra.Command {
	return a.decideCommand(schemas.Reject, "reject", "Reject a registration; its model is removed again",
		`  starter reject production-llm-v2 --reason "wrong region" --approver bob@example.com`)
}

func (a *app) decideCommand(verdict schemas.Verdict, use, short, example string) *cobra.Command {
	d := schemas.Decision{Decision: verdict}
	cmd := &cobra.Command{
		Use: use + " NAME --reason TEXT", Short: short,
		Long: short + `.

The command waits for the workflow's answer. A decision counts once, before the registration has gone on; the
requester of a registration cannot approve it. One that does not count is refused with the reason, and exit code 1.`,
		Example: example,
		Args:    name,
		PreRunE: func(*cobra.Command, []string) error {
			if strings.TrimSpace(d.Reason) == "" {
				return errors.New("--reason must say why, for those who read the audit trail")
			}
			return nil
		},
		RunE: a.online(func(ctx context.Context, c *connection, args []string) error { return a.decide(ctx, c, args[0], d) }),
	}
	cmd.Flags().StringVarP(&d.Reason, "reason", "r", "", "why (required)")
	cmd.Flags().StringVar(&d.Approver, "approver", "", "who decides (default $REGISTRAR_REQUESTER, or user@host)")
	return cmd
}

func (a *app) decide(ctx context.Context, c *connection, name string, d schemas.Decision) error {
	if d.Approver = strings.TrimSpace(d.Approver); d.Approver == "" {
		d.Approver = a.identity()
	}
	limited, cancel := context.WithTimeout(ctx, decideTime)
	defer cancel()
	var receipt schemas.DecisionReceipt
	handle, err := c.UpdateWorkflow(limited, client.UpdateWorkflowOptions{
		WorkflowID: schemas.RegisterModelWorkflowID(name), UpdateName: schemas.DecideHandler,
		Args: []any{d}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(limited, &receipt)
	}
	if err != nil {
		return c.explainDecision(ctx, name, err)
	}
	if a.machine() {
		return a.print(receipt)
	}
	verb := map[schemas.Verdict]string{schemas.Approve: "approved", schemas.Reject: "rejected"}[receipt.Decision]
	a.out.Print(console.Styled(console.Good, "✓ ").And(console.Strong, receipt.Name).
		And(console.Plain, fmt.Sprintf(" %s by %s: %s", verb, receipt.Approver, receipt.Message)))
	a.err.Print(console.Text("  Watch it:  starter watch " + quote(name)))
	return nil
}

// explainDecision says why a decision does not count.
func (c *connection) explainDecision(ctx context.Context, name string, err error) error {
	var (
		refused *temporal.ApplicationError
		gone    *serviceerror.NotFound
		late    *client.WorkflowUpdateServiceTimeoutOrCanceledError
	)
	switch {
	case ctx.Err() != nil:
		return c.explain(ctx, err)
	case errors.As(err, &gone):
		return c.nothingToDecide(ctx, name)
	case errors.As(err, &refused):
		return failed("the decision was refused: %s", refused.Message()).
			hinting("`starter status %s` shows where the registration stands.", quote(name))
	case errors.As(err, &late):
		return failed("no worker answered within %s; whether the decision counts is not known", decideTime).
			hinting("Check that a worker polls task queue %q, then look with `starter status %s`, and decide again if need be.", c.taskQueue, quote(name))
	}
	return c.explain(ctx, err)
}

// nothingToDecide tells a registration that has ended from one that never was.
func (c *connection) nothingToDecide(ctx context.Context, name string) error {
	t, err := c.known(ctx, name)
	if err != nil {
		return err
	}
	if t.Ending == nil {
		return failed("the registration of %s ended or was started anew just now; try again", name)
	}
	return failed("the registration of %s has ended at %s as %s; there is nothing left to decide",
		name, clock(t.Ending.At), t.Ending.Outcome())
}
