package probe

import (
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"
)

// timings follows one exchange by the monotonic clock. The trace's hooks run on the transport's goroutines, some of
// them after the exchange has ended, hence the lock.
type timings struct {
	mu                          sync.Mutex
	start                       time.Time
	dnsStart, connStart, tlsBeg time.Time
	dns, connect, tls           time.Duration
	connected                   bool
	handshake                   error
}

func startTimings() *timings { return &timings{start: time.Now()} }

// since is the time since the exchange began.
func (t *timings) since() time.Duration { return time.Since(t.start) }

// phase tells how far the exchange came: whether it had a connection, and what went wrong in its TLS handshake.
func (t *timings) phase() (connected bool, handshake error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.connected, t.handshake
}

// connection returns the times that making the connection took: zero on one that was there already.
func (t *timings) connection() (dns, connect, tls time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dns, t.connect, t.tls
}

func (t *timings) trace() *httptrace.ClientTrace {
	locked := func(f func()) { t.mu.Lock(); defer t.mu.Unlock(); f() }
	return &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { locked(func() { t.dnsStart = time.Now() }) },
		DNSDone:  func(httptrace.DNSDoneInfo) { locked(func() { t.dns = time.Since(t.dnsStart) }) },
		ConnectStart: func(string, string) {
			locked(func() {
				if t.connStart.IsZero() { // several addresses may be tried at once
					t.connStart = time.Now()
				}
			})
		},
		ConnectDone: func(_, _ string, err error) {
			locked(func() {
				if err == nil && t.connect == 0 {
					t.connect = time.Since(t.connStart)
				}
			})
		},
		TLSHandshakeStart: func() { locked(func() { t.tlsBeg = time.Now() }) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			locked(func() { t.tls, t.handshake = time.Since(t.tlsBeg), err })
		},
		GotConn: func(httptrace.GotConnInfo) { locked(func() { t.connected = true }) },
	}
}
