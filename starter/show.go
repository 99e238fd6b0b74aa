package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

func showCommand(a *app) *cobra.Command {
	var trail string
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Tell one model's whole story: what is approved and ours, how it came to that, and how it is doing",
		Long: `Tell the whole story of one model: what is approved and ours, by which operation, run and people, and since
when; how it is doing and what its last check saw; its operations with who asked, who decided what and why, what
changed field by field, and how they ended; and the changes of its state.

It is told from Temporal, which forgets what has ended after the namespace's retention time, and from the audit trail,
which forgets nothing: that of --audit, or else REGISTRAR_AUDIT (or REGISTRAR_AUDIT_FILE), or else the file
` + "`llm_model_audit.log`" + ` if there is one. If one of the two cannot be read, the story is told from the other, and says so.
Whether the trail can be believed, ` + "`starter audit verify`" + ` says. With --output json, one schemas.ModelStory is printed
(model-story.schema.json).

Exit codes: 0 there is something to tell, also of a retired model; 1 nothing is known of the name; 4 Temporal cannot be
reached, and there is no trail.`,
		Example: `  starter show production-llm-v2
  starter show production-llm-v2 --audit postgres://reader@db/audit
  starter show production-llm-v2 -o json | jq '.operations[] | {operation, outcome, changes}'`,
		Args: name,
		RunE: offline(func(ctx context.Context, args []string) error {
			if err := notAFleet(args[0]); err != nil {
				return err
			}
			return a.show(ctx, registrar.ModelNamed(args[0]), trail)
		}),
	}
	cmd.Flags().StringVar(&trail, "audit", "", "the audit trail: file:PATH, PATH, postgres://…, or - for stdin")
	return cmd
}

func (a *app) show(ctx context.Context, name, flag string) error {
	trail, err := a.shownTrail(flag)
	if err != nil {
		return err
	}
	story, err := a.story(ctx, name, trail)
	if err != nil {
		return err
	}
	if a.machine() {
		return a.print(story)
	}
	a.out.Print(storyLines(story)...)
	return nil
}

// story reads the story from whatever can be reached.
func (a *app) story(ctx context.Context, name string, trail *registrar.Trail) (schemas.ModelStory, error) {
	c, err := a.connect(ctx, "")
	_, unreachable := errors.AsType[*registrar.Unreachable](err)
	switch {
	case unreachable && ctx.Err() == nil:
		return registrar.TrailStory(ctx, name, trail, err)
	case err != nil:
		return schemas.ModelStory{}, err
	}
	defer c.Close()
	story, err := c.Story(ctx, name, trail)
	if why := c.unread.why.Load(); why != nil {
		a.err.Print(console.Styled(console.Bad, "warning: ").And(console.Plain, "not all can be shown: "+why.Error()))
	}
	return story, err
}

// shownTrail is the trail to tell from; nil if none is named and the usual file is not there.
func (a *app) shownTrail(flag string) (*registrar.Trail, error) {
	t, err := a.trail(flag)
	if err != nil {
		return nil, err
	}
	if named, _ := a.env.secret("REGISTRAR_AUDIT"); flag == "" && named == "" {
		if _, err := os.Stat(strings.TrimPrefix(defaultTrail, "file:")); err != nil {
			return nil, nil
		}
	}
	return &registrar.Trail{
		Name: "the audit trail " + t.name,
		Read: func(ctx context.Context, each func(schemas.AuditEntry)) error {
			return a.eachEntry(ctx, t, func(e schemas.AuditEntry, _ []byte) error { each(e); return nil })
		},
	}, nil
}
