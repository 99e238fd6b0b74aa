package main

import (
	"context"
	"errors"
	"sync"

	"model-registrar/internal/follow"
	"model-registrar/registrar"
	"model-registrar/schemas"
	"model-registrar/starter/console"
)

// followAll follows the registrations that were started, side by side, until each has ended or the context does.
func (a *app) followAll(ctx context.Context, c *connection, all []*registration) {
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
	p := newProgress(a.err, names)
	defer p.close()
	var group sync.WaitGroup
	for i, r := range followed {
		group.Go(func() { a.follow(ctx, c, r, i, p) })
	}
	group.Wait()
}

// follow shows one registration's progress to its end, and keeps what it came to.
func (a *app) follow(ctx context.Context, c *connection, r *registration, i int, p *progress) {
	asked := false
	var asking sync.WaitGroup
	t, err := follow.Follow(ctx, c.Temporal(), c.Decoder(), r.workflowID, r.runID, func(v follow.View) {
		p.show(i, v)
		if !asked && v.Undecided() {
			asked = true
			asking.Go(func() { a.present(ctx, c, v, i, p) })
		}
	})
	asking.Wait()
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
func (a *app) present(ctx context.Context, c *connection, v follow.View, i int, p *progress) {
	answer, err := c.query(ctx, v.WorkflowID, v.RunID)
	switch {
	case ctx.Err() != nil || !p.undecided(i):
		return
	case err != nil:
		answer = v.Progress()
	case answer.Approval == nil || !answer.Approval.Open:
		return // decided meanwhile
	}
	p.say(i, a.evidence(answer, v.Input.Manifest, c.page(v.WorkflowID, v.RunID))...)
}

// query asks a workflow where it stands. It needs a worker.
func (c *connection) query(ctx context.Context, workflowID, runID string) (schemas.Progress, error) {
	ctx, cancel := context.WithTimeout(ctx, registrar.CallTimeout)
	defer cancel()
	var p schemas.Progress
	value, err := c.Temporal().QueryWorkflow(ctx, workflowID, runID, schemas.StatusQuery)
	if err != nil {
		return p, err
	}
	return p, value.Get(&p)
}

// learn keeps what a timeline tells of a registration.
func (r *registration) learn(t follow.Timeline, err error) {
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
	if t.Ending.Result != nil {
		r.result = *t.Ending.Result
		return
	}
	reason, kind := t.Ending.Explain()
	r.result = schemas.Result{
		Name: t.Name(), Status: t.Ending.Outcome(), Reason: reason, ErrorType: kind,
		ModelID: t.Evidence.ModelID, PayloadHash: t.Evidence.PayloadHash, JobID: t.Evidence.JobID,
		Validation: t.Evidence.Probe, WorkflowID: t.WorkflowID, RunID: t.RunID,
	}
}
