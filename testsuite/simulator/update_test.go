package simulator_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
)

// registered makes a model whose job has ended and returns its id.
func (w *world) registered(name string) string {
	w.t.Helper()
	a := w.api(http.MethodPost, gateway, payloadOf(name))
	job := decode[struct {
		JobID string `json:"jobId"`
	}](w.t, a.body).JobID
	ended, err := w.control.FinishJob(w.t.Context(), job)
	if err != nil {
		w.t.Fatal(err)
	}
	return ended.ModelID
}

// limit is how many requests a minute a model allows, as the API shows it.
func (w *world) limit(id string) int {
	w.t.Helper()
	a := w.api(http.MethodGet, gateway+"/"+id, "")
	return decode[struct {
		RateLimits struct {
			MaxRequestsPerMinute int `json:"maxRequestsPerMinute"`
		} `json:"rateLimits"`
	}](w.t, a.body).RateLimits.MaxRequestsPerMinute
}

// changed is a valid payload with another limit.
func changed(name string, limit int) string {
	var members map[string]any
	_ = json.Unmarshal([]byte(payloadOf(name)), &members)
	members["rateLimits"].(map[string]any)["maxRequestsPerMinute"] = limit
	raw, _ := json.Marshal(members)
	return string(raw)
}

func TestAModelChangesWhenTheJobOfItsUpdateEnds(t *testing.T) {
	for method, body := range map[string]string{
		http.MethodPut:   changed("updated", 600),
		http.MethodPatch: `{"rateLimits":{"maxRequestsPerMinute":600,"maxTokensPerMinute":100000}}`,
	} {
		t.Run(method, func(t *testing.T) {
			w := start(t, simulator.Options{})
			id := w.registered("updated")
			before := w.limit(id)
			a := w.api(method, gateway+"/"+id, body)
			if a.status != http.StatusAccepted {
				t.Fatalf("%d %s", a.status, a.body)
			}
			if now := w.limit(id); now != before {
				t.Fatalf("it changed before the job ended: %d", now)
			}
			job := decode[struct {
				JobID string `json:"jobId"`
			}](t, a.body).JobID
			if _, err := w.control.FinishJob(t.Context(), job); err != nil {
				t.Fatal(err)
			}
			if now := w.limit(id); now != 600 {
				t.Fatalf("the limit is %d", now)
			}
			if got := w.job(job); got.Status != "COMPLETED" || got.Result.ID != id {
				t.Fatalf("the job: %+v", got)
			}
		})
	}
}

func TestAnUpdateThatFailsChangesNothingOrHalf(t *testing.T) {
	for halfway, want := range map[bool]int{false: 500, true: 600} {
		w := start(t, simulator.Options{})
		id := w.registered("updated")
		w.order(control.Fault{Match: control.Match{Op: control.OpUpdate},
			Action: control.Action{JobOutcome: control.OutcomeFailed, JobHalfway: halfway}})
		a := w.api(http.MethodPut, gateway+"/"+id, changed("updated", 600))
		job := decode[struct {
			JobID string `json:"jobId"`
		}](t, a.body).JobID
		ended, err := w.control.FinishJob(t.Context(), job)
		if err != nil || ended.Status != control.OutcomeFailed {
			t.Fatalf("%+v, %v", ended, err)
		}
		if now := w.limit(id); now != want {
			t.Fatalf("half-way %v: the limit is %d", halfway, now)
		}
	}
}

func TestSomebodyEditsAndDeletesAModel(t *testing.T) {
	w := start(t, simulator.Options{})
	id := w.registered("edited")
	limits := map[string]any{"rateLimits": map[string]int{"maxRequestsPerMinute": 9, "maxTokensPerMinute": 9}}
	if err := w.control.EditModel(t.Context(), id, limits); err != nil {
		t.Fatal(err)
	}
	if now := w.limit(id); now != 9 {
		t.Fatalf("the limit is %d", now)
	}
	if err := w.control.DropModel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if a := w.api(http.MethodGet, gateway+"/"+id, ""); a.status != http.StatusNotFound {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := w.api(http.MethodPut, gateway+"/"+id, changed("edited", 1)); a.status != http.StatusNotFound {
		t.Fatalf("%d %s", a.status, a.body)
	}
}
