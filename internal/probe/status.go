package probe

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"model-registrar/internal/retryafter"
	"model-registrar/internal/words"
	"model-registrar/schemas"
)

// statusFailure says what a status other than 200 means. The body may help and may be anything.
func statusFailure(resp *http.Response, e apiError) *failure {
	f := byStatus(resp, e)
	f.status = resp.StatusCode
	if f.transient {
		f.retryAfter = cmp.Or(retryafter.Parse(resp.Header, time.Now()), waitOf(strings.Join(e.messages, "; ")))
	}
	f.definite = !f.transient
	if f.status == http.StatusBadRequest || f.status == http.StatusUnprocessableEntity ||
		f.status == http.StatusUnauthorized {
		f.said = &e
	}
	return f
}

func byStatus(resp *http.Response, e apiError) *failure {
	status := resp.StatusCode
	where := fmt.Sprintf("status %d%s", status, e.suffix())
	passing := passes(status)
	switch class := e.class(status); {
	case status >= 300 && status < 400:
		return redirected(resp)
	case status == 402:
		return classed(schemas.ReasonQuota, where)
	case status == 407:
		return failed(schemas.ReasonConnectFailed, "A proxy between the worker and the endpoint asks for credentials "+
			"(%s). Check "+
			"HTTPS_PROXY, or proxy of the credential.", where)
	case e.page && !passing:
		return failed(schemas.ReasonHTML, "The endpoint answered with a web page (%s). Check the URL: this is a web "+
			"site, a login "+
			"page, a firewall or a proxy, not a model.", where)
	case class == schemas.ReasonQuota, class == schemas.ReasonContentFiltered, class != "" && !passing && status != 401:
		return classed(class, where)
	case status == 401 || status == 498:
		return classed(schemas.ReasonUnauthorized, where)
	case status == 403:
		return failed(schemas.ReasonForbidden, "The token may not use this endpoint (%s). Check its permissions, and "+
			"the provider's "+
			"network rules.", where)
	case status == 404:
		return failed(schemas.ReasonNotFound, "The endpoint has no such path (%s). Check endpoint_url and "+
			"model_architecture.", where)
	case status == 408:
		return failedForNow(schemas.ReasonRequestTimeout, "The endpoint gave up waiting (%s).", where)
	case status == 429:
		return classed(schemas.ReasonRateLimited, where)
	case status == 424 || status == 425 || status == 503 || status == 529:
		return classed(schemas.ReasonOverloaded, where)
	case status >= 500 && status != 501:
		return failedForNow(schemas.ReasonServerError, "The endpoint failed (%s). Look at its log.", where)
	case status >= 400 && status < 500:
		return failed(schemas.ReasonBadRequest, "The endpoint refuses the request (%s). Check model_architecture and "+
			"the probe "+
			"block.", where)
	}
	return failed(schemas.ReasonUnexpectedStatus, "The endpoint answered with %s, where 200 is the only success.",
		where)
}

// passes reports whether what a status means may go away by itself.
func passes(status int) bool {
	switch status {
	case 408, 424, 425, 429:
		return true
	}
	return status >= 500 && status <= 599 && status != 501
}

// classed is the failure of a class of errors. where says how the error came.
func classed(class, where string) *failure {
	switch class {
	case schemas.ReasonQuota:
		return failedForGood(class, "The account's quota is used up, its bill unpaid, or the account suspended (%s). "+
			"Look at "+
			"the provider's billing page.", where)
	case schemas.ReasonContentFiltered:
		return failedForGood(class, "The provider's content filter refused the prompt (%s). Look at the filter's "+
			"settings for "+
			"this deployment.", where)
	case schemas.ReasonUnsupportedAPI:
		return failedForGood(class, "The model does not speak this API (%s). If it speaks the Responses API only, set "+
			"probe.api: responses; otherwise check probe.model.", where)
	case schemas.ReasonModelNotFound:
		return failedForGood(class, "The endpoint does not know the model or deployment (%s). Check probe.model or "+
			"probe.deployment.", where)
	case schemas.ReasonUnauthorized:
		return failedForGood(class, "The endpoint does not accept the token (%s). Check which token the credential "+
			"refers to, "+
			"and whether it was revoked.", where)
	case schemas.ReasonRateLimited:
		return failedForNow(class, "The endpoint limits the rate of requests (%s). Look at the limits of this token.",
			where)
	case schemas.ReasonOverloaded:
		return failedForNow(class, "The endpoint is overloaded or starting (%s).", where)
	}
	return failedForNow(schemas.ReasonServerError, "The endpoint failed (%s). Look at its log.", where)
}

