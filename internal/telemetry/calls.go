package telemetry

import (
	"context"
	"log/slog"

	"go.temporal.io/sdk/activity"

	"model-registrar/schemas"
)

// calls adds to each line that an activity writes with its context which workflow it is for, and which model.
type calls struct{ slog.Handler }

// OfActivities returns the logger whose lines say which workflow and which model they are about, where the context
// tells. The keys are those of the SDK's lines.
func OfActivities(log *slog.Logger) *slog.Logger { return slog.New(calls{log.Handler()}) }

// model is the key of the name that [About] keeps.
type model struct{}

// About says which model an activity is about whose workflow's id does not tell.
func About(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, model{}, name)
}

// Handle adds the attributes.
func (c calls) Handle(ctx context.Context, r slog.Record) error {
	if !activity.IsActivity(ctx) {
		return c.Handler.Handle(ctx, r)
	}
	id := activity.GetInfo(ctx).WorkflowExecution.ID
	name, _ := ctx.Value(model{}).(string)
	if of, ok := schemas.ModelNameOf(id); ok {
		name = of
	} else if of, ok := schemas.OwnedNameOf(id); ok {
		name = of
	}
	r.AddAttrs(slog.String("WorkflowID", id))
	if name != "" {
		r.AddAttrs(slog.String("name", name))
	}
	return c.Handler.Handle(ctx, r)
}

// WithAttrs returns the handler with these attributes.
func (c calls) WithAttrs(attrs []slog.Attr) slog.Handler { return calls{c.Handler.WithAttrs(attrs)} }

// WithGroup returns the handler with a group.
func (c calls) WithGroup(name string) slog.Handler { return calls{c.Handler.WithGroup(name)} }
