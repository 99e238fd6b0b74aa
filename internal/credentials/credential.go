package credentials

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
)

// Credential is what one endpoint is called with. However it is printed, its token stays out.
type Credential struct {
	ID          string
	Header      string           // replaces the architecture's header when not empty
	Scheme      string           // written before the token in Header
	Query       string           // the query parameter that carries the token in place of a header, or ""
	RootCAs     *x509.CertPool   // the system's authorities and the credential's own; nil means the system's
	Certificate *tls.Certificate // client certificate, or nil
	Proxy       *url.URL         // or nil

	// A function, because the fmt package reads even unexported fields of the structs that hold this one.
	token func() string
	extra func() []header // sent beside the token
}

// header is one more header of a credential, with its value.
type header struct{ name, value string }

// Anonymous says that the endpoint takes no token.
func (c Credential) Anonymous() bool { return c.token == nil }

// Token returns the token, or "" for an anonymous credential.
func (c Credential) Token() string {
	if c.token == nil {
		return ""
	}
	return c.token()
}

// Secrets are the values that must be shown nowhere.
func (c Credential) Secrets() []string {
	var all []string
	if token := c.Token(); token != "" {
		all = append(all, token)
		if escaped := url.QueryEscape(token); escaped != token {
			all = append(all, escaped)
		}
	}
	if c.extra != nil {
		for _, h := range c.extra() {
			all = append(all, h.value)
		}
	}
	return all
}

// Authorize puts the token where the credential says, or else into the header that the architecture expects, and sets
// the credential's other headers. An anonymous credential has no token and may have headers.
func (c Credential) Authorize(req *http.Request, name, scheme string) {
	if c.extra != nil {
		for _, h := range c.extra() {
			req.Header.Set(h.name, h.value)
		}
	}
	switch {
	case c.Anonymous():
		return
	case c.Query != "":
		parameter := url.QueryEscape(c.Query) + "=" + url.QueryEscape(c.Token())
		u := *req.URL
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += parameter
		req.URL = &u
		return
	case c.Header != "":
		name, scheme = c.Header, c.Scheme
	}
	value := c.Token()
	if scheme != "" {
		value = scheme + " " + value
	}
	req.Header.Set(name, value)
}

// String names the credential without its token.
func (c Credential) String() string { return "credential " + c.ID + " (token not shown)" }

// GoString is String: %#v must not show the token either.
func (c Credential) GoString() string { return c.String() }

// LogValue is String, for slog.
func (c Credential) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON writes String.
func (c Credential) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// MarshalText writes String.
func (c Credential) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
