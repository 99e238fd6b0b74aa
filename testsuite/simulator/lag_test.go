package simulator_test

import (
	"net/http"
	"testing"

	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
)

const anHour = 3_600_000

func TestAReplicaThatLagsBehindDoesNotKnowWhatIsNewAndShowsWhatIsGone(t *testing.T) {
	w := start(t, simulator.Options{})
	id := w.active("model-one")
	for _, op := range []control.Op{control.OpList, control.OpGet, control.OpDelete, control.OpHealth} {
		w.order(control.Fault{Match: control.Match{Op: op}, Times: 1, Action: control.Action{LagMS: anHour}})
	}
	if l := w.list("name=model-one"); l.Total != 0 {
		t.Errorf("the lagging list shows %d models", l.Total)
	}
	for path, method := range map[string]string{"/" + id: http.MethodGet, "/" + id + "/health-checks": http.MethodPost} {
		if a := w.api(method, gateway+path, ""); a.status != http.StatusNotFound {
			t.Errorf("%s %s: %d", method, path, a.status)
		}
	}
	if a := w.api(http.MethodDelete, gateway+"/"+id, ""); a.status != http.StatusNotFound {
		t.Errorf("a lagging deletion: %d", a.status)
	}
	if l := w.list("name=model-one"); l.Total != 1 {
		t.Fatalf("%d models, want one that is there all the same", l.Total)
	}
	if a := w.api(http.MethodDelete, gateway+"/"+id, ""); a.status != http.StatusNoContent {
		t.Fatalf("%d", a.status)
	}
	if a := w.api(http.MethodGet, gateway+"/"+id, ""); a.status != http.StatusNotFound {
		t.Errorf("%d", a.status)
	}
}

func TestARequestThatIsDeliveredLateTakesEffectAfterItsConnectionWasReset(t *testing.T) {
	w := start(t, simulator.Options{})
	w.order(control.Fault{Match: control.Match{Op: control.OpCreate}, Times: 1, Action: control.Action{Cut: control.CutLate, LateMS: 200}})
	if a, err := w.tryAPI(http.MethodPost, gateway, payloadOf("model-one")); err == nil {
		t.Fatalf("the connection was not cut: %d", a.status)
	}
	if l := w.list("name=model-one"); l.Total != 0 {
		t.Fatalf("%d models", l.Total)
	}
	seen, err := w.control.WaitRequests(w.wait(), control.RequestFilter{Op: control.OpCreate, Name: "model-one"}, 1)
	if err != nil || seen[0].Status != http.StatusAccepted {
		t.Fatalf("%+v, %v", seen, err)
	}
	if l := w.list("name=model-one"); l.Total != 1 {
		t.Fatalf("%d models", l.Total)
	}
}

func TestRulesOfLagThatCouldDoNothingAreRefused(t *testing.T) {
	w := start(t, simulator.Options{})
	for _, f := range []control.Fault{
		{Match: control.Match{Op: control.OpCreate}, Action: control.Action{LagMS: 1}},
		{Match: control.Match{Op: control.OpCreate}, Action: control.Action{Cut: control.CutLate}},
		{Match: control.Match{Op: control.OpJob}, Action: control.Action{HealthOutcome: control.OutcomeFailed}},
	} {
		if _, err := w.control.Fault(t.Context(), f); err == nil {
			t.Errorf("%+v was accepted", f)
		}
	}
}
