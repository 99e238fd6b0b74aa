package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// registerOptions are the flags of register.
type registerOptions struct {
	operation string // the workflow type; empty: RegisterModel
	detach    bool
	timeout   time.Duration // of following; 0: none
	approval  string
	requester string
	uiURL     string
}

func registerCommand(a *app) *cobra.Command {
	var o registerOptions
	cmd := &cobra.Command{
		Use:   "register PATH…",
		Short: "Register the models of one or more manifests, and follow them to the end",
		Long: `Register the models of one or more manifests and follow the registrations to their end. ` + pathsManual + `
All manifests are checked before anything starts.

A name that is being registered already is reported and left alone (exit code 1). A model that is registered with the same
payload, and that the gateway has when the worker asks for it, ends as UNCHANGED: nothing is done (exit code 0).

With --output json, one schemas.Result is printed for each manifest, in their order. Its status is STARTED for one
started with --detach, and IN_PROGRESS for one that goes on without this command.`,
		Example: `  starter register model.yaml
  starter register --approval always --requester alice@example.com model.yaml
  starter register --detach -o json models/
  starter register - < model.json`,
		Args: paths,
		RunE: offline(func(ctx context.Context, files []string) error { return a.register(ctx, files, o) }),
	}
	operationFlags(cmd, &o)
	return cmd
}

// request is a manifest on its way to being registered.
type request = schemas.RegisterModelInput

func (a *app) register(ctx context.Context, files []string, o registerOptions) error {
	requests, err := a.requests(files, o)
	if err != nil {
		return err
	}
	c, err := a.connect(ctx, o.uiURL)
	if err != nil {
		return err
	}
	defer c.Close()
	if o.operation == "" {
		c.warnOfLookalikes(ctx, a.err, namesOf(requests))
	}
	operations := make([]registrar.Request, len(requests))
	for i, r := range requests {
		operations[i] = registrar.Request{Operation: o.operation, Manifest: r.Manifest, Requester: r.Requester}
	}
	return a.operate(ctx, c, operations, o)
}

// operate starts operations, and follows them to their end unless they are to be left to themselves.
func (a *app) operate(ctx context.Context, c *connection, requests []registrar.Request, o registerOptions) error {
	registrations := make([]*registration, 0, len(requests))
	for _, r := range requests {
		reg, err := c.begin(ctx, r)
		if err != nil {
			tellStarted(a.err, registrations)
			return about(r.Manifest.Name+" was not started", explained(err))
		}
		reg.tellBegun(a.err, c)
		registrations = append(registrations, reg)
	}
	if o.detach {
		return a.conclude(c, registrations)
	}
	if len(registrations) == 1 && registrations[0].state == inProgress && a.interactive() &&
		a.confirm(ctx, "Watch it?") {
		registrations[0].state = started
	}
	followFor(ctx, a.err, c, registrations, o.timeout)
	return a.conclude(c, registrations)
}

// requests reads the manifests of files and folders, and makes requests of them if nothing is wrong with any, and
// otherwise says what is.
func (a *app) requests(paths []string, o registerOptions) ([]request, error) {
	documents, problems := a.readManifests(paths)
	requester := a.env.requester(o.requester)
	requests := make([]request, 0, len(documents))
	for _, d := range documents {
		if o.approval != "" {
			d.Manifest.Approval.Policy = schemas.ApprovalPolicy(o.approval)
		}
		if _, err := d.Manifest.Payload().Hash(); err != nil && len(d.Violations) == 0 {
			problems = append(problems, fmt.Errorf("%s: %w", place(d), err))
		}
		requests = append(requests, request{Manifest: d.Manifest, Requester: requester})
	}
	if n := complainAbout(a.err, documents, problems); n > 0 {
		return nil, misused("%s; nothing was started", counted(n, "problem"))
	}
	return requests, nil
}

func namesOf(requests []request) []string {
	names := make([]string, len(requests))
	for i, r := range requests {
		names[i] = r.Manifest.Name
	}
	return names
}

// tellStarted says what goes on although the command fails.
func tellStarted(out *console.Printer, registrations []*registration) {
	i := slices.IndexFunc(registrations, func(r *registration) bool { return r.state == started })
	if i >= 0 {
		out.Print(console.Styled(console.Alert, "! The registrations that were started go on; see `starter list`."))
	}
}

// operationFlags are the flags that every operation has.
func operationFlags(cmd *cobra.Command, o *registerOptions) {
	f := cmd.Flags()
	f.BoolVarP(&o.detach, "detach", "d", false, "start and return; do not follow")
	f.DurationVar(&o.timeout, "timeout", 0, "follow for at most so long, such as 30m; what is not over by then goes on (exit code 130)")
	f.Var(oneOf(&o.approval, names(schemas.ApprovalPolicies)...),
		"approval", "when a person has to decide, in place of the manifest's policy (the worker's floor holds in any case)")
	f.StringVar(&o.requester, "requester", "", "who asks, and so cannot approve (default $REGISTRAR_REQUESTER, or user@host)")
	f.StringVar(&o.uiURL, "ui-url", "", "base address of the Temporal UI, for links (default $REGISTRAR_UI_URL)")
}
