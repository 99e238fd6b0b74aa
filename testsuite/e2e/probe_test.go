package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

// sse is an answer as a stream of events.
const sse = "data: {\"choices\":[{\"delta\":{\"content\":\"VALIDATION_SUCCESS\"},\"finish_reason\":\"stop\"}],\"usage\":\"n/a\"}\n\ndata: [DONE]\n\n"

// probeStories are what a probe can find. A story without a code passes. The approver sees what it shows.
var probeStories = []struct {
	name   string
	skip   int // requests that the provider answers as ever
	times  int // requests that it answers as ordered; 0: all
	action control.Action
	with   func(*schemas.Manifest)
	code   string
	shows  []string
}{
	{name: "the registered parameters are taken", shows: []string{"PASS"}},
	{name: "a registered parameter is refused", action: control.Action{UnsupportedParameter: "top_p"},
		code: schemas.ReasonParameters, shows: []string{"FAIL parameters_refused", "top_p: 0.9", "is not supported with this model"}},
	{name: "what is adapted to is registered", action: control.Action{UnsupportedParameter: "temperature"},
		code: schemas.ReasonParameters, shows: []string{"temperature: 0.7", "temperature refused: left out"}},
	{name: "it thinks for 2,000 tokens", action: control.Action{ReasoningTokens: 2000}, shows: []string{"PASS"}},
	{name: "it thinks for longer than the budget", action: control.Action{ReasoningTokens: 200},
		with: func(m *schemas.Manifest) { m.Probe.TokenBudget = 100 },
		code: schemas.ReasonAnswerTruncated, shows: []string{"FAIL answer_truncated", "probe.token_budget"}},
	{name: "the budget ends the series", action: control.Action{ReasoningTokens: 60},
		with: func(m *schemas.Manifest) { m.Probe.TokenBudget, m.Probe.Samples = 200, 5 }, shows: []string{"PASS", "token budget of 200 was used up"}},
	{name: "a stream under another type", action: control.Action{Body: sse, ContentType: "text/plain"},
		shows: []string{"PASS", "its content type is text/plain"}},
	{name: "text under the right type", action: control.Action{Body: "upstream is not configured", ContentType: "text/event-stream"},
		code: schemas.ReasonContentType, shows: []string{"FAIL wrong_content_type", "upstream is not configured"}},
	{name: "a refusal in other words", times: 1, action: control.Action{Status: 400, Message: "invalid temperature: only 1 is allowed for this model"},
		with: func(m *schemas.Manifest) { m.Parameters.Temperature = nil }, shows: []string{"PASS", "temperature refused: left out"}},
	{name: "a refusal of no parameter", action: control.Action{Status: 400, Message: "the tenant is not provisioned"},
		code: schemas.ReasonBadRequest, shows: []string{"FAIL bad_request", "the tenant is not provisioned"}},
	{name: "a failed dependency", times: 1, action: control.Action{Status: 424, Message: "the model is being moved"}, shows: []string{"PASS"}},
	{name: "a wait in words", times: 1, action: control.Action{Status: 400, Message: "please try again in 1 second"}, shows: []string{"PASS"}},
	{name: "a numeric 503 under 200", times: 1, action: control.Action{Body: `{"error":{"code":503,"message":"no capacity"}}`, ContentType: "application/json"},
		shows: []string{"PASS"}},
	{name: "an account without credits", action: control.Action{Status: 403, Message: "Your team has used all available credits"},
		code: schemas.ReasonQuota, shows: []string{"FAIL quota_exhausted", "used all available credits", "billing page"}},
	{name: "a reason that cannot pass", action: control.Action{Answer: "no", FinishReason: "sensitive"},
		code: schemas.ReasonContentFiltered, shows: []string{"FAIL content_filtered", "sensitive"}},
	{name: "some of the samples only", skip: 2, times: 1, action: control.Action{Answer: "no"},
		with:  func(m *schemas.Manifest) { half := 0.5; m.Probe.Samples, m.Probe.MinSuccess = 4, &half },
		shows: []string{"PASS", "3 of 4 samples, 2 were asked for"}},
	{name: "none of the samples, though none is asked for", action: control.Action{Answer: "no"},
		with: func(m *schemas.Manifest) { none := 0.0; m.Probe.MinSuccess = &none },
		code: schemas.ReasonAnswerMismatch, shows: []string{"FAIL answer_mismatch"}},
}

