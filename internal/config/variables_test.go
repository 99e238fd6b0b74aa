package config

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAMisspeltVariableIsAnErrorWithASuggestion(t *testing.T) {
	for name, suggestion := range map[string]string{
		"REGISTRAR_APROVAL":            "did you mean REGISTRAR_APPROVAL?",
		"registrar_approval":           "did you mean REGISTRAR_APPROVAL?",
		"REGISTRAR_APPROVER_FILE":      "did you mean REGISTRAR_APPROVERS_FILE?",
		"REGISTRAR_AUDIT_KEYFILE":      "did you mean REGISTRAR_AUDIT_KEY_FILE?",
		"REGISTRAR_TASKQUEUE":          "did you mean REGISTRAR_TASK_QUEUE?",
		"REGISTRAR_REQESTER":           "did you mean REGISTRAR_REQUESTER?",
		"REGISTRAR_XYZZY_PLUGH_FROBOZ": "docs/configuration.md lists",
	} {
		_, _, err := LoadWorker([]string{name + "=secret-value"})
		require.ErrorContains(t, err, name+" is not a known variable; "+suggestion)
		require.NotContains(t, err.Error(), "secret-value")
	}
}

func TestVariablesOfOthersAndOfKubernetesAreLeftAlone(t *testing.T) {
	require.Empty(t, Unknown([]string{"PATH=/bin", "REGISTRAR=x", "REGISTRAR_SERVICE_HOST=10.0.0.1", "REGISTRAR_PORT=tcp://10.0.0.1:9464",
		"REGISTRAR_PORT_9464_TCP_ADDR=10.0.0.1", "REGISTRAR_WORKER_SERVICE_PORT_METRICS=9464", "REGISTRAR_AUDIT_FILE=x", "REGISTRAR_SIGNING_KEY=y"}))
}

func TestAnEmptySafetySettingIsAnErrorAndAnyOtherItsDefault(t *testing.T) {
	for _, name := range safety {
		for _, value := range []string{"", " "} {
			_, _, err := LoadWorker([]string{name + "=" + value})
			require.ErrorContains(t, err, name+" is empty")
		}
	}
	w, _, err := LoadWorker([]string{"GENESYS_OAUTH_CLIENT_ID=i", "GENESYS_OAUTH_CLIENT_SECRET=s", "REGISTRAR_TASK_QUEUE="})
	require.NoError(t, errors.Join(err))
	require.Equal(t, "model-registrar", w.TaskQueue)
}

func TestAValueThatDoesNotParseIsExplainedWithAnExample(t *testing.T) {
	_, _, err := LoadWorker([]string{"REGISTRAR_SHUTDOWN_TIMEOUT=30", "REGISTRAR_WORKER_CACHE=many", "REGISTRAR_PPROF=maybe", "GENESYS_REQUESTS_PER_MINUTE=x"})
	for _, want := range []string{"REGISTRAR_SHUTDOWN_TIMEOUT must be a time span such as 30s", "REGISTRAR_WORKER_CACHE must be a whole number such as 256",
		"REGISTRAR_PPROF must be true or false", "GENESYS_REQUESTS_PER_MINUTE must be a whole number such as 300"} {
		require.ErrorContains(t, err, want)
	}
}

func TestAnAccessTokenTakesThePlaceOfTheOAuthClientForATrial(t *testing.T) {
	w, _, err := LoadWorker([]string{"GENESYSCLOUD_ACCESS_TOKEN=token"})
	require.NoError(t, err)
	require.True(t, w.Genesys.Complete())
	_, _, err = LoadWorker([]string{"GENESYSCLOUD_ACCESS_TOKEN=token", "GENESYS_OAUTH_CLIENT_ID=id"})
	require.ErrorContains(t, err, "GENESYSCLOUD_ACCESS_TOKEN and an OAuth client are both set")
}
