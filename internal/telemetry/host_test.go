package telemetry

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestAPageThatMadeItsNameResolveHereIsRefused(t *testing.T) {
	h := knownHost(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for host, want := range map[string]int{
		"127.0.0.1:9464": 200, "[::1]:9464": 200, "10.1.2.3": 200, "localhost:9464": 200, "LOCALHOST": 200, "worker:9464": 200,
		"worker.registrar.svc:9464": 200, "worker.registrar.svc.cluster.local.": 200,
		"evil.example:9464": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example": 421, "svc.evil.example": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, not %d", host, w.Code, want)
		}
	}
}

func TestMadeUpTypesBecomeNoLabelValues(t *testing.T) {
	for in, want := range map[string]string{"RegisterModel": "RegisterModel", "WriteAudit": "WriteAudit", "made-up-7": "other", "": "", "none": "none"} {
		for _, key := range []string{"workflow_type", "activity_type"} {
			if got := known(map[string]string{key: in, "task_queue": "q"})[key]; got != want {
				t.Errorf("%s %q: %q, not %q", key, in, got, want)
			}
		}
	}
}
