package credentials

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// entry is one credential as the file describes it: references, resolved at each use.
type entry struct {
	hosts             hostSet
	tokenFile         string
	tokenEnv          string
	anonymous         bool
	header, scheme    string
	caFile            string
	certFile, keyFile string
	proxy             *url.URL
}

// read resolves the references and reports everything that is wrong with them.
func (e entry) read(id string) (Credential, []error) {
	c := Credential{ID: id, Header: e.header, Scheme: e.scheme, Proxy: e.proxy}
	var problems []error
	if !e.anonymous {
		token, err := e.readToken()
		if err != nil {
			problems = append(problems, err)
		}
		c.token = func() string { return token }
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

func (e entry) readToken() (string, error) {
	raw, source := os.Getenv(e.tokenEnv), "environment variable "+e.tokenEnv
	if e.tokenFile != "" {
		b, err := readBounded(e.tokenFile, maxToken)
		if err != nil {
			return "", fmt.Errorf("token_file: %w", err)
		}
		raw, source = string(b), e.tokenFile
	}
	token, err := checkToken(raw)
	if err != nil {
		return "", fmt.Errorf("%s: %w", source, err)
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
	pem, err := readBounded(path, maxFile)
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
