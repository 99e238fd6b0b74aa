package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"model-registrar/internal/words"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// operation is what a command begins or finds, follows and concludes: an operation on one model, or a fleet of them.
type operation interface {
	handled() *handle
	// tell says that it has begun, or what is in its way.
	tell(c *connection)
	// follow shows how it goes until it or the context has ended, and keeps what it came to.
	follow(ctx context.Context, c *connection, on *row) error
	// document is what it came to, or how far it is, for --output json; nil if there is nothing to say.
	document(c *connection) any
	// lines are what it came to, for people.
	lines(page string) []console.Line
	// code is the exit code of its ending.
	code() int
}

// followOptions are the flags of what follows operations.
type followOptions struct {
	detach  bool
	timeout time.Duration // of following; 0: none
	uiURL   string
}

func (o *followOptions) followFlags(f *pflag.FlagSet) {
	f.DurationVar(&o.timeout, "timeout", 0,
		"follow for at most so long, such as 30m; what is not over by then goes on (exit code 130)")
	f.StringVar(&o.uiURL, "ui-url", "", "base address of the Temporal UI, for links (default $REGISTRAR_UI_URL)")
}

// beginOptions are the flags of what begins operations.
type beginOptions struct {
	*app
	followOptions
	approval, requester string
}

func (o *beginOptions) beginFlags(f *pflag.FlagSet) {
	f.BoolVarP(&o.detach, "detach", "d", false, "start and return; do not follow")
	f.StringVar(&o.requester, "requester", "",
		"who asks, and so cannot approve (default $REGISTRAR_REQUESTER, or user@host)")
	o.followFlags(f)
}

func (o *beginOptions) approvalFlag(f *pflag.FlagSet) {
	f.Var(oneOf(&o.approval, names(schemas.ApprovalPolicies)...), "approval", "when a person has to decide, in place "+
		"of the manifest's policy (the worker's floor holds in any case)")
}

// operate begins an operation for each request, follows them to their end unless they are to be left to themselves, and
// says what they came to.
func operate[R any](
	ctx context.Context, c *connection, requests []R, begin func(context.Context, R) (operation, error),
	o followOptions,
) error {
	all := make([]operation, 0, len(requests))
	for _, r := range requests {
		one, err := begin(ctx, r)
		if err != nil {
			if slices.ContainsFunc(all, func(o operation) bool { return !o.handled().foreign }) {
				c.err.Alertf("What was started goes on; see `starter list`.")
			}
			return err
		}
		one.tell(c)
		all = append(all, one)
	}
	if o.detach {
		return c.conclude(all)
	}
	if len(all) == 1 && all[0].handled().foreign && c.interactive() && c.confirm(ctx, "Watch it?") {
		all[0].handled().foreign = false
	}
	return c.watch(ctx, o.timeout, all...)
}

// watch follows operations to their end, for at most so long if there is a limit, and says what they came to.
func (c *connection) watch(ctx context.Context, limit time.Duration, all ...operation) error {
	var followed []operation
	for _, o := range all {
		if h := o.handled(); !h.foreign && !h.ended {
			followed = append(followed, o)
		}
	}
	if len(followed) > 0 {
		c.follow(ctx, limit, followed)
	}
	return c.conclude(all)
}

// follow follows operations side by side. Where nobody sees the view that goes on, it says how long that may be.
func (c *connection) follow(ctx context.Context, limit time.Duration, all []operation) {
	following, how := ctx, "however long it takes, a person's decision included; --timeout limits that, and --detach "+
		"does not wait"
	if limit > 0 {
		var cancel context.CancelFunc
		following, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
		how = "for at most " + words.Exactly(limit)
	}
	if !c.err.Terminal() {
		c.err.Print(console.Text("Waiting for the end, " + how + "."))
	}
	names := make([]string, len(all))
	for i, o := range all {
		names[i] = o.handled().name
	}
	show := newProgress(c.err, names)
	defer show.close()
	var group sync.WaitGroup
	for i, o := range all {
		group.Go(func() {
			err := o.follow(following, c, show.rows[i])
			switch h := o.handled(); {
			case h.ended:
			case following.Err() == nil && !errors.Is(err, context.Canceled):
				h.trouble = err
			default:
				h.left = true
				if ctx.Err() == nil {
					h.waited = limit
				}
			}
		})
	}
	group.Wait()
}

// conclude says what operations came to, in their order, and returns what the command exits with for all of them.
func (c *connection) conclude(all []operation) error {
	code := exitDone
	for _, o := range all {
		h, document := o.handled(), o.document(c)
		if c.machine() && document != nil {
			if err := c.print(document); err != nil {
				return err
			}
		}
		switch {
		case h.trouble != nil:
			f := asFailure(about(h.kind+h.name, explained(h.trouble)))
			if len(all) == 1 {
				return f
			}
			code = worst(code, f.code)
			c.complain(f)
		case h.foreign:
			code = worst(code, exitFailed)
		case h.left:
			code = worst(code, exitInterrupted)
			h.tellLeft(c.err)
		case h.ended:
			code = worst(code, o.code())
			if !c.machine() {
				c.out.Print(o.lines(c.page(h.workflowID, h.runID))...)
			}
		case !c.machine():
			c.out.Print(console.Text("It goes on by itself. Watch it:  starter watch " + h.argument))
		}
	}
	return exitWith(code)
}
