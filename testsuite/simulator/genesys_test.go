package simulator_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
)

type jobAnswer struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Result *struct {
		ID string `json:"id"`
	} `json:"result"`
	Errors []control.ErrorBody `json:"errors"`
}

type page struct {
	Entities []struct {
		ID    string `json:"id"`
		Name  string `json:"name"`
		State string `json:"state"`
		JobID string `json:"jobId"`

		DateCreated string `json:"dateCreated"`
	} `json:"entities"`
	Total     int    `json:"total"`
	PageCount int    `json:"pageCount"`
	NextURI   string `json:"nextUri"`

	FirstURI    string `json:"firstUri"`
	LastURI     string `json:"lastUri"`
	PreviousURI string `json:"previousUri"`
	SelfURI     string `json:"selfUri"`
}

func (w *world) job(id string) jobAnswer {
	w.t.Helper()
	a := w.api(http.MethodGet, "/api/v2/ai/jobs/"+id, "")
	if a.status != http.StatusOK {
		w.t.Fatalf("job: %d %s", a.status, a.body)
	}
	return decode[jobAnswer](w.t, a.body)
}

func (w *world) list(query string) page {
	w.t.Helper()
	a := w.api(http.MethodGet, gateway+"?"+query, "")
	if a.status != http.StatusOK {
		w.t.Fatalf("list: %d %s", a.status, a.body)
	}
	return decode[page](w.t, a.body)
}

func TestATokenIsGivenOnlyForAStrictRequest(t *testing.T) {
	w := start(t, simulator.Options{TokenTTL: time.Hour})
	good := w.oauth("simulator-client", "simulator-secret", "grant_type=client_credentials")
	reply := decode[map[string]any](t, good.body)
	if good.status != 200 || reply["token_type"] != "bearer" || reply["expires_in"] != 3600.0 || len(reply["access_token"].(string)) < 32 {
		t.Fatalf("token reply: %d %s", good.status, good.body)
	}
	cases := []struct {
		name, id, secret, form string
		status                 int
		code                   string
	}{
		{"unknown client", "nobody", "simulator-secret", "grant_type=client_credentials", 400, "invalid_client"},
		{"wrong secret", "simulator-client", "wrong", "grant_type=client_credentials", 401, "invalid_client"},
		{"other grant", "simulator-client", "simulator-secret", "grant_type=password", 400, "unsupported_grant_type"},
		{"no grant", "simulator-client", "simulator-secret", "", 400, "invalid_request"},
		{"credentials in the form", "simulator-client", "simulator-secret", "grant_type=client_credentials&client_id=x", 400, "invalid_request"},
		{"grant twice", "simulator-client", "simulator-secret", "grant_type=client_credentials&grant_type=client_credentials", 400, "invalid_request"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := w.oauth(c.id, c.secret, c.form)
			body := decode[map[string]string](t, a.body)
			if a.status != c.status || body["error"] != c.code || body["description"] == "" || body["error_description"] == "" {
				t.Fatalf("want %d %s, got %d %s", c.status, c.code, a.status, a.body)
			}
		})
	}
}

