// Package simulator plays, in one process and on one listener, everything that the registrar talks to: Genesys
// Cloud, LLM providers and a webhook receiver. It is a strict reading of those contracts, independent of the
// project's own types, so that a test against it catches our mistakes; README.md documents every endpoint.
package simulator

import (
	"time"

	"model-registrar/testsuite/simulator/control"
)

// The credentials that the simulator takes unless told otherwise. They open nothing but a simulator.
const (
	DefaultClientID      = "simulator-client"
	DefaultClientSecret  = "simulator-secret"
	DefaultProviderToken = "simulator-provider-token"
)

// Options are the simulator's habits at the start. A zero field takes its default.
type Options struct {
	// JobDuration is how long a registration job takes; default 2 s.
	JobDuration time.Duration
	// Quota is how many API calls the OAuth client may make in QuotaWindow, with all its tokens; default 300 in a
	// minute.
	Quota       int
	QuotaWindow time.Duration
	// TokenTTL is a token's validity; default 24 h.
	TokenTTL time.Duration
	// Scopes are the permissions of the OAuth client; default the three that the registrar needs.
	Scopes []string
	// ClientID and ClientSecret are those of the OAuth client; default [DefaultClientID], [DefaultClientSecret].
	ClientID, ClientSecret string
	// ProviderToken is what the simulated endpoints take; default [DefaultProviderToken].
	ProviderToken string
	// ConflictOnDuplicateName refuses a second model of a name with 409; by default it is created.
	ConflictOnDuplicateName bool
	// ControlFromAnywhere lets callers from other machines use the control interface, for a simulator in a container:
	// what comes in by a published port has the address of a gateway.
	ControlFromAnywhere bool
	// KeepRequests bounds the journal of requests; default 200,000. Webhooks and callbacks keep a tenth of it.
	KeepRequests int
}

// The scopes that the API checks.
const (
	scopeWrite = "ai:llm-gateway:write"
	scopeRead  = "ai:llm-gateway:read"
	scopeJobs  = "ai:jobs:read"
)

func (o Options) withDefaults() Options {
	setDefault(&o.JobDuration, 2*time.Second)
	setDefault(&o.Quota, 300)
	setDefault(&o.QuotaWindow, time.Minute)
	setDefault(&o.TokenTTL, 24*time.Hour)
	setDefault(&o.ClientID, DefaultClientID)
	setDefault(&o.ClientSecret, DefaultClientSecret)
	setDefault(&o.ProviderToken, DefaultProviderToken)
	setDefault(&o.KeepRequests, 200_000)
	if o.Scopes == nil {
		o.Scopes = []string{scopeWrite, scopeRead, scopeJobs}
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (o Options) settings() control.Settings {
	return control.Settings{
		JobDurationMS:           o.JobDuration.Milliseconds(),
		Quota:                   o.Quota,
		QuotaWindowMS:           o.QuotaWindow.Milliseconds(),
		TokenTTLSeconds:         int64(o.TokenTTL / time.Second),
		Scopes:                  o.Scopes,
		ConflictOnDuplicateName: o.ConflictOnDuplicateName,
	}
}
