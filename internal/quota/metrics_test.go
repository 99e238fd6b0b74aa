package quota_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"model-registrar/internal/quota"
	"model-registrar/internal/telemetry"
)

func TestTheFiguresAreInThePrometheusEndpoint(t *testing.T) {
	p := quota.New(0, quota.Headers{Allowed: "Allowed", Count: "Count", Reset: "Reset"})
	c, err := p.Acquire(t.Context(), quota.Finish, "GetJob")
	if err != nil {
		t.Fatal(err)
	}
	c.Answered(http.StatusOK, http.Header{
		"Allowed": {"300"}, "Count": {"12"}, "Reset": {"48"},
	})
	web, err := telemetry.NewServer(func(context.Context) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	defer web.Close()
	if err := p.Observe(web.Meter()); err != nil {
		t.Fatal(err)
	}
	address, err := web.Listen("127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`genesys_calls_total{op="GetJob",`, "genesys_rate_limited_total{", "genesys_calls_deferred_total{",
		`genesys_waits_total{class="start",`, `genesys_wait_seconds_total{class="finish",`, `genesys_waiting{class="finish",`,
		"genesys_quota_allowed{", "genesys_quota_remaining{",
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("%s is missing", want)
		}
	}
	for line := range strings.Lines(string(body)) {
		if strings.HasPrefix(line, "genesys_") {
			t.Log(line)
		}
	}
	if !strings.Contains(string(body), "} 288\n") {
		t.Error("the remaining quota is not 288")
	}
}
