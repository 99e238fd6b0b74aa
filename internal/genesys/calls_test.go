package genesys

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"model-registrar/internal/gateway"
	"model-registrar/internal/lease"
	"model-registrar/schemas"
)

func modelJSON(id, name string) string {
	return fmt.Sprintf(`{"id":%q,"name":%q,"endpointUrl":"https://llm.example.com","authCredentialId":"cred_abc",
		"modelArchitecture":"openai","rateLimits":{"maxRequestsPerMinute":500,"maxTokensPerMinute":100000},"parameters":{},
		"webhookCallbackUrl":null,"state":"ACTIVE","jobId":"job-%s","dateCreated":"2026-03-01T12:00:00.000Z","selfUri":"/x","new":[1]}`, id, name, id)
}

func TestCreateModelSendsThePayloadAndReturnsTheJob(t *testing.T) {
	var body, contentType string
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		raw, _ := readBody(r.Body)
		body, contentType = string(raw), r.Header.Get("Content-Type")
		answer(w, 202, `{"jobId":"job-7","unknown":true}`)
	})
	id, err := f.client(t).CreateModel(t.Context(), sealed(t, testPayload()))
	if err != nil || id != "job-7" {
		t.Fatalf("got %q, %v", id, err)
	}
	if f.calls()[0] != "POST /api/v2/ai/llm-gateway/models" || contentType != "application/json" {
		t.Errorf("%s with %s", f.calls()[0], contentType)
	}
	contains(t, body, `"endpointUrl":"https://llm.example.com"`, `"webhookCallbackUrl":null`)
}

