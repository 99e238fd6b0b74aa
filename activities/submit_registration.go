package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/creation"
	"model-registrar/internal/gateway"
	"model-registrar/internal/quota"
	"model-registrar/schemas"
)

// SubmitRegistration creates the model, and is safe to repeat. The platform takes no idempotency key, so each attempt
// looks the name up first, and records what it is about to send before it sends it; package creation decides what the
// two together mean. Every error carries the record as its second detail ([schemas.Creation]): a submission that
// recorded nothing has sent nothing.
func (a *Activities) SubmitRegistration(ctx context.Context, in schemas.SubmitInput) (schemas.Submission, error) {
	payload, err := unsealed(in.Payload)
	if err != nil {
		return schemas.Submission{}, err
	}
	err = a.authorize(ctx, deed{name: payload.Name, hash: in.Payload.Hash, auth: in.Authorization,
		needed: a.needsApproval() && (in.Replaces != "" || a.GateFloor == schemas.GateBeforeSubmission)})
	if err != nil {
		return schemas.Submission{}, err
	}
	s := &submission{Activities: a, in: in, want: payload, rec: recorded(ctx, in.Creation)}
	ctx, s.attempt = a.begin(ctx, s.rec)
	defer s.attempt.end()
	for {
		out, again, err := s.once(ctx)
		if err != nil || again == 0 {
			return out, err
		}
		if !pause(ctx, again) {
			return schemas.Submission{}, s.stopped(ctx)
		}
	}
}

// submission is one attempt of a submission.
type submission struct {
	*Activities
	*attempt
	in   schemas.SubmitInput
	want schemas.Payload
	rec  schemas.Creation
}

// recorded is what earlier attempts of this execution recorded, or what earlier executions are known to have sent. A
// record that cannot be read may stand for a creation that has just been sent.
func recorded(ctx context.Context, earlier *schemas.Creation) (rec schemas.Creation) {
	if earlier != nil {
		rec = *earlier
	}
	if activity.HasHeartbeatDetails(ctx) {
		var own schemas.Creation
		if activity.GetHeartbeatDetails(ctx, &own) != nil {
			return schemas.Creation{Sent: 1, Lost: 1, LastSent: time.Now()}
		}
		rec = own
	}
	return rec
}

// once looks the name up and does what follows from it. If again is not zero, it has to be looked again after that
// time.
func (s *submission) once(ctx context.Context) (out schemas.Submission, again time.Duration, err error) {
	owner, err := s.owner(ctx, s.want.Name)
	if err != nil {
		return out, 0, s.with(err)
	}
	if owner != nil && owner.ModelID == s.in.Replaces {
		owner = nil // of a model that this operation has deleted
	}
	calls, done := s.turns(ctx, owner)
	defer done()
	sight, err := s.look(calls, owner)
	if err != nil {
		return out, 0, s.failed(ctx, err)
	}
	d := creation.Submit(s.rec, sight)
	if d.Action == creation.NotOwned {
		if d, err = s.withoutDeleted(calls, d, sight); err != nil {
			return out, 0, s.failed(ctx, err)
		}
	}
	if d.Action == creation.NotOwned && s.rec.Sent == 0 {
		jobs, err := s.jobsBeforeReset(ctx)
		if err != nil {
			return out, 0, s.with(temporal.NewApplicationError("Temporal could not be asked what the runs before a "+
				"reset of "+s.want.Name+" made: "+err.Error(), string(schemas.ErrTemporal)))
		}
		if len(jobs) > 0 {
			s.rec.JobIDs, s.rec.Sent = jobs, len(jobs)
			d = creation.Submit(s.rec, sight)
		}
	}
	switch d.Action {
	case creation.Create:
		out, err = s.create(ctx, calls, sight)
	case creation.Use:
		out = s.result(d.Model.JobID)
	case creation.Adopt:
		out = s.result(d.Model.JobID)
		out.ModelID, out.Adopted = d.Model.ID, true
	case creation.LookAgain:
		again = d.Again
	case creation.Unchanged:
		out = schemas.Submission{
			Unchanged: true, ModelID: d.Model.ID, State: d.Model.State, SeenAt: sight.Now.UTC(), Owner: owner}
	default:
		err = s.refusal(d, owner)
	}
	return out, again, err
}

