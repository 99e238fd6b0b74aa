package credentials

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"model-registrar/internal/bounded"
)

// entry is one credential as the file describes it: references, resolved at each use.
type entry struct {
	hosts             hostSet
	token             source
	anonymous         bool
	header, scheme    string
	query             string
	headers           []headerEntry
	caFile            string
	certFile, keyFile string
	proxy             *url.URL
}

// source is where a secret is: in a file or in an environment variable.
type source struct{ file, env string }

// headerEntry is one more header, and where its value is.
type headerEntry struct {
	name   string
	scheme string
	source
}

// read resolves the references and reports everything that is wrong with them.
func (e entry) read(id string) (Credential, []error) {
	c := Credential{ID: id, Header: e.header, Scheme: e.scheme, Query: e.query, Proxy: e.proxy}
	var problems []error
	if !e.anonymous {
		token, err := e.token.read("token_file")
		if err != nil {
			problems = append(problems, err)
		}
		c.token = func() string { return token }
	}
	if len(e.headers) > 0 {
		extra, errs := e.readHeaders()
		problems = append(problems, errs...)
		c.extra = func() []header { return extra }
	}
	if e.caFile != "" {
		pool, err := readAuthorities(e.caFile)
		if err != nil {
			problems = append(problems, fmt.Errorf("ca_file: %w", err))
		}
		c.RootCAs = pool
	}
	if e.certFile != "" {
		pair, err := tls.LoadX509KeyPair(e.certFile, e.keyFile)
		if err != nil {
			problems = append(problems, fmt.Errorf("client_cert_file and client_key_file: %w", err))
		}
		c.Certificate = &pair
	}
	return c, problems
}

func (e entry) readHeaders() (extra []header, problems []error) {
	for _, h := range e.headers {
		value, err := h.read("token_file")
		if err != nil {
			problems = append(problems, fmt.Errorf("headers: %s: %w", h.name, err))
			continue
		}
		if h.scheme != "" {
			value = h.scheme + " " + value
		}
		extra = append(extra, header{h.name, value})
	}
	return extra, problems
}

// read reads the secret. Its errors name where it is, and never what it is.
func (s source) read(key string) (string, error) {
	raw, from := os.Getenv(s.env), "environment variable "+s.env
	if s.file != "" {
		b, err := bounded.File(s.file, maxToken)
		if err != nil {
			return "", fmt.Errorf("%s: %w", key, err)
		}
		raw, from = string(b), s.file
	}
	token, err := checkToken(raw)
	if err != nil {
		return "", fmt.Errorf("%s: %w", from, err)
	}
	return token, nil
}

// checkToken trims what editors leave around a token, and refuses what cannot be sent in a header.
func checkToken(raw string) (string, error) {
	token := strings.TrimSpace(raw)
	if token == "" {
		return "", errors.New("is empty or not set")
	}
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return "", errors.New("holds a space, a line break or another character that a token cannot have")
		}
	}
	return token, nil
}

func readAuthorities(path string) (*x509.CertPool, error) {
	pem, err := bounded.File(path, maxFile)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a machine without authorities still has the credential's own
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", path)
	}
	return pool, nil
}
