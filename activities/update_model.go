package activities

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/gateway"
	"model-registrar/internal/quota"
	"model-registrar/schemas"
)

// UpdateModel gives a model another payload, and is safe to repeat: the update says the whole payload, so that one
// whose answer was lost and that is sent again changes nothing twice. Right before it is sent the model is read, and
// nothing is sent over values that are neither those that the caller saw nor those that are wanted: somebody else has
// changed the model then, which is ModelMoved.
//
// That an update is about to be sent is recorded first, as a creation is, and every error carries the record as its
// second detail ([schemas.SentUpdates]): an update that recorded nothing has sent nothing.
func (a *Activities) UpdateModel(ctx context.Context, in schemas.UpdateInput) (schemas.Update, error) {
	want, err := unsealed(in.Payload)
	if err != nil {
		return schemas.Update{}, err
	}
	err = a.authorize(ctx, deed{name: want.Name, hash: in.Payload.Hash, auth: in.Authorization,
		needed: a.needsApproval()})
	if err != nil {
		return schemas.Update{}, err
	}
	u := &update{Activities: a, in: in, want: want, sent: sentUpdates(ctx, in.Lost)}
	ctx, u.attempt = a.begin(quota.Finishing(ctx), u.sent)
	defer u.attempt.end()
	out, err := u.run(ctx)
	return out, u.with(ctx, err)
}

// update is one attempt of an update.
type update struct {
	*Activities
	*attempt
	in   schemas.UpdateInput
	want schemas.Payload
	sent schemas.SentUpdates
}

// sentUpdates is what earlier attempts of this execution recorded, or what earlier executions are known to have sent.
func sentUpdates(ctx context.Context, earlier int) (sent schemas.SentUpdates) {
	sent.Lost = earlier
	if activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &sent) != nil {
		sent.Lost = max(earlier, 1) // a record that cannot be read may stand for an update that has just been sent
	}
	return sent
}

func (u *update) run(ctx context.Context) (out schemas.Update, err error) {
	if u.in.After != "" {
		if _, err := u.endedJob(ctx, u.in.After, "change"); err != nil {
			return out, err
		}
	}
	live, err := u.Gateway.GetModel(ctx, u.in.ModelID)
	switch {
	case err != nil:
		return out, platformError(ctx, err)
	case live == nil || live.Payload.Name != u.want.Name:
		return out, u.missing()
	case live.Payload.Same(u.want) && (u.in.Instead == nil || u.sent.Lost == 0): // or a lost update may yet change it
		return schemas.Update{Lost: u.sent.Lost}, nil
	}
	if err := u.expected(live); err != nil {
		return out, err
	}
	if u.ReplaceModels {
		return schemas.Update{Replace: true, Lost: u.sent.Lost}, nil
	}
	return u.send(ctx)
}

func (u *update) missing() error {
	return fatal(schemas.ErrModelMissing, fmt.Sprintf("the gateway has no model %s named %s any more", u.in.ModelID,
		u.want.Name))
}

// send records that an update is about to be sent, and sends it once the record is stored. An update that has begun is
// awaited whatever happens, so that its answer is known.
func (u *update) send(ctx context.Context) (schemas.Update, error) {
	before := u.sent
	intended := schemas.SentUpdates{Lost: before.Lost + 1}
	if err := u.record(ctx, intended); err != nil {
		return schemas.Update{}, temporal.NewApplicationError("Temporal could not record that "+u.want.Name+
			" is about to be updated, so that nothing was sent: "+err.Error(), string(schemas.ErrTemporal))
	}
	if ctx.Err() != nil { // the answer to the heartbeat asked to cancel
		_ = u.record(ctx, before) // nothing was sent; without this the record only says too much
		return schemas.Update{}, ctx.Err()
	}
	u.sent = intended
	jobID, err := u.Gateway.UpdateModel(context.WithoutCancel(ctx), u.in.ModelID, u.in.Payload)
	var refused *gateway.Error
	switch known := errors.As(err, &refused); {
	case err == nil:
		return schemas.Update{JobID: jobID, Lost: before.Lost}, nil
	case known && (refused.Status == http.StatusMethodNotAllowed || refused.Status == http.StatusNotImplemented):
		u.sent = before
		return schemas.Update{}, fatal(schemas.ErrUpdateUnsupported, fmt.Sprintf("the gateway does not update models "+
			"(%s); set GENESYS_UPDATE_METHOD to the method that it takes, PUT or PATCH; or to replace, which deletes "+
			"the model and creates it anew", refused.Error()))
	case known && refused.Type == schemas.ErrNotFound:
		u.sent = before
		return schemas.Update{}, u.missing()
	case known && !refused.TookEffect():
		u.sent = before
		if refused.Retryable() {
			_ = u.record(ctx, u.sent) // if this is lost, an update counts as lost that was never made
		}
	}
	return schemas.Update{}, platformError(ctx, err)
}

// expected refuses to overwrite what neither the caller has seen nor an update of ours can have left.
func (u *update) expected(live *gateway.Model) error {
	hash, err := live.Payload.Hash()
	if u.in.Instead == nil && err == nil && hash == u.in.From {
		return nil
	}
	changes := live.Payload.Changes(u.want)
	other := u.in.Instead
	if other == nil && u.sent.Lost > 0 {
		other = u.in.Before
	}
	if other != nil {
		ours, err := unsealed(*other)
		if err != nil {
			return err
		}
		// Of an update that failed half-way some values are the new ones and all others those from before.
		foreign := live.Payload.Changes(ours)
		changes = slices.DeleteFunc(changes, func(c schemas.Change) bool {
			return !slices.ContainsFunc(foreign, func(f schemas.Change) bool { return f.Key == c.Key })
		})
		if len(changes) == 0 {
			return nil
		}
	}
	var keys []string
	for _, c := range changes {
		keys = append(keys, c.Key)
	}
	return fatal(schemas.ErrModelMoved, fmt.Sprintf("somebody has changed model %s of %s in the gateway meanwhile "+
		"(%s), which is not overwritten; make a new plan", u.in.ModelID, u.want.Name, strings.Join(keys, ", ")))
}

// with adds the record to an error.
func (u *update) with(ctx context.Context, err error) error {
	var app *temporal.ApplicationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &app):
		var d schemas.ErrorDetails
		_ = app.Details(&d) // there are none
		return temporal.NewApplicationErrorWithOptions(app.Message(), app.Type(), temporal.ApplicationErrorOptions{
			NonRetryable: app.NonRetryable(), NextRetryDelay: app.NextRetryDelay(), Category: app.Category(),
			Details: []any{d, u.sent},
		})
	case ctx.Err() != nil && u.lease.Check() == nil:
		return temporal.NewCanceledError(schemas.ErrorDetails{}, u.sent)
	case ctx.Err() != nil:
		return temporal.NewApplicationErrorWithOptions("this attempt ends here, and another one goes on",
			string(schemas.ErrTemporal),
			temporal.ApplicationErrorOptions{Details: []any{schemas.ErrorDetails{}, u.sent}})
	}
	return err
}
