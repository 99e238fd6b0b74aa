package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"model-registrar/internal/manifest"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

func validateCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "validate PATH…",
		Short: "Check manifests offline: payload and hash, or what is wrong",
		Long: `Check manifests without reaching anything. A valid one is answered with the
payload that would go to Genesys and its hash, and with warnings about what the
probe will probably refuse; another with every violation as file:line:column:
path: message, and exit code 2.`,
		Example: `  starter validate model.yaml
  starter validate models/*.yaml
  cat model.json | starter validate -
  starter validate -o json model.yaml | jq -r .payloadHash`,
		Args: paths,
		RunE: offline(func(_ context.Context, files []string) error { return validate(a, files) }),
	}
}

// checked is what validate says of one manifest, in JSON.
type checked struct {
	File        string              `json:"file"`
	Document    int                 `json:"document"` // counted from 1
	Name        string              `json:"name,omitempty"`
	Valid       bool                `json:"valid"`
	PayloadHash string              `json:"payloadHash,omitempty"`
	Payload     *schemas.Payload    `json:"payload,omitempty"`
	Violations  []schemas.Violation `json:"violations,omitempty"`
	Warnings    []schemas.Violation `json:"warnings,omitempty"`
}

func validate(a *app, files []string) error {
	documents, problems := a.readManifests(files)
	if err := interrupted(problems); err != nil {
		return err
	}
	for _, d := range documents {
		c, err := checkDocument(d)
		if err != nil {
			return err
		}
		if a.machine() {
			if err := a.print(c); err != nil {
				return err
			}
		} else if c.Valid {
			if err := printPayload(a, d, c); err != nil {
				return err
			}
		}
	}
	if n := complainAbout(a.err, documents, problems); n > 0 {
		return misused("%s", counted(n, "problem"))
	}
	return nil
}

func checkDocument(d manifest.Document) (checked, error) {
	c := checked{
		File: d.File, Document: d.Index + 1, Name: d.Manifest.Name,
		Valid: len(d.Violations) == 0, Violations: d.Violations,
	}
	if !c.Valid {
		return c, nil
	}
	payload := d.Manifest.Payload()
	hash, err := payload.Hash()
	c.Payload, c.PayloadHash, c.Warnings = &payload, hash, manifest.Warnings(d.Manifest)
	return c, err
}

func printPayload(a *app, d manifest.Document, c checked) error {
	text, err := json.MarshalIndent(c.Payload, "", "  ")
	if err != nil {
		return err
	}
	a.out.Print(console.Styled(console.Good, "✓ ").And(console.Strong, place(d)).And(console.Plain,
		" is valid. The payload for Genesys:"))
	for line := range strings.Lines(string(text)) {
		a.out.Print(console.Text(strings.TrimRight(line, "\n")))
	}
	a.out.Print(console.Styled(console.Faint, "payload hash ").And(console.Plain, c.PayloadHash))
	for _, w := range c.Warnings {
		a.err.Alertf("%s", w.In(d.File))
	}
	return nil
}
