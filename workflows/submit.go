package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/schemas"
)

// submit creates the model, or adopts the one that an earlier attempt created. From here on there may be a model to
// roll back, unless the record of what was sent says that nothing was. What one execution of the activity has sent, the
// next one knows by that record alone.
func (r *registration) submit(ctx workflow.Context) error {
	return r.create(ctx, schemas.SubmitInput{Payload: r.payload, Authorization: r.authorization()})
}

// create creates a model with this payload. One that this operation has deleted before counts as gone, whatever a read
// that lags behind shows.
func (r *registration) create(ctx workflow.Context, in schemas.SubmitInput) error {
	r.enter(ctx, schemas.StageSubmitting)
	r.submittedAt = workflow.Now(ctx)
	var out schemas.Submission
	err := r.do(ctx, step{
		activity: schemas.SubmitRegistrationActivity, summary: "Create " + r.label() + " in the LLM Gateway",
		next: func() (workflow.ActivityOptions, any) {
			return activityTable[schemas.SubmitRegistrationActivity], in
		},
		refused: createdNothing,
		wait: func(err error) schemas.Wait {
			switch rec := sentBefore(err); {
			case rec != nil:
				in.Creation = rec
			case !neverStarted(err) && !createdNothing(err):
				in.Creation = &schemas.Creation{Sent: 1, Lost: 1, LastSent: workflow.Now(ctx)}
			}
			return schemas.Wait{}
		},
	}, &out)
	if err != nil {
		r.creation = sentBefore(err)
		if r.creation == nil && (neverStarted(err) || createdNothing(err)) {
			r.creation = &schemas.Creation{}
			if in.Creation != nil {
				r.creation = in.Creation
			}
		}
		r.mayExist = r.creation == nil || r.creation.Sent > 0
		if in.Replaces == "" {
			r.result.ExistingModelID = existingModel(err)
		}
		return err
	}
	if out.Unchanged {
		r.result.ModelID = out.ModelID
		return r.unchanged(out)
	}
	r.mayExist, r.creation, r.lookAgain = true, out.Creation, out.LookAgain
	if r.creation == nil {
		r.creation = &schemas.Creation{Sent: 1, JobIDs: []string{out.JobID}}
	}
	r.result.JobID, r.result.ModelID, r.result.Adopted = out.JobID, out.ModelID, out.Adopted
	return nil
}

// sentBefore is the record of what a submission that failed may have sent. Nil: it ended without a word about it.
func sentBefore(err error) *schemas.Creation { return recordOf[schemas.Creation](err) }

// recordOf is the record that an activity which failed left of what it may have sent: the second detail of its error,
// or what its last heartbeat recorded before its time ran out. Nil: there is none.
func recordOf[Record any](err error) *Record {
	var rec Record
	var late *temporal.TimeoutError
	if errors.As(err, &late) && late.HasLastHeartbeatDetails() && late.LastHeartbeatDetails(&rec) == nil {
		return &rec
	}
	var app *temporal.ApplicationError
	var cancelled *temporal.CanceledError
	var details schemas.ErrorDetails
	switch {
	case errors.As(err, &app) && app.HasDetails() && app.Details(&details, &rec) == nil:
		return &rec
	case errors.As(err, &cancelled) && cancelled.HasDetails() && cancelled.Details(&details, &rec) == nil:
		return &rec
	}
	return nil
}

// createdNothing reports whether a submission's error proves that this registration created no model: its record says
// so, or the gateway refused what an activity without a record asked for. After anything else (a time-out, an outage, a
// cancellation) a model may exist.
func createdNothing(err error) bool {
	if rec := sentBefore(err); rec != nil {
		return rec.Sent == 0
	}
	switch explain(err).Type {
	case schemas.ErrBadRequest, schemas.ErrUnauthorized, schemas.ErrForbidden, schemas.ErrNotFound,
		schemas.ErrConflict, schemas.ErrNameConflict, schemas.ErrModelNotOwned, schemas.ErrUnapproved:
		return true
	}
	return false
}

// lookForTwins looks the name up once more, when the gateway's reads have caught up, if an answer to a creation was
// lost: what else is there under that name is said, and never passed over in silence. It does not undo what is well.
func (r *registration) lookForTwins(ctx workflow.Context) error {
	if r.lookAgain.IsZero() {
		return nil
	}
	wait := schemas.Wait{For: schemas.WaitReadLag, Since: workflow.Now(ctx), Until: r.lookAgain,
		Message: fmt.Sprintf("The answer to a creation was lost; the gateway is looked at once more at %s",
			clockTime(r.lookAgain, 0))}
	if err := r.sleep(ctx, wait); err != nil {
		return err
	}
	var out schemas.Twins
	err := r.execute(ctx, schemas.FindTwinsActivity, "Look for other models of this name",
		schemas.TwinsInput{Payload: r.payload, ModelID: r.result.ModelID, Creation: *r.creation}, &out)
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil:
		r.result.Reason = "whether a lost creation has left a second model could not be found out: " +
			explain(err).Message
		return nil
	}
	if r.result.Twins = out.Named; len(out.Named) > 0 {
		r.result.Reason = fmt.Sprintf("there are other models of this name beside %s: %s. Operator action required: "+
			"look at them, and remove what nobody wants by the platform's DELETE {gateway}/models/%s", r.result.ModelID,
			schemas.ModelIDs(out.Named), out.Named[0].ID)
	}
	return nil
}
