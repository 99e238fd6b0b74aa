package config

import (
	"errors"
	"fmt"

	"github.com/caarlos0/env/v11"

	"model-registrar/internal/credentials"
	"model-registrar/internal/netguard"
)

// Outbound says which endpoints a process may call and which tokens it may send them. The worker's probes and those of
// `starter probe` read it alike, so that what passes at a desk passes in a registration.
type Outbound struct {
	// AllowNetworks are CIDRs, separated by commas, that may be called although they are private. Empty: none.
	AllowNetworks string `env:"REGISTRAR_ALLOW_NETWORKS"`
	// CredentialsFile names many tokens, each with its hosts. Empty: there is Token alone.
	CredentialsFile string `env:"REGISTRAR_CREDENTIALS_FILE"`
	// Token is sent by the probe to TokenHosts.
	Token string `env:"EXTERNAL_AI_TOKEN"`
	// TokenHosts are the hosts that Token may be sent to. Empty: it is sent nowhere.
	TokenHosts []string `env:"EXTERNAL_AI_TOKEN_HOSTS"`
}

// outboundSecrets are those of the secrets that an Outbound needs.
var outboundSecrets = []string{"EXTERNAL_AI_TOKEN"}

// LoadOutbound reads an Outbound alone, from an environment in the form of [os.Environ]. What else a worker needs may
// be missing or wrong.
func LoadOutbound(environ []string) (Outbound, error) {
	var o Outbound
	e, err := Read(environ, outboundSecrets...)
	problems := []error{err}
	if err := env.ParseWithOptions(&o, env.Options{Environment: e}); err != nil {
		problems = append(problems, parseProblems(err)...)
	}
	return o, errors.Join(problems...)
}

// Guard makes the guard that every call to an endpoint or a webhook goes through.
func (o Outbound) Guard() (*netguard.Guard, error) {
	networks, err := netguard.ParseNetworks(o.AllowNetworks)
	if err != nil {
		return nil, fmt.Errorf("REGISTRAR_ALLOW_NETWORKS: %w", err)
	}
	return netguard.New(netguard.Config{AllowNetworks: networks})
}

// Credentials reads the tokens. The error joins every problem found.
func (o Outbound) Credentials() (*credentials.Store, error) {
	return credentials.Load(credentials.Config{File: o.CredentialsFile, Token: o.Token, TokenHosts: o.TokenHosts})
}
