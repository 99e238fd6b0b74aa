package simulator_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
)

func TestAConnectionCutBeforeLeavesNoModelAndCutAfterLeavesOne(t *testing.T) {
	for _, c := range []struct {
		cut    string
		models int
		status int
	}{{control.CutBefore, 0, 0}, {control.CutAfter, 1, 202}} {
		t.Run(c.cut, func(t *testing.T) {
			w := start(t, simulator.Options{})
			w.order(control.Fault{Match: control.Match{Op: control.OpCreate}, Times: 1, Action: control.Action{Cut: c.cut}})
			if a, err := w.tryAPI(http.MethodPost, gateway, payloadOf("model-one")); err == nil {
				t.Fatalf("the connection was not cut: %d", a.status)
			}
			if l := w.list("name=model-one"); l.Total != c.models {
				t.Fatalf("%d models", l.Total)
			}
			seen, err := w.control.Requests(t.Context(), control.RequestFilter{Op: control.OpCreate, Name: "model-one"})
			if err != nil || len(seen) != 1 || seen[0].Cut != c.cut || seen[0].Status != c.status || !seen[0].Authorized {
				t.Fatalf("%+v, %v", seen, err)
			}
		})
	}
}

func TestRulesApplyInTheirOrderWithSkipTimesAndName(t *testing.T) {
	w := start(t, simulator.Options{})
	w.order(control.Fault{Match: control.Match{Op: control.OpList, Name: "model-one"}, Skip: 1, Times: 1, Action: control.Action{Status: 429, RetryAfterSeconds: 7}})
	last := w.order(control.Fault{ID: "last", Match: control.Match{Op: control.OpList}, Skip: 1, Action: control.Action{Status: 503, Message: "down"}})
	want := []int{200, 429, 503, 503}
	for i, status := range want {
		if a := w.api(http.MethodGet, gateway+"?name=model-one", ""); a.status != status {
			t.Errorf("call %d: %d, want %d", i, a.status, status)
		} else if status == 429 && a.header.Get("Retry-After") != "7" {
			t.Errorf("Retry-After: %v", a.header)
		} else if status == 503 {
			errorBody(t, a, 503, "service.unavailable")
		}
	}
	rules, err := w.control.Faults(t.Context())
	if err != nil || rules[0].Applied != 1 || rules[1].ID != last || rules[1].Seen != 3 || rules[1].Applied != 2 {
		t.Fatalf("%+v, %v", rules, err)
	}
	if err := w.control.ClearFault(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	w.list("name=model-one")
	if err := w.control.ClearFaults(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAnOrderedStatusHasTheShapeOfItsSurface(t *testing.T) {
	w := start(t, simulator.Options{})
	w.order(control.Fault{Action: control.Action{Status: 500}})
	errorBody(t, w.must(http.MethodGet, gateway, ""), 500, "internal.server.error")
	if a := w.oauth("a", "b", ""); a.status != 500 || !strings.Contains(a.body, `"error":"server_error"`) {
		t.Errorf("token: %d %s", a.status, a.body)
	}
	if a := w.must(http.MethodPost, "/providers/openai/v1/chat/completions", "{}"); a.status != 500 || !strings.Contains(a.body, `"type":"server_error"`) {
		t.Errorf("provider: %d %s", a.status, a.body)
	}
	if a := w.must(http.MethodPost, "/webhooks/x", "{}"); a.status != 500 {
		t.Errorf("webhook: %d", a.status)
	}
}

func TestHTMLAndAnyBodyAndHeadersCanBeOrdered(t *testing.T) {
	w := start(t, simulator.Options{})
	w.order(control.Fault{Times: 1, Action: control.Action{Status: 502, HTML: true}})
	if a := w.must(http.MethodGet, gateway, ""); a.status != 502 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		t.Errorf("%d %v", a.status, a.header)
	}
	w.order(control.Fault{Times: 1, Action: control.Action{Body: "{", ContentType: "text/odd", Headers: map[string]string{"X-Odd": "1"}}})
	if a := w.must(http.MethodGet, gateway, ""); a.status != 200 || a.body != "{" || a.header.Get("X-Odd") != "1" || a.header.Get("Content-Type") != "text/odd" {
		t.Errorf("%+v", a)
	}
	w.order(control.Fault{Times: 1, Action: control.Action{Status: 302, Headers: map[string]string{"Location": "http://169.254.169.254/"}}})
	if a := w.must(http.MethodGet, gateway, ""); a.status != 302 || a.header.Get("Location") == "" {
		t.Errorf("%+v", a)
	}
}

func TestALatencyHoldsBackTheAnswerButNotTheEffect(t *testing.T) {
	w := start(t, simulator.Options{})
	w.bearer = w.token()
	w.order(control.Fault{Match: control.Match{Op: control.OpCreate}, Action: control.Action{LatencyMS: 60_000}})
	ended := make(chan error, 1)
	ctx, giveUp := context.WithCancel(t.Context())
	go func() {
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, w.url+gateway, strings.NewReader(payloadOf("model-one")))
		req.Header.Set("Authorization", "Bearer "+w.bearer)
		req.Header.Set("Content-Type", "application/json")
		resp, err := w.http.Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		ended <- err
	}()
	if _, err := w.control.WaitRequests(w.wait(), control.RequestFilter{Op: control.OpCreate}, 1); err != nil {
		t.Fatal(err)
	}
	if l := w.list("name=model-one"); l.Total != 1 {
		t.Fatalf("%d models", l.Total)
	}
	giveUp()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("the answer came early: %v", err)
	}
}

