package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// The waits of a step that are no failure of it. They are slept on durable timers, hold no slot of a worker, and do not
// count against the time that the table of options gives the activity.
const (
	// maxAskedWait is how long one step waits in all because the gateway, or the quota, asks for it. A single answer
	// can ask for no more than that (see package retryafter).
	maxAskedWait = time.Hour
	// unnamedWait is the wait of a rate limit that does not say how long.
	unnamedWait = 10 * time.Second
	// maxOutage is how long one step waits for a worker: for one whose login is accepted, or for any at all.
	maxOutage = 24 * time.Hour
	// The gaps between two looks at whether the login is accepted again. They double.
	firstLoginGap = 5 * time.Second
	lastLoginGap  = 15 * time.Minute
)

// step is an activity of a registration, executed until it has an answer.
type step struct {
	activity, summary string
	// next says how to execute the activity now, and with which input: what is left of a deadline changes while the
	// step waits, and so does what is known of earlier executions.
	next func() (workflow.ActivityOptions, any)
	// refused reports whether a 401 or 403 is the answer to what the step asked for. If not, something may exist
	// already, and the refusal is an outage of the worker. Nil: it never is the answer.
	refused func(error) bool
	// wait says how long to wait for what this step alone waits for; zero: this error is none of that. It may be nil.
	wait func(error) schemas.Wait
}

// execute runs an activity with the options of the table.
func (r *registration) execute(ctx workflow.Context, activity, summary string, in, out any) error {
	return r.do(ctx, step{activity: activity, summary: summary, next: func() (workflow.ActivityOptions, any) {
		return activityTable[activity], in
	}}, out)
}

// do executes a step until it has an answer or an error that no wait cures, and waits on durable timers in between: for
// what the gateway asks, for a login that is accepted again, for a worker, and for what the step itself waits for.
func (r *registration) do(ctx workflow.Context, s step, out any) error {
	p := patience{step: s}
	defer func() { r.waitingFor = nil }()
	for {
		o, in := s.next()
		o.Summary = unlinked(s.summary)
		began := workflow.Now(ctx)
		err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, withPriority(ctx, o)), s.activity,
			in).Get(ctx, out)
		if err == nil {
			return answered(s.activity, in, out)
		}
		if ctx.Err() != nil {
			return err
		}
		wait, final := p.after(err, began, workflow.Now(ctx))
		if final != nil {
			return final
		}
		if err := r.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// sleep waits on a durable timer, and says so in the progress and in the current details. The reason is shown until the
// step has an answer.
func (r *registration) sleep(ctx workflow.Context, w schemas.Wait) error {
	gap := w.Until.Sub(workflow.Now(ctx))
	if gap <= 0 {
		return ctx.Err()
	}
	r.waitingFor = &w
	r.describe(ctx)
	return workflow.NewTimerWithOptions(ctx, gap, workflow.TimerOptions{Summary: unlinked(plain(w.Message,
		200))}).Get(ctx, nil)
}

// patience is what a step has waited for so far.
type patience struct {
	step    step
	asked   time.Duration // because the gateway or the quota asked for it
	refused time.Time     // since when the worker's login is refused; zero: it is not
	gap     time.Duration // the last one before a look at whether the login is accepted again
	idle    time.Time     // since when no worker has taken the activity; zero: one has
}

// after says what to wait for after an execution failed, or which error is the step's.
func (p *patience) after(err error, began, now time.Time) (wait schemas.Wait, final error) {
	if p.step.wait != nil {
		if own := p.step.wait(err); own.Message != "" {
			return own, nil
		}
	}
	if neverStarted(err) {
		return p.afterNoWorker(err, began, now)
	}
	p.idle = time.Time{}
	switch t := explain(err).Type; {
	case t == schemas.ErrUnauthorized || t == schemas.ErrForbidden:
		return p.afterRefusal(err, now)
	case askedWait(err) > 0:
		return p.afterAsking(err, began, now)
	}
	return schemas.Wait{}, err
}

// askedWait is how long an error of the gateway asks to wait before the next call.
func askedWait(err error) time.Duration {
	var app *temporal.ApplicationError
	if !errors.As(err, &app) {
		return 0
	}
	switch schemas.ErrorType(app.Type()) {
	case schemas.ErrRateLimited:
		return max(app.NextRetryDelay(), unnamedWait)
	case schemas.ErrUnavailable:
		return app.NextRetryDelay()
	}
	return 0
}

// afterAsking waits for as long as was asked for. The time that the attempts took counts too: they were waiting for the
// same.
func (p *patience) afterAsking(err error, began, now time.Time) (schemas.Wait, error) {
	wait := askedWait(err)
	p.asked += now.Sub(began)
	if p.asked+wait > maxAskedWait {
		return schemas.Wait{}, temporal.NewNonRetryableApplicationError(fmt.Sprintf(
			"the gateway asks to wait for %s more, after %s of such waits at this step; one step waits for "+
				"%s in all: %s",
			words.Exactly(wait.Round(time.Second)), words.Exactly(p.asked.Round(time.Second)),
			words.Exactly(maxAskedWait), explain(err).Message),
			string(schemas.ErrAskedTooLong), nil)
	}
	p.asked += wait
	until := now.Add(wait)
	return schemas.Wait{For: schemas.WaitAsked, Since: now, Until: until, Reason: explain(err).Message,
		Message: fmt.Sprintf("Waiting until %s, as the gateway asked", clockTime(until, wait))}, nil
}

// afterRefusal waits for credentials that are accepted again, unless the refusal is the answer to what was asked for.
func (p *patience) afterRefusal(err error, now time.Time) (schemas.Wait, error) {
	if p.step.refused != nil && p.step.refused(err) {
		return schemas.Wait{}, err
	}
	if p.refused.IsZero() {
		p.refused = now
	}
	if now.Sub(p.refused) >= maxOutage {
		f := explain(err)
		return schemas.Wait{}, temporal.NewNonRetryableApplicationError(fmt.Sprintf(
			"the worker's login was refused for %s: %s", words.Exactly(maxOutage), f.Message), string(f.Type), nil)
	}
	p.gap = min(max(2*p.gap, firstLoginGap), lastLoginGap)
	until := now.Add(p.gap)
	return schemas.Wait{For: schemas.WaitLogin, Since: p.refused, Until: until, Reason: explain(err).Message,
		Message: fmt.Sprintf("The worker's login is refused since %s; operator action required; trying again at %s",
			clockTime(p.refused, maxOutage), clockTime(until, p.gap))}, nil
}

// afterNoWorker has the activity executed again at once: who runs this workflow task runs activities too.
func (p *patience) afterNoWorker(err error, began, now time.Time) (schemas.Wait, error) {
	if p.idle.IsZero() {
		p.idle = began
	}
	if now.Sub(p.idle) >= maxOutage {
		return schemas.Wait{}, err
	}
	return schemas.Wait{}, nil
}

// clockTime writes a time for a person: with its seconds if it is about minutes, and with its date if it is about days.
func clockTime(t time.Time, distance time.Duration) string {
	switch t = t.UTC(); {
	case distance < time.Hour:
		return t.Format("15:04:05 MST")
	case distance < 12*time.Hour:
		return t.Format("15:04 MST")
	}
	return t.Format("2006-01-02 15:04 MST")
}
