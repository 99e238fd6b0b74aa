package main

import (
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof" // into http.DefaultServeMux
	"net/netip"
	"strings"
	"time"
)

// knownHost lets through what was asked for under a name of this machine, or under the address that the UI is bound to.
// A page whose own name was made to point to this machine would otherwise count as the UI's own page, and could read
// and signal workflows; likewise for the profiler.
func knownHost(bound netip.Addr, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isKnownHost(bound, r.Host) {
			http.Error(w, "this is not known by that name; ask for localhost or 127.0.0.1", http.StatusForbidden)
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

// startProfiler serves Go's profiler, to this machine's names alone like the UI.
func startProfiler(port int) (*http.Server, error) {
	listener, err := net.Listen("tcp", hostPort(loopback, port))
	if err != nil {
		return nil, fmt.Errorf("the profiler cannot listen: %w", err)
	}
	profiler := &http.Server{Handler: knownHost(loopback, http.DefaultServeMux), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = profiler.Serve(listener) }()
	return profiler, nil
}