func TestJobsCanBeShapedWhenTheyAreMade(t *testing.T) {
	order := func(w *world, a control.Action) string {
		w.order(control.Fault{Match: control.Match{Op: control.OpCreate}, Times: 1, Action: a})
		return w.create("model-one")
	}
	t.Run("failed, with the ordered error", func(t *testing.T) {
		w := start(t, simulator.Options{})
		id := order(w, control.Action{JobDurationMS: 1, JobOutcome: "FAILED", JobError: &control.ErrorBody{Code: "endpoint.unreachable", Message: "No route."}})
		if _, err := w.control.WaitJobs(w.wait(), control.JobFilter{Status: "FAILED"}, 1); err != nil {
			t.Fatal(err)
		}
		j := w.job(id)
		if j.Status != "FAILED" || len(j.Errors) != 1 || j.Errors[0].Code != "endpoint.unreachable" || j.Errors[0].ContextID == "" || j.Result != nil {
			t.Fatalf("%+v", j)
		}
		if l := w.list("name=model-one"); l.Total != 1 || l.Entities[0].State != "FAILED" {
			t.Fatalf("%+v", l)
		}
	})
	t.Run("stuck until it is finished", func(t *testing.T) {
		w := start(t, simulator.Options{JobDuration: time.Millisecond})
		id := order(w, control.Action{JobStuck: true})
		for range 3 {
			w.job(id)
		}
		if j := w.job(id); j.Status != "IN_PROGRESS" {
			t.Fatalf("%+v", j)
		}
		if j, err := w.control.FinishJob(t.Context(), id); err != nil || j.Status != "COMPLETED" {
			t.Fatalf("%+v, %v", j, err)
		}
	})
	t.Run("a status that nobody knows", func(t *testing.T) {
		w := start(t, simulator.Options{})
		id := order(w, control.Action{JobStatus: "PONDERING", JobStuck: true})
		if j := w.job(id); j.Status != "PONDERING" {
			t.Fatalf("%+v", j)
		}
	})
	t.Run("the other spelling", func(t *testing.T) {
		w := start(t, simulator.Options{})
		id := order(w, control.Action{JobSpelling: control.SpellingPascal})
		w.job(id)
		running := w.job(id).Status
		if _, err := w.control.FinishJob(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if ended := w.job(id).Status; running != "InProgress" || ended != "Succeeded" {
			t.Fatalf("%s, %s", running, ended)
		}
	})
	t.Run("a result without id", func(t *testing.T) {
		w := start(t, simulator.Options{})
		id := order(w, control.Action{JobNoResultID: true})
		if _, err := w.control.FinishJob(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if j := w.job(id); j.Status != "COMPLETED" || j.Result == nil || j.Result.ID != "" {
			t.Fatalf("%+v", j)
		}
	})
}

func TestJobsCanBeShapedWhenTheyArePolled(t *testing.T) {
	w := start(t, simulator.Options{})
	id := w.create("model-one")
	w.order(control.Fault{Match: control.Match{Op: control.OpJob, Name: "model-one"}, Times: 1, Action: control.Action{JobStatus: "ODD"}})
	if first, second := w.job(id).Status, w.job(id).Status; first != "ODD" || second != "IN_PROGRESS" {
		t.Fatalf("%s, %s", first, second)
	}
	w.order(control.Fault{Match: control.Match{Op: control.OpJob, Name: id}, Times: 1, Action: control.Action{JobOutcome: "FAILED", JobDurationMS: 1}})
	w.job(id)
	if _, err := w.control.WaitJobs(w.wait(), control.JobFilter{Name: "model-one", Status: "FAILED"}, 1); err != nil {
		t.Fatal(err)
	}
}

func TestAFaultThatCannotWorkIsRefused(t *testing.T) {
	w := start(t, simulator.Options{})
	for name, body := range map[string]string{
		"unknown member":             `{"action":{"statsu":500}}`,
		"unknown operation":          `{"match":{"op":"models"},"action":{"status":500}}`,
		"negative times":             `{"times":-1,"action":{"status":500}}`,
		"status out of range":        `{"action":{"status":99}}`,
		"unknown cut":                `{"action":{"cut":"sometimes"}}`,
		"unknown outcome":            `{"action":{"jobOutcome":"DONE"}}`,
		"unknown spelling":           `{"action":{"jobSpelling":"snake"}}`,
		"job action on a list":       `{"match":{"op":"list"},"action":{"jobStuck":true}}`,
		"provider action on a job":   `{"match":{"op":"job"},"action":{"empty":true}}`,
		"token action on a provider": `{"match":{"op":"provider"},"action":{"revokeToken":true}}`,
		"trailing data":              `{"action":{"status":500}} x`,
		"no JSON":                    `status=500`,
	} {
		if a := w.must(http.MethodPost, "/_sim/faults", body); a.status != 400 || !strings.Contains(a.body, `"error"`) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func TestTheReadmeAndARefusalNameEveryOperationThatARuleCanMatch(t *testing.T) {
	w := start(t, simulator.Options{})
	_, err := w.control.Fault(t.Context(), control.Fault{Match: control.Match{Op: "updaet"}, Action: control.Action{Status: 500}})
	_, named, _ := strings.Cut(fmt.Sprint(err), "match.op must be one of ")
	named, _, _ = strings.Cut(named, "\n")
	for _, op := range []control.Op{control.OpToken, control.OpUpdate, control.OpHealthResult, control.OpUnknown} {
		if !slices.Contains(strings.Fields(named), string(op)) {
			t.Errorf("%s is not named: %v", op, err)
		}
	}
	readme, err := os.ReadFile("README.md")
	if err != nil || !strings.Contains(string(readme), "`match.op` is one of `"+named+"`") {
		t.Errorf("the README does not name %q: %v", named, err)
	}
}
