package workflows

import (
	"errors"
	"fmt"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// failure is what is left of an activity's error for the result: its type, and a sentence for people.
type failure struct {
	Type    schemas.ErrorType
	Message string
}

// explain finds the type and the sentence of an activity's error. When an activity's time ran out, the error of its
// last attempt is the cause, and says more than the time-out does.
func explain(err error) failure {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		f := failure{Type: schemas.ErrorType(app.Type()), Message: app.Message()}
		if f.Type == schemas.ErrPayloadValidation {
			f.Message = violations(app)
			return f
		}
		if f.Type == "" {
			f.Type = schemas.ErrInternal
		}
		return f
	}
	var act *temporal.ActivityError
	if timedOut(err) && errors.As(err, &act) {
		return failure{schemas.ErrStepTimedOut, fmt.Sprintf("%s did not end in its time; "+
			"the workflow's history shows its attempts", act.ActivityType().GetName())}
	}
	return failure{schemas.ErrInternal, err.Error()}
}

// violations puts a refused manifest's violations into one sentence.
func violations(app *temporal.ApplicationError) string {
	var list []schemas.Violation
	if app.Details(&list) != nil || len(list) == 0 {
		return "the manifest is not valid"
	}
	text := fmt.Sprintf("the manifest has %d violations: ", len(list))
	if len(list) == 1 {
		text = "the manifest has a violation: "
	}
	for i, v := range list {
		if i > 0 {
			text += "; "
		}
		text += v.String()
	}
	return plain(text, 4000)
}

// violates reports whether a field of the manifest is among the violations that refused it.
func violates(err error, path string) bool {
	var app *temporal.ApplicationError
	var list []schemas.Violation
	if !errors.As(err, &app) || app.Type() != string(schemas.ErrPayloadValidation) {
		return false
	}
	if app.Details(&list) != nil || len(list) == 0 {
		return true // what is not known to be valid is not called
	}
	return slices.ContainsFunc(list, func(v schemas.Violation) bool {
		return v.Path == path || v.Path == "" ||
			v.Code == schemas.CodeTooMany
	})
}

func timedOut(err error) bool {
	var t *temporal.TimeoutError
	var a *temporal.ActivityError
	return errors.As(err, &t) || errors.As(err, &a) && a.RetryState() == enumspb.RETRY_STATE_TIMEOUT
}

// probeFailure turns the error of a probe whose time is up into the report that it amounts to.
func probeFailure(err error) (schemas.ProbeReport, bool) {
	var app *temporal.ApplicationError
	var report schemas.ProbeReport
	switch {
	case errors.As(err, &app) && app.Type() == string(schemas.ErrEndpointUnready):
		if app.Details(&report) != nil {
			report.Error = app.Message()
		}
	case timedOut(err) && !errors.As(err, &app):
		report.ErrorCode, report.Error = schemas.ReasonUnfinished, "the probe did not end within its time; is a "+
			"worker running, and was it cut off?"
	default:
		return report, false
	}
	report.Status = schemas.ProbeFail
	return report, true
}

func (r *registration) jobTimedOut() error {
	limit := r.manifest.JobTimeout.Or(defaultJobTimeout)
	return temporal.NewNonRetryableApplicationError(
		fmt.Sprintf("job %s did not end within %s (after %d polls it is %s)",
			r.result.JobID, limit, r.polls, plain(r.jobStatus, 80)), string(schemas.ErrJobTimeout), nil)
}