func TestTheTokenEndpointThrottlesWithA400WhenOrdered(t *testing.T) {
	w := start(t, simulator.Options{})
	w.order(control.Fault{Match: control.Match{Op: control.OpToken}, Times: 1, Action: control.Action{Status: 400}})
	a := w.oauth("simulator-client", "simulator-secret", "grant_type=client_credentials")
	if a.status != 400 || !strings.Contains(a.body, `"invalid_request"`) || !strings.Contains(a.body, "rate limit exceeded") {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	w.token()
}

func TestAModelIsListedAtOnceAndBecomesActiveWithItsJob(t *testing.T) {
	w := start(t, simulator.Options{})
	jobID := w.create("model-one")
	before := w.list("name=model-one")
	if before.Total != 1 || before.Entities[0].State != "PROVISIONING" || before.Entities[0].JobID != jobID {
		t.Fatalf("after POST: %+v", before)
	}
	if s := w.job(jobID).Status; s != "QUEUED" {
		t.Fatalf("first poll: %s", s)
	}
	if s := w.job(jobID); s.Status != "IN_PROGRESS" || s.Result != nil {
		t.Fatalf("second poll: %+v", s)
	}
	if _, err := w.control.FinishJob(t.Context(), jobID); err != nil {
		t.Fatal(err)
	}
	done := w.job(jobID)
	if done.Status != "COMPLETED" || done.Result == nil || done.Result.ID != before.Entities[0].ID || len(done.Errors) != 0 {
		t.Fatalf("after the job: %+v", done)
	}
	got := w.api(http.MethodGet, gateway+"/"+done.Result.ID, "")
	if got.status != 200 || !strings.Contains(got.body, `"state":"ACTIVE"`) || !strings.Contains(got.body, `"authCredentialId":"cred_abc123xyz"`) {
		t.Fatalf("entity: %d %s", got.status, got.body)
	}
}

func TestAJobEndsByItselfAfterItsDuration(t *testing.T) {
	w := start(t, simulator.Options{JobDuration: 10 * time.Millisecond})
	w.create("model-one")
	jobs, err := w.control.WaitJobs(w.wait(), control.JobFilter{Name: "model-one", Status: "COMPLETED"}, 1)
	if err != nil || jobs[0].Ended == nil {
		t.Fatalf("%+v, %v", jobs, err)
	}
}

func TestAHealthCheckNeedsAnActiveModel(t *testing.T) {
	w := start(t, simulator.Options{})
	id := w.active("model-one")
	a := w.api(http.MethodPost, gateway+"/"+id+"/health-checks", "")
	if a.status != 202 || !strings.Contains(a.body, `"modelId":"`+id+`"`) {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	w.create("model-two")
	young := w.list("name=model-two").Entities[0].ID
	errorBody(t, w.api(http.MethodPost, gateway+"/"+young+"/health-checks", ""), 409, "general.conflict")
	errorBody(t, w.api(http.MethodPost, gateway+"/nope/health-checks", ""), 404, "not.found")
	errorBody(t, w.api(http.MethodPost, gateway+"/"+id+"/health-checks", `{"a":1}`), 400, "bad.request")
}

func TestADeletedModelIsGoneAndItsRunningJobFails(t *testing.T) {
	w := start(t, simulator.Options{})
	jobID := w.create("model-one")
	id := w.list("name=model-one").Entities[0].ID
	if a := w.api(http.MethodDelete, gateway+"/"+id, ""); a.status != 204 || a.body != "" {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	errorBody(t, w.api(http.MethodDelete, gateway+"/"+id, ""), 404, "not.found")
	errorBody(t, w.api(http.MethodGet, gateway+"/"+id, ""), 404, "not.found")
	if l := w.list("name=model-one"); l.Total != 0 || l.Entities == nil {
		t.Fatalf("list: %+v", l)
	}
	if j := w.job(jobID); j.Status != "FAILED" || len(j.Errors) != 1 {
		t.Fatalf("job: %+v", j)
	}
}

func TestListsArePaginatedAndFilteredByTheExactName(t *testing.T) {
	w := start(t, simulator.Options{})
	for i := range 5 {
		w.create(fmt.Sprintf("model-%d", i))
	}
	w.create("model-11")
	first := w.list("pageSize=4")
	second := w.list("pageSize=4&pageNumber=2")
	if first.Total != 6 || first.PageCount != 2 || len(first.Entities) != 4 || len(second.Entities) != 2 || second.NextURI != "" {
		t.Fatalf("pages: %+v %+v", first, second)
	}
	if second.FirstURI != first.SelfURI || second.LastURI != second.SelfURI || second.PreviousURI != first.SelfURI || first.PreviousURI != "" {
		t.Fatalf("pages do not lead to each other: %+v %+v", first, second)
	}
	if created := first.Entities[0].DateCreated; !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`).MatchString(created) {
		t.Fatalf("a time is not in milliseconds: %s", created)
	}
	next := w.api(http.MethodGet, first.NextURI, "")
	if got := decode[page](t, next.body); got.Entities[0].ID != second.Entities[0].ID {
		t.Fatalf("nextUri leads elsewhere: %s", next.body)
	}
	if l := w.list("name=model-1"); l.Total != 1 || l.Entities[0].Name != "model-1" {
		t.Fatalf("filter: %+v", l)
	}
	for _, query := range []string{"pageSize=0", "pageSize=101", "pageNumber=0", "pageNumber=x", "nom=x", "name=a&name=b", "name=%zz"} {
		if a := w.api(http.MethodGet, gateway+"?"+query, ""); a.status != 400 {
			t.Errorf("?%s: %d", query, a.status)
		}
	}
}

func TestADuplicateNameMakesASecondModelUnlessToldToConflict(t *testing.T) {
	w := start(t, simulator.Options{})
	w.create("model-one")
	w.create("model-one")
	if l := w.list("name=model-one"); l.Total != 2 {
		t.Fatalf("total %d", l.Total)
	}
	if _, err := w.control.ChangeSettings(t.Context(), control.SettingsChange{ConflictOnDuplicateName: new(true)}); err != nil {
		t.Fatal(err)
	}
	errorBody(t, w.api(http.MethodPost, gateway, payloadOf("model-one")), 409, "general.conflict")
}

func TestEveryCallNeedsAValidToken(t *testing.T) {
	w := start(t, simulator.Options{})
	errorBody(t, w.must(http.MethodGet, gateway, ""), 401, "authentication.required")
	errorBody(t, w.must(http.MethodGet, gateway, "", "Authorization", "Basic x"), 401, "authentication.required")
	errorBody(t, w.must(http.MethodGet, gateway, "", "Authorization", "Bearer x"), 401, "bad.credentials")

	w.order(control.Fault{Match: control.Match{Op: control.OpList}, Times: 1, Action: control.Action{ExpireToken: true}})
	errorBody(t, w.api(http.MethodGet, gateway, ""), 401, "credentials.expired")
	errorBody(t, w.api(http.MethodGet, gateway, ""), 401, "credentials.expired")

	w.bearer = ""
	w.order(control.Fault{Match: control.Match{Op: control.OpCreate}, Times: 1, Action: control.Action{RevokeToken: true}})
	errorBody(t, w.api(http.MethodPost, gateway, payloadOf("model-one")), 401, "bad.credentials")
	w.bearer = ""
	if l := w.list("name=model-one"); l.Total != 0 {
		t.Fatal("a refused request took effect")
	}

	w.order(control.Fault{Match: control.Match{Op: control.OpToken}, Times: 1, Action: control.Action{RevokeToken: true}})
	w.bearer = ""
	errorBody(t, w.api(http.MethodGet, gateway, ""), 401, "bad.credentials")
}

func TestAMissingScopeIsForbidden(t *testing.T) {
	w := start(t, simulator.Options{Scopes: []string{"ai:llm-gateway:read"}})
	body := errorBody(t, w.api(http.MethodPost, gateway, payloadOf("model-one")), 403, "missing.any.permissions")
	if body.MessageParams["permissions"] != "ai:llm-gateway:write" || !strings.Contains(body.Message, "ai:llm-gateway:write") ||
		!strings.Contains(body.MessageWithParams, "{permissions}") {
		t.Fatalf("%+v", body)
	}
	errorBody(t, w.api(http.MethodGet, "/api/v2/ai/jobs/x", ""), 403, "missing.any.permissions")
	w.list("")
}

func TestTheQuotaIsCountedPerClientOverAllItsTokens(t *testing.T) {
	w := start(t, simulator.Options{Quota: 2})
	first := w.api(http.MethodGet, gateway, "")
	if first.header.Get("inin-ratelimit-count") != "1" || first.header.Get("inin-ratelimit-allowed") != "2" || first.header.Get("inin-ratelimit-reset") != "60" {
		t.Fatalf("headers: %v", first.header)
	}
	w.list("")
	over := w.api(http.MethodGet, gateway, "")
	body := errorBody(t, over, 429, "too.many.requests.retry.after")
	if after := over.header.Get("Retry-After"); after == "" || body.MessageParams["retryAfter"] != after || !strings.Contains(body.Message, after+" seconds") {
		t.Fatalf("Retry-After %q, %+v", after, body)
	}
	w.bearer = "" // another token of the same client
	errorBody(t, w.api(http.MethodGet, gateway, ""), 429, "too.many.requests.retry.after")
	counts, err := w.control.Counts(t.Context())
	if want := (control.Count{Requests: 4, RateLimited: 2}); err != nil || counts[control.OpList] != want || counts.Genesys() != want ||
		counts[control.OpToken].Requests != 2 {
		t.Fatalf("%+v, %v", counts, err)
	}
}

func TestTheQuotaComesBackWithTheNextWindow(t *testing.T) {
	w := start(t, simulator.Options{Quota: 1, QuotaWindow: time.Millisecond})
	w.list("")
	for range 1000 {
		if w.api(http.MethodGet, gateway, "").status == http.StatusOK {
			return
		}
	}
	t.Fatal("the window never ended")
}

func TestWrongPathsAreRecordedAndNotForgiven(t *testing.T) {
	w := start(t, simulator.Options{})
	for _, path := range []string{"//providers/openai/v1/chat/completions", "/providers/openai//v1/chat/completions", "/api/v2/ai/llm-gateway/model"} {
		if a := w.must(http.MethodPost, path, "{}", "Content-Type", "application/json"); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	seen, err := w.control.Requests(t.Context(), control.RequestFilter{Op: control.OpUnknown})
	if err != nil || len(seen) != 3 || seen[0].Path != "//providers/openai/v1/chat/completions" {
		t.Fatalf("%+v, %v", seen, err)
	}
}
