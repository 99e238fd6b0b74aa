package genesys

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"model-registrar/internal/gateway"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/sync/singleflight"
)

const (
	// A token is renewed this long before it expires, or after nine tenths of its life when that is later, so that
	// it does not expire on the way.
	renewalMargin = time.Minute
	// While a token is still good and its renewal fails, the next renewal waits this long.
	renewalPause = 5 * time.Second
)

// accessToken is a token as it is cached. Its address is its identity: the same value issued again is another token.
type accessToken struct {
	value   string
	renewAt time.Time // zero: the platform did not say how long it is good
	expiry  time.Time // likewise
}

func newAccessToken(t *oauth2.Token, now time.Time) *accessToken {
	tok := &accessToken{value: t.AccessToken, expiry: t.Expiry}
	if !t.Expiry.IsZero() {
		tok.renewAt = renewalTime(now, t.Expiry)
	}
	return tok
}

func renewalTime(now, expiry time.Time) time.Time {
	return expiry.Add(-min(renewalMargin, expiry.Sub(now)/10))
}

func (t *accessToken) fresh(now time.Time) bool {
	return t != nil && (t.renewAt.IsZero() || now.Before(t.renewAt))
}

func (t *accessToken) good(now time.Time) bool {
	return t != nil && (t.expiry.IsZero() || now.Before(t.expiry))
}

// tokenSource caches the access token. However many callers need a new one, one request fetches it.
type tokenSource struct {
	config  clientcredentials.Config
	given   *accessToken // used instead of fetched ones; nil: none was given
	http    *http.Client
	timeout time.Duration
	flight  singleflight.Group

	mu     sync.Mutex
	cached *accessToken
}

func newTokenSource(cfg Config, loginBase string) *tokenSource {
	s := &tokenSource{
		config: clientcredentials.Config{
			ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret,
			TokenURL: loginBase + "/oauth/token", AuthStyle: oauth2.AuthStyleInHeader,
		},
		timeout: cfg.Timeout,
	}
	if cfg.AccessToken != "" {
		s.given = &accessToken{value: cfg.AccessToken}
	}
	s.http = &http.Client{
		Transport:     wholeTransport{next: cfg.Transport, log: cfg.Logger, redactor: s.redactor()},
		CheckRedirect: neverRedirect,
	}
	return s
}

// token returns a token that is good for a while. A caller whose token the platform refused passes it as rejected;
// it gets another one, which a caller in the same position may have fetched already.
func (s *tokenSource) token(ctx context.Context, rejected *accessToken) (*accessToken, error) {
	if s.given != nil {
		return s.given, nil
	}
	if tok := s.current(rejected); tok != nil {
		return tok, nil
	}
	// The request is not the caller's: others wait for it, so one caller's cancellation must not end it.
	fetched := s.flight.DoChan("token", func() (any, error) {
		return s.renew(context.WithoutCancel(ctx))
	})
	select {
	case <-ctx.Done():
		return nil, unreachable(opToken, ctx.Err())
	case r := <-fetched:
		tok, _ := r.Val.(*accessToken)
		return tok, r.Err
	}
}

// current returns the cached token while it is fresh, and forgets it when it is the rejected one.
func (s *tokenSource) current(rejected *accessToken) *accessToken {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rejected != nil && s.cached == rejected {
		s.cached = nil
	}
	if s.cached.fresh(time.Now()) {
		return s.cached
	}
	return nil
}

func (s *tokenSource) renew(ctx context.Context) (*accessToken, error) {
	// Between a caller's look at the cache and this flight another flight may have landed.
	if tok := s.current(nil); tok != nil {
		return tok, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	now := time.Now()
	fetched, err := s.config.Token(context.WithValue(ctx, oauth2.HTTPClient, s.http))

	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.cached = newAccessToken(fetched, now)
		return s.cached, nil
	}
	if s.cached.good(time.Now()) {
		// The old token still works: a login service in trouble must not stop what needs none of it yet.
		s.cached.renewAt = time.Now().Add(renewalPause)
		return s.cached, nil
	}
	return nil, s.tokenError(err)
}

// tokenError brings what oauth2 reports into the form of every other error. RetrieveError itself is not kept as the
// cause: its text holds the answer's whole body.
func (s *tokenSource) tokenError(err error) *gateway.Error {
	var refused *oauth2.RetrieveError
	var network interface{ Timeout() bool }
	switch {
	case errors.As(err, &refused):
		return classifyToken(refused, s.redactor())
	case errors.Is(err, errTooLong):
		return badResponse(opToken, errTooLong.Error())
	case errors.As(err, &network):
		return unreachable(opToken, cause(err))
	default:
		return badResponse(opToken, "the answer is no token")
	}
}

// redactor knows every secret that an answer could echo.
func (s *tokenSource) redactor(more ...*accessToken) redactor {
	secrets := []string{s.config.ClientSecret}
	for _, t := range more {
		if t != nil {
			secrets = append(secrets, t.value)
		}
	}
	return newRedactor(s.config.ClientID, secrets)
}
