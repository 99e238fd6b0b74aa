package codecserver

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// ParseOrigin checks an origin, as browsers write them: scheme, host and, unless it is the scheme's own, port.
func ParseOrigin(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil ||
		strings.Contains(u.Host, "*") ||
		strings.TrimSuffix(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%q is no origin; one looks like https://temporal.example.com or http://127.0.0.1:8233",
			text)
	}
	host := strings.ToLower(u.Host)
	if port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; strings.HasSuffix(host, port) {
		host = strings.TrimSuffix(host, port)
	}
	return u.Scheme + "://" + host, nil
}

// cors tells the browser that a listed page may ask, and reports whether this one may. A request without an origin
// comes from no page.
func (h *Handler) cors(w http.ResponseWriter, r *http.Request) bool {
	head := w.Header()
	head.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	if !slices.Contains(h.Origins, origin) {
		return false
	}
	head.Set("Access-Control-Allow-Origin", origin)
	head.Set("Access-Control-Allow-Credentials", "true")
	return true
}

// preflight answers a browser that asks before it lets a page ask.
func (h *Handler) preflight(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") == "" || !h.cors(w, r) {
		http.Error(w, "this page may not use the codec server; allow its origin with --origin", http.StatusForbidden)
		return
	}
	head := w.Header()
	head.Set("Access-Control-Allow-Methods", "POST")
	head.Set("Access-Control-Allow-Headers", "Authorization, Authorization-Extras, Content-Type, X-Namespace")
	head.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}
