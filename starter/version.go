package main

import (
	"context"

	"github.com/spf13/cobra"

	"model-registrar/internal/build"
	"model-registrar/starter/console"
)

func versionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print what this command was built from",
		Long: "Print the version, and the commit if it was built in a checkout.", Args: cobra.NoArgs,
		Example: "  starter version --output json",
		RunE: offline(func(context.Context, []string) error {
			if a.machine() {
				return a.print(map[string]string{"version": build.Version()})
			}
			a.out.Print(console.Text("starter " + build.Version()))
			return nil
		}),
	}
}
