package probe

import (
	"context"
	"errors"
	"time"

	"model-registrar/internal/credentials"
	"model-registrar/internal/endpoint"
	"model-registrar/internal/netguard"
	"model-registrar/schemas"
)

// preflightTime bounds the one look-up of a name that a preflight makes.
const preflightTime = 3 * time.Second

// Preflight says what can never work, before anything is sent or made: with the probe's reason codes, and without any
// value of the manifest. What may work by the time of the probe (a name that does not resolve) is none of it. Without a
// prober nothing is known.
func (p *Prober) Preflight(ctx context.Context, in schemas.ProbeInput) []schemas.Violation {
	if p == nil {
		return nil
	}
	target, problem := endpoint.Resolve(in)
	if problem != nil {
		return []schemas.Violation{{Path: problem.Path, Code: schemas.ReasonEndpointInvalid, Message: problem.Message}}
	}
	credential, err := p.credentials.Lookup(in.AuthCredentialID, target.URL)
	if err != nil {
		return []schemas.Violation{unusable(err)}
	}
	if credential.Proxy != nil {
		return nil // what the proxy may reach is asked when it is
	}
	ctx, cancel := context.WithTimeout(ctx, preflightTime)
	defer cancel()
	if err := p.guard.Never(ctx, target.URL.Hostname()); err != nil {
		why := "leads to an address that the worker's outbound guard refuses"
		if blocked, ok := errors.AsType[*netguard.BlockedError](err); ok {
			why = "leads to " + blocked.Kind + ", which the worker's outbound guard refuses"
		}
		return []schemas.Violation{{
			Path: "endpoint_url", Code: schemas.ReasonAddressBlocked, Message: why +
				"; if that is meant, add its network to REGISTRAR_ALLOW_NETWORKS",
		}}
	}
	return nil
}

// unusable is a credential that this worker cannot send to this endpoint.
func unusable(err error) schemas.Violation {
	v := schemas.Violation{Path: "auth_credential_id", Code: credentialFailure(err).code}
	switch v.Code {
	case schemas.ReasonCredentialHost:
		v.Message = "names a credential that may not be sent to the host of endpoint_url; if it may, add the host to " +
			"the credential's " +
			"hosts in the worker's REGISTRAR_CREDENTIALS_FILE, or to EXTERNAL_AI_TOKEN_HOSTS"
		if refused, ok := errors.AsType[*credentials.HostNotAllowedError](err); ok && refused.NoHosts {
			v.Message = "stands for EXTERNAL_AI_TOKEN, which is sent nowhere while EXTERNAL_AI_TOKEN_HOSTS is empty"
		}
	case schemas.ReasonCredentialUnusable:
		v.Message = "names a credential that the worker cannot read; look at its file or variable on the worker's " +
			"machine"
	default:
		v.Message = "names no credential that the worker knows; name it in the worker's REGISTRAR_CREDENTIALS_FILE, " +
			"or set " +
			"EXTERNAL_AI_TOKEN with EXTERNAL_AI_TOKEN_HOSTS"
	}
	return v
}
