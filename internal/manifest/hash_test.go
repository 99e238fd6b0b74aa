package manifest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func hash(t *testing.T, m schemas.Manifest) string {
	t.Helper()
	h, err := m.Payload().Hash()
	require.NoError(t, err)
	return h
}

func TestTheApprovalIsNoPartOfThePayload(t *testing.T) {
	require.Equal(t, hash(t, tutorial(t)), hash(t, example(t, "production-llm-v2.yaml").Manifest))
}

func TestTheHashDoesNotDependOnHowTheManifestIsWritten(t *testing.T) {
	want := hash(t, only(t, "a.yaml", smallest+"parameters: {temperature: 0.7, max_tokens: 4096, stop_sequences: END}").Manifest)
	for file, text := range map[string]string{
		"order.yaml":   "parameters:\n  stop_sequences: [END]\n  max_tokens: 4096\n  temperature: 0.70\n" + smallest,
		"numbers.yaml": smallest + "parameters: {temperature: 7e-1, max_tokens: 4096.0, stop_sequences: \"END\"}",
		"null.yaml":    smallest + "webhook_callback_url:\nparameters: {temperature: 0.7, max_tokens: 4096, stop_sequences: 'END', top_p: ~}",
		"policy.yaml":  smallest + "approval: always\nparameters: {temperature: 0.7, max_tokens: 4096, stop_sequences: END}",
		"escapes.json": "{\"parameters\":\t{\"stop_sequences\": [\"\\u0045ND\"], \"temperature\": 0.7e0, \"max_tokens\": 4096}," +
			with(schemas.Custom, nil)[1:],
	} {
		doc := only(t, file, text)
		require.Empty(t, doc.Violations, file)
		require.Equal(t, want, hash(t, doc.Manifest), file)
	}
}
