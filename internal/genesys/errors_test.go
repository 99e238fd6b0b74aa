package genesys

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"model-registrar/internal/gateway"
	"model-registrar/schemas"
)

func TestStatusesBecomeTypes(t *testing.T) {
	for status, want := range map[int]schemas.ErrorType{
		400: schemas.ErrBadRequest, 402: schemas.ErrBadRequest, 413: schemas.ErrBadRequest, 415: schemas.ErrBadRequest,
		422: schemas.ErrBadRequest, 501: schemas.ErrBadRequest,
		403: schemas.ErrForbidden, 404: schemas.ErrNotFound, 409: schemas.ErrConflict, 429: schemas.ErrRateLimited,
		408: schemas.ErrUnavailable, 500: schemas.ErrUnavailable, 502: schemas.ErrUnavailable, 503: schemas.ErrUnavailable,
		504: schemas.ErrUnavailable, 529: schemas.ErrUnavailable,
	} {
		f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) { answer(w, status, `{}`) })
		_, err := f.client(t).CreateModel(t.Context(), sealed(t, testPayload()))
		e := failure(t, err, want)
		retry := want == schemas.ErrUnavailable || want == schemas.ErrRateLimited
		if e.Status != status || e.Retryable() != retry || len(f.calls()) != 1 {
			t.Errorf("%d: status %d, retryable %v, %d calls; want %v and one call", status, e.Status, e.Retryable(), len(f.calls()), retry)
		}
	}
}

func TestErrorCarriesThePlatformsFieldsCodeAndCorrelationID(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("ININ-Correlation-Id", "from-header")
		answer(w, 400, `{"message":"Invalid fields.","code":"invalid.value","status":400,"contextId":"ctx-9",
			"details":[{"errorCode":"invalid.url","fieldName":"endpointUrl"}],
			"errors":[{"details":[{"errorCode":"too.large","fieldName":"rateLimits.maxRequestsPerMinute"}]}]}`)
	})
	_, err := f.client(t).CreateModel(t.Context(), sealed(t, testPayload()))
	e := failure(t, err, schemas.ErrBadRequest)
	want := schemas.ErrorDetails{Status: 400, Code: "invalid.value", CorrelationID: "ctx-9", Fields: []schemas.FieldDetail{
		{Field: "endpointUrl", Code: "invalid.url"}, {Field: "rateLimits.maxRequestsPerMinute", Code: "too.large"}}}
	got := e.Details()
	if got.Status != want.Status || got.Code != want.Code || got.CorrelationID != want.CorrelationID ||
		len(got.Fields) != 2 || got.Fields[0] != want.Fields[0] || got.Fields[1] != want.Fields[1] {
		t.Errorf("details %+v, want %+v", got, want)
	}
	contains(t, e.Error(), "Genesys Cloud refused to create the model (400 invalid.value): Invalid fields.",
		"; fields: endpointUrl (invalid.url)", "(correlation id ctx-9)")
}

func TestCorrelationIDComesFromTheHeaderWhenTheBodyHasNone(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("ININ-Correlation-Id", "from-header")
		answer(w, 502, `<html>Bad gateway</html>`)
	})
	_, err := f.client(t).GetJob(t.Context(), "job-1")
	e := failure(t, err, schemas.ErrUnavailable)
	if e.CorrelationID != "from-header" || strings.Contains(e.Error(), "html") {
		t.Errorf("got %q, want the header's id and nothing of the page", e.Error())
	}
}

func TestForbiddenNamesThePermissionThatIsMissing(t *testing.T) {
	for _, params := range []string{`{"permissions":"ai:llm-gateway:write"}`, `{"permissions":["ai:llm-gateway:write"]}`, `{"scope":"[ai:llm-gateway:write]"}`} {
		f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
			answer(w, 403, `{"code":"missing.any.permissions","message":"No permission.","messageParams":`+params+`}`)
		})
		_, err := f.client(t).CreateModel(t.Context(), sealed(t, testPayload()))
		contains(t, failure(t, err, schemas.ErrForbidden).Error(), "the login lacks ai:llm-gateway:write")
	}
}

func TestRetryAfterIsKeptFor429AndFor503(t *testing.T) {
	for _, status := range []int{429, 503} {
		f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
			w.Header().Set("Retry-After", "9")
			answer(w, status, `{"code":"too.many.requests.retry.after"}`)
		})
		_, err := f.client(t).GetJob(t.Context(), "job-1")
		e, _ := err.(*gateway.Error)
		if e == nil || e.RetryAfter != 9*time.Second {
			t.Fatalf("%d: %+v, want to wait 9s", status, err)
		}
		contains(t, e.Error(), "it asks to wait for 9s")
	}
}

