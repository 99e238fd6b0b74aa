package follow

import (
	"errors"
	"fmt"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/temporal"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

type payload = commonpb.Payload

// applyActivity takes in the events of activities.
func (t *Timeline) applyActivity(e *historypb.HistoryEvent, at time.Time) {
	if a := e.GetActivityTaskScheduledEventAttributes(); a != nil {
		activity := a.GetActivityType().GetName()
		t.scheduled[e.GetEventId()] = activity
		var entry schemas.AuditEntry
		if activity == schemas.WriteAuditActivity && t.decode.value(a.GetInput(), &entry) {
			// While the trail cannot be written, one entry is written in several windows, each an activity.
			if entry.Decision != nil && (entry.EntryID == "" || !t.entries[entry.EntryID]) {
				t.entries[entry.EntryID] = true
				t.decided(entry.Decision)
			}
			if entry.Event == schemas.AuditWebhook {
				t.scheduled[e.GetEventId()] = deliveryRecord
			}
		}
		stage, ok := t.stage(activity, a.GetInput())
		if !ok {
			t.beside[e.GetEventId()] = true
			return
		}
		t.enter(stage, at)
		if t.Current != nil {
			// A later activity of a stage goes on where an earlier one failed.
			t.Current.failed, t.Current.attempt = false, 0
		}
		t.doing(t.decode.text(e.GetUserMetadata().GetSummary()))
	}
	if a := e.GetActivityTaskStartedEventAttributes(); a != nil && t.Current != nil &&
		!t.beside[a.GetScheduledEventId()] {
		t.Current.attempt = max(t.Current.attempt, a.GetAttempt())
	}
	if a := e.GetActivityTaskCompletedEventAttributes(); a != nil {
		t.completed(t.scheduled[a.GetScheduledEventId()], a.GetResult())
	}
	if a := e.GetActivityTaskFailedEventAttributes(); a != nil {
		t.failed(t.scheduled[a.GetScheduledEventId()], t.decode.failure(a.GetFailure()))
	}
	if a := e.GetActivityTaskTimedOutEventAttributes(); a != nil {
		t.failed(t.scheduled[a.GetScheduledEventId()], t.decode.failure(a.GetFailure()))
	}
	if a := e.GetActivityTaskCanceledEventAttributes(); a != nil {
		t.failed(t.scheduled[a.GetScheduledEventId()], errors.New("cancelled"))
	}
}

// applyLocalActivity takes in the marker of a local activity that has ended: the only event that it leaves.
func (t *Timeline) applyLocalActivity(a *historypb.MarkerRecordedEventAttributes) {
	var local struct{ ActivityType string }
	if a.GetMarkerName() != localActivityMarker || !t.decode.value(a.GetDetails()["data"], &local) {
		return
	}
	if a.GetFailure() != nil {
		t.failed(local.ActivityType, t.decode.failure(a.GetFailure()))
		return
	}
	t.completed(local.ActivityType, a.GetDetails()["result"])
}

// localActivityMarker is the name that the SDK gives to the markers of local activities.
const localActivityMarker = "LocalActivity"

// completed takes in an activity's result: a probe that found the endpoint bad completed, and yet did not go well.
func (t *Timeline) completed(activity string, result *commonpb.Payloads) {
	switch activity {
	case schemas.ValidatePayloadActivity:
		var v schemas.ValidatedPayload
		if t.decode.value(result, &v) {
			t.Evidence.PayloadHash, t.required = v.Payload.Hash, v.Required
			if v.Payload.Hash != "" { // a retirement has none
				t.say("payload " + Short(v.Payload.Hash))
			}
		}
	case schemas.SubmitRegistrationActivity:
		var s schemas.Submission
		if t.decode.value(result, &s) {
			t.Evidence.JobID, t.Evidence.ModelID = s.JobID, s.ModelID
			switch {
			case s.Unchanged:
				t.say("registered already as model " + s.ModelID)
			case s.Adopted:
				t.say("adopted what an earlier attempt had created")
			default:
				t.say("job " + s.JobID)
			}
		}
	case schemas.PollJobActivity:
		var p schemas.PollResult
		if t.decode.value(result, &p) && p.Done {
			t.Evidence.ModelID = p.ModelID
			t.say("model " + p.ModelID)
		}
	case schemas.SyntheticProbeActivity:
		var r schemas.ProbeReport
		if t.decode.value(result, &r) {
			t.Evidence.Probe = &r
			t.say(ProbeLine(&r))
			t.fail(r.Status != schemas.ProbePass)
		}
	case schemas.NotifyWebhookActivity:
		var w schemas.WebhookDelivery
		if t.decode.value(result, &w) && !w.Delivered {
			t.note(Warn, "the webhook was not delivered: "+w.Error)
		}
	}
}

func (t *Timeline) failed(activity string, err error) {
	switch activity {
	case schemas.NotifyWebhookActivity:
		again := ""
		var app *temporal.ApplicationError
		if !errors.As(err, &app) || !app.NonRetryable() {
			again = " at once, and is tried again by a workflow of its own"
		}
		t.note(Warn, "the webhook was not delivered"+again+": "+sentence(err))
		return
	case deliveryRecord:
		t.note(Warn, "what came of the webhook is not in the audit trail yet; a workflow of its own goes on trying: "+
			sentence(err))
		return
	case schemas.WriteAuditActivity:
		t.note(Warn, "the registration waits until the audit trail can be written again: "+sentence(err))
		return
	case schemas.VerifyDecisionActivity:
		return // the decision is refused, and recorded with the reason
	}
	if d := refusal(err); d != nil {
		t.Refusal = d
	}
	t.say(sentence(err))
	t.fail(true)
}

func (t *Timeline) say(text string) {
	if t.Current != nil {
		t.Current.note = text
	}
}

func (t *Timeline) fail(failed bool) {
	if t.Current != nil {
		t.Current.failed = failed
	}
}

// text is what to say of a stage that ended.
func (s *Step) text() string {
	if s.attempt <= 1 {
		return s.note
	}
	return strings.TrimSpace(fmt.Sprintf("%s (attempt %d)", s.note, s.attempt))
}

// Short abbreviates a hash.
func Short(hash string) string {
	if len(hash) > 12 {
		return hash[:12]
	}
	return hash
}

// ProbeLine is a probe's verdict and main figures in one line.
func ProbeLine(r *schemas.ProbeReport) string {
	if r.Status != schemas.ProbePass {
		parts := []string{string(schemas.ProbeFail)}
		if r.ErrorCode != "" {
			parts = append(parts, r.ErrorCode)
		}
		return strings.TrimSuffix(strings.Join(parts, " ")+": "+r.Error, ": ")
	}
	line := fmt.Sprintf("PASS, latency %s", words.Millis(r.LatencyMs))
	if d := r.Details; d != nil && len(d.Warm) > 1 {
		line += fmt.Sprintf(" (median of %d)", len(d.Warm))
	}
	if d := r.Details; d != nil && d.TTFT != nil {
		line += ", first token " + words.Millis(d.TTFT.Median)
	}
	if r.ResponseCode != 0 {
		line += fmt.Sprintf(", HTTP %d", r.ResponseCode)
	}
	if share := r.Details.Share(); share != "" {
		line += ", " + share
	}
	return line
}
