package probe_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/net/http/httpproxy"

	"model-registrar/internal/credentials"
	"model-registrar/internal/netguard"
	"model-registrar/internal/probe"
	"model-registrar/schemas"
)

// hostileURLs are endpoint URLs that a manifest must not get anywhere with. The token belongs to api.good.example, and
// the name server knows names that lead to forbidden addresses.
var hostileURLs = []struct{ name, url, code string }{
	// Addresses, in every spelling.
	{"loopback", "https://127.0.0.1/", schemas.ReasonAddressBlocked},
	{"loopback, elsewhere in its network", "https://127.8.8.8/", schemas.ReasonAddressBlocked},
	{"loopback with a port", "https://127.0.0.1:8443/", schemas.ReasonAddressBlocked},
	{"loopback over plain http", "http://127.0.0.1/", schemas.ReasonAddressBlocked},
	{"loopback IPv6", "https://[::1]/", schemas.ReasonAddressBlocked},
	{"unspecified", "https://0.0.0.0/", schemas.ReasonAddressBlocked},
	{"unspecified IPv6", "https://[::]/", schemas.ReasonAddressBlocked},
	{"private 10", "https://10.0.0.1/", schemas.ReasonAddressBlocked},
	{"private 172.16", "https://172.16.0.1/", schemas.ReasonAddressBlocked},
	{"private 192.168", "https://192.168.1.1/", schemas.ReasonAddressBlocked},
	{"carrier-grade NAT", "https://100.64.0.1/", schemas.ReasonAddressBlocked},
	{"link-local", "https://169.254.1.1/", schemas.ReasonAddressBlocked},
	{"metadata of AWS, Azure and Google", "https://169.254.169.254/latest/meta-data/", schemas.ReasonAddressBlocked},
	{"metadata of AWS ECS", "https://169.254.170.2/v2/credentials", schemas.ReasonAddressBlocked},
	{"metadata of AWS, IPv6", "https://[fd00:ec2::254]/", schemas.ReasonAddressBlocked},
	{"metadata of Google, IPv6", "https://[fd20:ce::254]/", schemas.ReasonAddressBlocked},
	{"metadata of Alibaba", "https://100.100.100.200/", schemas.ReasonAddressBlocked},
	{"metadata of Oracle", "https://192.0.0.192/", schemas.ReasonAddressBlocked},
	{"Azure's wire server, a public address", "https://168.63.129.16/", schemas.ReasonAddressBlocked},
	{"multicast", "https://224.0.0.1/", schemas.ReasonAddressBlocked},
	{"broadcast", "https://255.255.255.255/", schemas.ReasonAddressBlocked},
	{"documentation", "https://192.0.2.1/", schemas.ReasonAddressBlocked},
	{"benchmarking", "https://198.18.0.1/", schemas.ReasonAddressBlocked},
	{"IPv4-mapped loopback", "https://[::ffff:127.0.0.1]/", schemas.ReasonAddressBlocked},
	{"IPv4-mapped metadata in hexadecimal", "https://[::ffff:a9fe:a9fe]/", schemas.ReasonAddressBlocked},
	{"IPv4-compatible", "https://[::127.0.0.1]/", schemas.ReasonAddressBlocked},
	{"NAT64", "https://[64:ff9b::169.254.169.254]/", schemas.ReasonAddressBlocked},
	{"local NAT64", "https://[64:ff9b:1::7f00:1]/", schemas.ReasonAddressBlocked},
	{"6to4", "https://[2002:7f00:1::]/", schemas.ReasonAddressBlocked},
	{"Teredo", "https://[2001:0:7f00:1::]/", schemas.ReasonAddressBlocked},
	{"unique local IPv6", "https://[fc00::1]/", schemas.ReasonAddressBlocked},
	{"link-local IPv6", "https://[fe80::1]/", schemas.ReasonAddressBlocked},
	{"link-local IPv6 with a zone", "https://[fe80::1%25lo]/", schemas.ReasonEndpointInvalid},
	{"multicast IPv6", "https://[ff02::1]/", schemas.ReasonAddressBlocked},
	{"decimal IPv4", "https://2130706433/", schemas.ReasonEndpointInvalid},
	{"hexadecimal IPv4", "https://0x7f000001/", schemas.ReasonEndpointInvalid},
	{"octal IPv4", "https://0177.0.0.1/", schemas.ReasonEndpointInvalid},
	{"hexadecimal part", "https://127.0.0.0x1/", schemas.ReasonEndpointInvalid},
	{"short IPv4", "https://127.1/", schemas.ReasonEndpointInvalid},
	{"IPv4 with a trailing dot", "https://127.0.0.1./", schemas.ReasonAddressBlocked},
	{"full-width digits", "https://１２７.０.０.１/", schemas.ReasonAddressBlocked},
	{"circled digits", "https://①②⑦.⓪.⓪.①/", schemas.ReasonAddressBlocked},
	{"ideographic full stops", "https://127。0。0。1/", schemas.ReasonAddressBlocked},
	// Names.
	{"localhost", "https://localhost/", schemas.ReasonAddressBlocked},
	{"a name of a private address", "https://private.good.example/", schemas.ReasonAddressBlocked},
	{"a name of the metadata address", "https://metadata.good.example/", schemas.ReasonAddressBlocked},
	{"a name of an IPv4-mapped address", "https://mapped.good.example/", schemas.ReasonAddressBlocked},
	{"the token's own host, rebound to loopback", "https://api.good.example/", schemas.ReasonAddressBlocked},
	// The token's host, or what looks like it.
	{"another port of the token's host", "https://api.good.example:8443/", schemas.ReasonCredentialHost},
	{"the token's host as userinfo", "https://api.good.example@evil.example/", schemas.ReasonEndpointInvalid},
	{"the token's host and port as userinfo", "https://api.good.example:443@evil.example/", schemas.ReasonEndpointInvalid},
	{"a password before the token's host", "https://user:secret@api.good.example/", schemas.ReasonEndpointInvalid},
	{"a longer name", "https://api.good.example.evil.example/", schemas.ReasonCredentialHost},
	{"a longer label", "https://evil-api.good.example/", schemas.ReasonCredentialHost},
	{"the parent domain", "https://good.example/", schemas.ReasonCredentialHost},
	{"a subdomain", "https://x.api.good.example/", schemas.ReasonCredentialHost},
	{"a Cyrillic look-alike", "https://аpi.good.example/", schemas.ReasonCredentialHost},
	{"the token's host over plain http", "http://api.good.example/", schemas.ReasonEndpointInvalid},
	{"the token's host as a fragment", "https://evil.example/#@api.good.example/", schemas.ReasonEndpointInvalid},
	{"the token's host as a query", "https://evil.example?@api.good.example/", schemas.ReasonCredentialHost},
	{"the token's host behind a backslash", `https://evil.example\@api.good.example/`, schemas.ReasonEndpointInvalid},
	{"an escaped NUL", "https://api.good.example%00.evil.example/", schemas.ReasonEndpointInvalid},
	{"a line break", "https://api.good.example\r\nX: y/", schemas.ReasonEndpointInvalid},
	{"an escaped at sign in the host", "https://api.good.example%40evil.example/", schemas.ReasonEndpointInvalid},
	{"two colons", "https://api.good.example:443:80/", schemas.ReasonEndpointInvalid},
	{"port 0", "https://api.good.example:0/", schemas.ReasonEndpointInvalid},
	{"a port that is too high", "https://api.good.example:65979/", schemas.ReasonEndpointInvalid},
	// Other schemes, and none.
	{"file", "file:///etc/passwd", schemas.ReasonEndpointInvalid},
	{"gopher", "gopher://api.good.example/", schemas.ReasonEndpointInvalid},
	{"unix socket", "unix:///var/run/docker.sock", schemas.ReasonEndpointInvalid},
	{"javascript", "javascript:alert(1)", schemas.ReasonEndpointInvalid},
	{"no scheme", "api.good.example", schemas.ReasonEndpointInvalid},
	{"scheme-relative", "//api.good.example/", schemas.ReasonEndpointInvalid},
	{"opaque", "https:api.good.example", schemas.ReasonEndpointInvalid},
	{"empty", "", schemas.ReasonEndpointInvalid},
	{"no host", "https:///v1", schemas.ReasonEndpointInvalid},
}

