package simulator_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
)

func TestAWebhookIsKeptWithItsSignatureHeadersAndAnsweredAsOrdered(t *testing.T) {
	w := start(t, simulator.Options{})
	w.order(control.Fault{Match: control.Match{Op: control.OpWebhook, Name: "genesys"}, Times: 1, Action: control.Action{Status: 503, RetryAfterSeconds: 2}})
	body := `{"event":"llm_model_registration_updated","é":"<&>"}`
	for _, want := range []int{503, 204} {
		a := w.must(http.MethodPost, "/webhooks/genesys-llm", body, "webhook-id", "msg_1", "webhook-timestamp", "1", "webhook-signature", "v1,x", "Content-Type", "application/json", "Authorization", "secret")
		if a.status != want {
			t.Fatalf("got %d, want %d", a.status, want)
		}
	}
	got, err := w.control.WaitWebhooks(w.wait(), control.WebhookFilter{Path: "genesys-llm", Event: "llm_model_registration_updated"}, 2)
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	h := got[0]
	if h.Status != 503 || h.Body != body || h.Headers["webhook-id"] != "msg_1" || h.Headers["webhook-signature"] != "v1,x" || h.Headers["content-type"] != "application/json" {
		t.Fatalf("%+v", h)
	}
	if _, kept := h.Headers["authorization"]; kept {
		t.Fatal("a credential was kept")
	}
	rest, err := w.control.Webhooks(t.Context(), control.WebhookFilter{Since: h.Seq})
	if err != nil || len(rest) != 1 {
		t.Fatalf("%+v, %v", rest, err)
	}
}

func TestTheEndOfAJobCanBeWaitedFor(t *testing.T) {
	w := start(t, simulator.Options{JobDuration: 50 * time.Millisecond})
	a := w.api(http.MethodPost, gateway, edited("model-one", nil))
	id := decode[struct{ JobID string }](t, a.body).JobID
	job, err := w.control.WaitJobEnd(w.wait(), id)
	if err != nil || job.Ended == nil || job.Status != control.OutcomeCompleted {
		t.Fatalf("%+v, %v", job, err)
	}
	var unknown *control.Error
	if _, err := w.control.WaitJobEnd(w.wait(), "nobody"); !errors.As(err, &unknown) || unknown.Status != http.StatusNotFound {
		t.Fatalf("%v", err)
	}
}

func TestThePlatformCallsBackWhenAJobEnds(t *testing.T) {
	w := start(t, simulator.Options{})
	create := func(name, callback string) string {
		a := w.api(http.MethodPost, gateway, edited(name, map[string]any{"webhookCallbackUrl": callback}))
		return decode[struct{ JobID string }](t, a.body).JobID
	}
	jobID := create("model-one", w.url+"/webhooks/platform")
	if _, err := w.control.FinishJob(t.Context(), jobID); err != nil {
		t.Fatal(err)
	}
	got, err := w.control.WaitWebhooks(w.wait(), control.WebhookFilter{Event: control.CallbackEvent}, 1)
	if err != nil || !strings.Contains(got[0].Body, jobID) || !strings.Contains(got[0].Body, `"status":"COMPLETED"`) {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := w.control.FinishJob(t.Context(), create("model-two", "https://my-orchestrator.internal/hook")); err != nil {
		t.Fatal(err)
	}
	deadline := w.wait()
	for {
		state, err := w.control.State(deadline)
		if err != nil {
			t.Fatal(err)
		}
		if len(state.Callbacks) < 2 {
			continue
		}
		far := state.Callbacks[0]
		if !far.Skipped {
			far = state.Callbacks[1]
		}
		if !far.Skipped || far.Status != 0 || far.Host != "my-orchestrator.internal" {
			t.Fatalf("%+v", state.Callbacks)
		}
		return
	}
}

func TestTheStateTellsEverythingButCredentials(t *testing.T) {
	w := start(t, simulator.Options{})
	id := w.active("model-one")
	w.api(http.MethodPost, gateway+"/"+id+"/health-checks", "")
	w.api(http.MethodDelete, gateway+"/"+id, "")
	w.create("model-two")
	state, err := w.control.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(state.Models) != 1 || state.Models[0].Name != "model-two" || len(state.Models[0].Payload) == 0 || len(state.Jobs) != 2 ||
		state.TokensIssued != 1 || state.ModelsCreated != 2 || state.ModelsDeleted != 1 || state.Settings.Quota != 300 {
		t.Fatalf("%+v", state)
	}
	var ops []control.Op
	for i, r := range state.Requests {
		ops = append(ops, r.Op)
		if r.Seq != uint64(i+1) || r.Time.IsZero() || r.Credential == "" || !r.Authorized {
			t.Errorf("%+v", r)
		}
	}
	if want := "[token create health delete create]"; want != sprint(ops) {
		t.Errorf("%v", ops)
	}
	if models, err := w.control.Models(t.Context(), "model-two"); err != nil || len(models) != 1 || models[0].State != control.ModelProvisioning {
		t.Errorf("%+v, %v", models, err)
	}
	if jobs, err := w.control.Jobs(t.Context(), "model-one"); err != nil || len(jobs) != 1 || jobs[0].Status != control.OutcomeCompleted {
		t.Errorf("%+v, %v", jobs, err)
	}
	raw := w.must(http.MethodGet, "/_sim/state", "").body
	if strings.Contains(raw, w.bearer) || strings.Contains(raw, "simulator-secret") {
		t.Error("a credential is in the state")
	}
}

func sprint(ops []control.Op) string {
	texts := make([]string, len(ops))
	for i, op := range ops {
		texts[i] = string(op)
	}
	return "[" + strings.Join(texts, " ") + "]"
}

func TestAWaitReturnsAsSoonAsEnoughHappened(t *testing.T) {
	w := start(t, simulator.Options{})
	id := w.create("model-one")
	type result struct {
		seen []control.Request
		err  error
	}
	ended := make(chan result, 1)
	go func() {
		seen, err := w.control.WaitRequests(w.wait(), control.RequestFilter{Op: control.OpJob, Name: "model-one"}, 3)
		ended <- result{seen, err}
	}()
	for range 3 {
		w.job(id)
	}
	if r := <-ended; r.err != nil || len(r.seen) != 3 || r.seen[0].JobID != id {
		t.Fatalf("%+v", r)
	}
}

func TestAWaitInVainSaysHowManyThereWere(t *testing.T) {
	w := start(t, simulator.Options{})
	w.create("model-one")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := w.control.WaitRequests(ctx, control.RequestFilter{Op: control.OpCreate}, 2)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1 seen") {
		t.Fatalf("%v", err)
	}
}

