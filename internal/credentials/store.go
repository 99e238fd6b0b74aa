package credentials

import (
	"errors"
	"fmt"
	"net/url"

	"model-registrar/internal/netguard"
)

// Config says where the credentials are. All of it is optional: an empty store knows no token.
type Config struct {
	File       string   // REGISTRAR_CREDENTIALS_FILE
	Token      string   // EXTERNAL_AI_TOKEN: for each id that the file does not name
	TokenHosts []string // EXTERNAL_AI_TOKEN_HOSTS: the only hosts that Token is sent to
}

// Store knows each credential and where it may be sent. It is safe for concurrent use.
type Store struct {
	entries  map[string]entry
	token    func() string // nil when there is no EXTERNAL_AI_TOKEN
	tokenFor hostSet
}

// Load reads the configuration and everything that it refers to, and reports all that is wrong at once.
func Load(cfg Config) (*Store, error) {
	var problems []error
	s := &Store{entries: map[string]entry{}}
	if cfg.File != "" {
		entries, errs := loadFile(cfg.File, "REGISTRAR_CREDENTIALS_FILE")
		s.entries, problems = entries, errs
	}
	if cfg.Token != "" {
		token, err := checkToken(cfg.Token)
		if err != nil {
			problems = append(problems, fmt.Errorf("EXTERNAL_AI_TOKEN: %w", err))
		}
		s.token = func() string { return token }
	}
	hosts, errs := parseHosts(cfg.TokenHosts)
	for _, err := range errs {
		problems = append(problems, fmt.Errorf("EXTERNAL_AI_TOKEN_HOSTS: %w", err))
	}
	s.tokenFor = hosts
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return s, nil
}

// Lookup returns the credential of this id for this endpoint, read anew, so that a rotated token counts from the next
// probe on. It fails with [*MissingError], [*HostNotAllowedError], [*UnreadableError] or [*netguard.URLError]. An id
// that the file names is the file's alone: EXTERNAL_AI_TOKEN does not stand in for it.
func (s *Store) Lookup(id string, endpoint *url.URL) (Credential, error) {
	u, err := netguard.Canonical(endpoint)
	if err != nil {
		return Credential{}, err
	}
	if e, ok := s.entries[id]; ok {
		if !e.hosts.allows(u) {
			return Credential{}, &HostNotAllowedError{ID: id, Host: u.Host}
		}
		c, errs := e.read(id)
		if len(errs) > 0 {
			return Credential{}, &UnreadableError{ID: id, Host: u.Host, Problem: errors.Join(errs...)}
		}
		return c, nil
	}
	if s.token == nil {
		return Credential{}, &MissingError{ID: id, Host: u.Host}
	}
	if !s.tokenFor.allows(u) {
		return Credential{}, &HostNotAllowedError{ID: id, Host: u.Host, Fallback: true, NoHosts: len(s.tokenFor) == 0}
	}
	return Credential{ID: id, token: s.token}, nil
}
