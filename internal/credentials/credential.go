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
	RootCAs     *x509.CertPool   // the system's authorities and the credential's own; nil means the system's
	Certificate *tls.Certificate // client certificate, or nil
	Proxy       *url.URL         // or nil

	// A function, because the fmt package reads even unexported fields of the structs that hold this one.
	token func() string
}

// Anonymous says that the endpoint takes no token.
func (c Credential) Anonymous() bool { return c.token == nil }

// Token returns the token, or "" for an anonymous credential.
func (c Credential) Token() string {
	if c.token == nil {
		return ""
	}
	return c.token()
}

// Authorize sets the header that carries the token: the credential's own, or else the one that the architecture
// expects. It does nothing for an anonymous credential.
func (c Credential) Authorize(h http.Header, header, scheme string) {
	if c.Anonymous() {
		return
	}
	if c.Header != "" {
		header, scheme = c.Header, c.Scheme
	}
	value := c.Token()
	if scheme != "" {
		value = scheme + " " + value
	}
	h.Set(header, value)
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
