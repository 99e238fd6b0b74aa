package manifest

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"model-registrar/internal/netguard"
	"model-registrar/schemas"
)

// checkURL says what is wrong with a URL that the platform, the probe or the webhook is to call, and "" if nothing is.
// instead says what to do with a secret in it. It judges the text alone and looks no name up: addresses behind names
// are checked when they are dialled.
func checkURL(raw, instead string) (code, message string) {
	if strings.ContainsFunc(raw, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == '\\'
	}) {
		return schemas.CodeURL, "must not hold spaces, backslashes or control characters"
	}
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" {
		return schemas.CodeURL, "must be an absolute https URL such as https://host.example.com/path"
	}
	where := ""
	switch {
	case u.User != nil:
		where = "a user name or password"
	case secretInQuery(u.RawQuery):
		where = "a secret in its query"
	case secretInPath(u.EscapedPath()):
		where = "a secret in its path"
	}
	if where != "" {
		return schemas.CodeSecret, "must not hold " + where + "; no secret has a place in a manifest: " + instead
	}
	return schemas.CodeURL, urlProblem(u, raw)
}

func urlProblem(u *url.URL, raw string) string {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if u.Scheme != "https" && u.Scheme != "http" || host == "" {
		return "must be an absolute https URL such as https://host.example.com/path"
	}
	if problem := hostProblem(host); problem != "" {
		return problem
	}
	port, err := strconv.Atoi(u.Port())
	switch {
	case u.Scheme == "http" && !netguard.IsLoopback(host):
		return "must be https; http is for localhost, 127.0.0.0/8 and [::1] only"
	case strings.Contains(raw, "#"):
		return "must not have a fragment (#)"
	case u.Port() == "" && strings.HasSuffix(u.Host, ":"), u.Port() != "" && (err != nil || port < 1 || port > 65535):
		return "must have a port between 1 and 65535, or none"
	}
	return ""
}

var hostName = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$`)

// metadataNames are the names of clouds' metadata services, which hand out credentials to whoever asks.
var metadataNames = []string{
	"metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal",
	"metadata.azure.internal", "metadata.tencentyun.com",
}

func hostProblem(host string) string {
	ip, err := netip.ParseAddr(host)
	switch {
	case err == nil:
		return addressProblem(ip)
	case endsInNumber(host):
		return "must write an IPv4 address as four decimal numbers, such as 127.0.0.1"
	case slices.Contains(metadataNames, host):
		return "must not be a cloud's metadata service"
	case len(host) > 253 || !hostName.MatchString(host):
		return "must have a host name of ASCII letters, digits, dots and hyphens; " +
			"write an international name in its xn-- form"
	}
	return ""
}

// endsInNumber reports whether a host's last label is a number. Many programs take such a host for an IPv4 address in
// octal, hexadecimal or shortened form (WHATWG URL, "ends in a number checker"), which is how guards are fooled.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// forbidden are ranges that no endpoint and no webhook has. Private addresses are not among them: whether those may be
// called is for the worker's configuration to say.
var forbidden = []struct {
	prefix netip.Prefix
	what   string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "an unspecified address"},
	{netip.MustParsePrefix("::/128"), "an unspecified address"},
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local or metadata address"},
	{netip.MustParsePrefix("fe80::/10"), "a link-local address"},
	{netip.MustParsePrefix("100.100.100.200/32"), "a cloud's metadata address"},
	{netip.MustParsePrefix("168.63.129.16/32"), "a cloud's metadata address"},
	{netip.MustParsePrefix("192.0.0.192/32"), "a cloud's metadata address"},
	{netip.MustParsePrefix("fd00:ec2::254/128"), "a cloud's metadata address"},
	{netip.MustParsePrefix("fd20:ce::254/128"), "a cloud's metadata address"},
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast address"},
	{netip.MustParsePrefix("ff00::/8"), "a multicast address"},
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved or broadcast address"},
	{netip.MustParsePrefix("::ffff:0:0/96"), "an IPv4 address written as IPv6"},   // mapped, RFC 4291
	{netip.MustParsePrefix("::ffff:0:0:0/96"), "an IPv4 address written as IPv6"}, // translated, RFC 2765
	{netip.MustParsePrefix("64:ff9b::/96"), "an IPv4 address written as IPv6"},    // NAT64, RFC 6052
	{netip.MustParsePrefix("64:ff9b:1::/48"), "an IPv4 address written as IPv6"},  // local NAT64, RFC 8215
	{netip.MustParsePrefix("2002::/16"), "an IPv4 address written as IPv6"},       // 6to4, RFC 3056
	{netip.MustParsePrefix("2001::/32"), "an IPv4 address written as IPv6"},       // Teredo, RFC 4380
}

func addressProblem(ip netip.Addr) string {
	if ip.Zone() != "" {
		return "must not name a network interface (%)"
	}
	if ip == netip.IPv6Loopback() {
		return ""
	}
	for _, f := range forbidden {
		if f.prefix.Contains(ip) {
			return "must not be " + f.what
		}
	}
	if compatible := netip.MustParsePrefix("::/96"); compatible.Contains(ip) { // RFC 4291, long deprecated
		return "must not be an IPv4 address written as IPv6"
	}
	return ""
}
