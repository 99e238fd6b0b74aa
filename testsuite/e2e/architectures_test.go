package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdkpb "go.temporal.io/api/sdk/v1"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

// architectures are the protocols as manifests name them, and what the provider is to see of each. MODEL stands for the
// model that the probe asks for.
var architectures = []struct {
	name       string
	kind       schemas.Architecture
	endpoint   string
	apiVersion string // makes an Azure endpoint a classic one
	path       string
	credential string
}{
	{name: "openai", kind: schemas.OpenAI, endpoint: "/providers/openai",
		path: "/v1/chat/completions", credential: "Authorization Bearer"},
	{name: "azure classic", kind: schemas.Azure, endpoint: "/providers/azure", apiVersion: "2024-10-21",
		path: "/openai/deployments/MODEL/chat/completions", credential: "api-key"},
	{name: "azure v1", kind: schemas.Azure, endpoint: "/providers/azure",
		path: "/openai/v1/chat/completions", credential: "api-key"},
	{name: "anthropic", kind: schemas.Anthropic, endpoint: "/providers/anthropic",
		path: "/v1/messages", credential: "x-api-key"},
	{name: "cohere", kind: schemas.Cohere, endpoint: "/providers/cohere",
		path: "/v2/chat", credential: "Authorization Bearer"},
	{name: "custom", kind: schemas.Custom, endpoint: "/providers/custom",
		path: "/v1/chat/completions", credential: "Authorization Bearer"},
}

// everyArchitecture runs a test for each protocol, with a manifest whose model no other test probes, so that the
// provider can be ordered to fail for it alone.
func everyArchitecture(t *testing.T, test func(t *testing.T, k *kit, m schemas.Manifest, path, credential string)) {
	for _, a := range architectures {
		t.Run(a.name, func(t *testing.T) {
			k := onShared(t)
			m := k.Manifest(k.name("architecture"))
			m.ModelArchitecture, m.EndpointURL = a.kind, k.SimURL+a.endpoint
			m.Parameters.Temperature = nil // some take 0 to 1 and some 0 to 2
			m.Probe = schemas.ProbeSpec{Model: "probe-of-" + m.Name, Samples: 1}
			if a.apiVersion != "" {
				m.Probe.Deployment, m.Probe.APIVersion = m.Probe.Model, a.apiVersion
			}
			test(t, k, m, a.endpoint+strings.Replace(a.path, "MODEL", m.Probe.Model, 1), a.credential)
		})
	}
}

func TestEveryArchitectureIsProvenInItsOwnProtocol_StreamingAndNot(t *testing.T) {
	t.Parallel()
	for name, stream := range map[string]bool{"streaming": true, "whole": false} {
		t.Run(name, func(t *testing.T) {
			everyArchitecture(t, func(t *testing.T, k *kit, m schemas.Manifest, path, credential string) {
				m.Probe.Stream = &stream

				result := k.completed(m)

				require.Equal(t, schemas.ProbePass, result.Validation.Status)
				details := result.Validation.Details
				require.Equal(t, k.SimURL+path, details.URL)
				require.Equal(t, stream, details.Streamed)
				require.Equal(t, stream, details.TTFT != nil)
				require.Positive(t, details.TokensUsed)
				prompts := k.requests(control.OpProvider, m.Probe.Model)
				require.Len(t, prompts, 3, "the cold sample, a warm one, and one with the registered parameters")
				for _, p := range prompts {
					require.Equal(t, path, p.Path)
					require.Equal(t, credential, p.Credential)
					require.True(t, p.Authorized)
				}
			})
		})
	}
}

func TestEveryArchitecturesFailUnderNeverIsRolledBack(t *testing.T) {
	t.Parallel()
	everyArchitecture(t, func(t *testing.T, k *kit, m schemas.Manifest, _, _ string) {
		m.Approval.Policy = schemas.ApproveNever
		k.fault(control.OpProvider, m.Probe.Model, 0, control.Action{Answer: "I am a teapot"})

		result := k.register(m)

		require.Equal(t, schemas.RolledBack, result.Status)
		require.Equal(t, schemas.ReasonAnswerMismatch, result.Validation.ErrorCode)
		require.Contains(t, result.Reason, result.Validation.Error)
		require.True(t, result.Rollback.Deregistered)
		require.Empty(t, k.models(m.Name))
		require.Equal(t, schemas.RolledBack, k.audited(m.Name)[0].Outcome)
		require.Len(t, k.announcements(m.Name), 1)
	})
}

func TestEveryArchitecturesFailUnderOnFailureWaitsForAPersonWhoSeesTheReason(t *testing.T) {
	t.Parallel()
	everyArchitecture(t, func(t *testing.T, k *kit, m schemas.Manifest, _, _ string) {
		m.Approval.Policy = schemas.ApproveOnFailure
		// Each provider has a way of its own to say that an account has run out of credit.
		k.fault(control.OpProvider, m.Probe.Model, 0, control.Action{InsufficientQuota: true})
		k.start(m)
		k.awaitStage(m.Name, schemas.StageApproval)

		p, err := k.progress(m.Name)
		require.NoError(t, err)
		require.Equal(t, schemas.ReasonQuota, p.Validation.ErrorCode)
		seen := k.currentDetails(m.Name)
		for _, text := range []string{"WAITING_FOR_APPROVAL", "A person has to decide by", "FAIL " + schemas.ReasonQuota,
			p.Validation.Error, "billing page", "starter approve " + m.Name} {
			require.Contains(t, seen, text)
		}
		require.Len(t, k.models(m.Name), 1, "the model waits with its registration")

		k.approve(m.Name)
		result := k.end(m.Name)
		require.Equal(t, schemas.Completed, result.Status, result.Reason)
		require.Equal(t, schemas.ProbeFail, result.Validation.Status, "an approval does not turn the evidence")
		require.Equal(t, "approver", result.Approval.Approver)
		require.Len(t, k.models(m.Name), 1)
	})
}

// currentDetails is what the Temporal UI shows of a registration, read as the UI does, without the escapes of markdown.
func (k *kit) currentDetails(name string) string {
	k.t.Helper()
	answer, err := k.client.QueryWorkflow(k.ctx, schemas.RegisterModelWorkflowID(name), "", "__temporal_workflow_metadata")
	require.NoError(k.t, err)
	var metadata sdkpb.WorkflowMetadata
	require.NoError(k.t, answer.Get(&metadata))
	return strings.ReplaceAll(metadata.CurrentDetails, `\`, "")
}
