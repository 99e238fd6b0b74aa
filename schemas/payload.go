package schemas

import (
	"errors"
)

// Payload is the body that creates a model in the Genesys Cloud LLM Gateway, field for field the tutorial's.
type Payload struct {
	Name               string       `json:"name"`
	EndpointURL        string       `json:"endpointUrl"`
	AuthCredentialID   string       `json:"authCredentialId"`
	ModelArchitecture  Architecture `json:"modelArchitecture"`
	RateLimits         RateLimits   `json:"rateLimits"`
	Parameters         Parameters   `json:"parameters"`
	WebhookCallbackURL *string      `json:"webhookCallbackUrl" jsonschema:"nullable"`
}

// RateLimits bounds what the gateway may send to the endpoint.
type RateLimits struct {
	MaxRequestsPerMinute int `json:"maxRequestsPerMinute"`
	MaxTokensPerMinute   int `json:"maxTokensPerMinute"`
}

// Payload builds the gateway's payload from a manifest.
func (m Manifest) Payload() Payload {
	p := Payload{
		Name: m.Name, EndpointURL: m.EndpointURL, AuthCredentialID: m.AuthCredentialID,
		ModelArchitecture: m.ModelArchitecture,
		RateLimits:        RateLimits{m.MaxRequestsPerMinute, m.MaxTokensPerMinute},
		Parameters:        m.Parameters,
	}
	if m.WebhookCallbackURL != "" {
		p.WebhookCallbackURL = &m.WebhookCallbackURL
	}
	return p
}

// Manifest describes the payload, with no block of its own for probe and approval.
func (p Payload) Manifest() Manifest {
	return Manifest{
		Name: p.Name, EndpointURL: p.EndpointURL, AuthCredentialID: p.AuthCredentialID,
		ModelArchitecture: p.ModelArchitecture, MaxRequestsPerMinute: p.RateLimits.MaxRequestsPerMinute,
		MaxTokensPerMinute: p.RateLimits.MaxTokensPerMinute, Parameters: p.Parameters,
		WebhookCallbackURL: orNone(p.WebhookCallbackURL),
	}
}

// MaxInteger is 2^53−1, the largest integer up to which a float64, and so JSON, holds each one exactly.
const MaxInteger = 1<<53 - 1

// Hash returns the SHA-256 of the payload's RFC 8785 form, in lower-case hex (64 characters). It refuses integers
// beyond 2^53−1: RFC 8785 would round them, and two payloads would share a hash.
func (p Payload) Hash() (string, error) {
	sealed, err := p.Seal()
	return sealed.Hash, err
}

func (p Payload) representable() error {
	integers := []int{p.RateLimits.MaxRequestsPerMinute, p.RateLimits.MaxTokensPerMinute}
	if p.Parameters.MaxTokens != nil {
		integers = append(integers, *p.Parameters.MaxTokens)
	}
	for _, n := range integers {
		if n > MaxInteger || n < -MaxInteger {
			return errors.New("hash the payload: it holds an integer beyond 2^53−1, which RFC 8785 cannot represent")
		}
	}
	return nil
}