// turns takes turns within the quota: of the look-up and of the creation that is likely to follow, since a look-up that
// is followed by none is wasted. Who only looks for what was sent before takes a turn as those who finish something.
func (s *submission) turns(ctx context.Context, owner *schemas.Ownership) (context.Context, func()) {
	switch {
	case s.rec.Lost > 0:
		return quota.Finishing(ctx), func() {}
	case owner != nil:
		return quota.Reserve(ctx, 1)
	}
	return quota.Reserve(ctx, 2)
}

// look is what the platform shows of the name. A model that is owned and that the list does not show is asked for by
// its id before it counts as gone.
func (s *submission) look(ctx context.Context, owner *schemas.Ownership) (creation.Sight, error) {
	sight := creation.Sight{Want: s.want, Lag: s.ReadLag}
	found, err := s.Gateway.FindModels(ctx, s.want.Name)
	if err != nil {
		return sight, err
	}
	found.Models = slices.DeleteFunc(found.Models, func(m gateway.Model) bool { return m.ID == s.in.Replaces })
	if owner != nil {
		sight.Owner = &creation.Owner{ModelID: owner.ModelID, Since: owner.Since}
		if !shows(found, owner.ModelID) {
			m, err := s.Gateway.GetModel(ctx, owner.ModelID)
			if err != nil {
				return sight, err
			}
			if m != nil && m.Payload.Name == s.want.Name {
				found.Models = append(found.Models, *m)
			}
		}
	}
	sight.Found, sight.Now = found, time.Now()
	return sight, nil
}

// withoutDeleted decides anew if the list shows models that are gone by their ids: the name was retired a moment ago.
// One that is younger than the read lag may be too new to be known by its id, and is looked for again.
func (s *submission) withoutDeleted(
	ctx context.Context, d creation.Decision, sight creation.Sight,
) (creation.Decision, error) {
	var there []gateway.Model
	for _, listed := range d.Models {
		m, err := s.Gateway.GetModel(ctx, listed.ID)
		if err != nil {
			return d, err
		}
		age := sight.Found.AsOf.Sub(listed.DateCreated)
		switch {
		case m != nil:
			there = append(there, listed)
		case age < sight.Lag:
			return creation.Decision{Action: creation.LookAgain, Again: creation.Gap(age, sight.Lag)}, nil
		}
	}
	if len(there) == len(d.Models) {
		return d, nil
	}
	sight.Found.Models = there // there is no owned one where the decision was that nobody owns any
	return creation.Submit(s.rec, sight), nil
}

func shows(found gateway.Found, id string) bool {
	for _, m := range found.Models {
		if m.ID == id {
			return true
		}
	}
	return false
}

// create records that a creation is about to be sent, and sends it once the record is stored. A creation that has begun
// is awaited whatever happens, so that its answer is known: a cancellation then finds the job to roll back.
func (s *submission) create(ctx, calls context.Context, sight creation.Sight) (schemas.Submission, error) {
	intended := creation.Intend(s.rec, sight)
	if err := s.record(ctx, intended); err != nil {
		return schemas.Submission{}, s.with(temporal.NewApplicationError(
			"Temporal could not record that "+s.want.Name+" is about to be created, so that nothing was sent: "+
				err.Error(),
			string(schemas.ErrTemporal)))
	}
	if ctx.Err() != nil { // the answer to the heartbeat asked to cancel
		_ = s.record(ctx, s.rec) // nothing was sent; without this the record only says too much
		return schemas.Submission{}, s.stopped(ctx)
	}
	s.rec = intended
	jobID, err := s.Gateway.CreateModel(context.WithoutCancel(calls), s.in.Payload)
	var refused *gateway.Error
	switch {
	case err == nil:
		s.rec = creation.Answered(s.rec, jobID)
		return s.result(jobID), nil
	case errors.As(err, &refused) && !refused.TookEffect():
		s.rec = creation.Refused(s.rec)
		if refused.Retryable() {
			_ = s.record(ctx, s.rec) // if this is lost, the next attempt looks for what was never made
		}
	}
	return schemas.Submission{}, s.failed(ctx, err)
}