// under200 is the failure for an error that came with a status of success, in a body or in a stream. Overload is
// announced this way too, once a stream has begun, and goes away.
func (e apiError) under200(where string) *failure {
	class := e.class(e.status)
	where = "status 200 with an error in its " + where + e.suffix()
	f := failedForGood(schemas.ReasonErrorBody, "The endpoint sent %s. Look at the endpoint's log.", where)
	switch {
	case class != "":
		f = classed(class, where)
	case e.status == 429:
		f = classed(schemas.ReasonRateLimited, where)
	case e.status == 503 || e.status == 529 || e.status == 424 || e.status == 425:
		f = classed(schemas.ReasonOverloaded, where)
	case passes(e.status):
		f = classed(schemas.ReasonServerError, where)
	}
	if f.transient {
		f.retryAfter = waitOf(strings.Join(e.messages, "; "))
	}
	if e.status == http.StatusBadRequest || e.status == http.StatusUnprocessableEntity {
		f.said = &e
	}
	return f
}

// redirected says where a redirect leads. To the same host, probe.url can name it exactly.
func redirected(resp *http.Response) *failure {
	status := resp.StatusCode
	to, err := resp.Location()
	if err == nil && resp.Request != nil && to.Host == resp.Request.URL.Host && to.Scheme == resp.Request.URL.Scheme {
		return failed(schemas.ReasonRedirect, "The endpoint redirects to %s (status %d), and redirects are not "+
			"followed. If that is the "+
			"model, write it into probe.url, which is called exactly as it stands.", words.Line(shown(to), 200), status)
	}
	return failed(schemas.ReasonRedirect, "The endpoint redirects%s (status %d), and redirects are not followed. Put "+
		"the final address "+
		"into endpoint_url.", redirectHost(resp), status)
}

// redirectHost names where a redirect leads, without anything that may be secret.
func redirectHost(resp *http.Response) string {
	u, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || u.Host == "" {
		return ""
	}
	return " to " + words.Line(u.Hostname(), 128)
}

// wrongType says that what came is neither a stream of events nor JSON.
func wrongType(mediaType string, stream bool, e apiError) *failure {
	got := "without a content type"
	if mediaType != "" {
		got = fmt.Sprintf("as %s", words.Line(mediaType, 64))
	}
	if stream {
		return failedForGood(schemas.ReasonContentType,
			"The answer came %s, where a stream (text/event-stream) was asked for, and is "+
				"neither events nor JSON%s. If the endpoint cannot stream, set probe.stream: false.", got, e.suffix())
	}
	return failedForGood(schemas.ReasonContentType,
		"The answer came %s, where application/json was asked for, and is neither JSON nor "+
			"events%s. Check the URL and model_architecture.", got, e.suffix())
}

func malformed(what string) *failure {
	return failedForGood(schemas.ReasonMalformed,
		"%s. Check model_architecture, and that the URL is the chat endpoint.", what)
}

func htmlFailure(page apiError) *failure {
	return failedForGood(schemas.ReasonHTML, "The endpoint answered with a web page (status 200%s). Check the URL: "+
		"this is a web site, "+
		"a login page or a proxy, not a model.", page.suffix())
}
