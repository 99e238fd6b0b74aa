package schemas

import (
	"encoding/json"
	"testing"

	"github.com/gowebpki/jcs"
	"github.com/stretchr/testify/require"
)

func hash(t *testing.T, m Manifest) string {
	t.Helper()
	h, err := m.Payload().Hash()
	require.NoError(t, err)
	return h
}

// The value is what `sha256sum` says of the payload's canonical text, written by hand; see the next test for the text.
const tutorialHash = "2f5b4f5d5b0bc7504c32c630c5c599205ab16eb49f1095124bd38eb59dc52f0b"

func TestTheHashOfTheTutorialsPayloadNeverChanges(t *testing.T) {
	require.Equal(t, tutorialHash, hash(t, tutorial(t)))
}

func TestThePayloadIsTheTutorialsFieldForField(t *testing.T) {
	raw, err := json.Marshal(tutorial(t).Payload())
	require.NoError(t, err)
	canonical, err := jcs.Transform(raw)
	require.NoError(t, err)
	require.Equal(t, `{"authCredentialId":"cred_abc123xyz","endpointUrl":"https://api.external-ai-provider.com",`+
		`"modelArchitecture":"openai","name":"production-llm-v2","parameters":{"max_tokens":4096,"temperature":0.7},`+
		`"rateLimits":{"maxRequestsPerMinute":500,"maxTokensPerMinute":100000},`+
		`"webhookCallbackUrl":"https://my-orchestrator.internal/webhooks/genesys-llm"}`, string(canonical))
}

func TestThePayloadHasNoWebhookAsNull(t *testing.T) {
	m := tutorial(t)
	m.WebhookCallbackURL, m.Parameters = "", Parameters{}
	raw, err := json.Marshal(m.Payload())
	require.NoError(t, err)
	require.Contains(t, string(raw), `"parameters":{},"webhookCallbackUrl":null`)
}

// The vectors are those of RFC 8785, section 3.2.3 and appendix B, as far as a payload can hold them.
func TestHashesRestOnTheCanonicalFormOfRFC8785(t *testing.T) {
	for in, want := range map[string]string{
		`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],` +
			`"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`: `{"literals":[null,true,false],` +
			`"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		`{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}`: "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}",
		`[-0,5e-324,1.7976931348623157e308,9007199254740992,295147905179352830000]`:   `[0,5e-324,1.7976931348623157e+308,9007199254740992,295147905179352830000]`,
		`[0.000001,0.0000001,1e21,1e20,0.10,1.0]`:                                     `[0.000001,1e-7,1e+21,100000000000000000000,0.1,1]`,
	} {
		got, err := jcs.Transform([]byte(in))
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
}

func TestTheHashTellsPayloadsApart(t *testing.T) {
	m := tutorial(t)
	m.Parameters.Temperature = new(0.70000001)
	require.NotEqual(t, tutorialHash, hash(t, m))
	require.Equal(t, []Change{{Key: "parameters.temperature", Old: "0.7", New: "0.70000001"}}, tutorial(t).Payload().Changes(m.Payload()))
	composed, decomposed := m, m
	composed.Name, decomposed.Name = "M\u00fcller", "Mu\u0308ller"
	require.NotEqual(t, hash(t, composed), hash(t, decomposed), "RFC 8785 does not normalise Unicode")
}

func TestIntegersThatJSONCannotHoldHaveNoHash(t *testing.T) {
	const most = 1<<53 - 1
	for _, n := range []int{most + 1, -most - 1} {
		for _, set := range []func(*Payload){
			func(p *Payload) { p.RateLimits.MaxRequestsPerMinute = n },
			func(p *Payload) { p.RateLimits.MaxTokensPerMinute = n },
			func(p *Payload) { p.Parameters.MaxTokens = &n },
		} {
			p := tutorial(t).Payload()
			set(&p)
			_, err := p.Hash()
			require.ErrorContains(t, err, "2^53")
		}
	}
	p := tutorial(t).Payload()
	p.Parameters.MaxTokens = new(most)
	_, err := p.Hash()
	require.NoError(t, err)
}