func TestAnswerNeverLetsASecretThrough(t *testing.T) {
	var buf lockedBuffer
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, token string) {
		basic := base64.StdEncoding.EncodeToString([]byte(testID + ":" + testSecret))
		echo := "got " + token + " and " + testSecret + " and " + url.QueryEscape(testSecret) + " and " + basic
		w.Header().Set("ININ-Correlation-Id", token)
		answer(w, 400, map[string]any{"message": echo, "code": token, "contextId": testSecret,
			"details": []any{map[string]any{"fieldName": testSecret, "errorCode": basic}}})
	})
	f.onLogin(func(w http.ResponseWriter, _ *http.Request) { issue(w, "tok-very-secret", 86400) })
	_, err := f.client(t, loggingTo(&buf)).CreateModel(t.Context(), sealed(t, testPayload()))
	e := failure(t, err, schemas.ErrBadRequest)
	contains(t, e.Error(), redacted)
	seen := e.Error() + e.Code + e.CorrelationID + e.Message + e.Fields[0].Field + e.Fields[0].Code + buf.String()
	for _, secret := range []string{"tok-very-secret", testSecret, url.QueryEscape(testSecret), base64.StdEncoding.EncodeToString([]byte(testID + ":" + testSecret))} {
		if strings.Contains(seen, secret) {
			t.Errorf("%q is in %q", secret, seen)
		}
	}
}

func TestTokenErrorNeverEchoesTheSecret(t *testing.T) {
	f := newFake(t, jobDone)
	f.onLogin(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 400, map[string]string{"error": "invalid_client", "description": "wrong secret " + testSecret})
	})
	_, err := f.client(t).GetJob(t.Context(), "job-1")
	if e := failure(t, err, schemas.ErrUnauthorized); strings.Contains(e.Error(), testSecret) {
		t.Errorf("the secret is in %q", e.Error())
	}
}

func TestServerTextIsOneBoundedLine(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		answer(w, 400, map[string]any{"message": "a\x1b[31m\nb\u202e" + strings.Repeat("x", 5000)})
	})
	_, err := f.client(t).CreateModel(t.Context(), sealed(t, testPayload()))
	e := failure(t, err, schemas.ErrBadRequest)
	if !strings.HasPrefix(e.Message, "a [31m b x") || len([]rune(e.Message)) > maxMessage {
		t.Errorf("message %q", e.Message)
	}
}

func TestBodyLongerThanOneMiBIsABadResponse(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		answer(w, 200, `{"jobId":"`+strings.Repeat("x", maxBodyBytes)+`"}`)
	})
	_, err := f.client(t).CreateModel(t.Context(), sealed(t, testPayload()))
	contains(t, failure(t, err, schemas.ErrBadResponse).Error(), "longer than 1 MiB")
}

func TestRedirectIsAnErrorAndTheTokenDoesNotFollowIt(t *testing.T) {
	reached := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer elsewhere.Close()
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	_, err := f.client(t).CreateModel(t.Context(), sealed(t, testPayload()))
	contains(t, failure(t, err, schemas.ErrBadResponse).Error(), "redirects (307)")
	if reached {
		t.Error("the redirect was followed")
	}
}

func TestAnswerThatNeverComesIsUnavailableAfterTheTimeout(t *testing.T) {
	release := make(chan struct{})
	f := newFake(t, func(_ http.ResponseWriter, r *http.Request, _ string) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	_, err := f.client(t, within(300*time.Millisecond)).GetJob(t.Context(), "job-1")
	contains(t, failure(t, err, schemas.ErrUnavailable).Error(), "no answer in time")
}

func TestConnectionCutAfterTheRequestIsUnavailableAndNotRepeated(t *testing.T) {
	f := newFake(t, func(http.ResponseWriter, *http.Request, string) { panic(http.ErrAbortHandler) })
	_, err := f.client(t).CreateModel(t.Context(), sealed(t, testPayload()))
	contains(t, failure(t, err, schemas.ErrUnavailable).Error(), "cut before the answer was complete")
	if n := len(f.calls()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestEveryCallWritesOneDebugLineWithoutQueryPayloadOrSecret(t *testing.T) {
	var buf lockedBuffer
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		w.Header().Set("ININ-Correlation-Id", "ctx-5")
		w.Header().Set("inin-ratelimit-count", "4")
		w.Header().Set("inin-ratelimit-allowed", "300")
		w.Header().Set("inin-ratelimit-reset", "51")
		answer(w, 200, `{"entities":[],"pageNumber":1,"pageCount":0}`)
	})
	c := f.client(t, loggingTo(&buf))
	if _, err := c.FindModels(t.Context(), "private-name"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(buf.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("lines %q, want one for the token and one for the list", lines)
	}
	contains(t, lines[0], `"op":"FetchToken"`, `"path":"/oauth/token"`, `"status":200`)
	contains(t, lines[1], `"op":"FindModels"`, `"method":"GET"`, `"path":"/api/v2/ai/llm-gateway/models"`, `"status":200`,
		`"duration_ms":`, `"correlation_id":"ctx-5"`, `"ratelimit_count":"4"`, `"ratelimit_allowed":"300"`, `"ratelimit_reset":"51"`)
	for _, secret := range []string{"private-name", testSecret, "token-1"} {
		if strings.Contains(buf.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}
