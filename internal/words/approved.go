package words

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"model-registrar/schemas"
)

// Row is a line of what is shown to somebody who decides.
type Row struct{ Name, Text string }

// Approved is what an approval of a manifest lets into the gateway, for the page and for the terminal alike. It is for
// manifests that were checked: what holds a secret has been refused. Of queries it shows the names alone.
func Approved(m schemas.Manifest) []Row {
	rows := []Row{
		{"endpoint", URL(m.EndpointURL)},
		{"architecture", string(m.ModelArchitecture)},
		{"credential", m.AuthCredentialID},
		{"limits", fmt.Sprintf("%d requests and %d tokens a minute", m.MaxRequestsPerMinute, m.MaxTokensPerMinute)},
		{"parameters", parameters(m.Parameters)},
	}
	if m.WebhookCallbackURL != "" {
		rows = append(rows, Row{"webhook to", Host(m.WebhookCallbackURL)})
	}
	return rows
}

func parameters(p schemas.Parameters) string {
	raw, err := json.Marshal(p)
	if err != nil || string(raw) == "{}" {
		return "none"
	}
	return string(raw)
}

// URL is a URL with its path, the names of its query's parameters, and no values of them.
func URL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return ""
	}
	text := u.Scheme + "://" + u.Host + u.EscapedPath()
	separator := "?"
	for _, part := range strings.FieldsFunc(u.RawQuery, func(c rune) bool { return c == '&' || c == ';' }) {
		name, _, _ := strings.Cut(part, "=")
		text += separator + name + "=…"
		separator = "&"
	}
	return text
}

// Host is the host of a URL, with its port: all of it that may be shown, since path, query and userinfo can hold a
// token.
func Host(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}
