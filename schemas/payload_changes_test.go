package schemas

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPayloadsAreComparedByWhatTheyMean(t *testing.T) {
	base := tutorial(t)
	for name, change := range map[string]func(*Payload){
		"a slash behind the URL":    func(p *Payload) { p.EndpointURL += "/" },
		"a host in capitals":        func(p *Payload) { p.EndpointURL = "HTTPS://API.External-AI-Provider.com" },
		"the scheme's usual port":   func(p *Payload) { p.EndpointURL += ":443" },
		"an empty list for nothing": func(p *Payload) { p.Parameters.StopSequences = StopSequences{} },
		"an empty webhook for none": func(p *Payload) { empty := ""; p.WebhookCallbackURL = &empty },
	} {
		p, q := base.Payload(), base.Payload()
		if name == "an empty webhook for none" {
			p.WebhookCallbackURL = nil
		}
		change(&q)
		require.Empty(t, p.Changes(q), name)
		require.True(t, q.Same(p), name)
	}
}

func TestAChangeNamesTheManifestsKeyAndBothValues(t *testing.T) {
	p, q := tutorial(t).Payload(), tutorial(t).Payload()
	q.RateLimits.MaxRequestsPerMinute = 600
	q.EndpointURL = "https://other.example/v1?region=eu"
	q.Parameters.MaxTokens = nil
	var said []string
	for _, c := range p.Changes(q) {
		said = append(said, c.String())
	}
	require.Equal(t, []string{
		"endpoint_url: https://api.external-ai-provider.com → https://other.example/v1",
		"max_requests_per_minute: 500 → 600",
		"parameters.max_tokens: 4096 → none",
	}, said)

	r := q
	r.EndpointURL = "https://other.example/v1?region=us"
	require.Equal(t, "endpoint_url", q.Changes(r)[0].String(), "a query may hold a secret and is not shown")
}
