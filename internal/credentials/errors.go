package credentials

import "fmt"

// MissingError says that no token is configured for a credential id.
type MissingError struct {
	ID   string
	Host string
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("There is no token for credential %q, which %s needs. Name it in the worker's "+
		"REGISTRAR_CREDENTIALS_FILE, or set EXTERNAL_AI_TOKEN with EXTERNAL_AI_TOKEN_HOSTS=%s.", e.ID, e.Host, e.Host)
}

// HostNotAllowedError says that a credential exists and may not be sent to this host.
type HostNotAllowedError struct {
	ID   string
	Host string // with its port, unless that is the scheme's default
	// Fallback is set when the token is EXTERNAL_AI_TOKEN; NoHosts when it has no hosts at all.
	Fallback, NoHosts bool
}

func (e *HostNotAllowedError) Error() string {
	switch {
	case e.NoHosts:
		return fmt.Sprintf("EXTERNAL_AI_TOKEN is set, but EXTERNAL_AI_TOKEN_HOSTS is empty, so the token is sent "+
			"nowhere. If credential %q may be sent to %s, set EXTERNAL_AI_TOKEN_HOSTS=%s.", e.ID, e.Host, e.Host)
	case e.Fallback:
		return fmt.Sprintf("The token for credential %q (EXTERNAL_AI_TOKEN) may not be sent to %s. If it may, add the "+
			"host to EXTERNAL_AI_TOKEN_HOSTS.", e.ID, e.Host)
	}
	return fmt.Sprintf("Credential %q may not be sent to %s. If it may, add the host to the credential's hosts in "+
		"REGISTRAR_CREDENTIALS_FILE.", e.ID, e.Host)
}

// UnreadableError says that a configured credential could not be read when it was needed.
type UnreadableError struct {
	ID      string
	Host    string
	Problem error // names files and variables, never their contents
}

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("Credential %q for %s cannot be read by the worker: %v.", e.ID, e.Host, e.Problem)
}

func (e *UnreadableError) Unwrap() error { return e.Problem }
