package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

func checkCommand(a *app) *cobra.Command {
	return steeringCommand(a, &cobra.Command{
		Use:   "check NAME",
		Short: "Check a registered model now, and show what was seen",
		Long: `Compare a registered model with what was approved, now, and probe it once if its
manifest says so. What is found is the model's state; a change of state is
audited and announced. The exit code is 0 if the check found the state out,
whatever it is.`,
		Example: `  starter check production-llm-v2
  starter check production-llm-v2 -o json | jq -r .state`,
	}, (*connection).CheckModel)
}

func pauseChecksCommand(a *app) *cobra.Command {
	return steeringCommand(a, &cobra.Command{
		Use:   "pause-checks NAME",
		Short: "Check a registered model no more, until its checks are resumed",
		Long: `Pause the checks of a registered model, while it is being moved for example. Its
state is PAUSED until they are resumed; a check that is asked for is made all
the same.`,
		Example: `  starter pause-checks production-llm-v2 --reason "the endpoint is being moved"`,
	}, (*connection).PauseChecks)
}

func resumeChecksCommand(a *app) *cobra.Command {
	return steeringCommand(a, &cobra.Command{
		Use:   "resume-checks NAME",
		Short: "Check a registered model again, for the first time at once",
		Long: `Resume the checks of a registered model. The first one is made at once, and its
state is what that finds.`,
		Example: `  starter resume-checks production-llm-v2`,
	}, (*connection).ResumeChecks)
}

// steering is a request to the owner of a model.
type steering func(*connection, context.Context, string, schemas.CheckRequest) (schemas.ModelCheck, error)

func steeringCommand(a *app, cmd *cobra.Command, ask steering) *cobra.Command {
	var why schemas.CheckRequest
	cmd.Args = name
	cmd.RunE = a.online(func(ctx context.Context, c *connection, args []string) error {
		if strings.TrimSpace(why.By) == "" {
			why.By = a.env.identity()
		}
		if err := notAFleet(args[0]); err != nil {
			return err
		}
		seen, err := ask(c, ctx, registrar.ModelNamed(args[0]), why)
		if err != nil {
			return err
		}
		if a.machine() {
			err = a.print(seen)
		} else {
			showCheck(a.out, seen)
		}
		if err == nil && seen.Trouble != "" && cmd.Name() == "check" {
			return failed("the check found nothing out: %s", seen.Trouble)
		}
		return err
	})
	cmd.Flags().StringVarP(&why.Reason, "reason", "r", "", "why, for those who read the audit trail")
	cmd.Flags().StringVar(&why.By, "by", "", "who asks (default $REGISTRAR_REQUESTER, or user@host)")
	return cmd
}

func showCheck(out *console.Printer, seen schemas.ModelCheck) {
	out.Print(console.Styled(console.Strong, seen.Name).And(console.Plain, " is ").
		And(stateStyle(seen.State), string(seen.State)))
	var t table
	if len(seen.Drift) == 0 || seen.State != schemas.ModelDrifted { // the reason of a drift is the drift
		t.row("reason", seen.Reason)
	}
	for _, c := range seen.Drift {
		t.row("approved → gateway", c.String())
	}
	t.row("probe", auditedProbe(schemas.AuditEntry{Probe: seen.Probe}))
	if !seen.At.IsZero() {
		t.row("last seen", clock(seen.At))
	}
	out.Print(t.lines()...)
}
