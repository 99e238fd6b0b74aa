package activities

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestAValidManifestBecomesThePayloadAndItsHash(t *testing.T) {
	m := aManifest()
	out, err := run(t, (&Activities{}).ValidatePayload, schemas.ValidateInput{Manifest: m})
	require.NoError(t, err)
	hash, err := m.Payload().Hash()
	require.NoError(t, err)
	require.Equal(t, hash, out.Payload.Hash)
	require.Equal(t, schemas.ValidatedPayload{Payload: sealed(m.Payload()), Approval: schemas.ApproveNever, Required: 1}, out)
	require.Len(t, out.Payload.Hash, 64)
}

func TestTheLargerOfFloorAndManifestsNumberOfApprovalsHolds(t *testing.T) {
	for _, c := range []struct{ floor, asked, want int }{{0, 0, 1}, {0, 2, 2}, {2, 0, 2}, {2, 1, 2}, {2, 3, 3}} {
		m := aManifest()
		m.Approval.Required = c.asked
		out, err := run(t, (&Activities{RequiredFloor: c.floor}).ValidatePayload, schemas.ValidateInput{Manifest: m})
		require.NoError(t, err)
		require.Equal(t, c.want, out.Required)
	}
}

func TestTheStricterOfFloorAndManifestHolds(t *testing.T) {
	for _, c := range []struct{ floor, asked, holds schemas.ApprovalPolicy }{
		{"", "", schemas.ApproveNever},
		{"", schemas.ApproveAlways, schemas.ApproveAlways},
		{schemas.ApproveOnFailure, schemas.ApproveNever, schemas.ApproveOnFailure},
		{schemas.ApproveOnFailure, schemas.ApproveAlways, schemas.ApproveAlways},
		{schemas.ApproveAlways, "", schemas.ApproveAlways},
	} {
		m := aManifest()
		m.Approval.Policy = c.asked
		out, err := run(t, (&Activities{ApprovalFloor: c.floor}).ValidatePayload, schemas.ValidateInput{Manifest: m})
		require.NoError(t, err)
		require.Equal(t, c.holds, out.Approval, c)
	}
}

func TestAManifestWithEveryFieldWrongIsRefusedWithPathsAndWithoutValues(t *testing.T) {
	temperature, maxTokens := 99.0, -7
	m := schemas.Manifest{
		Name: "x\x00hush", EndpointURL: "http://hush.example/hush", AuthCredentialID: "sk-hush hush", ModelArchitecture: "hush",
		MaxRequestsPerMinute: 987654321, MaxTokensPerMinute: -987654321,
		Parameters:         schemas.Parameters{Temperature: &temperature, MaxTokens: &maxTokens, StopSequences: []string{""}},
		WebhookCallbackURL: "http://user:hush@hush.example/", JobTimeout: -1,
		Approval: schemas.ApprovalSpec{Policy: "hush"}, Probe: schemas.ProbeSpec{Samples: 987654321},
	}
	_, err := run(t, (&Activities{}).ValidatePayload, schemas.ValidateInput{Manifest: m})
	app := wantFatal(t, err, schemas.ErrPayloadValidation)

	var violations []schemas.Violation
	require.NoError(t, app.Details(&violations))
	paths := map[string]bool{}
	for _, v := range violations {
		paths[v.Path] = true
		require.NotEmpty(t, v.Message)
	}
	for _, path := range []string{
		"name", "endpoint_url", "auth_credential_id", "model_architecture", "max_requests_per_minute", "max_tokens_per_minute",
		"parameters.temperature", "parameters.max_tokens", "webhook_callback_url", "job_timeout", "approval.policy", "probe.samples",
	} {
		require.True(t, paths[path], "%s is missing among %v", path, paths)
	}
	said, err := json.Marshal(violations)
	require.NoError(t, err)
	for _, value := range []string{"hush", "987654321", "-7"} {
		require.NotContains(t, app.Error()+string(said), value)
	}
}

func TestAnEmptyManifestIsRefused(t *testing.T) {
	_, err := run(t, (&Activities{}).ValidatePayload, schemas.ValidateInput{})
	wantFatal(t, err, schemas.ErrPayloadValidation)
}

func TestAnIntegerThatTheHashCannotHoldIsRefused(t *testing.T) {
	m := aManifest()
	m.MaxTokensPerMinute = math.MaxInt64
	_, err := run(t, (&Activities{}).ValidatePayload, schemas.ValidateInput{Manifest: m})
	wantFatal(t, err, schemas.ErrPayloadValidation)
}
