package genesys

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"model-registrar/internal/gateway"
	"model-registrar/internal/quota"
	"model-registrar/internal/retryafter"
	"model-registrar/schemas"
)

// QuotaHeaders tell of the platform's rate limit. They count what every process with the same token has sent.
var QuotaHeaders = quota.Headers{Allowed: "inin-ratelimit-allowed", Count: "inin-ratelimit-count",
	Reset: "inin-ratelimit-reset"}

// classify turns an answer that is no success into an error. Which statuses are worth a retry is what the platform's
// own SDKs retry: 408, 429 and 5xx but 501.
func classify(o op, resp *http.Response, raw []byte, r redactor) *gateway.Error {
	body := parseErrorBody(raw, r)
	e := o.failure(typeOf(resp.StatusCode))
	e.Status, e.Code, e.Message, e.CorrelationID = resp.StatusCode, body.Code, body.Message, body.ContextID
	e.Permissions, e.Fields = body.Permissions, body.Fields
	e.RetryAfter = retryafter.Parse(resp.Header, time.Now())
	if e.CorrelationID == "" {
		e.CorrelationID = r.clean(resp.Header.Get(correlationHeader), maxID)
	}
	if isRedirect(resp.StatusCode) {
		e.Message = "it redirects (" + strconv.Itoa(resp.StatusCode) + "), and no redirect is followed with a token"
	}
	return e
}

func isRedirect(status int) bool { return status >= 300 && status < 400 }

func typeOf(status int) schemas.ErrorType {
	switch {
	case status == http.StatusTooManyRequests:
		return schemas.ErrRateLimited
	case status == http.StatusUnauthorized:
		return schemas.ErrUnauthorized
	case status == http.StatusForbidden:
		return schemas.ErrForbidden
	case status == http.StatusNotFound:
		return schemas.ErrNotFound
	case status == http.StatusConflict:
		return schemas.ErrConflict
	case status == http.StatusRequestTimeout, status >= 500 && status != http.StatusNotImplemented:
		return schemas.ErrUnavailable
	case status < 400:
		return schemas.ErrBadResponse
	default:
		return schemas.ErrBadRequest
	}
}

// classifyToken does the same for the token endpoint, whose error bodies are OAuth's. It announces throttling as a
// 400, and what else it refuses is a token that cannot be had.
func classifyToken(refused *oauth2.RetrieveError, r redactor) *gateway.Error {
	e := classify(opToken, refused.Response, nil, r)
	var body struct {
		Description string `json:"description"`
	}
	// Not JSON, or a description that is no text: oauth2 has read what else there is.
	_ = json.Unmarshal(refused.Body, &body)
	e.Code = r.clean(refused.ErrorCode, maxCode)
	if e.Message == "" {
		e.Message = r.clean(refused.ErrorDescription, maxMessage)
	}
	if e.Message == "" {
		e.Message = r.clean(body.Description, maxMessage)
	}
	said := strings.ToLower(refused.ErrorDescription + " " + body.Description)
	switch {
	case strings.Contains(said, "rate limit exceeded"):
		e.Type = schemas.ErrRateLimited
	case e.Status < 300, e.Status >= 400 && e.Status < 500 && !e.Retryable():
		e.Type = schemas.ErrUnauthorized
	}
	return e
}
