package netguard

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// numericLabel matches what some resolvers take for a part of an IPv4 address: decimal, octal or hexadecimal.
var numericLabel = regexp.MustCompile(`^([0-9]+|0[xX][0-9a-fA-F]*)$`)

// Canonical returns the URL with its host in the one form in which hosts are compared and dialled: lower case,
// IDNA-mapped, without trailing dot or default port, IPv4-mapped addresses unmapped. It fails with a [*URLError] for
// what has no place in an outbound URL: another scheme than http and https, plain http to a host that is not
// loopback, userinfo, a fragment, and hosts that different resolvers read differently (decimal or octal IPv4).
func Canonical(u *url.URL) (*url.URL, error) {
	switch {
	case u == nil || u.Opaque != "" || u.Host == "":
		return nil, &URLError{"The URL is not absolute; write it as https://host/path"}
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, &URLError{"The URL's scheme is neither https nor http"}
	case u.User != nil:
		return nil, &URLError{"The URL holds a user name or password before its host; credentials have no place in it"}
	case u.Fragment != "" || strings.Contains(u.Host, "#"):
		return nil, &URLError{"The URL has a fragment (#…), which is never sent; remove it"}
	}
	host, err := CanonicalHost(u.Hostname())
	if err != nil {
		return nil, err
	}
	port, err := canonicalPort(u)
	if err != nil {
		return nil, err
	}
	// The guard checks the address that is dialled, so that a name below localhost cannot lead elsewhere.
	if u.Scheme == "http" && !IsLoopback(host) && !strings.HasSuffix(host, ".localhost") {
		return nil, &URLError{fmt.Sprintf("Plain http is for loopback hosts only, and %s is none; write https", host)}
	}
	c := *u
	c.Host = joinHostPort(host, port)
	c.ForceQuery, c.RawFragment = false, ""
	return &c, nil
}

// CanonicalHost returns a host name or IP address, without port, in the form in which [Canonical] has it.
func CanonicalHost(host string) (string, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Zone() != "" {
			return "", &URLError{"The URL's host has an IPv6 zone, which means something on one machine only"}
		}
		return addr.Unmap().String(), nil
	}
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil {
		return "", &URLError{"The URL's host is not a valid host name"}
	}
	// The mapping turns some rubbish, such as bytes that are not UTF-8, into names that it would not read itself.
	if again, err := idna.Lookup.ToASCII(ascii); err != nil || again != ascii {
		return "", &URLError{"The URL's host is not a valid host name"}
	}
	ascii = strings.ToLower(strings.TrimSuffix(ascii, "."))
	// Full-width digits and full stops have become ASCII by now, so this is not the same question as above.
	if addr, err := netip.ParseAddr(ascii); err == nil && addr.Zone() == "" {
		return addr.Unmap().String(), nil
	}
	labels := strings.Split(ascii, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.ContainsAny(label, "%:[]") {
			return "", &URLError{"The URL's host is not a valid host name"}
		}
	}
	if len(ascii) > 253 {
		return "", &URLError{"The URL's host is not a valid host name"}
	}
	if numericLabel.MatchString(labels[len(labels)-1]) {
		return "", &URLError{"The URL's host is an IPv4 address in an ambiguous form; write four decimal numbers"}
	}
	return ascii, nil
}

// canonicalPort returns the port, or "" for the scheme's default.
func canonicalPort(u *url.URL) (string, error) {
	port := u.Port()
	if port == "" {
		return "", nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", &URLError{"The URL's port is not a number from 1 to 65535"}
	}
	if DefaultPort(u.Scheme) == strconv.FormatUint(n, 10) {
		return "", nil
	}
	return strconv.FormatUint(n, 10), nil
}

// DefaultPort is the port that a URL without one means.
func DefaultPort(scheme string) string {
	if scheme == "http" {
		return "80"
	}
	return "443"
}

func joinHostPort(host, port string) string {
	if port != "" {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// IsLoopback reports whether a host, without port, is this machine for itself alone: localhost or a loopback address.
func IsLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}
