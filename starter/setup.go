package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"model-registrar/internal/audit"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// setupTime is how long a new search attribute may take until every part of the server knows it.
const setupTime = 30 * time.Second

func (a *app) setupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "setup",
		Short: "Check the connection, and register the search attributes in the namespace",
		Long: `Check that Temporal answers and that the namespace exists, and register the search attributes that registrations
use (` + strings.Join(schemas.SearchAttributes, ", ") + `, all Keyword). What exists already is left alone, so that this may be run again.

If REGISTRAR_AUDIT (or REGISTRAR_AUDIT_FILE) names a PostgreSQL database, also make the tables of the audit trail in it, or
bring them up to date. A worker does that too, if its user may.`,
		Example: `  starter setup
  TEMPORAL_ADDRESS=temporal:7233 TEMPORAL_NAMESPACE=models starter setup`,
		Args: cobra.NoArgs,
		RunE: a.online(func(ctx context.Context, c *connection, _ []string) error { return a.setup(ctx, c) }),
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

func (a *app) setup(ctx context.Context, c *connection) error {
	err := c.call(ctx, func(ctx context.Context) error {
		_, err := c.Temporal().WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: c.Namespace()})
		return err
	})
	if err != nil {
		return err
	}
	existing, missing, err := c.attributes(ctx)
	if err != nil {
		return err
	}
	if err := c.addAttributes(ctx, missing); err != nil {
		return err
	}
	trail, err := a.setupAudit(ctx)
	if err != nil {
		return err
	}
	if a.machine() {
		return a.print(prepared{c.Address(), c.Namespace(), append([]string{}, existing...), append([]string{}, missing...), trail})
	}
	tick := func(text string) { a.out.Print(console.Styled(console.Good, "✓ ").And(console.Plain, text)) }
	tick("Temporal at " + c.Address() + " answers")
	tick("namespace " + c.Namespace() + " exists")
	for _, name := range schemas.SearchAttributes {
		text := "search attribute " + name + " (Keyword) "
		if slices.Contains(missing, name) {
			tick(text + "registered")
		} else {
			tick(text + "exists already")
		}
	}
	if trail != "" {
		tick("audit trail: the tables in " + trail + " are ready")
	}
	return nil
}

// setupAudit makes the tables of an audit trail that is kept in a database, and names the database. A file needs
// nothing.
func (a *app) setupAudit(ctx context.Context) (string, error) {
	text, err := a.env.secret("REGISTRAR_AUDIT")
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

// attributes tells the search attributes that exist from those that are missing. One that exists with another type is
// an error, since only an operator can judge what else relies on it.
func (c *connection) attributes(ctx context.Context) (existing, missing []string, err error) {
	var known *operatorservice.ListSearchAttributesResponse
	err = c.call(ctx, func(ctx context.Context) (err error) {
		known, err = c.Temporal().OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: c.Namespace()})
		return err
	})
	if err != nil {
		return nil, nil, c.notOperator(err)
	}
	for _, name := range schemas.SearchAttributes {
		kind, ok := known.GetCustomAttributes()[name]
		switch {
		case !ok:
			missing = append(missing, name)
		case kind != enumspb.INDEXED_VALUE_TYPE_KEYWORD:
			return nil, nil, failed("search attribute %s exists in namespace %q with type %s, and must be Keyword", name, c.Namespace(), kind).
				hinting("Remove or rename it if nothing else uses it: temporal operator search-attribute remove --name %s", name)
		default:
			existing = append(existing, name)
		}
	}
	return existing, missing, nil
}

// addAttributes registers search attributes and waits until they can be used.
func (c *connection) addAttributes(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	add := map[string]enumspb.IndexedValueType{}
	for _, name := range names {
		add[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	err := c.call(ctx, func(ctx context.Context) error {
		_, err := c.Temporal().OperatorService().AddSearchAttributes(ctx,
			&operatorservice.AddSearchAttributesRequest{Namespace: c.Namespace(), SearchAttributes: add})
		return err
	})
	var raced *serviceerror.AlreadyExists
	if err != nil && !errors.As(err, &raced) {
		return c.notOperator(err)
	}
	giveUp := time.Now().Add(setupTime)
	for {
		_, missing, err := c.attributes(ctx)
		if err != nil || len(missing) == 0 {
			return err
		}
		if time.Now().After(giveUp) {
			return failed("search attributes %s were accepted, but are not to be seen after %s", strings.Join(missing, ", "), setupTime).
				hinting("Run `starter setup` again in a minute.")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// notOperator explains a server, such as Temporal Cloud, that has its search attributes managed elsewhere.
func (c *connection) notOperator(err error) error {
	var unsupported *serviceerror.Unimplemented
	var denied *serviceerror.PermissionDenied
	if !errors.As(err, &unsupported) && !errors.As(err, &denied) {
		return err
	}
	return failed("Temporal at %s does not let this client manage search attributes: %w", c.Address(), err).
		hinting("Have somebody who may register them, all of type Keyword: %s. On Temporal Cloud:\n"+
			"tcld namespace search-attributes add --namespace %s --search-attribute \"NAME=Keyword\"",
			strings.Join(schemas.SearchAttributes, ", "), quote(c.Namespace()))
}
