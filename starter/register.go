package main

import (
	"context"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/schemas"
)

// registerOptions are what register, change and adopt are asked to do.
type registerOptions struct {
	beginOptions
	operation string // the workflow type
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
	o := &registerOptions{beginOptions{app: a}, operation}
	cmd.Args, cmd.RunE = paths, offline(o.run)
	o.beginFlags(cmd.Flags())
	o.approvalFlag(cmd.Flags())
	return cmd
}

func (o *registerOptions) run(ctx context.Context, files []string) error {
	manifests, err := o.validManifests(files, o.approval)
	if err != nil {
		return err
	}
	requests := make([]registrar.Request, len(manifests))
	for i, m := range manifests {
		requests[i] = registrar.Request{Operation: o.operation, Manifest: m, Requester: o.env.requester(o.requester)}
	}
	return o.connected(ctx, o.uiURL, func(c *connection) error {
		if o.operation == schemas.RegisterModelWorkflow {
			c.warnOfLookalikes(ctx, namesOf(manifests))
		}
		return operate(ctx, c, requests, c.begin, o.followOptions)
	})
}

func namesOf(manifests []schemas.Manifest) []string {
	names := make([]string, len(manifests))
	for i, m := range manifests {
		names[i] = m.Name
	}
	return names
}
