package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// RegisterModel registers one model and does not let go of it until it is proven, approved, announced and audited, or
// rolled back. A business ending (completed, rejected, rolled back, approval timed out) completes the workflow with a
// [schemas.Result]; a technical one fails it with a typed error that carries the result as its details; a cancelled
// one is cancelled, with the same details. The input is a [schemas.RegisterModelInput].
func RegisterModel(ctx workflow.Context, raw converter.RawValue) (schemas.Result, error) {
	r := newOperation(ctx, schemas.RegisterModelWorkflow, raw)
	return r.run(ctx, r.validate, r.createAndProve, r.checkHealth, r.lookForTwins, r.handOver)
}

// createAndProve creates the model, proves it and has it approved. Nothing enters the gateway unapproved where the gate
// is before the submission: then the endpoint is probed and the gate passed first.
func (r *registration) createAndProve(ctx workflow.Context) error {
	create, prove := []func(workflow.Context) error{r.submit, r.waitForJob}, []func(workflow.Context) error{r.probe,
		r.waitForApproval}
	if r.gate.first {
		return inOrder(ctx, slices.Concat(prove, create))
	}
	return inOrder(ctx, slices.Concat(create, prove))
}

// validate has the manifest checked and the payload built, and learns the approval policy that holds here. Beside that
// the start is recorded: nothing leaves before it is in the audit trail.
func (r *registration) validate(ctx workflow.Context) error {
	r.begin(ctx)
	recorded := r.recordStart(ctx)
	var out schemas.ValidatedPayload
	err := executeLocally(ctx, schemas.ValidatePayloadActivity, "Check the manifest and build the payload",
		schemas.ValidateInput{Manifest: r.manifest, Operation: r.operation, Arrived: r.arrived}, &out)
	if err == nil { // decisions are answered from now on, also while the start waits for the trail
		r.payload, r.result.PayloadHash, r.policy = out.Payload, out.Payload.Hash, out.Approval
		r.gate.required = max(out.Required, r.gate.required)
		r.lastApproved = out.LastApproved
		r.gate.first = out.Gate == schemas.GateBeforeSubmission
		if out.Manifest != nil {
			r.manifest = *out.Manifest
		}
	}
	if violates(err, "webhook_callback_url") {
		r.unannounced = true
	}
	if err := recorded.Get(ctx, nil); err != nil {
		return err
	}
	return err
}

// waitForJob polls the job in windows that grow with its age, each an activity, and sleeps on durable timers between
// them, so that a job of hours holds no worker slot. The deadline is durable too: it bounds each timer and each
// window's activity, and when it has come there is one last look, also if the gateway forbade questions until long
// after it.
func (r *registration) waitForJob(ctx workflow.Context) error {
	r.enter(ctx, schemas.StageRegistering)
	if r.result.JobID == "" {
		return nil // an adopted model whose job the platform does not name; the probe and the health check prove it
	}
	created := workflow.Now(ctx)
	r.jobDeadline = created.Add(r.manifest.JobTimeout.Or(defaultJobTimeout)) // of the job, not of its submission
	var lookedAt schemas.Duration
	for {
		var left time.Duration
		var out schemas.PollResult
		err := r.do(ctx, step{
			activity: schemas.PollJobActivity, summary: "Wait for job " + r.result.JobID,
			next: func() (workflow.ActivityOptions, any) {
				age := workflow.Now(ctx).Sub(created)
				left = max(0, r.jobDeadline.Sub(workflow.Now(ctx)))
				window, heartbeat := PollWindow(age)
				window = min(window, left)
				return pollOptions(window, heartbeat, left), schemas.PollInput{
					JobID: r.result.JobID, Window: schemas.Duration(window), Polls: r.polls,
					Running: schemas.Duration(age), LookedAt: lookedAt,
				}
			},
		}, &out)
		if err != nil {
			return err
		}
		r.polls, r.jobStatus, lookedAt = out.Polls, out.LastStatus, out.LookedAt
		if out.Done {
			r.result.ModelID = out.ModelID
			r.result.JobDurationMs = workflow.Now(ctx).Sub(created).Milliseconds()
			return nil
		}
		if left == 0 {
			return r.jobTimedOut()
		}
		if err := r.sleepUntilNextLook(ctx, created, out); err != nil {
			return err
		}
	}
}

func (r *registration) sleepUntilNextLook(ctx workflow.Context, created time.Time, last schemas.PollResult) error {
	r.describe(ctx)
	now := workflow.Now(ctx)
	gap := last.RetryAfter.Std()
	if gap == 0 {
		gap = pollGap(now.Sub(created))
	}
	gap = min(gap, r.jobDeadline.Sub(now))
	return workflow.NewTimerWithOptions(ctx, gap, workflow.TimerOptions{
		Summary: unlinked(fmt.Sprintf("%s; look again in %s", jobIs(last.LastStatus),
			words.Exactly(gap.Round(time.Second)))),
	}).Get(ctx, nil)
}

// jobIs says how the job stood; it has no status while it was not looked at, since jobs took longer lately.
func jobIs(status string) string {
	if status == "" {
		return "Jobs have taken a while lately"
	}
	return "Job is " + plain(status, 40)
}

// probe sends the synthetic prompt. An endpoint that cannot be reached until the probe's time is up is a FAIL like a
// wrong answer, not an error: what follows from it is a matter of policy.
func (r *registration) probe(ctx workflow.Context) error {
	r.enter(ctx, schemas.StageProbing)
	var report schemas.ProbeReport
	in, err := schemas.Seal(r.manifest.ProbeInput())
	if err != nil {
		return err
	}
	err = r.do(ctx, step{
		activity: schemas.SyntheticProbeActivity,
		summary:  "Prompt " + plain(words.Host(r.manifest.EndpointURL), 80) + " and check the answer",
		next: func() (workflow.ActivityOptions, any) {
			return probeOptions(r.manifest.Probe), in
		},
	}, &report)
	if err != nil {
		failed, ok := probeFailure(err)
		if !ok {
			return err
		}
		report = failed
	}
	r.result.Validation = &report
	return nil
}

// checkHealth has the gateway check the model by itself. A check that fails is an ending like a failed probe.
func (r *registration) checkHealth(ctx workflow.Context) error {
	r.enter(ctx, schemas.StageHealthCheck)
	var out schemas.HealthCheck
	err := r.execute(ctx, schemas.TriggerHealthCheckActivity, "Have the gateway check model "+r.result.ModelID,
		schemas.HealthCheckInput{ModelID: r.result.ModelID}, &out)
	if err != nil {
		return err
	}
	r.result.HealthCheck = &out
	if out.Outcome == schemas.HealthFailed {
		reason := "the gateway's own health check of model " + r.result.ModelID + " failed (" + plain(out.Status, 40) +
			")"
		if out.Reason != "" {
			reason += ": " + plain(out.Reason, 200)
		}
		return verdict{schemas.RolledBack, reason}
	}
	return nil
}
