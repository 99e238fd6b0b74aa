package workflows

import (
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/temporal"

	"model-registrar/schemas"
)

// nothing is the result of an activity that has none.
type nothing struct{}

// world is what the activities of a story answer.
type world struct {
	validate    func(schemas.ValidateInput) (schemas.ValidatedPayload, error)
	submit      func(schemas.SubmitInput) (schemas.Submission, error)
	poll        func(schemas.PollInput) (schemas.PollResult, error)
	probe       func(schemas.ProbeInput) (schemas.ProbeReport, error)
	healthCheck func(schemas.HealthCheckInput) (schemas.HealthCheck, error)
	twins       func(schemas.TwinsInput) (schemas.Twins, error)
	deregister  func(schemas.DeregisterInput) (nothing, error)
	notify      func(schemas.WebhookInput) (schemas.WebhookDelivery, error)
	audit       func(schemas.AuditEntry) (schemas.AuditReceipt, error)
	handOver    func(schemas.HandOverInput) (nothing, error)
	release     func(schemas.ReleaseInput) (nothing, error)
	owner       func(schemas.FindOwnerInput) (schemas.FoundOwner, error)
	verify      func(schemas.VerifyDecisionInput) (schemas.VerifiedDecision, error)
	read        func(schemas.ReadModelInput) (schemas.ReadModel, error)
	update      func(schemas.UpdateInput) (schemas.Update, error)
	remove      func(schemas.DeleteInput) (nothing, error)
	observe     func(schemas.ObserveInput) (nothing, error)
	check       func(schemas.CheckInput) (schemas.CheckResult, error)
}

const payloadHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// sealed is a manifest's payload under the hash that these stories know.
func sealed(m schemas.Manifest) schemas.SealedPayload {
	p, err := m.Payload().Seal()
	if err != nil {
		panic(err)
	}
	p.Hash = payloadHash
	return p
}

// goodWorld is one in which all goes well at once.
func goodWorld() world {
	return world{
		validate: func(in schemas.ValidateInput) (schemas.ValidatedPayload, error) {
			policy := schemas.ApproveNever.Stricter(in.Manifest.Approval.Policy)
			return schemas.ValidatedPayload{Payload: sealed(in.Manifest), Approval: policy, Gate: in.Manifest.Approval.Gate}, nil
		},
		submit: answers[schemas.SubmitInput](schemas.Submission{JobID: "job-1"}),
		poll: answers[schemas.PollInput](schemas.PollResult{
			Done: true, ModelID: "model-1", Polls: 2, LastStatus: "COMPLETED"}),
		probe:       answers[schemas.ProbeInput](passed),
		healthCheck: answers[schemas.HealthCheckInput](schemas.HealthCheck{ID: "check-1", Status: "IN_PROGRESS"}),
		twins:       answers[schemas.TwinsInput](schemas.Twins{}),
		deregister:  answers[schemas.DeregisterInput](nothing{}),
		notify: func(in schemas.WebhookInput) (schemas.WebhookDelivery, error) {
			return schemas.WebhookDelivery{
				Delivered: true, MessageID: in.MessageID, Attempts: 1, ResponseCode: 204, DeliveredAt: time.Unix(1, 0).UTC(),
			}, nil
		},
		audit: func(e schemas.AuditEntry) (schemas.AuditReceipt, error) {
			if e.Event == schemas.AuditEnded {
				return schemas.AuditReceipt{Seq: 7, Hash: "head", Checkpoint: &schemas.Checkpoint{Seq: 7, Hash: "head"}}, nil
			}
			return schemas.AuditReceipt{Seq: 1, Hash: "hash"}, nil
		},
		handOver: answers[schemas.HandOverInput](nothing{}),
		release:  answers[schemas.ReleaseInput](nothing{}),
		owner:    answers[schemas.FindOwnerInput](schemas.FoundOwner{}),
		remove:   answers[schemas.DeleteInput](nothing{}),
		observe:  answers[schemas.ObserveInput](nothing{}),
		check:    answers[schemas.CheckInput](schemas.CheckResult{At: time.Unix(1, 0).UTC()}),
		verify: func(in schemas.VerifyDecisionInput) (schemas.VerifiedDecision, error) {
			return schemas.VerifiedDecision{Approver: in.Decision.Approver}, nil
		},
	}
}

var passed = schemas.ProbeReport{Status: schemas.ProbePass, LatencyMs: 420, ResponseCode: 200, PayloadSizeBytes: 512}

var failed = schemas.ProbeReport{
	Status: schemas.ProbeFail, LatencyMs: 80, ResponseCode: 200, ErrorCode: "WRONG_ANSWER", Error: "the answer is a greeting",
}

func answers[In, Out any](out Out) func(In) (Out, error) {
	return func(In) (Out, error) { return out, nil }
}

func fails[In, Out any](err error) func(In) (Out, error) {
	return func(In) (Out, error) {
		var none Out
		return none, err
	}
}

// inTurn answers with each answer once, and from then on with the last one.
func inTurn[In, Out any](each ...func(In) (Out, error)) func(In) (Out, error) {
	var n atomic.Int64
	return func(in In) (Out, error) { return each[min(int(n.Add(1)), len(each))-1](in) }
}

// fatal is an error that no retry repairs, as activities return them.
func fatal(t schemas.ErrorType, message string, details ...any) error {
	return temporal.NewNonRetryableApplicationError(message, string(t), nil, details...)
}

// passing is an error that a later attempt may not meet.
func passing(t schemas.ErrorType, message string) error {
	return temporal.NewApplicationError(message, string(t))
}

// unready is the error of a probe whose endpoint may be starting; it carries the report that it becomes in the end.
func unready(message string, report schemas.ProbeReport) error {
	return temporal.NewApplicationErrorWithOptions(message, string(schemas.ErrEndpointUnready),
		temporal.ApplicationErrorOptions{Details: []any{report}})
}

// jobRunsFor plays a job that ends when that time has passed on the story's clock since it was first asked for.
func jobRunsFor(s *story, d time.Duration) func(schemas.PollInput) (schemas.PollResult, error) {
	var ends time.Time
	return func(in schemas.PollInput) (schemas.PollResult, error) {
		var now time.Time
		s.onLoop(func() { now = s.env.Now() })
		if ends.IsZero() {
			ends = now.Add(d)
		}
		if now.Before(ends) {
			return schemas.PollResult{Polls: in.Polls + 1, LastStatus: "IN_PROGRESS"}, nil
		}
		return schemas.PollResult{Done: true, ModelID: "model-1", Polls: in.Polls + 1, LastStatus: "COMPLETED"}, nil
	}
}
