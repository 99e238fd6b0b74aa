package netguard

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Options are what one client is made for. Zero values mean the defaults stated here.
type Options struct {
	// Timeout bounds a whole exchange, its body included. Default: none; bound it by the request's context.
	Timeout time.Duration
	// ConnectTimeout bounds DNS with connect, and TLS, each. Default 10 s.
	ConnectTimeout time.Duration
	// MaxResponseBytes bounds a response's body; reading on fails with a [*TooLargeError]. Default 1 MiB.
	MaxResponseBytes int64
	// MaxHeaderBytes bounds a response's headers. Default 64 KiB.
	MaxHeaderBytes int64
	// MaxIdleConnsPerHost is how many connections to one host are kept for the next request. Default 2.
	MaxIdleConnsPerHost int
	// Proxy replaces the guard's proxies for this client.
	Proxy *url.URL
	// RootCAs replaces the system's certificate authorities: add to a copy of x509.SystemCertPool.
	RootCAs *x509.CertPool
	// Certificate is the client certificate. Default: none.
	Certificate *tls.Certificate
}

// Client makes a client with a connection pool of its own. It dials only what the guard lets through, follows no
// redirects (a 3xx is returned as it is), speaks TLS 1.2 at least, asks for no compression, and calls only URLs that
// [Canonical] accepts. Call CloseIdleConnections when done with it.
//
// Proxies are named by the operator and therefore dialled wherever they are. A host that is reached through one is
// resolved and checked here first; the proxy resolves it again by itself, so a proxy that must not reach the internal
// network needs its own rules.
func (g *Guard) Client(opts Options) *http.Client {
	connect := cmp.Or(opts.ConnectTimeout, 10*time.Second)
	proxyFor := g.proxyFor
	if opts.Proxy != nil {
		proxyFor = func(*url.URL) (*url.URL, error) { return opts.Proxy, nil }
	}
	d := dialer{
		guarded: &net.Dialer{Timeout: connect, Control: g.control, Resolver: g.resolver},
		proxy:   &net.Dialer{Timeout: connect, Resolver: g.resolver},
	}
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: opts.RootCAs}
	if opts.Certificate != nil {
		tlsConfig.Certificates = []tls.Certificate{*opts.Certificate}
	}
	return &http.Client{
		Timeout:       opts.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &transport{
			guard:    g,
			proxyFor: proxyFor,
			maxBytes: cmp.Or(opts.MaxResponseBytes, 1<<20),
			base: &http.Transport{
				Proxy:                  proxyOfContext,
				OnProxyConnectResponse: connected,
				DialContext:            d.dial,
				TLSClientConfig:        tlsConfig,
				TLSHandshakeTimeout:    connect,
				MaxResponseHeaderBytes: cmp.Or(opts.MaxHeaderBytes, 64<<10),
				DisableCompression:     true,
				ForceAttemptHTTP2:      true,
				MaxIdleConnsPerHost:    cmp.Or(opts.MaxIdleConnsPerHost, 2),
				IdleConnTimeout:        time.Minute,
			},
		},
	}
}

// transport checks each request before it leaves and bounds each response as it arrives.
type transport struct {
	guard    *Guard
	proxyFor func(*url.URL) (*url.URL, error)
	maxBytes int64
	base     *http.Transport
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.roundTrip(req)
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close() // a RoundTripper closes it always, and base may not have been reached
		}
		return nil, err
	}
	if _, err := resp.Location(); err != nil {
		resp.Header.Del("Location") // http.Client would report one that it cannot read instead of the response
	}
	resp.Body = &boundedBody{ReadCloser: resp.Body, left: t.maxBytes, limit: t.maxBytes}
	return resp, nil
}

func (t *transport) roundTrip(req *http.Request) (*http.Response, error) {
	canonical, err := Canonical(req.URL)
	if err != nil {
		return nil, err
	}
	proxy, err := t.proxyFor(canonical)
	if err != nil {
		return nil, errors.New("a proxy variable (HTTPS_PROXY, HTTP_PROXY) does not hold a proxy's URL")
	}
	if proxy != nil {
		if err := t.guard.checkHost(req.Context(), canonical.Hostname()); err != nil {
			return nil, namingHost(err, canonical.Hostname())
		}
	}
	checked := req.WithContext(context.WithValue(req.Context(), proxyKey{}, proxy))
	checked.URL, checked.Host = canonical, canonical.Host
	return t.base.RoundTrip(checked)
}

// CloseIdleConnections is what http.Client.CloseIdleConnections calls.
func (t *transport) CloseIdleConnections() { t.base.CloseIdleConnections() }

// proxyKey carries the proxy chosen for a request, so that choosing, checking and dialling cannot disagree.
type proxyKey struct{}

func proxyOfContext(req *http.Request) (*url.URL, error) {
	proxy, _ := req.Context().Value(proxyKey{}).(*url.URL)
	return proxy, nil
}

// connected refuses a proxy's answer to CONNECT unless the tunnel is there.
func connected(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return &ProxyError{Proxy: proxy.Host, Status: resp.StatusCode}
	}
	return nil
}

type dialer struct{ guarded, proxy *net.Dialer }

// dial leaves the guard aside only when the connection belongs to a request that goes through the operator's proxy:
// such a request's one dial is the proxy's.
func (d dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if proxy, _ := ctx.Value(proxyKey{}).(*url.URL); proxy != nil {
		conn, err := d.proxy.DialContext(ctx, network, address)
		if err != nil {
			return nil, &ProxyError{Proxy: proxy.Host, Err: err}
		}
		return conn, nil
	}
	conn, err := d.guarded.DialContext(ctx, network, address)
	if err != nil {
		host, _, _ := net.SplitHostPort(address)
		return nil, namingHost(err, host)
	}
	return conn, nil
}

// namingHost completes a [*BlockedError] with the host that led to it.
func namingHost(err error, host string) error {
	if blocked, ok := errors.AsType[*BlockedError](err); ok {
		return &BlockedError{Host: host, Address: blocked.Address, Kind: blocked.Kind}
	}
	return err
}

type boundedBody struct {
	io.ReadCloser
	left, limit int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	// One byte past the limit tells a body that just fits from one that does not.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		n = int(b.left)
		b.left = 0
		return n, &TooLargeError{Limit: b.limit}
	}
	b.left -= int64(n)
	return n, err
}
