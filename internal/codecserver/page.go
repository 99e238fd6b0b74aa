package codecserver

import (
	_ "embed"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"time"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// shown is what the page shows.
type shown struct {
	Endpoint string // of this server, as the person reached it
	Origins  []string
	Problem  string
	SignedIn bool
	Until    string
	// Elsewhere are addresses of this page on the hosts of listed origins, if this one is on none of them: a browser
	// sends the cookie only between pages of one host.
	Elsewhere []string
}

const maxForm = 8 << 10

func (h *Handler) page(w http.ResponseWriter, r *http.Request) {
	p := h.describe(r)
	h.show(w, http.StatusOK, p)
}

func (h *Handler) signIn(w http.ResponseWriter, r *http.Request) {
	p := h.describe(r)
	if origin := r.Header.Get("Origin"); origin != "" && origin != p.Endpoint {
		p.Problem = "Only this page itself can sign in."
		h.show(w, http.StatusForbidden, p)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	status := http.StatusUnauthorized
	switch right, tooSoon := h.check(r.PostFormValue("token")); {
	case tooSoon:
		status, p.Problem = http.StatusTooManyRequests, "Too many wrong tokens; try again in a moment."
	case !right:
		p.Problem = "The token is wrong."
	default:
		value, ends := h.sessions.issue(time.Now())
		// On loopback every port shares a host's cookies. With these paths they reach no server that has other ones.
		for _, path := range []string{"/decode", "/encode"} {
			http.SetCookie(w, &http.Cookie{
				Name: cookieName, Value: value, Path: path, MaxAge: int(sessionTime.Seconds()),
				HttpOnly: true, Secure: h.Secure, SameSite: http.SameSiteStrictMode,
			})
		}
		status, p.SignedIn, p.Until = http.StatusOK, true, ends.Format("15:04")
	}
	if p.Problem != "" {
		h.Logger.Warn("a sign-in was refused", "status", status, "from", r.RemoteAddr)
	}
	h.show(w, status, p)
}

func (h *Handler) describe(r *http.Request) shown {
	p := shown{Endpoint: "http://" + r.Host, Origins: h.Origins}
	if h.Secure {
		p.Endpoint = "https://" + r.Host
	}
	here, port := hostOf(p.Endpoint)
	for _, o := range h.Origins {
		there, _ := hostOf(o)
		if there == here {
			p.Elsewhere = nil
			break
		}
		if u, err := url.Parse(p.Endpoint); err == nil {
			if u.Host = there; port != "" {
				u.Host = net.JoinHostPort(there, port)
			}
			if h.Host(u.Host) {
				p.Elsewhere = append(p.Elsewhere, u.String())
			}
		}
	}
	return p
}

func hostOf(address string) (host, port string) {
	u, err := url.Parse(address)
	if err != nil {
		return "", ""
	}
	return u.Hostname(), u.Port()
}

func (h *Handler) show(w http.ResponseWriter, status int, p shown) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_ = pageTemplate.Execute(w, p)
}
