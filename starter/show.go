package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/schemas"
)

// showOptions are what show is asked to do.
type showOptions struct {
	*app
	trail string
}

func showCommand(a *app) *cobra.Command {
	o := &showOptions{app: a}
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Tell the whole story of one model, from Temporal and the trail",
		Long: `Tell the whole story of one model: what is approved and ours, by which
operation, run and people, and since when; how it is doing and what its last
check saw; its operations with who asked, who decided what and why, what changed
field by field, and how they ended; and the changes of its state.

It is told from Temporal, which forgets what has ended after the namespace's
retention time, and from the audit trail, which forgets nothing: that of
--audit, or else REGISTRAR_AUDIT (or REGISTRAR_AUDIT_FILE), or else the file
` + "`llm_model_audit.log`" + ` if there is one. If one of the two cannot be read, the
story is told from the other, and says so. Whether the trail can be believed,
` + "`starter audit verify`" + ` says. With --output json, one schemas.ModelStory is
printed (model-story.schema.json).

Exit codes: 0 there is something to tell, also of a retired model; 1 nothing is
known of the name; 4 Temporal cannot be reached, and there is no trail.`,
		Example: `  starter show production-llm-v2
  starter show production-llm-v2 --audit postgres://reader@db/audit
  starter show production-llm-v2 -o json |
    jq '.operations[] | {operation, outcome, changes}'`,
		Args: name,
		RunE: offline(o.run),
	}
	cmd.Flags().StringVar(&o.trail, "audit", "", "the audit trail: file:PATH, PATH, postgres://…, or - for stdin")
	return cmd
}

func (o *showOptions) run(ctx context.Context, args []string) error {
	if err := notAFleet(args[0]); err != nil {
		return err
	}
	trail, err := o.shownTrail()
	if err != nil {
		return err
	}
	story, err := o.story(ctx, registrar.ModelNamed(args[0]), trail)
	if err != nil {
		return err
	}
	if o.machine() {
		return o.print(story)
	}
	o.out.Print(storyLines(story)...)
	return nil
}

// story reads the story from whatever can be reached.
func (o *showOptions) story(ctx context.Context, name string, trail *registrar.Trail) (schemas.ModelStory, error) {
	c, err := o.connect(ctx, "")
	_, unreachable := errors.AsType[*registrar.Unreachable](err)
	switch {
	case unreachable && ctx.Err() == nil:
		return registrar.TrailStory(ctx, name, trail, err)
	case err != nil:
		return schemas.ModelStory{}, err
	}
	defer c.Close()
	story, err := c.Story(ctx, name, trail)
	c.tellUnread()
	return story, err
}

// shownTrail is the trail to tell from; nil if none is named and the usual file is not there.
func (o *showOptions) shownTrail() (*registrar.Trail, error) {
	t, err := o.openTrail(o.trail)
	if err != nil {
		return nil, err
	}
	if named, _ := o.env.secret("REGISTRAR_AUDIT"); o.trail == "" && named == "" {
		if _, err := os.Stat(strings.TrimPrefix(defaultTrail, "file:")); err != nil {
			return nil, nil
		}
	}
	return &registrar.Trail{
		Name: "the audit trail " + t.name,
		Read: func(ctx context.Context, each func(schemas.AuditEntry)) error {
			return o.eachEntry(ctx, t, func(e schemas.AuditEntry, _ []byte) error { each(e); return nil })
		},
	}, nil
}
