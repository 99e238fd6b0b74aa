package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"model-registrar/testsuite/simulator"
)

// FuzzAnyBodyIsAnswered holds that no body, on any surface, is anything but taken or refused.
func FuzzAnyBodyIsAnswered(f *testing.F) {
	f.Add(payloadOf("model-one"))
	f.Add(dialects()[0].body)
	f.Add(`{"name":null,"parameters":{"stop_sequences":[null]},"rateLimits":{}}`)
	f.Add(`{"stream_options":{"include_usage":1},"stream":true,"messages":[{}]}`)
	f.Add("{\"a\":\xff}")
	f.Fuzz(func(t *testing.T, body string) {
		sim := simulator.New(simulator.Options{JobDuration: time.Hour})
		defer sim.Close()
		post := func(path string, headers ...string) int {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			for i := 0; i < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			recorder := httptest.NewRecorder()
			sim.ServeHTTP(recorder, r)
			return recorder.Code
		}
		for _, d := range dialects() {
			if status := post(d.path, d.headers...); status != 200 && (status < 400 || status >= 500) {
				t.Errorf("%s: %d", d.name, status)
			}
		}
		if status := post("/webhooks/x"); status != 204 {
			t.Errorf("webhook: %d", status)
		}
		token := freshToken(t, sim)
		if status := post(gateway, "Authorization", "Bearer "+token); status != 202 && status != 400 {
			t.Errorf("create: %d", status)
		}
		if n := len(sim.State().Requests); n != len(dialects())+3 {
			t.Errorf("%d requests recorded", n)
		}
	})
}
