package credentials

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"model-registrar/internal/netguard"
)

// Receivers knows with which credential a webhook's host is called (REGISTRAR_WEBHOOK_CREDENTIALS_FILE). The file has
// the form of the credentials file; what counts is each entry's hosts, and its id is only a name.
type Receivers struct{ entries map[string]entry }

// LoadReceivers reads the file and everything that it refers to, and reports all that is wrong at once. Without a path
// no host has a credential.
func LoadReceivers(path string) (*Receivers, error) {
	if path == "" {
		return &Receivers{}, nil
	}
	entries, problems := loadFile(path, "REGISTRAR_WEBHOOK_CREDENTIALS_FILE")
	owner := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(entries)) {
		e := entries[id]
		bad := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("%s: credential %q: %w", path, id, fmt.Errorf(format, args...)))
		}
		if e.caFile != "" || e.certFile != "" || e.proxy != nil {
			bad("ca_file, client_cert_file and proxy have no place here")
		}
		for _, h := range append(e.headers, headerEntry{name: e.header}) {
			if strings.HasPrefix(strings.ToLower(h.name), "webhook-") {
				bad("%s is a header of the signature", h.name)
			}
		}
		for host := range e.hosts {
			if other := owner[host]; other != "" {
				bad("its host %s has the credential %q already", strings.TrimSuffix(host, ":"), other)
			}
			owner[host] = id
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return &Receivers{entries}, nil
}

// Authorize puts the credential of the request's host into the request, read anew, so that a rotated one counts from
// the next delivery on. It does nothing for a host that has none.
func (r *Receivers) Authorize(req *http.Request) error {
	u, err := netguard.Canonical(req.URL)
	if err != nil {
		return nil // it is refused before it is called
	}
	id, e := r.of(u)
	if id == "" {
		return nil
	}
	c, errs := e.read(id)
	if len(errs) > 0 {
		return &UnreadableError{ID: id, Host: u.Host, Problem: errors.Join(errs...)}
	}
	c.Authorize(req, "Authorization", "Bearer")
	return nil
}

func (r *Receivers) of(u *url.URL) (string, entry) {
	for id, e := range r.entries {
		if e.hosts.allows(u) {
			return id, e
		}
	}
	return "", entry{}
}
