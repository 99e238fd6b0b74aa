package control_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"model-registrar/testsuite/simulator/control"
)

// answering is a control interface that gives one answer and remembers the last request.
func answering(t *testing.T, status int, body string, last *string) *control.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		*last = r.Method + " " + r.URL.RequestURI() + " " + string(sent)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return control.New(server.URL + "/")
}

func TestARefusalSaysWhatTheSimulatorSaid(t *testing.T) {
	var last string
	_, err := answering(t, 400, `{"error":"match.op is not one of the operations"}`, &last).Fault(t.Context(), control.Fault{})
	var refusal *control.Error
	if !errors.As(err, &refusal) || refusal.Status != 400 || !strings.Contains(err.Error(), "match.op") {
		t.Fatalf("%v", err)
	}
}

func TestAnAnswerThatIsNotTheSimulatorsIsAnError(t *testing.T) {
	var last string
	if _, err := answering(t, 200, "<html>", &last).State(t.Context()); err == nil || !strings.Contains(err.Error(), "not what this client expects") {
		t.Errorf("%v", err)
	}
	if err := answering(t, 502, "<html>", &last).Health(t.Context()); err == nil || !strings.Contains(err.Error(), "Bad Gateway") {
		t.Errorf("%v", err)
	}
	if err := control.New("http://127.0.0.1:1").Health(t.Context()); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("%v", err)
	}
	if err := control.New("http://[").Health(t.Context()); err == nil || !strings.Contains(err.Error(), "address is wrong") {
		t.Errorf("%v", err)
	}
}

func TestOrdersAndFiltersGoOutAsDocumented(t *testing.T) {
	var last string
	c := answering(t, 200, "", &last)
	ctx := t.Context()
	for want, call := range map[string]func() error{
		`POST /_sim/faults {"match":{"op":"job","name":"m"},"times":2,"skip":1,"action":{"jobStuck":true}}`: func() error {
			_, err := c.Fault(ctx, control.Fault{Match: control.Match{Op: control.OpJob, Name: "m"}, Times: 2, Skip: 1, Action: control.Action{JobStuck: true}})
			return err
		},
		"DELETE /_sim/faults/a%2Fb ": func() error { return c.ClearFault(ctx, "a/b") },
		"DELETE /_sim/faults ":       func() error { return c.ClearFaults(ctx) },
		"POST /_sim/reset ":          func() error { return c.Reset(ctx) },
		"GET /_sim/requests?name=m&op=job&path=p&since=4 ": func() error {
			_, err := c.Requests(ctx, control.RequestFilter{Op: control.OpJob, Name: "m", Path: "p", Since: 4})
			return err
		},
		"GET /_sim/webhooks?event=e&path=p ": func() error { _, err := c.Webhooks(ctx, control.WebhookFilter{Path: "p", Event: "e"}); return err },
		"GET /_sim/models?name=m ":           func() error { _, err := c.Models(ctx, "m"); return err },
		"GET /_sim/jobs ":                    func() error { _, err := c.Jobs(ctx, ""); return err },
		"POST /_sim/jobs/j/finish ":          func() error { _, err := c.FinishJob(ctx, "j"); return err },
		`PATCH /_sim/settings {"quota":5,"scopes":["a"]}`: func() error {
			_, err := c.ChangeSettings(ctx, control.SettingsChange{Quota: new(5), Scopes: &[]string{"a"}})
			return err
		},
	} {
		if err := call(); err != nil || last != want {
			t.Errorf("want %q, got %q, %v", want, last, err)
		}
	}
}
