package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
)

// providers plays the endpoints of every architecture.
type providers struct {
	*control.Client
	t   *testing.T
	url string
}

func newProviders(t *testing.T) *providers {
	sim := simulator.New(simulator.Options{})
	server := httptest.NewServer(sim)
	t.Cleanup(func() { sim.Close(); server.Close() })
	return &providers{control.New(server.URL), t, server.URL}
}

// env lets the starter call them.
func (p *providers) env() []string {
	return []string{
		"EXTERNAL_AI_TOKEN=" + simulator.DefaultProviderToken, "REGISTRAR_ALLOW_NETWORKS=127.0.0.0/8",
		"EXTERNAL_AI_TOKEN_HOSTS=" + strings.TrimPrefix(p.url, "http://"),
	}
}

// manifest is that of an endpoint, with a probe block.
func (p *providers) manifest(name, architecture, probe string) string {
	return fmt.Sprintf("name: %s\nendpoint_url: %s/providers/%s\nauth_credential_id: cred\nmodel_architecture: %s\n"+
		"max_requests_per_minute: 5\nmax_tokens_per_minute: 5000\nprobe: {%s}\n", name, p.url, architecture, architecture, probe)
}

func (p *providers) order(times int, action control.Action) {
	p.t.Helper()
	_, err := p.Fault(p.t.Context(), control.Fault{Match: control.Match{Op: control.OpProvider}, Times: times, Action: action})
	require.NoError(p.t, err)
}

func (p *providers) asked() int {
	p.t.Helper()
	all, err := p.Requests(p.t.Context(), control.RequestFilter{Op: control.OpProvider})
	require.NoError(p.t, err)
	return len(all)
}

func TestAProbeThatPassesExitsWith0AndShowsEachSample(t *testing.T) {
	for _, architecture := range []string{"openai", "anthropic", "azure", "cohere", "custom"} {
		p := newProviders(t)
		r := starter(t, p.manifest("my-model", architecture, "samples: 2"), p.env(), "probe", "-")
		require.Zero(t, r.code, r.errors)
		require.Contains(t, r.out, "✓ PASS  my-model\n")
		require.Contains(t, r.out, architecture+", model my-model, streamed)")
		for _, row := range []string{"cold", "warm 1", "warm 2"} {
			require.Regexp(t, `(?m)^  `+row+` +PASS +[0-9].* right$`, r.out)
		}
		require.NotContains(t, r.out, "█", "the chart is for terminals")
		require.Equal(t, 3, p.asked())
	}
}

func TestAProbeThatFailsExitsWith1AndSaysWhatToLookAt(t *testing.T) {
	p := newProviders(t)
	p.order(0, control.Action{Answer: "I am a teapot"})
	r := starter(t, p.manifest("my-model", "openai", ""), p.env(), "probe", "-")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.out, "✗ FAIL  my-model\n")
	require.Contains(t, r.out, "reason code  answer_mismatch\n")
	require.Contains(t, r.out, "Check that probe.model is the model that is meant")
	require.Regexp(t, `(?m)^  warm 1 +FAIL .* wrong$`, r.out)
	require.NotContains(t, r.out, "teapot")
}

func TestAProbeInJSONPrintsOneReportForEachManifest(t *testing.T) {
	p := newProviders(t)
	both := p.manifest("good-model", "cohere", "samples: 1") + "---\n" + p.manifest("missing-model", "azure", "")
	r := starter(t, both, p.env(), "probe", "-o", "json", "-")
	require.Equal(t, exitFailed, r.code, "one FAIL is enough")
	all := documents[probed](t, r)
	require.Len(t, all, 2)
	require.Equal(t, "good-model", all[0].Name)
	require.Equal(t, schemas.ProbePass, all[0].Status)
	require.Len(t, all[0].Details.Warm, 1)
	require.Equal(t, "model_not_found", all[1].ErrorCode)
}

func TestFlagsReplaceWhatTheManifestSaysOfTheProbe(t *testing.T) {
	p := newProviders(t)
	manifest := p.manifest("my-model", "anthropic", "samples: 9, stream: true, timeout: 5m")
	r := starter(t, manifest, p.env(), "probe", "-o", "json", "--samples", "1", "--no-stream", "--timeout", "3s", "-")
	require.Zero(t, r.code, r.errors)
	report := documents[probed](t, r)[0]
	require.False(t, report.Details.Streamed)
	require.Equal(t, 2, p.asked())
	require.Contains(t, r.errors, "for at most 9.0s", "the cold sample, the warm one, and one to adapt")
}

func TestWhatAReasoningModelRefusedIsSaid(t *testing.T) {
	p := newProviders(t)
	r := starter(t, p.manifest("my-model", "openai", "model: reasoning-large"), p.env(), "probe", "-")
	require.Zero(t, r.code, r.out)
	require.Contains(t, r.out, "max_tokens refused: max_completion_tokens sent instead; temperature refused: left out")
}

