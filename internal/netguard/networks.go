package netguard

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// ParseNetworks reads a list of networks, separated by commas or spaces, as REGISTRAR_ALLOW_NETWORKS has it:
// "127.0.0.0/8, fd00::/8, 10.1.2.3". It reports everything that is wrong at once.
func ParseNetworks(list string) ([]netip.Prefix, error) {
	var (
		prefixes []netip.Prefix
		problems []error
	)
	for _, item := range strings.FieldsFunc(list, func(r rune) bool {
		return r == ',' || r == ' ' || r == '\t' ||
			r == '\n'
	}) {
		p, err := parseNetwork(item)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		prefixes = append(prefixes, p)
	}
	return prefixes, errors.Join(problems...)
}

func parseNetwork(item string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(item); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(item)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is not a network; write it as 10.0.0.0/8 or fd00::/8", item)
	}
	return unmapPrefix(p)
}

// unmapPrefix turns an IPv4-mapped IPv6 prefix into the IPv4 prefix that it stands for, and clears host bits.
func unmapPrefix(p netip.Prefix) (netip.Prefix, error) {
	if !p.IsValid() {
		return netip.Prefix{},
			errors.New("an allowed network is not a valid prefix; write it as 10.0.0.0/8 or fd00::/8")
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return netip.Prefix{}, fmt.Errorf("%s is wider than all of IPv4; write the IPv4 network itself", p)
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}

// kindOf names the kind of a refused address, for people.
func kindOf(addr netip.Addr) string {
	for _, k := range kinds {
		if k.prefix.Contains(addr) {
			return k.name
		}
	}
	return "a reserved address"
}

// kinds goes from the narrow to the wide. It only names what the guard has refused already.
var kinds = []struct {
	prefix netip.Prefix
	name   string
}{
	{netip.MustParsePrefix("169.254.169.254/32"), "a cloud metadata address"},
	{netip.MustParsePrefix("169.254.170.2/32"), "a cloud metadata address"},
	{netip.MustParsePrefix("100.100.100.200/32"), "a cloud metadata address"},
	{netip.MustParsePrefix("192.0.0.192/32"), "a cloud metadata address"},
	{azureWireServer, "a cloud metadata address"},
	{netip.MustParsePrefix("fd00:ec2::254/128"), "a cloud metadata address"},
	{netip.MustParsePrefix("fd20:ce::254/128"), "a cloud metadata address"},
	{netip.MustParsePrefix("127.0.0.0/8"), "a loopback address"},
	{netip.MustParsePrefix("::1/128"), "a loopback address"},
	{netip.MustParsePrefix("0.0.0.0/8"), "an unspecified address"},
	{netip.MustParsePrefix("::/128"), "an unspecified address"},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private address"},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private address"},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private address"},
	{netip.MustParsePrefix("fc00::/7"), "a private address"},
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local address"},
	{netip.MustParsePrefix("fe80::/10"), "a link-local address"},
	{netip.MustParsePrefix("100.64.0.0/10"), "a carrier-grade NAT address"},
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast address"},
	{netip.MustParsePrefix("ff00::/8"), "a multicast address"},
	{nat64, "a NAT64 address"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "a NAT64 address"},
	{netip.MustParsePrefix("2002::/16"), "a 6to4 address"},
	{netip.MustParsePrefix("2001::/32"), "a Teredo address"},
}
