package netguard_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http/httpproxy"

	"model-registrar/internal/netguard"
)

func get(t *testing.T, c *http.Client, url string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err == nil {
		t.Cleanup(func() { _ = resp.Body.Close() })
	}
	t.Cleanup(c.CloseIdleConnections)
	return resp, err
}

func server(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestAConnectionToAForbiddenAddressIsRefusedByName(t *testing.T) {
	s := server(t, func(http.ResponseWriter, *http.Request) { t.Error("the server was reached") })
	_, err := get(t, guard(t, "").Client(netguard.Options{}), s.URL)
	blocked, ok := errors.AsType[*netguard.BlockedError](err)
	if !ok || blocked.Host != "127.0.0.1" || blocked.Address.String() != "127.0.0.1" {
		t.Fatalf("got %v", err)
	}
}

func TestRedirectsAreReturnedAndNotFollowed(t *testing.T) {
	for _, location := range []string{"/elsewhere", "http://169.254.169.254/", `https://a\@b/`, ""} {
		calls := 0
		s := server(t, func(w http.ResponseWriter, _ *http.Request) {
			calls++
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
		})
		resp, err := get(t, guard(t, "127.0.0.0/8").Client(netguard.Options{}), s.URL)
		if err != nil || resp.StatusCode != http.StatusFound || calls != 1 {
			t.Errorf("to %q: %v after %d calls", location, err, calls)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(make([]byte, 1000)) })
	for limit, fits := range map[int64]bool{999: false, 1000: true, 1001: true} {
		resp, err := get(t, guard(t, "127.0.0.0/8").Client(netguard.Options{MaxResponseBytes: limit}), s.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_, tooLarge := errors.AsType[*netguard.TooLargeError](err)
		if tooLarge == fits || int64(len(body)) != min(1000, limit) {
			t.Errorf("limit %d: %d bytes, then %v", limit, len(body), err)
		}
	}
}

func TestHeadersAreBounded(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 200<<10)) })
	if _, err := get(t, guard(t, "127.0.0.0/8").Client(netguard.Options{}), s.URL); err == nil {
		t.Fatal("200 KiB of headers are read")
	}
}

func TestAnExchangeIsBoundedInTime(t *testing.T) {
	s := server(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	_, err := get(t, guard(t, "127.0.0.0/8").Client(netguard.Options{Timeout: 50 * time.Millisecond}), s.URL)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("got %v", err)
	}
}

func TestTLS11IsRefused(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it reports the handshake that this is about
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	s.StartTLS()
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	if _, err := get(t, guard(t, "127.0.0.0/8").Client(netguard.Options{RootCAs: pool}), s.URL); err == nil {
		t.Fatal("TLS 1.1 is spoken")
	}
}

func TestAPrivateAuthorityAndAClientCertificateAreUsed(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) != 1 {
			t.Error("no client certificate")
		}
	}))
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	s.StartTLS()
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	opts := netguard.Options{RootCAs: pool, Certificate: &s.TLS.Certificates[0]}
	if _, err := get(t, guard(t, "127.0.0.0/8").Client(opts), s.URL); err != nil {
		t.Fatal(err)
	}
}

func TestAProxyIsDialledWhereverItIsAndTheTargetIsCheckedFirst(t *testing.T) {
	var asked atomic.Pointer[string]
	proxy := server(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Store(&r.Host)
		w.WriteHeader(http.StatusBadGateway)
	})
	proxyURL, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	standard, err := netguard.New(netguard.Config{Proxy: &httpproxy.Config{HTTPSProxy: proxy.URL}})
	if err != nil {
		t.Fatal(err)
	}
	for name, client := range map[string]*http.Client{
		"of the standard variables": standard.Client(netguard.Options{}),
		"of the credential":         guard(t, "").Client(netguard.Options{Proxy: proxyURL}),
	} {
		t.Run(name, func(t *testing.T) {
			asked.Store(nil)
			if _, err := get(t, client, "https://10.0.0.1/"); !isBlocked(err) || asked.Load() != nil {
				t.Errorf("a private target: %v", err)
			}
			_, err := get(t, client, "https://1.1.1.1/") // the proxy refuses it, so nothing leaves the machine
			if err == nil || isBlocked(err) || asked.Load() == nil || *asked.Load() != "1.1.1.1:443" {
				t.Errorf("a public target: %v", err)
			}
			// The proxy's own address is a target like any other.
			if _, err := get(t, client, "https://"+proxyURL.Host); !isBlocked(err) {
				t.Errorf("the proxy as a target: %v", err)
			}
		})
	}
}

func isBlocked(err error) bool {
	_, is := errors.AsType[*netguard.BlockedError](err)
	return is
}

func TestTheURLIsCheckedBeforeAnythingLeaves(t *testing.T) {
	c := guard(t, "127.0.0.0/8").Client(netguard.Options{})
	for _, bad := range []string{"http://example.com/", "https://user@example.com/", "ftp://example.com/", "https://2130706433/"} {
		_, err := get(t, c, bad)
		if _, is := errors.AsType[*netguard.URLError](err); !is {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
