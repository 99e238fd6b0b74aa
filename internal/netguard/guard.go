package netguard

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
	"golang.org/x/net/http/httpproxy"
)

// Config says what a guard lets through. The zero value lets only public addresses through and takes proxies from
// the standard variables (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) as they are when the guard is made.
type Config struct {
	// AllowNetworks are let through although they are not public (REGISTRAR_ALLOW_NETWORKS).
	AllowNetworks []netip.Prefix
	// Proxy replaces the standard variables; an empty one means no proxy at all.
	Proxy *httpproxy.Config
	// Resolver replaces the system's name resolution.
	Resolver *net.Resolver
}

// Guard checks addresses and makes clients that use no other ones. It is safe for concurrent use.
type Guard struct {
	allow    []netip.Prefix
	public   *ssrf.Guardian
	proxyFor func(*url.URL) (*url.URL, error)
	resolver *net.Resolver
}

// azureWireServer answers for Azure's metadata from a public address, so no registry of special networks lists it.
var azureWireServer = netip.MustParsePrefix("168.63.129.16/32")

// nat64 addresses carry an IPv4 address in their last four bytes (RFC 6052).
var nat64 = ssrf.IPv6NAT64Prefix

// New makes a guard. It fails when an allowed network is not a valid prefix.
func New(cfg Config) (*Guard, error) {
	g := &Guard{
		public:   ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV4Prefixes(azureWireServer)),
		resolver: cfg.Resolver,
	}
	if g.resolver == nil {
		g.resolver = net.DefaultResolver
	}
	for _, p := range cfg.AllowNetworks {
		p, err := unmapPrefix(p)
		if err != nil {
			return nil, err
		}
		g.allow = append(g.allow, p)
	}
	proxy := cfg.Proxy
	if proxy == nil {
		proxy = httpproxy.FromEnvironment()
	}
	g.proxyFor = proxy.ProxyFunc()
	return g, nil
}

// Check returns a [*BlockedError] when the guard does not let the address through.
func (g *Guard) Check(addr netip.Addr) error {
	// One address has several spellings, and a zone only says which interface leads to it: compare without either.
	addr = addr.Unmap().WithZone("")
	if !addr.IsValid() {
		return &BlockedError{Kind: "not an IP address"}
	}
	for _, p := range g.allow {
		if !p.Contains(addr) {
			continue
		}
		// Who allows NAT64 allows the way to the IPv4 internet, not to what lies behind the gateway.
		if nat64.Contains(addr) && p.Bits() <= nat64.Bits() {
			b := addr.As16()
			return g.Check(netip.AddrFrom4([4]byte(b[12:])))
		}
		return nil
	}
	if err := g.public.SafeAddr(addr); err != nil {
		return &BlockedError{Address: addr, Kind: kindOf(addr)}
	}
	return nil
}

// control is the net.Dialer's hook between DNS and connect: it sees the address that is about to be dialled.
func (g *Guard) control(network, address string, _ syscall.RawConn) error {
	switch network {
	case "tcp4", "tcp6":
	default:
		return &BlockedError{Kind: "not TCP but " + network}
	}
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return &BlockedError{Kind: "not an IP address"}
	}
	return g.Check(ap.Addr())
}

// checkHost resolves a host that a proxy will dial, and refuses it unless every one of its addresses passes: the
// proxy picks the address, so one bad address is enough.
func (g *Guard) checkHost(ctx context.Context, host string) error {
	if g.allowsEverything() {
		return nil
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return g.Check(addr)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	addrs, err := g.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return fmt.Errorf("the address of a host behind a proxy could not be checked: %w", err)
	}
	for _, addr := range addrs {
		if err := g.Check(addr); err != nil {
			return err
		}
	}
	return nil
}

// allowsEverything is how an operator says that the proxy alone decides, for networks where only the proxy has DNS.
func (g *Guard) allowsEverything() bool {
	var v4, v6 bool
	for _, p := range g.allow {
		v4 = v4 || p.Bits() == 0 && p.Addr().Is4()
		v6 = v6 || p.Bits() == 0 && p.Addr().Is6()
	}
	return v4 && v6
}

// Never reports, with a [*BlockedError], that no connection to a host will be let through: each of its addresses is
// blocked. A host that cannot be resolved now may be one later, and is no error here.
func (g *Guard) Never(ctx context.Context, host string) error {
	addrs := make([]netip.Addr, 0, 4)
	if addr, err := netip.ParseAddr(host); err == nil {
		addrs = append(addrs, addr)
	} else if addrs, err = g.resolver.LookupNetIP(ctx, "ip", host); err != nil {
		return nil
	}
	var blocked error
	for _, addr := range addrs {
		if blocked = g.Check(addr); blocked == nil {
			return nil
		}
	}
	if blocked == nil {
		return nil
	}
	return namingHost(blocked, host)
}
