package main

import (
	"bytes"
	"context"

	"github.com/spf13/cobra"

	"model-registrar/schemas"
)

func schemaCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the manifest's JSON Schema",
		Long:  "Print the JSON Schema (draft 2020-12) of a manifest, for editors and checkers.",
		Example: `  starter schema > manifest.schema.json
  # then, at the top of a manifest, for editors with a YAML language server:
  # yaml-language-server: $schema=manifest.schema.json`,
		Args: cobra.NoArgs,
		RunE: offline(func(context.Context, []string) error {
			_, err := a.out.W.Write(append(bytes.TrimRight(schemas.ManifestSchema(), "\n"), '\n'))
			return err
		}),
	}
}