func TestAnswersThatBreakTheContractAreBadResponses(t *testing.T) {
	create := func(c *Client, t *testing.T) error {
		_, err := c.CreateModel(t.Context(), sealed(t, testPayload()))
		return err
	}
	find := func(c *Client, t *testing.T) error {
		_, err := c.FindModels(t.Context(), "production-llm-v2")
		return err
	}
	job := func(c *Client, t *testing.T) error { _, err := c.GetJob(t.Context(), "job-1"); return err }
	health := func(c *Client, t *testing.T) error {
		_, err := c.TriggerHealthCheck(t.Context(), "model-1")
		return err
	}
	model := modelJSON("m1", "production-llm-v2")
	for name, tc := range map[string]struct {
		call func(*Client, *testing.T) error
		body string
	}{
		"a created job without id":             {create, `{}`},
		"a jobId that is a number":             {create, `{"jobId":7}`},
		"a jobId that climbs the path":         {create, `{"jobId":".."}`},
		"a page instead of a job":              {create, `<html></html>`},
		"an empty answer to a creation":        {create, ``},
		"a job without status":                 {job, `{"id":"job-1"}`},
		"a job status that is a number":        {job, `{"status":3}`},
		"a job result that is a text":          {job, `{"status":"COMPLETED","result":"m1"}`},
		"a model id with a slash":              {job, `{"status":"COMPLETED","result":{"id":"a/b"}}`},
		"a list without entities":              {find, `{"total":0}`},
		"a list that is an array":              {find, `[]`},
		"another page than the one asked for":  {find, `{"entities":[],"pageNumber":4,"pageCount":9}`},
		"a model without id":                   {find, `{"entities":[` + strings.Replace(model, `"m1"`, `""`, 1) + `]}`},
		"a model with a limit that is a text":  {find, `{"entities":[` + strings.Replace(model, `:500`, `:"500"`, 1) + `]}`},
		"a model made at a time that is none":  {find, `{"entities":[` + strings.Replace(model, `2026-03-01T`, `yesterday`, 1) + `]}`},
		"a health check that is a text":        {health, `"fine"`},
		"a health check status that is a list": {health, `{"status":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
				w.Header().Set("ININ-Correlation-Id", "ctx-3")
				answer(w, 200, tc.body)
			})
			e := failure(t, tc.call(f.client(t), t), schemas.ErrBadResponse)
			if e.Retryable() {
				t.Error("retryable")
			}
			contains(t, e.Error(), "cannot be used", "ctx-3")
		})
	}
}

func TestFindModelsReadsAllPagesAndComparesTheNameItself(t *testing.T) {
	pages := map[string]string{
		"1": modelJSON("m1", "production-llm-v2") + "," + modelJSON("m2", "production-llm-v20"),
		"2": modelJSON("m1", "production-llm-v2") + `,{"id":5,"name":"odd","parameters":"none"},7`,
		"3": modelJSON("m3", "production-llm-v2"),
	}
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		n := r.URL.Query().Get("pageNumber")
		if r.URL.Query().Get("name") != "production-llm-v2" {
			t.Errorf("asked for %s", r.URL.RawQuery)
		}
		answer(w, 200, `{"entities":[`+pages[n]+`],"pageNumber":`+n+`,"pageCount":3}`)
	})
	found, err := f.client(t).FindModels(t.Context(), "production-llm-v2")
	if err != nil {
		t.Fatal(err)
	}
	if m := found.Models; len(m) != 2 || m[0].ID != "m1" || m[1].ID != "m3" || len(f.calls()) != 3 {
		t.Fatalf("found %+v in %d calls, want m1 and m3 in 3", found, len(f.calls()))
	}
	want := Model{ID: "m1", Payload: testPayload(), State: "ACTIVE", JobID: "job-m1", DateCreated: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	if !reflect.DeepEqual(found.Models[0], want) {
		t.Errorf("got %+v, want %+v", found.Models[0], want)
	}
}

func TestFindModelsFollowsNextUriWhenThereIsNoPageCount(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		next := ""
		if r.URL.Query().Get("pageNumber") == "1" {
			next = "https://elsewhere.example/steal"
		}
		answer(w, 200, `{"entities":[],"nextUri":"`+next+`"}`)
	})
	found, err := f.client(t).FindModels(t.Context(), "production-llm-v2")
	if err != nil || len(found.Models) != 0 || len(f.calls()) != 2 {
		t.Errorf("%v, %v, %q; want nothing in two calls to the same host", found, err, f.calls())
	}
}

func TestFindModelsGivesUpOnAListWithoutEnd(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		answer(w, 200, `{"entities":[],"pageCount":1000000,"pageNumber":`+r.URL.Query().Get("pageNumber")+`}`)
	})
	_, err := f.client(t).FindModels(t.Context(), "production-llm-v2")
	contains(t, failure(t, err, schemas.ErrBadResponse).Error(), "200 pages")
	if len(f.calls()) != maxPages {
		t.Errorf("%d calls", len(f.calls()))
	}
}

func TestDeleteModelSaysWhetherThePlatformKnewTheModel(t *testing.T) {
	for _, status := range []int{204, 200, 404} {
		f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) { w.WriteHeader(status) })
		if existed, err := f.client(t).DeleteModel(t.Context(), "model-1"); err != nil || existed != (status != 404) {
			t.Errorf("%d: %v, %v", status, existed, err)
		}
		if f.calls()[0] != "DELETE /api/v2/ai/llm-gateway/models/model-1" {
			t.Error(f.calls()[0])
		}
	}
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) { w.WriteHeader(409) })
	_, err := f.client(t).DeleteModel(t.Context(), "model-1")
	failure(t, err, schemas.ErrConflict)
}

func TestIDsThatWouldChangeThePathAreNotSent(t *testing.T) {
	f := newFake(t, jobDone)
	c := f.client(t)
	for _, id := range []string{"", ".", "..", "a/b", `a\b`, "a b", "a\n", strings.Repeat("x", 200)} {
		_, err := c.DeleteModel(t.Context(), id)
		failure(t, err, schemas.ErrBadRequest)
		_, err = c.GetJob(t.Context(), id)
		failure(t, err, schemas.ErrBadRequest)
	}
	if len(f.calls()) != 0 {
		t.Errorf("sent %q", f.calls())
	}
	if _, err := c.DeleteModel(t.Context(), "a?b#c%2F"); err != nil || f.calls()[0] != "DELETE /api/v2/ai/llm-gateway/models/a%3Fb%23c%252F" {
		t.Errorf("%v, %q", err, f.calls())
	}
}

func TestJobEndsByItsStatusInAnyCase(t *testing.T) {
	for status, want := range map[string][2]bool{
		"COMPLETED": {true, false}, "Succeeded": {true, false}, "completed": {true, false},
		"FAILED": {false, true}, "Failed": {false, true},
		"InProgress": {}, "RUNNING": {}, "CANCELLED": {}, "": {}, "COMPLETED ": {},
	} {
		j := Job{Status: status}
		if j.Succeeded() != want[0] || j.Failed() != want[1] {
			t.Errorf("%q: succeeded %v, failed %v", status, j.Succeeded(), j.Failed())
		}
	}
}

func TestGetJobReturnsWhatTheJobSays(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		w.Header().Set("Retry-After", "4")
		answer(w, 200, `{"id":"job-1","status":"FAILED","result":null,"errors":[
			{"code":"endpoint.unreachable","message":"No route.","contextId":"ctx-2","details":[{"fieldName":"endpointUrl","errorCode":"unreachable"}]},
			"odd"]}`)
	})
	job, err := f.client(t).GetJob(t.Context(), "job-1")
	if err != nil {
		t.Fatal(err)
	}
	if !job.Failed() || job.ModelID != "" || job.RetryAfter != 4*time.Second || len(job.Errors) != 2 {
		t.Fatalf("%+v", job)
	}
	if got := job.Errors[0].String(); got != "No route. (endpoint.unreachable); fields: endpointUrl (unreachable) (correlation id ctx-2)" {
		t.Error(got)
	}
	if got := job.Errors[1].String(); got != "the platform gives no reason" {
		t.Error(got)
	}
	if f.calls()[0] != "GET /api/v2/ai/jobs/job-1" {
		t.Error(f.calls()[0])
	}
}

func TestTriggerHealthCheckSendsNoBodyAndReturnsTheCheck(t *testing.T) {
	body := `{"id":"hc-1","status":"IN_PROGRESS","modelId":"model-1"}`
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		if raw, _ := readBody(r.Body); len(raw) > 0 || r.Header.Get("Content-Type") != "" {
			t.Errorf("sent %q as %q", raw, r.Header.Get("Content-Type"))
		}
		answer(w, 202, body)
	})
	c := f.client(t)
	if hc, err := c.TriggerHealthCheck(t.Context(), "model-1"); err != nil || hc != (schemas.HealthCheck{ID: "hc-1", Status: "IN_PROGRESS"}) {
		t.Errorf("%+v, %v", hc, err)
	}
	body = ""
	if hc, err := c.TriggerHealthCheck(t.Context(), "model-1"); err != nil || hc != (schemas.HealthCheck{}) {
		t.Errorf("%+v, %v", hc, err)
	}
	if f.calls()[0] != "POST /api/v2/ai/llm-gateway/models/model-1/health-checks" {
		t.Error(f.calls()[0])
	}
}

func TestPathsAreConfigurable(t *testing.T) {
	f := newFake(t, jobDone)
	c := f.client(t, func(c *Config) { c.GatewayPath, c.JobsPath = "/v3/gw/", "/v3/jobs" })
	if _, err := c.GetJob(t.Context(), "j"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteModel(t.Context(), "m"); err != nil {
		t.Fatal(err)
	}
	if got := f.calls(); got[0] != "GET /v3/jobs/j" || got[1] != "DELETE /v3/gw/models/m" {
		t.Error(got)
	}
}

func TestAChangingCallIsNotMadeWhenTheLeaseOfItsAttemptIsOver(t *testing.T) {
	f := newFake(t, jobDone)
	c := f.client(t)
	ctx := lease.With(t.Context(), lease.New(0))
	_, err := c.CreateModel(ctx, sealed(t, testPayload()))
	e := failure(t, err, schemas.ErrUnavailable)
	contains(t, e.Error(), "may have been given up")
	if e.TookEffect() {
		t.Error("what was not sent cannot have taken effect")
	}
	_, err = c.DeleteModel(ctx, "model-1")
	failure(t, err, schemas.ErrUnavailable)
	if len(f.calls()) != 0 {
		t.Errorf("sent %q", f.calls())
	}
	if _, err := c.GetJob(ctx, "job-1"); err != nil {
		t.Errorf("reading needs no lease: %v", err)
	}
}

// slowDial connects only after something has happened.
type slowDial struct{ meanwhile func() }

func (d slowDial) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/models") {
		d.meanwhile()
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestALeaseThatEndsWhileTheConnectionIsMadeStopsTheCreation(t *testing.T) {
	var whole atomic.Bool
	f := newFake(t, func(_ http.ResponseWriter, r *http.Request, _ string) {
		_, err := io.ReadAll(r.Body)
		whole.Store(err == nil)
	})
	l := lease.New(time.Hour)
	c := f.client(t, func(cfg *Config) { cfg.Transport = slowDial{func() { l.End(errors.New("overtaken")) }} })
	_, err := c.CreateModel(lease.With(t.Context(), l), sealed(t, testPayload()))
	if e := failure(t, err, schemas.ErrUnavailable); e.TookEffect() {
		t.Errorf("%v should be known not to have been sent", e)
	}
	if whole.Load() {
		t.Error("the request should not arrive whole")
	}
}

func TestWhichFailedCreationsMayHaveTakenEffect(t *testing.T) {
	for status, took := range map[int]bool{
		400: false, 401: false, 403: false, 404: false, 408: true, 409: false, 422: false, 429: false, 500: true, 501: false,
		502: true, 503: true, 504: true, 302: true,
	} {
		f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) { w.WriteHeader(status) })
		_, err := f.client(t).CreateModel(t.Context(), sealed(t, testPayload()))
		var e *gateway.Error
		if !errors.As(err, &e) || e.TookEffect() != took {
			t.Errorf("%d: %v; may have taken effect: want %v", status, err, took)
		}
	}
	f := newFake(t, jobDone)
	c := f.client(t)
	if _, err := c.GetJob(t.Context(), "job-1"); err != nil { // so that there is a token
		t.Fatal(err)
	}
	f.Close()
	c.http.CloseIdleConnections()
	var e *gateway.Error
	if _, err := c.CreateModel(t.Context(), sealed(t, testPayload())); !errors.As(err, &e) || e.TookEffect() {
		t.Errorf("%v: no connection was made, so nothing can have taken effect", err)
	}
}

func TestNumbersOfAModelAreReadHoweverThePlatformWritesThem(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("Date", "Mon, 02 Mar 2026 10:00:00 GMT")
		answer(w, 200, `{"entities":[{"id":"m1","name":"production-llm-v2","rateLimits":{"maxRequestsPerMinute":5e2,"maxTokensPerMinute":100000.0},"parameters":{"temperature":0.70}}]}`)
	})
	found, err := f.client(t).FindModels(t.Context(), "production-llm-v2")
	if err != nil || len(found.Models) != 1 || found.Models[0].Payload.RateLimits != (schemas.RateLimits{MaxRequestsPerMinute: 500, MaxTokensPerMinute: 100000}) {
		t.Errorf("%+v, %v", found, err)
	}
	if want := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC); !found.AsOf.Equal(want) {
		t.Errorf("as of %s, want the platform's clock %s", found.AsOf, want)
	}
}