// result is what the workflow goes on with. Of a single creation that was answered the job says all there is to say.
func (s *submission) result(jobID string) schemas.Submission {
	out := schemas.Submission{JobID: jobID, LookAgain: creation.LookAgainAt(s.rec, s.ReadLag)}
	if !out.LookAgain.IsZero() {
		out.Creation = &s.rec
	}
	return out
}

// failed is the error of a call, with the record.
func (s *submission) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return s.stopped(ctx)
	}
	return platformError(ctx, err, s.rec)
}

// stopped is the error of an attempt that was cancelled, was overtaken or has to leave because its worker stops.
func (s *submission) stopped(ctx context.Context) error {
	if ctx.Err() != nil && s.lease.Check() == nil {
		return temporal.NewCanceledError(schemas.ErrorDetails{}, s.rec)
	}
	return s.with(temporal.NewApplicationError("this attempt ends here, and another one goes on",
		string(schemas.ErrTemporal)))
}

// with adds the record to an error that has none.
func (s *submission) with(err error) error {
	var app *temporal.ApplicationError
	if !errors.As(err, &app) {
		return err
	}
	return temporal.NewApplicationErrorWithOptions(app.Message(), app.Type(), temporal.ApplicationErrorOptions{
		NonRetryable: app.NonRetryable(), NextRetryDelay: app.NextRetryDelay(), Category: app.Category(),
		Details: []any{schemas.ErrorDetails{}, s.rec},
	})
}

// refusal is the error of a submission that must not create: the name is taken.
func (s *submission) refusal(d creation.Decision, owner *schemas.Ownership) error {
	switch d.Action {
	case creation.Conflict:
		return fatal(schemas.ErrNameConflict, conflict(s.want, d.Model, owner),
			schemas.ErrorDetails{ModelID: d.Model.ID}, s.rec)
	case creation.NotOwned:
		return fatal(schemas.ErrModelNotOwned, fmt.Sprintf("a model named %s is in the gateway as %s, and no "+
			"operation is known to have completed it: it is nobody's, and was not touched; `starter adopt` takes it "+
			"over, `starter retire` removes it, and so does the platform's DELETE {gateway}/models/%s", s.want.Name,
			schemas.ModelIDs(shown(d.Models, s.want)), d.Models[0].ID),
			schemas.ErrorDetails{ModelID: d.Models[0].ID}, s.rec)
	}
	return fatal(schemas.ErrModelNotProven, notProven(s.want.Name, shown(d.Models, s.want)), schemas.ErrorDetails{},
		s.rec)
}

// notProven says which models may be an operation's, and what a person has to do.
func notProven(name string, models []schemas.FoundModel) string {
	return fmt.Sprintf("the answer to a creation of %s was lost, and what is in the gateway under that name may be "+
		"its work or somebody else's: %s; nothing was deleted. Operator action required: look at it, and remove what "+
		"nobody wants by the platform's DELETE {gateway}/models/%s", name, schemas.ModelIDs(models), models[0].ID)
}

func conflict(want schemas.Payload, m gateway.Model, owner *schemas.Ownership) string {
	var changes []string
	for _, c := range m.Payload.Changes(want) {
		changes = append(changes, c.String())
	}
	drifted := ""
	if hash, err := want.Hash(); err == nil && owner != nil && owner.PayloadHash == hash {
		drifted = ", although this manifest is what was registered: somebody has changed the model in the gateway"
	}
	return fmt.Sprintf("%s is registered as model %s with other values (%s)%s; `starter plan` shows the difference "+
		"and `starter change` makes it", want.Name, m.ID, strings.Join(changes, "; "), drifted)
}

// shown are models for the result.
func shown(models []gateway.Model, want schemas.Payload) []schemas.FoundModel {
	out := make([]schemas.FoundModel, len(models))
	for i, m := range models {
		out[i] = schemas.FoundModel{ID: m.ID, State: m.State, JobID: m.JobID}
		for _, c := range m.Payload.Changes(want) {
			out[i].Differs = append(out[i].Differs, c.Key)
		}
	}
	return out
}
