package probe

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"

	"model-registrar/internal/netguard"
)

// transportFailure says why there was no response.
func transportFailure(err error, host string, t *timings, limit time.Duration) *failure {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err // the outer text repeats the URL, whose query may hold a key
	}
	if blocked, ok := errors.AsType[*netguard.BlockedError](err); ok {
		return failedForGood(CodeAddressBlocked, "%v", blocked)
	}
	if invalid, ok := errors.AsType[*netguard.URLError](err); ok {
		return failedForGood(CodeEndpointInvalid, "endpoint_url cannot be called: %v", invalid)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return failedForNow(CodeDNS, "The name %s could not be resolved (%s). Check the host in endpoint_url and the "+
			"worker's DNS.", host, printable(dns.Err, 100))
	}
	connected, handshake := t.phase()
	switch {
	case handshake != nil:
		return failedForNow(CodeTLS, "The TLS handshake with %s failed (%s). Check its certificate, and ca_file of the "+
			"credential for a private authority.", host, printable(handshake.Error(), 200))
	case errors.Is(err, syscall.ECONNREFUSED):
		return failedForNow(CodeConnectionRefused, "%s refuses connections. Check that the endpoint runs, and its port.", host)
	case !connected:
		return failedForNow(CodeConnectFailed, "No connection to %s could be made (%s). Check routes, firewalls and "+
			"proxies between the worker and the endpoint.", host, reason(err))
	case errors.Is(err, context.DeadlineExceeded):
		return timeOut(limit)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return failedForNow(CodeConnectionClosed, "%s closed the connection without an answer. Look at the endpoint's log.", host)
	}
	return malformed("The response is not HTTP that can be read (" + reason(err) + ")")
}

func timeOut(limit time.Duration) *failure {
	return failed(CodeTimeout, "There was no complete answer within %s. Raise probe.timeout if the model needs longer, "+
		"or look at its load.", limit)
}

// reason is the innermost useful text of an error.
func reason(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "timed out"
	}
	return printable(strings.TrimPrefix(err.Error(), "net/http: "), 200)
}
