package main

import (
	"context"
	"sync"
	"time"

	"model-registrar/registrar"
	"model-registrar/starter/console"
	"model-registrar/starter/view"
)

// follow shows the registration's progress to its end, and keeps what it came to.
func (r *registration) follow(ctx context.Context, c *connection, on *row) error {
	r.result.Status = statusInProgress
	seen := &registrationSketch{log: view.Log{Brief: c.err.Terminal()}}
	asked := false
	var asking sync.WaitGroup
	t, err := c.Follow(ctx, r.name, r.runID, func(v registrar.View) {
		on.show(seen, func() { seen.view = v })
		if !asked && v.Undecided() {
			asked = true
			asking.Go(func() { r.present(ctx, c, v, on, seen) })
		}
	})
	asking.Wait()
	r.learn(t)
	if r.ended && on.name != "" {
		style := console.Bad
		if r.ending.Completed() {
			style = console.Good
		}
		on.say(console.Styled(style, string(r.result.Status)))
	}
	return err
}

// present shows the evidence to decide by. The workflow is asked for it, the one query of a registration, since the
// history does not tell the deadline; without an answer, from want of a worker, the history has to do.
func (r *registration) present(
	ctx context.Context, c *connection, v registrar.View, on *row, seen *registrationSketch,
) {
	answer, err := c.Status(ctx, r.name, v.RunID)
	waits := false
	on.show(seen, func() { waits = seen.view.Undecided() })
	switch {
	case ctx.Err() != nil || !waits:
		return
	case err != nil:
		answer = v.Progress()
	case answer.Approval == nil || !answer.Approval.Open:
		return // decided meanwhile
	}
	on.say(evidenceLines(answer, v.Input.Manifest, c.page(v.WorkflowID, v.RunID))...)
}

// learn keeps what a timeline tells of a registration.
func (r *registration) learn(t registrar.Timeline) {
	if t.RunID != "" {
		r.runID = t.RunID
	}
	r.ending, r.refusal = t.Ending, t.Refusal
	if r.ended = t.Ending != nil; r.ended {
		r.result = t.Result()
	}
}

// registrationSketch is how far a registration is.
type registrationSketch struct {
	log  view.Log
	view registrar.View
}

func (s *registrationSketch) next(now time.Time) []console.Line { return s.log.Next(s.view, now) }

func (s *registrationSketch) block(now time.Time) []console.Line { return view.Block(s.view, now) }
