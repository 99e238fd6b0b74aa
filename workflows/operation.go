package workflows

import (
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// An operation works on one model: it registers, changes, adopts or retires it. All are told the same way: steps in
// their order, then, however they ended, the undoing of what did not complete, the record, the announcement and the
// result. They share the state of a registration and one workflow id a name.

// run tells the story of an operation.
func (r *registration) run(ctx workflow.Context, steps ...func(workflow.Context) error) (schemas.Result, error) {
	if err := r.setUp(ctx); err != nil {
		return schemas.Result{}, err
	}
	r.watchHistory(r.story)
	err := r.misnamed()
	if err == nil {
		err = inOrder(r.story, steps)
	}
	r.end(err, r.story.Err() != nil, workflow.Now(ctx))

	// What follows must happen even if the operation was cancelled, or is cancelled now.
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	r.undo(ctx)
	r.record(ctx)
	return r.finish(ctx)
}

// inOrder takes steps one after the other. An error ends the story: a [verdict] is a business ending, anything else a
// technical one.
func inOrder(ctx workflow.Context, steps []func(workflow.Context) error) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// undo undoes what an operation that did not complete has done: a registration deletes its model, a change puts the
// payload from before back, adoption and retirement have done nothing that could be undone.
func (r *registration) undo(ctx workflow.Context) {
	switch r.operation {
	case schemas.RegisterModelWorkflow:
		r.rollBack(ctx)
		r.takeBack(ctx)
	case schemas.ChangeModelWorkflow:
		r.putBack(ctx)
	case schemas.AdoptModelWorkflow:
		r.takeBack(ctx)
	}
}
