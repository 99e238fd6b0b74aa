package activities

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/creation"
	"model-registrar/internal/gateway"
	"model-registrar/internal/quota"
	"model-registrar/schemas"
)

// submittedStep is how far the clock of the workflow, which says when a submission began, may be from this worker's.
const submittedStep = 5 * time.Second

// DeregisterModel deletes what is proven to be a registration's: the model that its own job made, while the gateway
// lists it under the registration's name. It returns nil once the absence was seen: at once after a deletion that the
// gateway acknowledged, otherwise when it is still absent after the read lag. A job that still runs may yet make the
// model: that is JobStillRunning, for which the workflow waits on a timer. What may be the registration's, and is not
// proven to be, is not deleted: ModelNotProven names it. What is proven and does not go away is RollbackNotConfirmed.
// Both carry the models as their second detail.
func (a *Activities) DeregisterModel(ctx context.Context, in schemas.DeregisterInput) error {
	payload, err := unsealed(in.Payload)
	if err != nil {
		return err
	}
	ctx, attempt := a.begin(quota.Finishing(ctx), nil)
	defer attempt.end()
	owner, err := a.owner(ctx, payload.Name)
	if err != nil {
		return err
	}
	r := &rollback{Activities: a, in: in, Remains: remains(in, payload, owner)}
	for {
		found, err := a.Gateway.FindModels(ctx, payload.Name)
		if err != nil {
			return platformError(ctx, err)
		}
		if in.Creation == nil && r.Rec.Since.IsZero() && r.Rec.Lost > 0 { // by the platform's clock
			r.Rec.Since = found.AsOf.Add(in.SubmittedAt.Sub(r.Begun) - submittedStep)
		}
		again, err := r.once(ctx, found)
		if err != nil || again == 0 {
			return err
		}
		if !pause(ctx, again) {
			return temporal.NewApplicationError("the rollback of "+payload.Name+" goes on in another attempt",
				string(schemas.ErrTemporal))
		}
	}
}

// rollback is one attempt of a rollback.
type rollback struct {
	*Activities
	creation.Remains
	in      schemas.DeregisterInput
	jobOver bool
}

// remains is what the registration may have left. A submission that ended without a word may have sent one creation, at
// the latest a moment ago.
func remains(in schemas.DeregisterInput, payload schemas.Payload, owner *schemas.Ownership) creation.Remains {
	r := creation.Remains{Want: payload, Begun: time.Now(), Asked: map[string]bool{}}
	switch {
	case in.Creation != nil:
		r.Rec = *in.Creation
	case in.JobID == "":
		r.Rec = schemas.Creation{Sent: 1, Lost: 1, LastSent: r.Begun}
	}
	switch {
	case in.Adopted:
		r.AdoptedID = in.ModelID
	case in.JobID != "":
		if r.ModelID = in.ModelID; !slices.Contains(r.Rec.JobIDs, in.JobID) {
			r.Rec.JobIDs = append(slices.Clone(r.Rec.JobIDs), in.JobID)
		}
	}
	if owner != nil {
		r.Owner = &creation.Owner{ModelID: owner.ModelID, Since: owner.Since}
	}
	return r
}

// once deletes what a look-up showed and is proven to be ours. It returns after what time to look again, or zero when
// all is known.
func (r *rollback) once(ctx context.Context, found gateway.Found) (again time.Duration, err error) {
	c := creation.RollBack(r.Remains, found, time.Now(), r.ReadLag)
	if len(c.Delete) == 0 && len(r.Asked) == 0 {
		if err := r.jobEnded(ctx); err != nil {
			return 0, err
		}
		c = creation.RollBack(r.Remains, found, time.Now(), r.ReadLag)
	}
	acknowledged := false
	for _, m := range c.Delete {
		if r.Asked[m.ID] {
			continue // a replica shows it still
		}
		existed, err := r.Gateway.DeleteModel(ctx, m.ID)
		if err != nil {
			return 0, platformError(ctx, err)
		}
		r.Asked[m.ID] = existed
		acknowledged = acknowledged || existed
	}
	switch {
	case acknowledged:
		return time.Millisecond, nil // look whether they are gone
	case c.Again > 0:
		return c.Again, nil
	case len(c.Kept) > 0:
		models := shown(c.Kept, r.Want)
		return 0, temporal.NewNonRetryableApplicationError(fmt.Sprintf("the deletion of %s could not be confirmed: "+
			"the gateway still shows %s after %s. Operator action required: look whether it is gone, and remove it "+
			"by the platform's DELETE {gateway}/models/%s",
			r.Want.Name, schemas.ModelIDs(models), r.ReadLag, models[0].ID), string(schemas.ErrNotConfirmed), nil,
			schemas.ErrorDetails{}, models)
	case len(c.Named) > 0:
		models := shown(c.Named, r.Want)
		return 0, temporal.NewNonRetryableApplicationError(notProven(r.Want.Name, models),
			string(schemas.ErrModelNotProven), nil,
			schemas.ErrorDetails{}, models)
	}
	return r.stillThere(ctx)
}

// stillThere asks for the models by their ids once more, after the list has stopped to show them.
func (r *rollback) stillThere(ctx context.Context) (again time.Duration, err error) {
	ids := slices.Collect(maps.Keys(r.Asked))
	if r.ModelID != "" && !slices.Contains(ids, r.ModelID) {
		ids = append(ids, r.ModelID)
	}
	for _, id := range ids {
		m, err := r.Gateway.GetModel(ctx, id)
		switch {
		case err != nil:
			return 0, platformError(ctx, err)
		case m == nil || m.Payload.Name != r.Want.Name:
			continue
		case time.Since(r.Begun) < r.ReadLag:
			return creation.Gap(time.Since(r.Begun), r.ReadLag), nil
		}
		return 0, temporal.NewNonRetryableApplicationError(fmt.Sprintf("the deletion of %s could not be confirmed: "+
			"the gateway does not list model %s and shows it nevertheless. Operator action required: look whether it "+
			"is gone, and remove it by the platform's DELETE {gateway}/models/%s", r.Want.Name, id, id),
			string(schemas.ErrNotConfirmed), nil, schemas.ErrorDetails{},
			shown([]gateway.Model{*m}, r.Want))
	}
	return 0, nil
}

// jobEnded finds out whether the registration's own job has ended: one that runs may yet make the model. The model that
// it names is its work.
func (r *rollback) jobEnded(ctx context.Context) error {
	if r.in.Adopted || r.in.JobID == "" || r.ModelID != "" || r.jobOver {
		return nil
	}
	job, err := r.endedJob(ctx, r.in.JobID, "create")
	if err != nil || job == nil {
		return err
	}
	r.jobOver, r.ModelID = true, job.ModelID
	return nil
}

// endedJob is a job that has ended; nil: it is forgotten, or not shown yet, and the model tells after the lag. One that
// runs is JobStillRunning, since it may yet do what it was made for.
func (a *Activities) endedJob(ctx context.Context, id, may string) (*gateway.Job, error) {
	job, err := a.Gateway.GetJob(ctx, id)
	var e *gateway.Error
	switch {
	case errors.As(err, &e) && e.Type == schemas.ErrNotFound:
		return nil, nil
	case err != nil:
		return nil, platformError(ctx, err)
	case !job.Failed() && !job.Succeeded():
		return nil, temporal.NewApplicationErrorWithOptions(
			fmt.Sprintf("job %s is still %s and may yet %s the model", id, job.Status, may),
			string(schemas.ErrJobStillRunning),
			temporal.ApplicationErrorOptions{NonRetryable: true, NextRetryDelay: job.RetryAfter})
	}
	return &job, nil
}
