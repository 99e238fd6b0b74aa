package genesys

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"model-registrar/internal/bounded"
)

const (
	maxBodyBytes   = 1 << 20
	maxHeaderBytes = 64 << 10
	// One host is called by every activity slot of the worker; fewer idle connections than that would mean a TLS
	// handshake for most calls.
	maxIdleConnsPerHost = 100
)

var errTooLong = errors.New("the answer is longer than 1 MiB")

func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           2 * maxIdleConnsPerHost,
		MaxIdleConnsPerHost:    maxIdleConnsPerHost,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// readBody reads a whole body of at most maxBodyBytes and closes it; a longer one is errTooLong.
func readBody(body io.ReadCloser) ([]byte, error) {
	defer body.Close()
	raw, err := bounded.All(body, maxBodyBytes)
	if _, ok := errors.AsType[*bounded.TooLarge](err); ok {
		return nil, errTooLong
	}
	return raw, err
}

// wholeTransport hands over answers only when they arrived whole. The oauth2 package reads bodies itself and reports
// a cut connection and an unreadable answer alike, while the first is to be retried and the second is not.
type wholeTransport struct {
	next     http.RoundTripper
	log      *slog.Logger
	redactor redactor
}

func (t wholeTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	start := time.Now()
	resp, err := t.next.RoundTrip(req)
	if err == nil {
		var raw []byte
		if raw, err = readBody(resp.Body); err == nil {
			resp.Body = io.NopCloser(bytes.NewReader(raw))
		}
	}
	logCall(req.Context(), t.log, t.redactor, opToken, req, resp, err, time.Since(start))
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// cause strips what net/http wraps around an error: the URL, whose query is nobody's business.
func cause(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
