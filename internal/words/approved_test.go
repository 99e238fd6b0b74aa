package words

import (
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

func TestWhatIsApprovedIsShownInFull_AndNoValueOfAQuery(t *testing.T) {
	temperature := 0.7
	require.Equal(t, []Row{
		{"endpoint", "https://api.example.com:8443/v1/a%20b?api-version=…&code=…&sig=…"},
		{"architecture", "azure"}, {"credential", "cred_1"}, {"limits", "5 requests and 100 tokens a minute"},
		{"parameters", `{"temperature":0.7}`}, {"webhook to", "hooks.example.com"},
	}, Approved(schemas.Manifest{
		EndpointURL: "https://u:p@api.example.com:8443/v1/a%20b?api-version=1&code=hush;sig=hush#hush", AuthCredentialID: "cred_1",
		ModelArchitecture: schemas.Azure, MaxRequestsPerMinute: 5, MaxTokensPerMinute: 100,
		Parameters: schemas.Parameters{Temperature: &temperature}, WebhookCallbackURL: "https://hooks.example.com/hush?hush=1",
	}))
	require.Equal(t, []Row{{"endpoint", ""}, {"architecture", ""}, {"credential", ""}, {"limits", "0 requests and 0 tokens a minute"},
		{"parameters", "none"}}, Approved(schemas.Manifest{EndpointURL: "::"}))
}

func TestHostIsAllThatIsShownOfAURL(t *testing.T) {
	require.Equal(t, "h:8", Host("https://u:p@h:8/p?q=r#f"))
	require.Empty(t, Host("http://[::1"))
}
