package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"model-registrar/internal/netguard"
	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// transportFailure says why there was no response.
func transportFailure(err error, host string, t *timings, limit time.Duration) *failure {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err // the outer text repeats the URL, whose query may hold a key
	}
	if blocked, ok := errors.AsType[*netguard.BlockedError](err); ok {
		return failedForGood(schemas.ReasonAddressBlocked, "%v", blocked)
	}
	if invalid, ok := errors.AsType[*netguard.URLError](err); ok {
		return failedForGood(schemas.ReasonEndpointInvalid, "endpoint_url cannot be called: %v", invalid)
	}
	if proxy, ok := errors.AsType[*netguard.ProxyError](err); ok {
		return proxyFailure(proxy, host)
	}
	if strings.Contains(err.Error(), "remote error: tls:") {
		return tlsRefused(host, err.Error())
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return failedForNow(schemas.ReasonDNS, "The name %s could not be resolved (%s). Check the host in "+
			"endpoint_url and the "+
			"worker's DNS.", host, words.Line(dns.Err, 100))
	}
	connected, handshake := t.phase()
	switch {
	case handshake != nil:
		return failedForNow(schemas.ReasonTLS, "The TLS handshake with %s failed (%s). Check its certificate, and "+
			"ca_file of the "+
			"credential for a private authority.", host, words.Line(handshake.Error(), 200))
	case errors.Is(err, syscall.ECONNREFUSED):
		return failedForNow(schemas.ReasonConnectionRefused,
			"%s refuses connections. Check that the endpoint runs, and its port.", host)
	case !connected:
		return failedForNow(schemas.ReasonConnectFailed,
			"No connection to %s could be made (%s). Check routes, firewalls and "+
				"proxies between the worker and the endpoint.", host, reason(err))
	case errors.Is(err, context.DeadlineExceeded):
		return timeOut(limit)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return failedForNow(schemas.ReasonConnectionClosed,
			"%s closed the connection without an answer. Look at the endpoint's log.", host)
	}
	return malformed("The response is not HTTP that can be read (" + reason(err) + ")")
}

// tlsRefused is a TLS alert of the endpoint's, which may come after the handshake when a client certificate is missing.
func tlsRefused(host, alert string) *failure {
	return failedForNow(schemas.ReasonTLS, "%s ended the TLS connection (%s). If it asks for a client certificate, "+
		"name one in "+
		"client_cert_file and client_key_file of the credential; otherwise check TLS versions on both sides.", host,
		words.Line(alert, 100))
}

// proxyFailure names the proxy that refused or is dead. Its refusal will be the same again.
func proxyFailure(p *netguard.ProxyError, host string) *failure {
	f := failedForNow(schemas.ReasonConnectFailed, "The proxy %s could not be reached (%s), so %s was not asked. "+
		"Check HTTPS_PROXY, or proxy "+
		"of the credential.", words.Line(p.Proxy, 100), words.Line(fmt.Sprint(p.Err), 150), host)
	switch {
	case p.Status == http.StatusProxyAuthRequired:
		return failedForGood(schemas.ReasonConnectFailed,
			"The proxy %s asks for credentials (status 407), so %s was not asked. Check "+
				"HTTPS_PROXY, or proxy of the credential.", words.Line(p.Proxy, 100), host)
	case p.Status >= 500:
		f.sentence = fmt.Sprintf("The proxy %s did not reach %s (status %d). Check the host, and the proxy's own log.",
			words.Line(p.Proxy, 100), host, p.Status)
	case p.Status != 0:
		return failedForGood(schemas.ReasonConnectFailed,
			"The proxy %s refuses connections to %s (status %d). Check the proxy's rules.",
			words.Line(p.Proxy, 100), host, p.Status)
	}
	return f
}

func timeOut(limit time.Duration) *failure {
	return failed(schemas.ReasonTimeout, "There was no complete answer within %s. Raise probe.timeout if the model "+
		"needs longer, "+
		"or look at its load.", limit)
}

// reason is the innermost useful text of an error.
func reason(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "timed out"
	}
	return words.Line(strings.TrimPrefix(err.Error(), "net/http: "), 200)
}
