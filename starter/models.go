package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"model-registrar/internal/follow"
	"model-registrar/internal/manifest"
	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

var modelStates = []schemas.ModelState{
	schemas.ModelActive, schemas.ModelDegraded, schemas.ModelDrifted, schemas.ModelMissing, schemas.ModelPaused,
}

func modelsCommand(a *app) *cobra.Command {
	var state, architecture string
	cmd := &cobra.Command{
		Use:   "models",
		Short: "List the models that are ours, and how they are doing",
		Long: `List the models that are ours: registered or adopted, and not retired.
Temporal's visibility store may lag behind by a second or so. With
--output json, one schemas.Ownership is printed for each.`,
		Example: "  starter models\n  starter models --state DRIFTED -o json | jq -r .name",
		Args:    cobra.NoArgs,
		RunE: a.online(func(ctx context.Context, c *connection, _ []string) error {
			all, err := c.Models(ctx)
			if err != nil {
				return err
			}
			return printModels(a, slices.DeleteFunc(all, func(o schemas.Ownership) bool {
				return state != "" && string(o.State) != state ||
					architecture != "" && string(o.Manifest.ModelArchitecture) != architecture
			}))
		}),
	}
	cmd.Flags().Var(oneOf(&state, names(modelStates)...), "state",
		"only those in this state: "+strings.Join(names(modelStates), ", "))
	cmd.Flags().Var(oneOf(&architecture, names(schemas.Architectures)...), "architecture",
		"only those of this architecture: "+strings.Join(names(schemas.Architectures), ", "))
	return cmd
}

func printModels(a *app, all []schemas.Ownership) error {
	slices.SortFunc(all, func(x, y schemas.Ownership) int { return cmp.Compare(x.Name, y.Name) })
	if a.machine() {
		for _, o := range all {
			if err := a.print(o); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		a.err.Printf("No models are owned that match.")
		return nil
	}
	var cells [][]console.Span
	row := func(style console.Style, texts ...string) {
		var line []console.Span
		for _, t := range texts {
			line = append(line, console.Span{Style: style, Text: t})
		}
		cells = append(cells, line)
	}
	row(console.Strong, "NAME", "STATE", "ARCHITECTURE", "PAYLOAD", "LAST CHECK", "OURS FOR", "MODEL")
	for _, o := range all {
		row(console.Plain, o.Name, string(o.State), string(o.Manifest.ModelArchitecture), follow.Short(o.PayloadHash),
			lastCheck(o), words.Span(time.Since(o.Since)), o.ModelID)
	}
	a.out.Table(cells, 3, 6, 2, 5)
	return nil
}

// lastCheck is how long ago a model was last seen: by a check, or by the operation that handed it over, which had the
// gateway read or check it.
func lastCheck(o schemas.Ownership) string {
	c := o.LastCheck
	switch {
	case c == nil, c.At.Before(o.Since) && c.Trouble == "":
		return "at hand-over, " + words.Span(time.Since(o.Since)) + " ago"
	case c.At.Before(o.Since):
		return "at hand-over, " + words.Span(time.Since(o.Since)) + " ago, and since then in vain"
	case c.Trouble != "":
		return words.Span(time.Since(c.At)) + " ago, and since then in vain"
	}
	return words.Span(time.Since(c.At)) + " ago"
}

func exportCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "export [NAME…]",
		Short: "Write a manifest for each model of the gateway",
		Long: `Write a manifest for each model of the gateway, or for those that are named, as
YAML documents on stdout. They are valid as they stand: starter apply adopts
what they describe. Models that no manifest can describe, since a secret is in
them for example, are named on stderr, and the exit code is 1.`,
		Example: "  starter export > models.yaml\n  starter export production-llm-v1 > production-llm-v1.yaml",
		RunE: a.online(func(ctx context.Context, c *connection, wanted []string) error {
			found, err := c.GatewayModels(ctx)
			if err != nil {
				return err
			}
			return export(a, found.Models, wanted, found.Unreadable)
		}),
	}
}

func export(a *app, models []schemas.ListedModel, wanted []string, unreadable int) error {
	slices.SortFunc(models, func(x, y schemas.ListedModel) int {
		return cmp.Or(cmp.Compare(x.Payload.Name, y.Payload.Name), cmp.Compare(x.ID, y.ID))
	})
	left := map[string]bool{}
	for _, name := range wanted {
		left[name] = true
	}
	problems, last := 0, ""
	problem := func(format string, args ...any) {
		problems++
		a.err.Alertf(format, args...)
	}
	for _, m := range models {
		name := m.Payload.Name
		if len(wanted) > 0 && !slices.Contains(wanted, name) {
			continue
		}
		delete(left, name)
		text, why := exported(m)
		if name == last {
			why = "the gateway has another model of this name, and a manifest describes one"
		}
		last = name
		if why != "" {
			problem("%s (%s): %s", name, m.ID, why)
			continue
		}
		if a.machine() {
			if err := a.print(m.Payload.Manifest()); err != nil {
				return err
			}
			continue
		}
		fmt.Fprint(a.out.W, text)
	}
	for _, name := range wanted {
		if left[name] {
			problem("the gateway has no model named %s", name)
		}
	}
	if unreadable > 0 {
		problem("%s of a form that is not known", counted(unreadable, "model"))
	}
	if problems > 0 {
		return exitWith(exitFailed)
	}
	return nil
}

// exported is a manifest of a model as a YAML document, or why there can be none.
func exported(m schemas.ListedModel) (text, problem string) {
	if len(m.Hidden) > 0 {
		return "", "it has a secret in " + strings.Join(m.Hidden, " and ") + "; edit it in the gateway first"
	}
	described := m.Payload.Manifest()
	if v := manifest.Validate(described); len(v) > 0 {
		return "", "no manifest can describe it: " + v[0].In("its "+v[0].Path)
	}
	raw, err := yaml.MarshalWithOptions(described, yaml.UseJSONMarshaler())
	if err != nil {
		return "", err.Error()
	}
	return "---\n# Model " + console.Clean(m.ID) + " of the gateway.\n" + string(raw) +
		"# probe: {model: NAME, samples: 3, latency_slo_ms: 2000}\n# approval: {policy: always, timeout: 72h}\n", ""
}
