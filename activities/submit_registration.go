package activities

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"model-registrar/internal/genesys"
	"model-registrar/internal/quota"
	"model-registrar/schemas"
)

// clockSkew is how far the platform's clock may be behind ours when it says when a model was created.
const clockSkew = 2 * time.Minute

// SubmitRegistration creates the model, and is safe to repeat: the platform takes no idempotency key, so every attempt
// first looks the name up. A model that an earlier attempt made, whose answer was lost, is adopted. One that was there
// before is UNCHANGED if it is owned, ModelNotOwned if it is nobody's, or, with another payload, NameConflict: all of them
// mean that this registration created nothing.
func (a *Activities) SubmitRegistration(ctx context.Context, in schemas.SubmitInput) (schemas.Submission, error) {
	defer keepAlive(ctx)()
	payload, err := unsealed(in.Payload)
	if err != nil {
		return schemas.Submission{}, err
	}
	info := activity.GetInfo(ctx)
	// A refusal tells nothing of what an earlier attempt did, so its second detail is whether there was one.
	repeated := info.Attempt > 1 || in.Creation != nil
	since := info.ScheduledTime
	if in.Creation != nil {
		since = in.Creation.Since
	}
	calls, done := quota.Reserve(ctx, 2) // the look-up is wasted unless the creation follows
	defer done()
	found, err := a.Genesys.FindModels(calls, payload.Name)
	if err != nil {
		return schemas.Submission{}, platformError(ctx, err, repeated)
	}
	if len(found) > 0 {
		owner, err := a.owner(ctx, payload.Name)
		if err != nil {
			return schemas.Submission{}, err
		}
		return adopt(repeated, since, found, payload, owner)
	}
	jobID, err := a.Genesys.CreateModel(calls, in.Payload)
	if err != nil {
		return schemas.Submission{}, platformError(ctx, err, repeated)
	}
	return schemas.Submission{JobID: jobID}, nil
}

// adopt decides whose the models of this name are. since is when the submission began.
func adopt(
	repeated bool, since time.Time, found []genesys.Model, want schemas.Payload, owner *schemas.Ownership,
) (schemas.Submission, error) {
	for _, m := range found {
		if owner != nil && m.ID == owner.ModelID && len(want.Diff(m.Payload)) == 0 {
			return schemas.Submission{Unchanged: true, ModelID: m.ID, State: m.State, SeenAt: time.Now().UTC(), Owner: owner}, nil
		}
		if repeated && madeHere(m, want, since) {
			return schemas.Submission{JobID: m.JobID, ModelID: m.ID, Adopted: true}, nil
		}
	}
	m := found[0]
	if fields := want.Diff(m.Payload); len(fields) > 0 {
		return schemas.Submission{}, fatal(schemas.ErrNameConflict, fmt.Sprintf(
			"a model named %s exists in the gateway as %s with another %s; choose another name, or delete that model first",
			want.Name, m.ID, strings.Join(fields, ", ")), schemas.ErrorDetails{ModelID: m.ID})
	}
	return schemas.Submission{}, fatal(schemas.ErrModelNotOwned, fmt.Sprintf(
		"%s is in the gateway already as model %s (%s), with this same payload, and no operation is known to have completed "+
			"its registration; nothing was changed: delete that model first to register it anew", want.Name, m.ID, m.State),
		schemas.ErrorDetails{ModelID: m.ID})
}

// madeHere tells whether a model is the work of the activity that was scheduled at the given time. Without a date from
// the platform, a model with the same payload that a repeated attempt finds counts as its own.
func madeHere(m genesys.Model, want schemas.Payload, scheduled time.Time) bool {
	if len(want.Diff(m.Payload)) > 0 {
		return false
	}
	return m.DateCreated.IsZero() || m.DateCreated.After(scheduled.Add(-clockSkew))
}