func TestAnEndpointThatStartsIsAFailAtOnceUnlessItIsWaitedFor(t *testing.T) {
	p := newProviders(t)
	starting := control.Action{Status: 503, Headers: map[string]string{"retry-after-ms": "150"}}
	p.order(1, starting)
	manifest := p.manifest("my-model", "openai", "samples: 1")

	r := starter(t, manifest, p.env(), "probe", "-o", "json", "-")
	require.Equal(t, exitFailed, r.code)
	require.Equal(t, "overloaded", documents[probed](t, r)[0].ErrorCode)
	require.Equal(t, 1, p.asked())
	require.Contains(t, r.errors, "may only be starting, or busy. It asks for 150ms until the next try.")
	require.Contains(t, r.errors, "--wait 2m")

	p.order(2, starting)
	r = starter(t, manifest, p.env(), "probe", "-o", "json", "--wait", "1m", "-")
	require.Zero(t, r.code, r.errors)
	require.Equal(t, schemas.ProbePass, documents[probed](t, r)[0].Status)
	require.Equal(t, 2, strings.Count(r.errors, "Next try in 150ms"))
}

func TestAnEndpointThatAsksForMoreTimeThanThereIsIsNotWaitedFor(t *testing.T) {
	p := newProviders(t)
	p.order(0, control.Action{Status: 429, RetryAfterSeconds: 3600})
	r := starter(t, p.manifest("my-model", "openai", ""), p.env(), "probe", "--wait", "1m", "-")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.out, "rate_limited")
	require.Contains(t, r.errors, "did not come up within 1m00s. It asks for 1h00m until the next try.")
	require.Equal(t, 1, p.asked())
}

func TestAnInterruptedProbeExitsWith130(t *testing.T) {
	p := newProviders(t)
	p.order(0, control.Action{LatencyMS: 60_000})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		if _, err := p.WaitRequests(ctx, control.RequestFilter{Op: control.OpProvider}, 1); err == nil {
			cancel()
		}
	}()
	r := starterWithin(ctx, t, p.manifest("my-model", "openai", ""), p.env(), "probe", "-o", "json", "-")
	require.Equal(t, exitInterrupted, r.code, r.errors)
	require.Equal(t, "Interrupted", documents[errorDocument](t, r)[0].Error.Type)
}

func TestATokenThatMayNotBeSentIsAFailWithTheVariableToSet(t *testing.T) {
	p := newProviders(t)
	r := starter(t, p.manifest("my-model", "openai", ""), []string{"EXTERNAL_AI_TOKEN=s3cr3t-t0ken"}, "probe", "-")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.out, "credential_host_not_allowed")
	require.Contains(t, r.out, "set EXTERNAL_AI_TOKEN_HOSTS=127.0.0.1:")
	require.Contains(t, r.errors, "this command's own environment")
	require.NotContains(t, r.out+r.errors, "s3cr3t-t0ken")
	require.Zero(t, p.asked())
}

func TestAProbeThatCannotBeConfiguredExitsWith2AndSaysEverythingThatIsWrong(t *testing.T) {
	p := newProviders(t)
	env := []string{"REGISTRAR_ALLOW_NETWORKS=everywhere", "REGISTRAR_CREDENTIALS_FILE=/nowhere", "EXTERNAL_AI_TOKEN_FILE=/nowhere"}
	r := starter(t, p.manifest("my-model", "openai", ""), env, "probe", "-o", "json", "-")
	require.Equal(t, exitUsage, r.code)
	require.Equal(t, "WrongUsage", documents[errorDocument](t, r)[0].Error.Type)
	for _, variable := range []string{"REGISTRAR_ALLOW_NETWORKS", "REGISTRAR_CREDENTIALS_FILE", "EXTERNAL_AI_TOKEN_FILE"} {
		require.Contains(t, r.errors, variable)
	}
}

func TestNothingIsProbedIfAManifestOrAFlagIsNotValid(t *testing.T) {
	p := newProviders(t)
	good := p.manifest("my-model", "openai", "")
	for want, c := range map[string]struct {
		manifest string
		args     []string
	}{
		"stdin:9:1: name: ":             {good + "---\nname: x\n", nil},
		"nothing was probed":            {good + "---\nname: x\n", nil},
		"--samples: must be between":    {good, []string{"--samples", "21"}},
		"--timeout: must be between 1s": {good, []string{"--timeout", "6m"}},
		"--samples must be at least 1":  {good, []string{"--samples", "0"}},
		"--timeout must be at least 1s": {good, []string{"--timeout", "0"}},
		"--wait must not be negative":   {good, []string{"--wait", "-1s"}},
	} {
		r := starter(t, c.manifest, p.env(), append([]string{"probe", "-"}, c.args...)...)
		require.Equal(t, exitUsage, r.code, "%v", c.args)
		require.Contains(t, r.errors, want)
	}
	require.Zero(t, p.asked())
}

func TestTheReportOfAProbeNamesItsManifestInTheReportsOwnForm(t *testing.T) {
	raw, err := json.Marshal(probed{"my-model", schemas.ProbeReport{Status: schemas.ProbePass}})
	require.NoError(t, err)
	require.Regexp(t, regexp.MustCompile(`^\{"name":"my-model","status":"PASS",`), string(raw))
}
