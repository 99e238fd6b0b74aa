package manifest

import (
	"net/url"
)

// hiddenQuery takes the place of what WithoutSecret leaves out. No manifest can say the same by chance.
const hiddenQuery = "not-shown"

// WithoutSecret returns a URL without what no manifest may hold: a user, a query, a fragment or a path with a secret in
// it. It reports whether there was any. A URL that is left as it is differs from every one that is not.
func WithoutSecret(raw string) (shown string, hidden bool) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", raw != ""
	}
	path := secretInPath(u.EscapedPath()) || holdsSecret(u.Opaque, true)
	if !path && u.User == nil && !secretInQuery(u.RawQuery) && !secretInQuery(u.Fragment) {
		return raw, false
	}
	u.User, u.Opaque, u.Fragment, u.RawFragment, u.RawQuery = nil, "", "", "", hiddenQuery
	if path {
		u.Path, u.RawPath = "/", ""
	}
	return u.String(), true
}

// WithoutCredential returns the reference to a credential, or nothing if it is the credential itself.
func WithoutCredential(reference string) (shown string, hidden bool) {
	if looksLikeSecret(reference) {
		return "", true
	}
	return reference, false
}
