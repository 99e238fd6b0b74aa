package telemetry

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// knownHost refuses requests for a name that anybody can make resolve to this address: a web page that does so could
// otherwise read what is served here (DNS rebinding). Taken are addresses, localhost and names of one label, such as
// those of Compose services and of pods, which no page on the internet has, and names within a cluster.
func knownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isKnownHost(r.Host) {
			http.Error(w, "this worker is not known by that name; ask for its address", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isKnownHost(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return name != "" && !strings.Contains(name, ".") || strings.HasSuffix(name, ".svc") ||
		strings.HasSuffix(name, ".svc.cluster.local")
}
