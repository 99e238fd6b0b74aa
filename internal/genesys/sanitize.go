package genesys

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"

	"model-registrar/internal/words"
	"model-registrar/schemas"
)

const redacted = "[redacted]"

// redactor removes secrets from text that came from the platform.
type redactor struct{ secrets []string }

// newRedactor covers the secrets as they are and as they travel: URL-encoded and in a Basic header.
func newRedactor(clientID string, secrets []string) redactor {
	var all []string
	for _, s := range secrets {
		if s == "" {
			continue
		}
		escaped := url.QueryEscape(s)
		all = append(all, s, escaped,
			base64.StdEncoding.EncodeToString([]byte(clientID+":"+s)),
			base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(clientID)+":"+escaped)))
	}
	// The longest first: a secret that is part of another one must not leave the rest of that one behind.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return redactor{slices.Compact(all)}
}

// clean returns untrusted text as one line of at most limit characters, without secrets. Redaction comes before
// cutting, so that no beginning of a secret is left at the cut.
func (r redactor) clean(s string, limit int) string {
	s = words.OneLine(s)
	for _, secret := range r.secrets {
		s = strings.ReplaceAll(s, secret, redacted)
	}
	return schemas.Cut(s, limit)
}

// plainStatuses are words that are compared and acted on. None of them is a secret, even where one is short enough to
// be a part of them.
var plainStatuses = []string{
	"completed", "succeeded", "success", "passed", "pass", "healthy", "ok", "failed", "failure", "fail", "unhealthy",
	"error", "running", "pending", "queued", "in_progress", "active", "inactive", "cancelled", "canceled",
}

// status is clean for a status, which keeps its word.
func (r redactor) status(s string) string {
	if slices.ContainsFunc(plainStatuses, func(word string) bool { return strings.EqualFold(s, word) }) {
		return s
	}
	return r.clean(s, maxCode)
}

// oneLine is clean without secrets to look for.
func oneLine(s string, limit int) string { return redactor{}.clean(s, limit) }
