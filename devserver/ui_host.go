package main

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// knownHost lets through what was asked for under a name of this machine, or under the address that the UI is bound to.
// A page whose own name was made to point to this machine would otherwise count as the UI's own page, and could read
// and signal workflows.
func knownHost(bound netip.Addr, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isKnownHost(bound, r.Host) {
			http.Error(w, "the UI is not known by that name; ask for localhost or 127.0.0.1", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isKnownHost judges a Host header, with or without a port.
func isKnownHost(bound netip.Addr, host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
		if inner, ok := strings.CutPrefix(host, "["); ok {
			name = strings.TrimSuffix(inner, "]")
		}
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && (ip == loopback || ip == netip.IPv6Loopback() || ip == bound && !ip.IsUnspecified())
}
