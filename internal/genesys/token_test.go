package genesys

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"model-registrar/schemas"
)

func jobDone(w http.ResponseWriter, _ *http.Request, _ string) {
	answer(w, 200, `{"id":"job-1","status":"COMPLETED","result":{"id":"model-1"}}`)
}

func TestTokenIsFetchedOnceByBasicAuthenticationAndCached(t *testing.T) {
	var got *http.Request
	f := newFake(t, jobDone)
	f.onLogin(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		got = r
		issue(w, "token-1", 86400)
	})
	c := f.client(t)
	for range 3 {
		if _, err := c.GetJob(t.Context(), "job-1"); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.tokenRequests(); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
	if id, _, ok := got.BasicAuth(); !ok || id != testID || got.Form.Get("grant_type") != "client_credentials" {
		t.Errorf("token request by %q with form %v, want Basic and client_credentials", id, got.Form)
	}
}

func TestConcurrentCallersShareOneTokenRequest(t *testing.T) {
	const callers = 40
	arrived := make(chan struct{}, callers)
	f := newFake(t, jobDone)
	release := make(chan struct{})
	f.onLogin(func(w http.ResponseWriter, r *http.Request) {
		<-release
		issue(w, "token-1", 86400)
	})
	c := f.client(t)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			arrived <- struct{}{}
			if _, err := c.GetJob(t.Context(), "job-1"); err != nil {
				t.Error(err)
			}
		})
	}
	for range callers {
		<-arrived
	}
	close(release)
	wg.Wait()
	if n := f.tokenRequests(); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
}

func TestRevokedTokenIsReplacedOnceHoweverManyCallersMeetThe401(t *testing.T) {
	const callers = 30
	var refused atomic.Int32
	all := make(chan struct{})
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, token string) {
		if token == "token-1" {
			// Every caller is refused only when all have come with the old token.
			if refused.Add(1) == callers {
				close(all)
			}
			<-all
			answer(w, 401, `{"code":"bad.credentials"}`)
			return
		}
		jobDone(w, r, token)
	})
	c := f.client(t)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			if _, err := c.GetJob(t.Context(), "job-1"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := f.tokenRequests(); n != 2 {
		t.Errorf("%d token requests, want 2: the first and one in its place", n)
	}
}

func TestSecond401IsUnauthorizedAndNotRepeatedAgain(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		answer(w, 401, `{"code":"authentication.required","message":"No authentication bearer token specified.","contextId":"ctx-1"}`)
	})
	_, err := f.client(t).CreateModel(t.Context(), sealed(t, testPayload()))
	e := failure(t, err, schemas.ErrUnauthorized)
	if e.Retryable() || len(f.calls()) != 2 || f.tokenRequests() != 2 {
		t.Errorf("retryable %v, %d calls, %d token requests; want false, 2, 2", e.Retryable(), len(f.calls()), f.tokenRequests())
	}
	contains(t, e.Error(), "create the model", "401 authentication.required", "(401 authentication.required)", "ctx-1")
}

func TestRequestIsRepeatedWholeAfterThe401(t *testing.T) {
	var bodies []string
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, token string) {
		raw, _ := readBody(r.Body)
		bodies = append(bodies, string(raw))
		if token == "token-1" {
			answer(w, 401, `{}`)
			return
		}
		answer(w, 202, `{"jobId":"job-1"}`)
	})
	id, err := f.client(t).CreateModel(t.Context(), sealed(t, testPayload()))
	if err != nil || id != "job-1" {
		t.Fatalf("got %q, %v", id, err)
	}
	if len(bodies) != 2 || bodies[0] != bodies[1] || !strings.Contains(bodies[1], "production-llm-v2") {
		t.Errorf("bodies %q, want the payload twice", bodies)
	}
}

func TestTokenIsRenewedBeforeItExpires(t *testing.T) {
	now := time.Now()
	for life, margin := range map[time.Duration]time.Duration{
		24 * time.Hour:    time.Minute,
		300 * time.Second: 30 * time.Second,
		10 * time.Second:  time.Second,
	} {
		tok := &accessToken{renewAt: renewalTime(now, now.Add(life)), expiry: now.Add(life)}
		if before := now.Add(life - margin - time.Millisecond); !tok.fresh(before) {
			t.Errorf("a token of %s is renewed earlier than %s before its end", life, margin)
		}
		if tok.fresh(now.Add(life - margin)) {
			t.Errorf("a token of %s is still fresh %s before its end", life, margin)
		}
	}
}

func TestTokenPastItsRenewalTimeIsReplacedWithoutA401(t *testing.T) {
	f := newFake(t, jobDone)
	c := f.client(t)
	if _, err := c.GetJob(t.Context(), "job-1"); err != nil {
		t.Fatal(err)
	}
	c.tokens.cached.renewAt = time.Now().Add(-time.Second)
	if _, err := c.GetJob(t.Context(), "job-1"); err != nil {
		t.Fatal(err)
	}
	if n := f.tokenRequests(); n != 2 || len(f.calls()) != 2 {
		t.Errorf("%d token requests and %d calls, want 2 and 2", n, len(f.calls()))
	}
}

