package netguard_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/http/httpproxy"

	"model-registrar/internal/netguard"
)

func guard(t *testing.T, networks string) *netguard.Guard {
	t.Helper()
	allow, err := netguard.ParseNetworks(networks)
	if err != nil {
		t.Fatal(err)
	}
	g, err := netguard.New(netguard.Config{AllowNetworks: allow, Proxy: &httpproxy.Config{}})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestAddressesThatAreNotPublicAreRefusedAndNamed(t *testing.T) {
	g := guard(t, "")
	for address, kind := range map[string]string{
		"127.0.0.1": "loopback", "127.255.255.254": "loopback", "::1": "loopback", "::ffff:127.0.0.1": "loopback",
		"0.0.0.0": "unspecified", "::": "unspecified", "10.0.0.1": "private", "172.31.255.255": "private",
		"192.168.0.1": "private", "fc00::1": "private", "fdff::1": "private", "::ffff:10.0.0.1": "private",
		"169.254.0.1": "link-local", "fe80::1": "link-local", "fe80::1%lo": "link-local", "100.64.0.1": "carrier-grade NAT",
		"169.254.169.254": "metadata", "::ffff:169.254.169.254": "metadata", "fd00:ec2::254": "metadata",
		"fd20:ce::254": "metadata", "100.100.100.200": "metadata", "168.63.129.16": "metadata", "192.0.0.192": "metadata",
		"224.0.0.1": "multicast", "239.255.255.255": "multicast", "ff02::1": "multicast", "64:ff9b::808:808": "NAT64",
		"64:ff9b:1::1": "NAT64", "2002:a00:1::": "6to4", "2001::1": "Teredo", "255.255.255.255": "reserved",
		"240.0.0.1": "reserved", "192.0.2.1": "reserved", "198.51.100.1": "reserved", "203.0.113.1": "reserved",
		"198.18.0.1": "reserved", "192.88.99.1": "reserved", "2001:db8::1": "reserved", "3fff::1": "reserved",
		"100::1": "reserved", "5f00::1": "reserved", "::127.0.0.1": "reserved", "fec0::1": "reserved",
	} {
		err := g.Check(netip.MustParseAddr(address))
		blocked, ok := errors.AsType[*netguard.BlockedError](err)
		if !ok {
			t.Errorf("%s is let through", address)
			continue
		}
		if !strings.Contains(blocked.Kind, kind) {
			t.Errorf("%s is called %s, not %s", address, blocked.Kind, kind)
		}
		for _, part := range []string{"REGISTRAR_ALLOW_NETWORKS", blocked.Address.String()} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q is not in the sentence: %v", part, err)
			}
		}
	}
	if err := g.Check(netip.Addr{}); err == nil {
		t.Error("what is no address is let through")
	}
}

func TestPublicAddressesAreLetThrough(t *testing.T) {
	g := guard(t, "")
	for _, address := range []string{"1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "168.63.129.17", "2606:4700::1111", "::ffff:8.8.8.8"} {
		if err := g.Check(netip.MustParseAddr(address)); err != nil {
			t.Error(err)
		}
	}
}

func TestAllowedNetworksAreLetThroughInEverySpelling(t *testing.T) {
	for _, test := range []struct {
		networks, address string
		ok                bool
	}{
		{"127.0.0.0/8", "127.0.0.1", true},
		{"127.0.0.0/8", "::ffff:127.0.0.1", true},
		{"127.0.0.0/8", "10.0.0.1", false},
		{"127.0.0.0/8", "::1", false},
		{"::ffff:127.0.0.0/104", "127.0.0.1", true},
		{"10.1.2.3", "10.1.2.3", true},
		{"10.1.2.3", "10.1.2.4", false},
		{"10.1.2.3/8", "10.9.9.9", true}, // host bits say nothing
		{"fe80::/10", "fe80::1%lo", true},
		{"::1 10.0.0.0/8,192.168.0.0/16", "192.168.1.1", true},
		{"64:ff9b::/96", "64:ff9b::808:808", true},
		{"64:ff9b::/96", "64:ff9b::7f00:1", false}, // loopback behind NAT64
		{"64:ff9b::/96", "64:ff9b::a9fe:a9fe", false},
		{"64:ff9b::/96, 10.0.0.0/8", "64:ff9b::a00:1", true},
		{"64:ff9b::7f00:1", "64:ff9b::7f00:1", true}, // named exactly
		{"0.0.0.0/0", "169.254.169.254", true},
		{"0.0.0.0/0", "::1", false},
	} {
		err := guard(t, test.networks).Check(netip.MustParseAddr(test.address))
		if (err == nil) != test.ok {
			t.Errorf("%s with %s allowed: %v", test.address, test.networks, err)
		}
	}
}

func TestEveryWrongNetworkIsReportedAtOnce(t *testing.T) {
	_, err := netguard.ParseNetworks("127.0.0.0/8, localhost, 10.0.0.0/99 ::ffff:0:0/90")
	if err == nil {
		t.Fatal("accepted")
	}
	for _, wrong := range []string{"localhost", "10.0.0.0/99", "/90"} {
		if !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s is not reported: %v", wrong, err)
		}
	}
	if _, err := netguard.New(netguard.Config{AllowNetworks: []netip.Prefix{{}}}); err == nil {
		t.Error("an empty prefix is accepted")
	}
}