// everyProbeStory runs a test for each story, with a manifest whose model no other test probes.
func everyProbeStory(t *testing.T, test func(t *testing.T, k *kit, m schemas.Manifest, code string, shows []string)) {
	for _, s := range probeStories {
		t.Run(s.name, func(t *testing.T) {
			k := onShared(t)
			m := k.Manifest(k.name("proof"))
			topP := 0.9
			m.Parameters.TopP, m.Parameters.MaxTokens = &topP, nil
			m.EndpointURL = strings.Replace(m.EndpointURL, "/openai", "/custom", 1) // it shows its thinking
			m.ModelArchitecture = schemas.Custom
			m.Probe = schemas.ProbeSpec{Model: "probe-of-" + m.Name, Samples: 1}
			if s.with != nil {
				s.with(&m)
			}
			_, err := k.Sim.Fault(k.ctx, control.Fault{
				Match: control.Match{Op: control.OpProvider, Name: m.Probe.Model}, Skip: s.skip, Times: s.times, Action: s.action,
			})
			require.NoError(t, err)
			test(t, k, m, s.code, s.shows)
		})
	}
}

func TestWhatAProbeFindsDecidesWhereNobodyIsAsked(t *testing.T) {
	t.Parallel()
	everyProbeStory(t, func(t *testing.T, k *kit, m schemas.Manifest, code string, _ []string) {
		result := k.register(m)

		if code == "" {
			require.Equal(t, schemas.Completed, result.Status, result.Reason)
			require.Len(t, k.models(m.Name), 1)
			return
		}
		require.Equal(t, schemas.RolledBack, result.Status, result.Reason)
		require.Equal(t, code, result.Validation.ErrorCode)
		require.Empty(t, k.models(m.Name))
	})
}

func TestWhatAProbeFindsIsWhatTheApproverSees(t *testing.T) {
	t.Parallel()
	everyProbeStory(t, func(t *testing.T, k *kit, m schemas.Manifest, code string, shows []string) {
		m.Approval.Policy = schemas.ApproveAlways
		k.start(m)
		k.awaitStage(m.Name, schemas.StageApproval)

		page := k.currentDetails(m.Name)
		screen, _ := k.order("status", m.Name)
		screen = strings.Join(strings.Fields(screen), " ")
		for _, text := range shows {
			require.Contains(t, page, text)
			require.Contains(t, screen, text)
		}

		verdict, outcome := schemas.Approve, schemas.Completed
		if code != "" {
			verdict, outcome = schemas.Reject, schemas.Rejected
		}
		require.NoError(t, k.decide(verdict, m.Name, "approver"))
		require.Equal(t, outcome, k.end(m.Name).Status)
	})
}

func TestWhatCanNeverWorkIsSaidBeforeAnythingIsSent(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("never"))
	m.EndpointURL = "https://192.168.77.1/v1"

	result := k.register(m)

	require.Equal(t, schemas.ErrPayloadValidation, result.ErrorType)
	require.Contains(t, result.Reason, "may not be sent to the host of endpoint_url")
	require.Empty(t, k.requests(control.OpCreate, m.Name), "nothing was sent")
}

func TestAWebhookURLThatIsAmongTheViolationsIsNotCalledByAnybody(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("uncalled"))
	m.WebhookCallbackURL += "?token=abc"

	k.start(m)

	result := k.end(m.Name)
	require.Equal(t, schemas.ErrPayloadValidation, result.ErrorType)
	require.Empty(t, k.announcements(m.Name))
	require.Len(t, k.audited(m.Name), 1)
}
