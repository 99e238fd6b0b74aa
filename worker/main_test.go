package main

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAMisconfiguredWorkerSaysEverythingAtOnce_NamesNoValue_AndExits2(t *testing.T) {
	var out bytes.Buffer
	code := run(context.Background(), []string{
		"REGISTRAR_APPROVAL=bogus-approval", "REGISTRAR_APPROVALS_REQUIRED=11", "REGISTRAR_GATE=bogus-gate", "REGISTRAR_LOG_LEVEL=bogus-level", "REGISTRAR_LOG_FORMAT=bogus-format",
		"GENESYS_REQUESTS_PER_MINUTE=bogus-rate", "REGISTRAR_SHUTDOWN_TIMEOUT=bogus-timeout", "REGISTRAR_AUDIT=bogus:audit", "REGISTRAR_WEBHOOK_SECRET=whsec_bogus",
		"REGISTRAR_AUDIT_KEY=bogus-key",
		"REGISTRAR_CREDENTIALS_FILE=/does/not/exist", "GENESYS_OAUTH_CLIENT_SECRET_FILE=/does/not/exist",
		"EXTERNAL_AI_TOKEN=bogus-token", "EXTERNAL_AI_TOKEN_FILE=/does/not/exist",
		"REGISTRAR_WORKER_CACHE=bogus-cache", "REGISTRAR_WORKER_WORKFLOW_SLOTS=1", "REGISTRAR_PPROF=true",
		"REGISTRAR_METRICS_ADDRESS=0.0.0.0:9464", "REGISTRAR_APPROVERS_FILE=/does/not/exist",
	}, &out)

	require.Equal(t, exitMisconfigured, code)
	for _, name := range []string{
		"GENESYS_REQUESTS_PER_MINUTE", "REGISTRAR_APPROVAL", "REGISTRAR_APPROVALS_REQUIRED", "REGISTRAR_GATE", "REGISTRAR_LOG_LEVEL", "REGISTRAR_LOG_FORMAT", "REGISTRAR_SHUTDOWN_TIMEOUT", "REGISTRAR_AUDIT",
		"REGISTRAR_WEBHOOK_SECRET", "REGISTRAR_CREDENTIALS_FILE", "GENESYS_OAUTH_CLIENT_ID", "GENESYS_OAUTH_CLIENT_SECRET_FILE",
		"EXTERNAL_AI_TOKEN and EXTERNAL_AI_TOKEN_FILE", "REGISTRAR_WORKER_CACHE", "REGISTRAR_WORKER_WORKFLOW_SLOTS", "REGISTRAR_PPROF",
		"REGISTRAR_APPROVERS_FILE",
	} {
		require.Contains(t, out.String(), name)
	}
	require.NotContains(t, out.String(), "bogus")
}

func TestAPlatformThatIsNotHttpsIsRefusedBeforeAnySecretIsSent(t *testing.T) {
	var out bytes.Buffer
	code := run(context.Background(), []string{
		"GENESYS_OAUTH_CLIENT_ID=id", "GENESYS_OAUTH_CLIENT_SECRET=secret", "GENESYS_CLOUD_HOST=http://api.example.com",
	}, &out)
	require.Equal(t, exitMisconfigured, code)
	require.Contains(t, out.String(), "https")
}
