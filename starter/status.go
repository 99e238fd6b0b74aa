package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
	"model-registrar/starter/view"
)

func statusCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status NAME",
		Short: "Show where the newest registration of a model stands",
		Long: `Show where the newest registration of a model stands: its stages, its evidence,
and, once it has ended, its result. The exit code is 0 if there is one, however
it goes; with --output json, a schemas.Progress is printed. A fleet is named by
its id, or as register-fleet/ID; in JSON it is a schemas.FleetProgress, and once
it has ended a schemas.FleetResult.`,
		Example: `  starter status production-llm-v2
  starter status -o json production-llm-v2 | jq -r .stage`,
		Args: name,
		RunE: a.online(status),
	}
}

func status(ctx context.Context, c *connection, args []string) error {
	t, fleet, err := c.find(ctx, args[0])
	if fleet != "" {
		return c.statusOfFleet(ctx, fleet)
	}
	if err != nil {
		return err
	}
	p, err := c.standing(ctx, t)
	if err != nil {
		return err
	}
	if t.Ending == nil {
		if p.Retrying, err = c.Retrying(ctx, t.Name(), t.RunID); err != nil {
			return err
		}
	}
	if p.Result != nil {
		result := c.WithDeliveries(ctx, *p.Result)
		p.Result = &result
	}
	if p.Approval != nil {
		p.Approval.Announced = c.Delivery(ctx, p.Approval.Announced)
	}
	if p.Model, err = c.Owner(ctx, t.Name()); err != nil {
		return err
	}
	if c.machine() {
		return c.print(p)
	}
	c.out.Print(statusLines(t, p, time.Now())...)
	c.out.Print(modelLine(p.Model))
	if p.Approval != nil && p.Approval.Open {
		c.out.Print(evidenceLines(p, t.Input.Manifest, c.page(t.WorkflowID, t.RunID))...)
		return nil
	}
	if t.Ending != nil {
		r := newRegistration(t.Operation, p.Name, t.WorkflowID, t.RunID)
		r.learn(*t)
		if p.Result != nil {
			r.result = *p.Result // with what has become of its webhooks since
		}
		c.out.Print(r.lines(c.page(t.WorkflowID, t.RunID))...)
		return nil
	}
	c.out.Print(console.Text("Follow it:  starter watch " + argument(p.Name)))
	return nil
}

// modelLine says how the model is doing now, apart from the registration above.
func modelLine(o *schemas.Ownership) console.Line {
	if o == nil {
		return console.Text("No model of this name is ours now.")
	}
	return console.Text(fmt.Sprintf("The model is ours as %s, %s, by run %s, since %s.", o.ModelID, o.State,
		o.RunID, clock(o.Since)))
}

// standing is where a registration stands: as its workflow says, or, if it has ended or no worker answers, as its
// history has it.
func (c *connection) standing(ctx context.Context, t *registrar.Timeline) (schemas.Progress, error) {
	if t.Ending != nil {
		return t.Progress(), nil
	}
	p, err := c.Status(ctx, t.Name(), t.RunID)
	switch {
	case err == nil:
		return p, nil
	case ctx.Err() != nil:
		return p, explained(err)
	}
	c.err.Alertf("%s", unanswered(err))
	return t.Progress(), nil
}

// unanswered says why a query has no answer, and that what is shown comes from the history.
func unanswered(err error) string {
	return console.FirstLine(err.Error()) + "; what follows is what the history shows"
}

// statusLines shows a registration's stages as its history has them.
func statusLines(t *registrar.Timeline, p schemas.Progress, now time.Time) []console.Line {
	is, style := " is at ", console.Active
	if t.Ending != nil {
		is, style = " ended as ", console.Plain
	}
	lines := []console.Line{
		console.Styled(console.Strong, p.Name).And(console.Plain, is).And(style, string(p.Stage)),
		console.Styled(console.Faint, fmt.Sprintf("requested by %s at %s", p.Requester, clock(p.StartedAt))),
	}
	lines = append(append(lines, view.Lines(t, now)...), view.Retrying(p.Retrying, now)...)
	return append(append(lines, waitingLines(p)...), refusedLines(t, p)...)
}

// waitingLines says what a registration waits for, and why.
func waitingLines(p schemas.Progress) []console.Line {
	if p.Waiting == nil {
		return nil
	}
	lines := []console.Line{console.Styled(console.Alert, "! "+p.Waiting.Message)}
	if p.Waiting.Reason != "" {
		lines = append(lines, console.Text("  "+p.Waiting.Reason))
	}
	return lines
}

// refusedLines tells of the decisions that were refused and are not in the history as such, since they were none.
func refusedLines(t *registrar.Timeline, p schemas.Progress) []console.Line {
	var lines []console.Line
	for _, r := range p.Refused {
		told := slices.ContainsFunc(t.Log, func(e registrar.Entry) bool { return strings.HasSuffix(e.Text, r.Reason) })
		if !told {
			lines = append(lines, console.Styled(console.Alert, "  ! a decision sent by signal was refused: "+r.Reason))
		}
	}
	return lines
}
