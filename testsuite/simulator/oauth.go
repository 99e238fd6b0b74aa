package simulator

import (
	"crypto/subtle"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"model-registrar/testsuite/simulator/control"
)

// throttled is how the real token endpoint speaks of its rate limit: under 400, not 429.
const throttled = "rate limit exceeded: too many token requests, try again later"

func (s *Server) routeOAuth() {
	s.route("POST /oauth/token", endpoint{
		op: control.OpToken,
		identify: func(c *call) {
			c.record.Credential = credentialKind(c.r)
			_, _, c.record.Authorized = s.client(c.r)
		},
		serve:  s.issueToken,
		refuse: refuseToken,
	})
}

// client reads the Basic credentials: which of its halves are right, and whether both are.
func (s *Server) client(r *http.Request) (sent, known, ok bool) {
	id, secret, sent := r.BasicAuth()
	known = sameSecret(id, s.options.ClientID)
	return sent, known, known && sameSecret(secret, s.options.ClientSecret)
}

// sameSecret compares in constant time and accepts the form encoding that RFC 6749 prescribes inside Basic.
func sameSecret(got, want string) bool {
	if plain, err := url.QueryUnescape(got); err == nil &&
		subtle.ConstantTimeCompare([]byte(plain), []byte(want)) == 1 {
		return true
	}
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

func (s *Server) issueToken(c *call) reply {
	if description := wrongTokenRequest(c); description != "" {
		return oauthError(http.StatusBadRequest, "invalid_request", description)
	}
	sent, known, ok := s.client(c.r)
	switch {
	case !sent:
		return oauthError(http.StatusBadRequest, "invalid_request",
			"client credentials must be sent by HTTP Basic authentication")
	case !known:
		return oauthError(http.StatusBadRequest, "invalid_client", "client not found: invalid client_id")
	case !ok:
		return oauthError(http.StatusUnauthorized, "invalid_client", "authentication failed")
	}
	form, _ := url.ParseQuery(string(c.body)) // wrongTokenRequest has parsed it
	if form.Get("grant_type") != "client_credentials" {
		return oauthError(http.StatusBadRequest, "unsupported_grant_type",
			"this client is for grant_type=client_credentials")
	}
	value, ttl := s.tokens.issue()
	s.endIssuedToken(c, value)
	return jsonReply(http.StatusOK, map[string]any{
		"access_token": value, "token_type": "bearer", "expires_in": ttl,
	}).with("Cache-Control", "no-store")
}

// endIssuedToken gives out a token that is dead on arrival, when a fault orders that.
func (s *Server) endIssuedToken(c *call, value string) {
	if c.action.RevokeToken {
		s.tokens.revoke(value)
	}
	if c.action.ExpireToken {
		s.tokens.expire(value)
	}
}

// wrongTokenRequest says what is wrong with the form, or nothing.
func wrongTokenRequest(c *call) string {
	mediaType, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return "content type must be application/x-www-form-urlencoded"
	}
	if c.r.URL.RawQuery != "" {
		return "parameters must be in the body, not in the query"
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return "the form cannot be parsed"
	}
	for key, values := range form {
		switch {
		case key != "grant_type" && key != "scope":
			return "unexpected parameter"
		case len(values) > 1:
			return "repeated parameter: " + key
		}
	}
	if form.Get("grant_type") == "" {
		return "missing parameter: grant_type"
	}
	return ""
}

// refuseToken is the answer to ordered failures. A 400 without a code is the endpoint's throttling.
func refuseToken(c *call, status int, code, message string) reply {
	if code == "" {
		code = "invalid_request"
		if status >= 500 {
			code = "server_error"
		}
	}
	if message == "" {
		message = strings.ToLower(http.StatusText(status))
		if status == http.StatusBadRequest || status == http.StatusTooManyRequests {
			message = throttled
		}
	}
	return oauthError(status, code, message)
}

func oauthError(status int, code, description string) reply {
	return jsonReply(status, map[string]string{
		"error": code, "description": description, "error_description": description,
	})
}
