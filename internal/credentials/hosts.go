package credentials

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"model-registrar/internal/netguard"
)

// hostSet holds "host:port" in canonical form. An entry without a port is held as "host:" and means the default port
// of the scheme; there are no wildcards, since a suffix is what look-alikes are made of.
type hostSet map[string]struct{}

func (s hostSet) allows(canonical *url.URL) bool {
	host, port := canonical.Hostname(), canonical.Port()
	if _, ok := s[net.JoinHostPort(host, port)]; ok {
		return true
	}
	if port != "" {
		return false
	}
	_, ok := s[net.JoinHostPort(host, netguard.DefaultPort(canonical.Scheme))]
	return ok
}

func parseHosts(items []string) (hostSet, []error) {
	set := hostSet{}
	var problems []error
	for _, item := range items {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		host, port, err := splitHost(item)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		set[net.JoinHostPort(host, port)] = struct{}{}
	}
	return set, problems
}

func splitHost(item string) (host, port string, err error) {
	if strings.ContainsAny(item, "/@*?# ") {
		return "", "", fmt.Errorf("%q is not a host; write host or host:port, without scheme, path or wildcard", item)
	}
	host = item
	switch _, ipErr := netip.ParseAddr(item); {
	case ipErr == nil: // an IPv6 address without brackets and port
	case strings.HasPrefix(item, "[") && strings.HasSuffix(item, "]"):
		host = item[1 : len(item)-1]
	case strings.Contains(item, ":"):
		if host, port, err = net.SplitHostPort(item); err != nil {
			return "", "", fmt.Errorf("%q is not host:port", item)
		}
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return "", "", fmt.Errorf("%q has no port from 1 to 65535", item)
		}
		port = strconv.FormatUint(n, 10)
	}
	host, err = netguard.CanonicalHost(host)
	if err != nil {
		return "", "", fmt.Errorf("%q is not a host name or IP address", item)
	}
	return host, port, nil
}
