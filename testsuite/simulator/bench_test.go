package simulator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"model-registrar/testsuite/simulator"
)

// BenchmarkCreateAndList shows that a request costs the same however many models there are.
func BenchmarkCreateAndList(b *testing.B) {
	for _, before := range []int{0, 20_000} {
		b.Run(fmt.Sprintf("with %d models", before), func(b *testing.B) {
			sim := simulator.New(simulator.Options{Quota: 1 << 30, JobDuration: time.Hour})
			defer sim.Close()
			bearer := "Bearer " + freshToken(b, sim)
			round := func(i int) {
				name := fmt.Sprintf("model-%d", i)
				benchCall(b, sim, http.MethodPost, gateway, payloadOf(name), bearer, 202)
				benchCall(b, sim, http.MethodGet, gateway+"?name="+name, "", bearer, 200)
			}
			for i := range before {
				round(i)
			}
			for i := before; b.Loop(); i++ {
				round(i)
			}
		})
	}
}

// freshToken gets an access token without a listener.
func freshToken(tb testing.TB, sim *simulator.Server) string {
	tb.Helper()
	r := httptest.NewRequest(http.MethodPost, "/oauth/token", strings.NewReader("grant_type=client_credentials"))
	r.SetBasicAuth(simulator.DefaultClientID, simulator.DefaultClientSecret)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	recorder := httptest.NewRecorder()
	sim.ServeHTTP(recorder, r)
	_, rest, _ := strings.Cut(recorder.Body.String(), `"access_token":"`)
	token, _, ok := strings.Cut(rest, `"`)
	if !ok {
		tb.Fatal(recorder.Body.String())
	}
	return token
}

func benchCall(b *testing.B, sim *simulator.Server, method, path, body, bearer string, want int) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", bearer)
	r.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	sim.ServeHTTP(recorder, r)
	if recorder.Code != want {
		b.Fatal(recorder.Code, recorder.Body.String())
	}
}