func TestNoHostileURLConnectsOrGetsTheToken(t *testing.T) {
	trap := startTrap(t)
	for _, hostile := range hostileURLs {
		t.Run(hostile.name, func(t *testing.T) {
			// Where only the guard stands in the way, the operator is assumed to have named the host.
			hosts := []string{"api.good.example"}
			if hostile.code == schemas.ReasonAddressBlocked {
				hosts = append(hosts, hostsOf(t, hostile.url)...)
			}
			r, retry := outcome(t, trap.prober(t, hosts...), input(hostile.url, schemas.OpenAI))
			wantFail(t, r, hostile.code)
			if retry != nil {
				t.Error("it is retried")
			}
			for _, secret := range []string{token, "secret"} {
				if strings.Contains(r.Error+r.Details.URL, secret) {
					t.Errorf("a secret in the report: %s %s", r.Error, r.Details.URL)
				}
			}
		})
	}
	if n := trap.connections.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

func TestARedirectToAHostileAddressIsNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, hostile := range hostileURLs {
			location := strings.NewReplacer("\r", "", "\n", "").Replace(hostile.url)
			calls := 0
			prober, in := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				calls++
				w.Header().Set("Location", location)
				w.WriteHeader(status)
			})
			wantFail(t, report(t, prober, in), schemas.ReasonRedirect)
			if calls != 1 {
				t.Fatalf("a %d to %s: %d calls", status, hostile.name, calls)
			}
		}
	}
}