func TestGoodTokenIsUsedOnWhileTheLoginServiceIsDown(t *testing.T) {
	f := newFake(t, jobDone)
	c := f.client(t)
	if _, err := c.GetJob(t.Context(), "job-1"); err != nil {
		t.Fatal(err)
	}
	f.onLogin(func(w http.ResponseWriter, _ *http.Request) { answer(w, 503, `{}`) })
	c.tokens.cached.renewAt = time.Now().Add(-time.Second)
	for range 3 {
		if _, err := c.GetJob(t.Context(), "job-1"); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.tokenRequests(); n != 2 {
		t.Errorf("%d token requests, want 2: the failed renewal is not repeated by every call", n)
	}
}

func TestCancelledCallerLeavesAndTheOthersGetTheToken(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	f := newFake(t, jobDone)
	f.onLogin(func(w http.ResponseWriter, _ *http.Request) {
		close(started)
		<-release
		issue(w, "token-1", 86400)
	})
	c := f.client(t)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() { _, err := c.GetJob(ctx, "job-1"); left <- err }()
	<-started
	cancel()
	e := failure(t, <-left, schemas.ErrUnavailable)
	if !errors.Is(e, context.Canceled) {
		t.Errorf("got %v, want context.Canceled within", e)
	}
	close(release)
	if _, err := c.GetJob(t.Context(), "job-1"); err != nil {
		t.Error(err)
	}
	if n := f.tokenRequests(); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
}

func TestTokenErrorsAreTypedLikeAllOthers(t *testing.T) {
	for _, tc := range []struct {
		name   string
		status int
		body   string
		header http.Header
		want   schemas.ErrorType
		wait   time.Duration
	}{
		{"an unknown client is unauthorized", 400, `{"error":"invalid_client","description":"client not found"}`, nil, schemas.ErrUnauthorized, 0},
		{"a wrong secret is unauthorized", 401, `{"error":"invalid_client","description":"authentication failed"}`, nil, schemas.ErrUnauthorized, 0},
		{"throttling is a 400 by its description", 400, `{"error":"invalid_request","description":"rate limit exceeded, try later"}`, nil, schemas.ErrRateLimited, 0},
		{"throttling may say how long", 400, `{"error":"invalid_request","error_description":"Rate limit exceeded"}`, http.Header{"Retry-After": {"7"}}, schemas.ErrRateLimited, 7 * time.Second},
		{"a 429 is throttling too", 429, `{}`, http.Header{"Retry-After": {"3"}}, schemas.ErrRateLimited, 3 * time.Second},
		{"a 500 is unavailable", 500, `oops`, nil, schemas.ErrUnavailable, 0},
		{"a 503 may say how long", 503, ``, http.Header{"Retry-After": {"2"}}, schemas.ErrUnavailable, 2 * time.Second},
		{"an error under 200 is a refusal", 200, `{"error":"unauthorized_client"}`, nil, schemas.ErrUnauthorized, 0},
		{"a page instead of a token is a bad response", 200, `<html>welcome</html>`, nil, schemas.ErrBadResponse, 0},
		{"no token in the answer is a bad response", 200, `{}`, nil, schemas.ErrBadResponse, 0},
		{"a redirect is a bad response", 302, ``, http.Header{"Location": {"https://elsewhere.example/oauth/token"}}, schemas.ErrBadResponse, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t, jobDone)
			f.onLogin(func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range tc.header {
					w.Header()[k] = v
				}
				answer(w, tc.status, tc.body)
			})
			_, err := f.client(t).GetJob(t.Context(), "job-1")
			e := failure(t, err, tc.want)
			if e.Op != "FetchToken" || e.RetryAfter != tc.wait || len(f.calls()) != 0 {
				t.Errorf("op %s, wait %s, %d API calls; want FetchToken, %s, 0", e.Op, e.RetryAfter, len(f.calls()), tc.wait)
			}
			contains(t, e.Error(), "issue an access token")
		})
	}
}

func TestTokenAnswerThatIsCutIsRetryableAndOneTooLongIsNot(t *testing.T) {
	f := newFake(t, jobDone)
	f.onLogin(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "500")
		_, _ = w.Write([]byte(`{"access_token":`))
		panic(http.ErrAbortHandler)
	})
	_, err := f.client(t).GetJob(t.Context(), "job-1")
	contains(t, failure(t, err, schemas.ErrUnavailable).Error(), "cut before the answer was complete")

	f.onLogin(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, fmt.Sprintf(`{"access_token":%q}`, strings.Repeat("x", maxBodyBytes)))
	})
	_, err = f.client(t).GetJob(t.Context(), "job-1")
	failure(t, err, schemas.ErrBadResponse)
}

func TestLoginServiceThatCannotBeReachedIsUnavailable(t *testing.T) {
	gone := newFake(t, jobDone)
	gone.Close()
	_, err := gone.client(t).GetJob(t.Context(), "job-1")
	e := failure(t, err, schemas.ErrUnavailable)
	contains(t, e.Error(), "could not be reached to issue an access token", "connection refused")
}

func TestAGivenTokenIsUsedAsItIs_AndARefusalOfItIsOneOfTheLogin(t *testing.T) {
	var got []string
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		got = append(got, r.Header.Get("Authorization"))
		if len(got) > 1 {
			answer(w, 401, `{"code":"bad.credentials","message":"token given-secret has expired"}`)
			return
		}
		jobDone(w, r, "")
	})
	c := f.client(t, func(c *Config) { c.ClientID, c.ClientSecret, c.AccessToken = "", "", "given-secret" })
	if _, err := c.GetJob(t.Context(), "job-1"); err != nil {
		t.Fatal(err)
	}
	_, err := c.GetJob(t.Context(), "job-1")
	if !IsRefusedLogin(err) || strings.Contains(err.Error(), "given-secret") {
		t.Errorf("%v, want a refused login without the token", err)
	}
	if !IsRefusedLogin(c.FetchToken(t.Context())) {
		t.Error("whether the token is accepted has to be asked of the API")
	}
	if f.tokenRequests() != 0 || len(got) != 3 || got[0] != "Bearer given-secret" {
		t.Errorf("%d token requests, calls with %v", f.tokenRequests(), got)
	}
}