func TestAResetForgetsEverythingButTokens(t *testing.T) {
	w := start(t, simulator.Options{})
	w.create("model-one")
	w.order(control.Fault{Action: control.Action{Status: 500}})
	if _, err := w.control.ChangeSettings(t.Context(), control.SettingsChange{Quota: new(1), Scopes: &[]string{}}); err != nil {
		t.Fatal(err)
	}
	before, err := w.control.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.control.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if l := w.list(""); l.Total != 0 {
		t.Fatalf("%+v", l)
	}
	state, err := w.control.State(t.Context())
	if err != nil || len(state.Requests) != 1 || state.Requests[0].Seq != before+1 || len(state.Jobs)+len(state.Faults)+state.TokensIssued != 0 {
		t.Fatalf("%+v, %v", state, err)
	}
}

func TestSettingsOutOfRangeAreRefusedWhole(t *testing.T) {
	w := start(t, simulator.Options{})
	_, err := w.control.ChangeSettings(t.Context(), control.SettingsChange{Quota: new(0), JobDurationMS: new(int64(5))})
	var refusal *control.Error
	if !errors.As(err, &refusal) || refusal.Status != 400 {
		t.Fatalf("%v", err)
	}
	if now, err := w.control.Settings(t.Context()); err != nil || now.Quota != 300 || now.JobDurationMS == 5 {
		t.Fatalf("%+v, %v", now, err)
	}
}

func TestTheControlInterfaceAnswersThisMachineAlone(t *testing.T) {
	sim := simulator.New(simulator.Options{})
	defer sim.Close()
	for remote, want := range map[string]int{"192.0.2.1:5": 403, "127.0.0.1:5": 200, "[::1]:5": 200, "[::ffff:10.0.0.1]:5": 403, "": 403} {
		r := httptest.NewRequest(http.MethodGet, "/_sim/health", nil)
		r.RemoteAddr = remote
		recorder := httptest.NewRecorder()
		sim.ServeHTTP(recorder, r)
		if recorder.Code != want {
			t.Errorf("%q: %d", remote, recorder.Code)
		}
	}
}

func TestTheControlInterfaceOfAContainerAnswersOtherMachinesWhenToldTo(t *testing.T) {
	sim := simulator.New(simulator.Options{ControlFromAnywhere: true})
	defer sim.Close()
	r := httptest.NewRequest(http.MethodGet, "/_sim/health", nil)
	r.RemoteAddr = "192.0.2.1:5"
	recorder := httptest.NewRecorder()
	sim.ServeHTTP(recorder, r)
	if recorder.Code != 200 {
		t.Error(recorder.Code)
	}
}

func TestAMisspelledFilterIsRefused(t *testing.T) {
	w := start(t, simulator.Options{})
	for _, query := range []string{"requests?opp=job", "requests?op=jobs", "requests?min=x", "requests?since=-1", "webhooks?op=x", "jobs?waitMs=9999999", "models?status=x", "nothing"} {
		if a := w.must(http.MethodGet, "/_sim/"+query, ""); a.status != 400 && a.status != 404 {
			t.Errorf("%s: %d", query, a.status)
		}
	}
	for _, call := range [][2]string{{http.MethodDelete, "faults/nope"}, {http.MethodPost, "jobs/nope/finish"}} {
		if a := w.must(call[0], "/_sim/"+call[1], ""); a.status != 404 {
			t.Errorf("%s: %d", call[1], a.status)
		}
	}
}

func TestOnlyTheNewestRequestsAreKept(t *testing.T) {
	w := start(t, simulator.Options{KeepRequests: 3})
	for range 5 {
		w.must(http.MethodGet, "/nothing", "")
	}
	seen, err := w.control.Requests(t.Context(), control.RequestFilter{})
	if err != nil || len(seen) != 3 || seen[0].Seq != 3 || seen[2].Seq != 5 {
		t.Fatalf("%+v, %v", seen, err)
	}
}

func TestClosingEndsWhoWaits(t *testing.T) {
	w := start(t, simulator.Options{})
	w.orderAnswer(control.Action{LatencyMS: 60_000})
	ended := make(chan error, 1)
	go func() {
		_, err := w.request(http.MethodPost, "/providers/openai/v1/chat/completions", "{}")
		ended <- err
	}()
	if _, err := w.control.WaitRequests(w.wait(), control.RequestFilter{Op: control.OpProvider}, 1); err != nil {
		t.Fatal(err)
	}
	w.sim.Close()
	if err := <-ended; err == nil {
		t.Fatal("an answer came")
	}
}
