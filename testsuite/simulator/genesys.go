package simulator

import (
	"net/http"
	"strconv"
	"strings"

	"model-registrar/testsuite/simulator/control"
)

// The API's paths, as the tutorial has them.
const (
	gatewayPath = "/api/v2/ai/llm-gateway/models"
	jobsPath    = "/api/v2/ai/jobs"
)

const correlationHeader = "ININ-Correlation-Id"

// genesys is an endpoint of the Genesys API: serve runs only with a valid token that has the scope and quota left.
func (s *Server) genesys(op control.Op, scope string, identify func(*call), serve func(*call) reply) endpoint {
	return endpoint{
		op: op,
		identify: func(c *call) {
			c.record.Credential = credentialKind(c.r)
			c.record.Authorized = s.tokens.check(bearer(c.r)) == tokenValid
			identify(c)
		},
		refuse: refuseGenesys,
		serve: func(c *call) reply {
			s.endToken(c)
			q, refusal := s.admit(c, scope)
			if refusal != nil {
				return *refusal
			}
			return withQuota(serve(c), q).with(correlationHeader, c.record.CorrelationID)
		},
	}
}

func (s *Server) endToken(c *call) {
	if c.action.RevokeToken {
		s.tokens.revoke(bearer(c.r))
	}
	if c.action.ExpireToken {
		s.tokens.expire(bearer(c.r))
	}
}

// admit checks token, permission and quota, in the platform's order.
func (s *Server) admit(c *call, scope string) (quota, *reply) {
	value := bearer(c.r)
	refuse := func(status int, code, message string, params map[string]string) (quota, *reply) {
		rep := genesysError(c, platformError(c.record.CorrelationID, status, code, message, params))
		return quota{}, &rep
	}
	if value == "" {
		return refuse(401, "authentication.required",
			"No authentication bearer token specified in authorization header.", nil)
	}
	switch s.tokens.check(value) {
	case tokenUnknown:
		return refuse(401, "bad.credentials", "", nil)
	case tokenExpired:
		return refuse(401, "credentials.expired", "The supplied credentials have expired.", nil)
	case tokenValid:
	}
	if !s.settings.hasScope(scope) {
		return refuse(403, "missing.any.permissions",
			"Unable to perform the requested action. You are missing the following permission(s): {permissions}",
			map[string]string{"permissions": scope})
	}
	q := s.tokens.spend()
	if q.exceeded {
		c.action.RetryAfterSeconds = q.reset
		rep := withQuota(refuseGenesys(c, http.StatusTooManyRequests, "", ""), q)
		return q, &rep
	}
	return q, nil
}

func withQuota(rep reply, q quota) reply {
	return rep.with("inin-ratelimit-count", strconv.Itoa(q.count)).
		with("inin-ratelimit-allowed", strconv.Itoa(q.allowed)).
		with("inin-ratelimit-reset", strconv.Itoa(q.reset))
}

// refuseGenesys answers an ErrorBody. A 429 always has Retry-After.
func refuseGenesys(c *call, status int, code, message string) reply {
	var params map[string]string
	if status == http.StatusTooManyRequests {
		c.action.RetryAfterSeconds = max(1, c.action.RetryAfterSeconds)
		params = map[string]string{"retryAfter": strconv.Itoa(c.action.RetryAfterSeconds)}
	}
	return genesysError(c, platformError(c.record.CorrelationID, status, code, message, params))
}

func genesysError(c *call, body control.ErrorBody) reply {
	return jsonReply(body.Status, body).with(correlationHeader, c.record.CorrelationID)
}

// bearer is the token of an Authorization header, or empty.
func bearer(r *http.Request) string {
	scheme, value, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return value
}

// credentialKind says how a request carries a credential, without what it is.
func credentialKind(r *http.Request) string {
	if scheme, _, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
		return "Authorization " + scheme
	} else if scheme != "" {
		return "Authorization" // a bare value: it may be the secret itself
	}
	for _, name := range []string{"api-key", "x-api-key", "X-Custom-Key"} {
		if r.Header.Get(name) != "" {
			return name
		}
	}
	return ""
}

// wholeNumber reads a query parameter that must be between least and most; absent it is fallback.
func wholeNumber(text string, fallback, least, most int) (int, bool) {
	if text == "" {
		return fallback, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= least && n <= most
}
