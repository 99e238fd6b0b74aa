package probe

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxRetryAfter bounds how long an endpoint can ask to be left alone.
const maxRetryAfter = time.Hour

// statusFailure says what a status other than 200 means. The body may help and may be anything.
func statusFailure(resp *http.Response, body []byte, a adapter) *failure {
	e := parseError(body)
	f := byStatus(resp, e)
	f.status = resp.StatusCode
	if f.transient {
		f.retryAfter = retryAfter(resp.Header, time.Now())
	}
	f.definite = !f.transient
	if f.status == http.StatusBadRequest || f.status == http.StatusUnprocessableEntity {
		f.refused = e.refusedParameter(a.adaptable())
	}
	return f
}

func byStatus(resp *http.Response, e apiError) *failure {
	status, said := resp.StatusCode, e.suffix()
	switch {
	case status >= 300 && status < 400:
		return failed(CodeRedirect, "The endpoint redirects%s (status %d), and redirects are not followed. Put the final "+
			"address into endpoint_url.", redirectHost(resp), status)
	case status == 402 || e.quotaExhausted():
		return failed(CodeQuota, "The account's quota is used up or its bill unpaid (status %d%s). Look at the "+
			"provider's billing page.", status, codeOf(e))
	case status == 401 || status == 498:
		return failed(CodeUnauthorized, "The endpoint does not accept the token (status %d%s). Check which token the "+
			"credential refers to, and whether it was revoked.", status, codeOf(e))
	case status == 403:
		return failed(CodeForbidden, "The token may not use this endpoint (status 403%s). Check its permissions, and the "+
			"provider's network rules.", codeOf(e))
	case e.namesModel() && status >= 400 && status < 500:
		return failed(CodeModelNotFound, "The endpoint does not know the model or deployment (status %d%s). Check "+
			"probe.model or probe.deployment.", status, said)
	case status == 404:
		return failed(CodeNotFound, "The endpoint has no such path (status 404%s). Check endpoint_url and "+
			"model_architecture.", said)
	case status == 408:
		return failedForNow(CodeRequestTimeout, "The endpoint gave up waiting (status 408%s).", said)
	case status == 429:
		return failedForNow(CodeRateLimited, "The endpoint limits the rate of requests (status 429%s). Look at the "+
			"limits of this token.", said)
	case status == 503 || status == 529:
		return failedForNow(CodeOverloaded, "The endpoint is overloaded or starting (status %d%s).", status, said)
	case status >= 500 && status != 501:
		return failedForNow(CodeServerError, "The endpoint failed (status %d%s). Look at its log.", status, said)
	case status >= 400 && status < 500:
		return failed(CodeBadRequest, "The endpoint refuses the request (status %d%s). Check model_architecture and the "+
			"probe block.", status, said)
	}
	return failed(CodeUnexpectedStatus, "The endpoint answered with status %d%s, where 200 is the only success.", status, said)
}

// codeOf leaves the message out: what is said about a token may repeat it.
func codeOf(e apiError) string { return apiError{Code: e.Code, Type: e.Type}.suffix() }

// redirectHost names where a redirect leads, without anything that may be secret.
func redirectHost(resp *http.Response) string {
	u, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || u.Host == "" {
		return ""
	}
	return " to " + printable(u.Hostname(), 128)
}

// retryAfter reads how long to wait, from Azure's retry-after-ms or from Retry-After in either of its forms (RFC 9110,
// section 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	d := time.Duration(0)
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		d = time.Duration(min(ms, float64(maxRetryAfter.Milliseconds())) * float64(time.Millisecond))
	} else if s, err := strconv.ParseFloat(h.Get("Retry-After"), 64); err == nil && s > 0 {
		d = time.Duration(min(s, maxRetryAfter.Seconds()) * float64(time.Second))
	} else if at, err := http.ParseTime(h.Get("Retry-After")); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}

// wrongType says that the answer came as something else than was asked for.
func wrongType(mediaType string, stream bool) *failure {
	got := "without a content type"
	if mediaType != "" {
		got = fmt.Sprintf("as %s", printable(mediaType, 64))
	}
	if stream {
		return failedForGood(CodeContentType, "The answer came %s, where a stream (text/event-stream) was asked for. If "+
			"the endpoint cannot stream, set probe.stream: false.", got)
	}
	return failedForGood(CodeContentType, "The answer came %s, where application/json was asked for. Check the URL and "+
		"model_architecture.", got)
}
