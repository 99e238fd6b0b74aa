package schemas

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Change is one value in which two payloads differ, under the manifest's key. Old and New are empty for a value that is
// not set, and for URLs whose difference is in what is not shown: user, query and fragment.
type Change struct{ Key, Old, New string }

// String writes the change for people: "max_requests_per_minute: 500 → 600".
func (c Change) String() string {
	show := func(v string) string {
		if v == "" {
			return "none"
		}
		return v
	}
	if c.Old == c.New {
		return c.Key
	}
	return fmt.Sprintf("%s: %s → %s", c.Key, show(c.Old), show(c.New))
}

// Changes returns what would change if q took the place of p, in the order of the manifest. Values are compared by what
// they mean: the gateway may write a URL with a slash behind it or leave out what is null.
func (p Payload) Changes(q Payload) []Change {
	var changes []Change
	add := func(key, old, new string) {
		if old != new {
			changes = append(changes, Change{key, old, new})
		}
	}
	address := func(key, old, new string) {
		if sameURL(old, new) {
			return
		}
		changes = append(changes, Change{key, shownURL(old), shownURL(new)})
	}
	add("name", p.Name, q.Name)
	address("endpoint_url", p.EndpointURL, q.EndpointURL)
	add("auth_credential_id", p.AuthCredentialID, q.AuthCredentialID)
	add("model_architecture", string(p.ModelArchitecture), string(q.ModelArchitecture))
	add("max_requests_per_minute", fmt.Sprint(p.RateLimits.MaxRequestsPerMinute),
		fmt.Sprint(q.RateLimits.MaxRequestsPerMinute))
	add("max_tokens_per_minute", fmt.Sprint(p.RateLimits.MaxTokensPerMinute),
		fmt.Sprint(q.RateLimits.MaxTokensPerMinute))
	old, new := p.Parameters.values(), q.Parameters.values()
	for _, key := range slices.Sorted(keys(old, new)) {
		add("parameters."+key, old[key], new[key])
	}
	address("webhook_callback_url", orNone(p.WebhookCallbackURL), orNone(q.WebhookCallbackURL))
	return changes
}

// Same reports whether two payloads mean the same.
func (p Payload) Same(q Payload) bool { return len(p.Changes(q)) == 0 }

// values are the parameters that are set, as JSON writes them.
func (p Parameters) values() map[string]string {
	raw, _ := json.Marshal(p)
	var members map[string]json.RawMessage
	_ = json.Unmarshal(raw, &members)
	out := map[string]string{}
	for key, value := range members {
		if v := string(value); v != "null" && v != "[]" {
			out[key] = v
		}
	}
	return out
}

func keys(maps ...map[string]string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		seen := map[string]bool{}
		for _, m := range maps {
			for key := range m {
				if !seen[key] && !yield(key) {
					return
				}
				seen[key] = true
			}
		}
	}
}

func orNone(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// sameURL compares two URLs as RFC 3986 has it: scheme and host in any case, the scheme's usual port, and an empty path
// or a slash at its end say nothing.
func sameURL(a, b string) bool { return a == b || normalURL(a) == normalURL(b) }

func normalURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if port := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]; port != "" {
		u.Host = strings.TrimSuffix(u.Host, port)
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u.String()
}

// shownURL leaves out what may hold a secret.
func shownURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || raw == "" {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}
