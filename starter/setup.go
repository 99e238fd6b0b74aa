package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"model-registrar/internal/audit"
	"model-registrar/schemas"
)

func setupCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "setup",
		Short: "Check the connection, and register the search attributes",
		Long: `Check that Temporal answers and that the namespace exists, and register the
search attributes that registrations use, all Keyword:
` + strings.Join(schemas.SearchAttributes, ", ") + `.
What exists already is left alone, so that this may be run again.

If REGISTRAR_AUDIT (or REGISTRAR_AUDIT_FILE) names a PostgreSQL database, also
make the tables of the audit trail in it, or bring them up to date. A worker
does that too, if its user may.`,
		Example: `  starter setup
  TEMPORAL_ADDRESS=temporal:7233 TEMPORAL_NAMESPACE=models starter setup`,
		Args: cobra.NoArgs,
		RunE: a.online(setup),
	}
}

// prepared is what setup found and did, in JSON.
type prepared struct {
	Address   string   `json:"address"`
	Namespace string   `json:"namespace"`
	Existing  []string `json:"existing"`
	Added     []string `json:"added"`
	Audit     string   `json:"audit,omitempty"` // the database whose tables are ready
}

func setup(ctx context.Context, c *connection, _ []string) error {
	before, err := c.Setup(ctx)
	if err != nil {
		return err
	}
	trail, err := c.env.setupAudit(ctx)
	if err != nil {
		return err
	}
	if c.machine() {
		return c.print(prepared{c.Address(), c.Namespace(), append([]string{}, before.Existing...),
			append([]string{}, before.Missing...), trail})
	}
	c.out.Donef("Temporal at %s answers", c.Address())
	c.out.Donef("namespace %s exists", c.Namespace())
	for _, name := range schemas.SearchAttributes {
		is := map[bool]string{true: "registered", false: "exists already"}[slices.Contains(before.Missing, name)]
		c.out.Donef("search attribute %s (Keyword) %s", name, is)
	}
	if trail != "" {
		c.out.Donef("audit trail: the tables in %s are ready", trail)
	}
	return nil
}

// setupAudit makes the tables of an audit trail that is kept in a database, and names the database. A file needs
// nothing.
func (e environment) setupAudit(ctx context.Context) (string, error) {
	text, err := e.secret("REGISTRAR_AUDIT")
	if err != nil || text == "" {
		return "", err
	}
	target, err := audit.ParseTarget(text)
	if err != nil {
		return "", misused("REGISTRAR_AUDIT: %w", err)
	}
	if !target.IsDatabase() {
		return "", nil
	}
	trail, err := target.Open(ctx, audit.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return "", failed("%w", err)
	}
	defer trail.Close()
	if err := trail.Migrate(ctx); err != nil {
		return "", failed("%w", err)
	}
	return trail.String(), nil
}
