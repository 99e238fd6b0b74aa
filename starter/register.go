package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"model-registrar/registrar"
	"model-registrar/schemas"
)

// registerOptions are what register, change and adopt are asked to do.
type registerOptions struct {
	*app
	followOptions
	operation string // the workflow type
	approval  string
	requester string
}

func registerCommand(a *app) *cobra.Command {
	return operationCommand(a, schemas.RegisterModelWorkflow, &cobra.Command{
		Use:   "register PATH…",
		Short: "Register the models of manifests, and follow them to the end",
		Long: `Register the models of one or more manifests and follow the registrations to
their end. All manifests are checked before anything starts.

` + pathsManual + `

A name that is being registered already is reported and left alone (exit code
1). A model that is registered with the same payload, and that the gateway has
when the worker asks for it, ends as UNCHANGED: nothing is done (exit code 0).

With --output json, one schemas.Result is printed for each manifest, in their
order. Its status is STARTED for one started with --detach, and IN_PROGRESS for
one that goes on without this command.`,
		Example: `  starter register model.yaml
  starter register --approval always --requester alice@example.com model.yaml
  starter register --detach -o json models/
  starter register - < model.json`,
	})
}

// operationCommand completes a command that begins an operation for each manifest.
func operationCommand(a *app, operation string, cmd *cobra.Command) *cobra.Command {
	o := &registerOptions{app: a, operation: operation}
	cmd.Args, cmd.RunE = paths, offline(o.run)
	o.flags(cmd.Flags())
	return cmd
}

// flags are those that every operation has.
func (o *registerOptions) flags(f *pflag.FlagSet) {
	o.beginFlags(f)
	f.Var(oneOf(&o.approval, names(schemas.ApprovalPolicies)...), "approval", "when a person has to decide, in place "+
		"of the manifest's policy (the worker's floor holds in any case)")
	f.StringVar(&o.requester, "requester", "",
		"who asks, and so cannot approve (default $REGISTRAR_REQUESTER, or user@host)")
}

func (o *registerOptions) run(ctx context.Context, files []string) error {
	manifests, err := o.validManifests(files, o.approval)
	if err != nil {
		return err
	}
	c, err := o.connect(ctx, o.uiURL)
	if err != nil {
		return err
	}
	defer c.Close()
	if o.operation == schemas.RegisterModelWorkflow {
		c.warnOfLookalikes(ctx, namesOf(manifests))
	}
	requests := make([]registrar.Request, len(manifests))
	for i, m := range manifests {
		requests[i] = registrar.Request{Operation: o.operation, Manifest: m, Requester: o.env.requester(o.requester)}
	}
	return operate(ctx, c, requests, c.begin, o.followOptions)
}

func namesOf(manifests []schemas.Manifest) []string {
	names := make([]string, len(manifests))
	for i, m := range manifests {
		names[i] = m.Name
	}
	return names
}
