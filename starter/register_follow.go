package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"model-registrar/internal/words"
	"model-registrar/registrar"
	"model-registrar/starter/console"
)

// followAll follows the registrations that were started, side by side, until each has ended or the context does.
func followAll(ctx context.Context, out *console.Printer, c *connection, all []*registration) {
	var followed []*registration
	var names []string
	for _, r := range all {
		if r.state == started {
			followed, names = append(followed, r), append(names, r.name)
		}
	}
	if len(followed) == 0 {
		return
	}
	p := newProgress(out, names)
	defer p.close()
	var group sync.WaitGroup
	for i, r := range followed {
		group.Go(func() { r.follow(ctx, c, i, p) })
	}
	group.Wait()
}

// follow shows the registration's progress to its end, and keeps what it came to.
func (r *registration) follow(ctx context.Context, c *connection, i int, p *progress) {
	asked := false
	var asking sync.WaitGroup
	t, err := c.Follow(ctx, r.name, r.runID, func(v registrar.View) {
		p.update(i, v)
		if !asked && v.Undecided() {
			asked = true
			asking.Go(func() { r.present(ctx, c, v, i, p) })
		}
	})
	asking.Wait()
	if ctx.Err() != nil { // its time is up, or somebody interrupted it
		err = context.Canceled
	}
	r.learn(t, err)
	if r.ending != nil && p.names[i] != "" {
		style := console.Bad
		if r.ending.Completed() {
			style = console.Good
		}
		p.say(i, console.Styled(style, string(r.result.Status)))
	}
}

// present shows the evidence to decide by. The workflow is asked for it, the one query of a registration, since the
// history does not tell the deadline; without an answer, from want of a worker, the history has to do.
func (r *registration) present(ctx context.Context, c *connection, v registrar.View, i int, p *progress) {
	answer, err := c.Status(ctx, r.name, v.RunID)
	switch {
	case ctx.Err() != nil || !p.undecided(i):
		return
	case err != nil:
		answer = v.Progress()
	case answer.Approval == nil || !answer.Approval.Open:
		return // decided meanwhile
	}
	p.say(i, evidenceLines(answer, v.Input.Manifest, c.page(v.WorkflowID, v.RunID))...)
}

// learn keeps what a timeline tells of a registration.
func (r *registration) learn(t registrar.Timeline, err error) {
	if t.RunID != "" {
		r.runID = t.RunID
	}
	r.ending, r.refusal = t.Ending, t.Refusal
	if t.Ending == nil {
		if !errors.Is(err, context.Canceled) {
			r.followed = err
		}
		r.result.Status = statusInProgress
		return
	}
	r.result = t.Result()
}

// followFor follows registrations for at most so long, or however long it takes. Where nobody sees the view that goes
// on, it says how long that may be.
func followFor(ctx context.Context, out *console.Printer, c *connection, all []*registration, limit time.Duration) {
	following := ctx
	if limit > 0 {
		var cancel context.CancelFunc
		following, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	if goesOn := slices.ContainsFunc(all, func(r *registration) bool { return r.state == started }); goesOn &&
		!out.Terminal() {
		how := "however long it takes, a person's decision included; --timeout limits that, and --detach does not wait"
		if limit > 0 {
			how = "for at most " + words.Exactly(limit)
		}
		out.Print(console.Text("Waiting for the end, " + how + "."))
	}
	followAll(following, out, c, all)
	for _, r := range all {
		if following.Err() != nil && ctx.Err() == nil && r.state == started && r.ending == nil {
			r.waited = limit
		}
	}
}
