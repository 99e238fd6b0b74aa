package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// exitSomething is the exit code of a plan with work in it, if it was asked for.
const exitSomething = 2

// outputMarkdown is an output that plan alone has.
const outputMarkdown = "markdown"

// planOptions are what plan is asked to do.
type planOptions struct {
	*app
	prune    bool
	unowned  bool
	detailed bool
	file     string
}

func planCommand(a *app) *cobra.Command {
	o := &planOptions{app: a}
	cmd := &cobra.Command{
		Use:   "plan PATH…",
		Short: "Show what apply would do: manifests, gateway and owners compared",
		Long: `Compare the manifests (files, folders with all that is in them, or - for stdin)
with the gateway and with what is owned, and show what starter apply would do.
Nothing is changed. A worker reads the gateway, with one call for each hundred
models.

  + create      in no gateway, and nobody's
  ~ change      ours as it was approved, and the manifest says something else
  > adopt       in the gateway exactly as the manifest says, and nobody's
  ! restore     ours, and edited in the gateway: what was approved is put back
  + recreate    ours, and gone from the gateway
  - retire      ours, and in no manifest; only with --prune
  x conflict    in the gateway otherwise than the manifest says, and nobody's;
                apply leaves it alone
  * busy        an operation runs on it, a registration that waits for approval
                for example; apply leaves it alone

--out FILE saves the plan for starter apply FILE. A saved plan is bound to what
it saw: what has changed since is refused, model by model.`,
		Example: `  starter plan models/
  starter plan models/ --prune --output markdown > comment.md
  starter plan models/ --out plan.json --detailed-exitcode`,
		Args: paths,
		RunE: offline(o.run),
	}
	f := cmd.Flags()
	f.BoolVar(&o.prune, "prune", false, "retire what is owned and in no manifest")
	f.BoolVar(&o.unowned, "unowned", false, "list the models in the gateway that are nobody's")
	f.VarP(oneOf(&a.output, outputText, outputJSON, outputMarkdown), "output", "o",
		"text, json, or markdown for a comment on a pull request")
	f.BoolVar(&o.detailed, "detailed-exitcode", false,
		"exit with 0 if there is nothing to do, 2 if there is, and 1 after an error")
	f.StringVar(&o.file, "out", "", "save the plan in this file")
	return cmd
}

func (o *planOptions) run(ctx context.Context, paths []string) error {
	p, err := o.plan(ctx, paths)
	if err == nil && o.file != "" {
		err = savePlan(o.file, p)
	}
	if err != nil {
		if o.detailed { // 2 says that there is something to do
			o.complain(asFailure(err))
			return exitWith(exitFailed)
		}
		return err
	}
	switch {
	case o.machine():
		err = o.print(p)
	case o.output == outputMarkdown:
		o.out.Print(planMarkdown(p)...)
	default:
		o.out.Print(planLines(p, o.unowned)...)
	}
	if o.file != "" {
		o.err.Print(console.Text("Saved. Run it:  starter apply " + quote(o.file)))
	}
	if err == nil && o.detailed && p.Work() > 0 {
		return exitWith(exitSomething)
	}
	return err
}

// plan compares the manifests of the paths with the world.
func (o *planOptions) plan(ctx context.Context, paths []string) (p schemas.Plan, err error) {
	manifests, err := o.validManifests(paths, "")
	if err != nil {
		return p, err
	}
	err = o.connected(ctx, "", func(c *connection) (err error) {
		p, err = c.Plan(ctx, manifests, registrar.PlanOptions{Prune: o.prune})
		return err
	})
	return p, err
}

func savePlan(file string, p schemas.Plan) error {
	raw, err := json.MarshalIndent(p, "", "  ")
	if err == nil {
		err = writeWhole(file, append(raw, '\n'))
	}
	if err != nil {
		return failed("the plan cannot be saved: %w", err)
	}
	return nil
}

// writeWhole writes a file whole or leaves what was there before. What is no file, such as /dev/stdout, is written to.
func writeWhole(file string, data []byte) error {
	if is, err := os.Lstat(file); err == nil && !is.Mode().IsRegular() {
		return os.WriteFile(file, data, 0o600)
	}
	part, err := os.CreateTemp(filepath.Dir(file), ".plan-*")
	if err != nil {
		return err
	}
	_, err = part.Write(data)
	if err = errors.Join(err, part.Close()); err == nil {
		err = os.Rename(part.Name(), file)
	}
	if err != nil {
		_ = os.Remove(part.Name())
	}
	return err
}
