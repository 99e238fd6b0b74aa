package workflows

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestAModelIsValidatedSubmittedAwaitedProbedCheckedAndRecorded(t *testing.T) {
	s := newStory(t)
	e := s.run()

	ran := s.activities()
	slices.Sort(ran[:2]) // validation and the entry of the start go side by side
	require.Equal(t, []string{
		schemas.ValidatePayloadActivity, schemas.WriteAuditActivity, schemas.SubmitRegistrationActivity, schemas.PollJobActivity,
		schemas.SyntheticProbeActivity, schemas.TriggerHealthCheckActivity, schemas.HandOverActivity,
		schemas.WriteAuditActivity, schemas.NotifyWebhookActivity,
	}, ran)
	var stages []schemas.Stage
	for _, record := range s.progress().Stages {
		stages = append(stages, record.Stage)
	}
	require.Equal(t, []schemas.Stage{
		schemas.StageValidating, schemas.StageSubmitting, schemas.StageRegistering, schemas.StageProbing,
		schemas.StageHealthCheck, schemas.StageHandOver, schemas.StageRecording, schemas.Stage(schemas.Completed),
	}, stages)
	require.Equal(t, schemas.Completed, e.Status)
	require.Equal(t, passed, *e.Validation)
}

func TestTheResultHasEverythingThatIsKnownOfARegistration(t *testing.T) {
	s := newStory(t)
	s.world.submit = answers[schemas.SubmitInput](schemas.Submission{JobID: "job-1", ModelID: "model-1", Adopted: true})
	e := s.run()

	require.GreaterOrEqual(t, e.JobDurationMs, int64(0))
	e.JobDurationMs = 0
	e.Webhook.DeliveredAt = e.Webhook.DeliveredAt.UTC()
	require.Equal(t, schemas.Result{
		Name: modelName, Operation: schemas.RegisterModelWorkflow, Status: schemas.Completed, ModelID: "model-1", PayloadHash: payloadHash, JobID: "job-1", Adopted: true,
		Validation:  &passed,
		Approval:    &schemas.ApprovalReport{Policy: schemas.ApproveNever},
		HealthCheck: &schemas.HealthCheck{ID: "check-1", Status: "IN_PROGRESS"},
		Webhook:     e.Webhook,
		WorkflowID:  "register-model/" + modelName, RunID: e.RunID,
	}, e.Result)
	require.True(t, e.Webhook.Delivered)
}

func TestWhatIsSentToTheActivitiesComesFromTheManifest(t *testing.T) {
	s := newStory(t)
	s.in.Manifest.Probe = schemas.ProbeSpec{Model: "gpt-4o", Samples: 5}
	e := s.run()

	require.Equal(t, sealed(s.in.Manifest), made[schemas.SubmitInput](s, schemas.SubmitRegistrationActivity)[0].Payload)
	require.Equal(t, "job-1", made[schemas.PollInput](s, schemas.PollJobActivity)[0].JobID)
	require.Equal(t, schemas.ProbeInput{
		Name: modelName, EndpointURL: s.in.Manifest.EndpointURL, AuthCredentialID: s.in.Manifest.AuthCredentialID,
		Architecture: schemas.OpenAI, Spec: s.in.Manifest.Probe, Parameters: s.in.Manifest.Parameters,
		RateLimits: s.in.Manifest.Payload().RateLimits,
	}, made[schemas.ProbeInput](s, schemas.SyntheticProbeActivity)[0])
	require.Equal(t, "model-1", made[schemas.HealthCheckInput](s, schemas.TriggerHealthCheckActivity)[0].ModelID)

	entry := s.entries(schemas.AuditEnded)[0]
	require.Equal(t, passed.LatencyMs, *entry.LatencyMs)
	require.Equal(t, schemas.AuditEntry{
		EntryID: e.RunID + "/ended", Event: schemas.AuditEnded, Probe: entry.Probe, Timestamp: entry.Timestamp, ModelID: "model-1", PayloadHash: payloadHash,
		JobDurationMs: e.JobDurationMs, ValidationStatus: schemas.ProbePass, LatencyMs: entry.LatencyMs,
		Compliance: "RECORD_STORED", Name: modelName, Outcome: schemas.Completed, JobID: "job-1", Requester: requester,
		Approval: &schemas.ApprovalReport{Policy: schemas.ApproveNever}, WorkflowID: e.WorkflowID, RunID: e.RunID,
	}, entry)

	sent := made[schemas.WebhookInput](s, schemas.NotifyWebhookActivity)[0]
	require.Equal(t, s.in.Manifest.WebhookCallbackURL, sent.URL)
	require.Equal(t, schemas.Event{
		Event: "llm_model_registration_updated", Timestamp: sent.Event.Timestamp, ModelID: "model-1",
		Status:  string(schemas.Completed),
		Metrics: schemas.EventMetrics{JobDurationMs: e.JobDurationMs, ValidationLatencyMs: sent.Event.Metrics.ValidationLatencyMs},
		Name:    modelName, PayloadHash: payloadHash, WorkflowID: e.WorkflowID, RunID: e.RunID,
		Checkpoint: &schemas.Checkpoint{Seq: 7, Hash: "head"},
	}, sent.Event)
	require.Equal(t, passed.LatencyMs, *sent.Event.Metrics.ValidationLatencyMs)
}

func TestTheWebhooksIDComesFromTheRunAndHoldsNoDot(t *testing.T) {
	s := newStory(t)
	e := s.run()
	id := made[schemas.WebhookInput](s, schemas.NotifyWebhookActivity)[0].MessageID
	require.Equal(t, "msg_"+e.RunID+"_ended", id)
	require.NotContains(t, id, ".")
}

func TestWithoutAWebhookURLNothingIsAnnounced(t *testing.T) {
	s := newStory(t)
	s.in.Manifest.WebhookCallbackURL = ""
	e := s.run()
	require.Equal(t, schemas.Completed, e.Status)
	require.NotContains(t, s.activities(), schemas.NotifyWebhookActivity)
	require.Nil(t, e.Webhook)
}

func TestAnAdoptedModelWhoseJobNobodyNamesIsNotPolledFor(t *testing.T) {
	s := newStory(t)
	s.world.submit = answers[schemas.SubmitInput](schemas.Submission{ModelID: "model-7", Adopted: true})
	e := s.run()
	require.Equal(t, schemas.Completed, e.Status)
	require.Equal(t, "model-7", e.ModelID)
	require.True(t, e.Adopted)
	require.NotContains(t, s.activities(), schemas.PollJobActivity)
}

func TestARegistrationRefusesToRunUnderAnotherWorkflowID(t *testing.T) {
	s := newStory(t)
	s.env.ExecuteWorkflow(schemas.RegisterModelWorkflow, s.in)
	require.Equal(t, []string{schemas.WriteAuditActivity}, s.activities(), "the refusal is recorded, and nothing else is done")
	f := explain(s.env.GetWorkflowError())
	require.Equal(t, schemas.ErrWrongWorkflowID, f.Type)
	require.Contains(t, f.Message, `"register-model/production-llm-v2"`)
}

func TestNoSummaryShowsMoreOfAURLThanItsHost(t *testing.T) {
	s := newStory(t)
	s.in.Manifest.WebhookCallbackURL = "https://user:hush@my-orchestrator.internal/webhooks/hush?token=hush"
	s.run()
	var all []string
	for _, seen := range s.observed.all() {
		all = append(all, seen.summary)
	}
	text := strings.Join(all, "\n")
	require.Contains(t, text, "api.external-ai-provider.com")
	require.Contains(t, text, "my-orchestrator.internal")
	require.NotContains(t, text, "hush")
}