func TestAProxyIsNotAWayAroundTheGuard(t *testing.T) {
	trap := startTrap(t)
	var asked atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(proxy.Close)
	trap.proxy = httpproxy.Config{HTTPSProxy: proxy.URL, HTTPProxy: proxy.URL}
	for _, hostile := range hostileURLs {
		// Loopback is never sent to a proxy of the standard variables: it is dialled, and refused then.
		r, _ := outcome(t, trap.prober(t, hostsOf(t, hostile.url)...), input(hostile.url, schemas.OpenAI))
		if r.Status != schemas.ProbeFail {
			t.Errorf("%s passed", hostile.name)
		}
		if hostile.code == schemas.ReasonAddressBlocked {
			wantFail(t, r, hostile.code)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the proxy was asked %d times", n)
	}
}

func TestANameThatIsReboundDuringTheSeriesIsCheckedAtEachConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close") // so that the next sample dials, and looks the name up, again
		stream(chunk("VALIDATION_SUCCESS")+done)(w, r)
	}))
	_ = server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)

	guard, err := netguard.New(netguard.Config{
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}, Proxy: &httpproxy.Config{}, Resolver: startDNS(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	host := "rebinding.localhost:" + port
	store, err := credentials.Load(credentials.Config{Token: token, TokenHosts: []string{host}})
	if err != nil {
		t.Fatal(err)
	}
	r := report(t, probe.New(probe.Config{Guard: guard, Credentials: store}), input("http://"+host, schemas.OpenAI))
	wantFail(t, r, schemas.ReasonAddressBlocked)
	if r.Details.Cold.Status != schemas.ProbePass {
		t.Errorf("the cold sample, before the name moved: %+v", r.Details.Cold)
	}
}

func hostsOf(t *testing.T, raw string) []string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, raw, nil)
	if err != nil {
		return nil
	}
	u, err := netguard.Canonical(req.URL)
	if _, invalid := errors.AsType[*netguard.URLError](err); invalid {
		return nil
	}
	return []string{u.Host}
}

// trap counts the connections made to loopback while it resolves names to forbidden addresses.
type trap struct {
	connections atomic.Int64
	proxy       httpproxy.Config
	resolver    *net.Resolver
}

func startTrap(t *testing.T) *trap {
	t.Helper()
	tr := &trap{}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			tr.connections.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	tr.resolver = startDNS(t)
	return tr
}

func (tr *trap) prober(t *testing.T, hosts ...string) *probe.Prober {
	t.Helper()
	guard, err := netguard.New(netguard.Config{Proxy: &tr.proxy, Resolver: tr.resolver})
	if err != nil {
		t.Fatal(err)
	}
	store, err := credentials.Load(credentials.Config{Token: token, TokenHosts: hosts})
	if err != nil {
		t.Fatal(err)
	}
	return probe.New(probe.Config{Guard: guard, Credentials: store})
}

// startDNS is a name server with names of forbidden addresses. rebinding.localhost moves after its first lookup.
func startDNS(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	var lookups atomic.Int64
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if reply, err := answerDNS(buffer[:n], &lookups); err == nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		d := net.Dialer{Timeout: 5 * time.Second}
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func answerDNS(query []byte, lookups *atomic.Int64) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil || len(m.Questions) != 1 {
		return nil, fmt.Errorf("not a query: %w", err)
	}
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	question := m.Questions[0]
	address := map[string]string{
		"private.good.example.": "10.1.2.3", "metadata.good.example.": "169.254.169.254", "api.good.example.": "127.0.0.1",
		"localhost.": "127.0.0.1",
	}[question.Name.String()]
	if question.Type == dnsmessage.TypeA && question.Name.String() == "rebinding.localhost." {
		if address = "127.0.0.2"; lookups.Add(1) > 1 {
			address = "127.0.0.1"
		}
	}
	header := dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: 0}
	switch {
	case question.Type == dnsmessage.TypeA && address != "":
		header.Type = dnsmessage.TypeA
		m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: netip.MustParseAddr(address).As4()}}}
	case question.Type == dnsmessage.TypeAAAA && question.Name.String() == "mapped.good.example.":
		header.Type = dnsmessage.TypeAAAA
		m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AAAAResource{
			AAAA: netip.MustParseAddr("::ffff:127.0.0.1").As16(),
		}}}
	}
	return m.Pack()
}
