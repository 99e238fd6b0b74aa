package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
)

// pathsManual says what a PATH is.
const pathsManual = `A manifest is YAML or JSON; a path is a file, which may hold several documents,
a folder with all that is in it (.yaml, .yml, .json, .jsonl, .ndjson), or - for
stdin. A name may come once.`

// paths and name are what commands take; cobra's own wording speaks of "arg(s)".
func paths(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("name at least one manifest file or folder, or - for stdin")
	}
	return nil
}

func name(_ *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return errors.New("name exactly one model (quote a name that has spaces)")
	}
	return nil
}

// onlyHelps is the body of a command that does nothing by itself.
func onlyHelps(missing string) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		cmd.SetOut(cmd.ErrOrStderr())
		_ = cmd.Help()
		return misused("%s", missing)
	}
}

// offline makes a command body of a function, so that its errors are told from wrong usage.
func offline(do func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		return explained(do(cmd.Context(), args))
	}
}

// online makes a command body of a function that needs Temporal.
func (a *app) online(
	do func(ctx context.Context, c *connection, args []string) error,
) func(*cobra.Command, []string) error {
	return offline(func(ctx context.Context, args []string) error {
		return a.connected(ctx, "", func(c *connection) error { return do(ctx, c, args) })
	})
}
