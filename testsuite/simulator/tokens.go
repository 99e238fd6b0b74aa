package simulator

import (
	"crypto/rand"
	"encoding/base64"
	"math"
	"sync"
	"time"
)

// TokenMark is what every access token begins with, so that a test can search for tokens that got where they should
// not.
const TokenMark = "simulated-access-token-"

// maxTokens bounds the tokens remembered; a client that caches its token needs one.
const maxTokens = 100_000

type tokenState int

const (
	tokenUnknown tokenState = iota
	tokenExpired
	tokenValid
)

// tokens are the access tokens issued, and the quota that all of them share: there is one OAuth client.
type tokens struct {
	settings *settings
	mu       sync.Mutex
	known    map[string]*token
	issued   int

	used        int // calls in the current window
	windowStart time.Time
}

type token struct {
	expires time.Time
}

// quota is how the client stands after one more call.
type quota struct {
	allowed, count int
	reset          int // whole seconds until the window ends, at least 1
	exceeded       bool
}

func newTokens(s *settings) *tokens {
	return &tokens{settings: s, known: map[string]*token{}}
}

// issue makes a token and says how many seconds it is valid.
func (t *tokens) issue() (value string, ttl int64) {
	var raw [48]byte
	_, _ = rand.Read(raw[:]) // never fails, by its documentation
	value = TokenMark + base64.RawURLEncoding.EncodeToString(raw[:])
	ttl = t.settings.get().TokenTTLSeconds
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.known) >= maxTokens {
		clear(t.known) // their holders get a 401 and fetch new ones
	}
	t.known[value] = &token{expires: time.Now().Add(time.Duration(ttl) * time.Second)}
	t.issued++
	return value, ttl
}

func (t *tokens) check(value string) tokenState {
	t.mu.Lock()
	defer t.mu.Unlock()
	tok, ok := t.known[value]
	switch {
	case !ok:
		return tokenUnknown
	case !time.Now().Before(tok.expires):
		return tokenExpired
	}
	return tokenValid
}

func (t *tokens) revoke(value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.known, value)
}

func (t *tokens) expire(value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tok, ok := t.known[value]; ok {
		tok.expires = time.Now()
	}
}

// spend counts one call of a client that has sent a valid token. A window begins with the first call after the end of
// the one before. Calls over the quota are not counted.
func (t *tokens) spend() quota {
	set := t.settings.get()
	window := milliseconds(set.QuotaWindowMS)
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if now.Sub(t.windowStart) >= window {
		t.used, t.windowStart = 0, now
	}
	left := t.windowStart.Add(window).Sub(now)
	q := quota{allowed: set.Quota, reset: max(1, int(math.Ceil(left.Seconds())))}
	if q.exceeded = t.used >= set.Quota; !q.exceeded {
		t.used++
	}
	q.count = t.used
	return q
}

// reset sets the quota and the count of issued tokens back; tokens stay valid.
func (t *tokens) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.issued, t.used, t.windowStart = 0, 0, time.Time{}
}

func (t *tokens) issuedCount() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.issued
}
