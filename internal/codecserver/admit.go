package codecserver

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	cookieName  = "codec-server-session"
	sessionTime = 12 * time.Hour
)

// admit reports whether a request's sender may ask: by the token, or by the cookie of somebody who gave it, from a
// listed page. It returns 200, or a status and why.
func (h *Handler) admit(r *http.Request) (status int, why string) {
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		switch right, soon := h.check(bearer); {
		case soon:
			return http.StatusTooManyRequests, "too many wrong tokens; try again in a moment"
		case right:
			return http.StatusOK, ""
		}
		return http.StatusUnauthorized, "the token is wrong"
	}
	// Any page of the same site sends the cookie, and any port of a host is the same site.
	if c, err := r.Cookie(cookieName); err == nil && r.Header.Get("Origin") != "" &&
		h.sessions.valid(c.Value, time.Now()) {
		return http.StatusOK, ""
	}
	return http.StatusUnauthorized, "sign in at the codec server's own page first, or send its token"
}

// check compares a token, in the same time whatever it is. After several wrong ones it asks for patience, but never
// whoever has the right one: others could lock them out. A token of [MinToken] characters is not guessed.
func (h *Handler) check(token string) (right, tooSoon bool) {
	given := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(given[:], h.token[:]) == 1 {
		return true, false
	}
	return false, !h.wrong.Allow()
}

// sessions makes and checks the values of cookies: the second at which they end, and a MAC of it with a key that lives
// as long as the process. The token is in none.
type sessions struct{ key [sha256.Size]byte }

func (s *sessions) issue(now time.Time) (value string, ends time.Time) {
	ends = now.Add(sessionTime)
	text := strconv.FormatInt(ends.Unix(), 10)
	return text + "." + s.mac(text), ends
}

func (s *sessions) valid(value string, now time.Time) bool {
	text, mac, _ := strings.Cut(value, ".")
	ends, err := strconv.ParseInt(text, 10, 64)
	return hmac.Equal([]byte(mac), []byte(s.mac(text))) && err == nil && now.Unix() < ends
}

func (s *sessions) mac(text string) string {
	m := hmac.New(sha256.New, s.key[:])
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}
