package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"model-registrar/schemas"
	"model-registrar/testsuite/postgres"
	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

// canarySecrets are one secret of each kind, by what a worker or a person gives it as.
type canarySecrets struct {
	auditPassword, encryptionKey, queryToken, userinfo string
}

func TestNoSecretOfAnyKindLeavesThroughSuccessOrFailure(t *testing.T) {
	t.Parallel()
	for name, encrypted := range map[string]bool{"readable histories": false, "encrypted histories": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secret := canarySecrets{
				auditPassword: postgres.Password, encryptionKey: base64.StdEncoding.EncodeToString([]byte("canary-of-the-encryption-key-32b")),
				queryToken: "canary-in-a-query", userinfo: "canary-in-userinfo",
			}
			worker := []string{
				"REGISTRAR_LOG_LEVEL=trace",
				"REGISTRAR_AUDIT=" + newTrail(t, startPostgres(t)), "REGISTRAR_AUDIT_KEY=" + auditKey, "REGISTRAR_SDK_LOG_LEVEL=trace",
			}
			k := onOwnKeyed(t, worker, secret, encrypted)
			p := k.worker()
			seen := k.livesOfEveryKind(secret)
			seen["the worker's log"] = p.Log()
			require.Contains(t, p.Log(), `"level":"debug"`, "the log is as talkative as it gets")
			for _, message := range []string{"genesys call", "webhook delivery", "the operation ended"} {
				requireAbout(t, p.Log(), message)
			}
			seen["the metrics"] = metricsOf(t, p)
			trail, stderr, code := k.Run(k.ctx, "audit", "export", "--trail", strings.TrimPrefix(worker[1], "REGISTRAR_AUDIT="))
			require.Equal(t, 0, code, stderr)
			require.Contains(t, trail, "registration_ended")
			seen["the audit trail"] = trail + stderr
			for kind, s := range map[string]string{
				"OAuth secret": stack.ClientSecret, "access token": simulator.TokenMark, "probe token": stack.ProviderToken,
				"webhook secret": stack.WebhookSecret[len("whsec_"):], "encryption key": secret.encryptionKey, "audit key": auditKey,
				"audit database's password": secret.auditPassword, "query token": secret.queryToken, "userinfo": secret.userinfo,
			} {
				for _, form := range formsOf(s) {
					for where, text := range seen {
						require.False(t, strings.Contains(text, form), "the %s is in %s, as %q", kind, where, form)
					}
				}
			}
			for _, payload := range []string{"Bearer ", "maxRequestsPerMinute", "max_requests_per_minute", "cred_abc123xyz", "temperature"} {
				require.NotContains(t, p.Log(), payload)
			}
		})
	}
}

// requireAbout finds a line of the log that says which workflow and which model it is about.
func requireAbout(t *testing.T, log, message string) {
	t.Helper()
	for line := range strings.Lines(log) {
		if strings.Contains(line, `"`+message+`"`) && strings.Contains(line, `"WorkflowID":"`) && strings.Contains(line, `"name":"`) {
			return
		}
	}
	t.Errorf("no line %q says which workflow and model it is about", message)
}

// formsOf is a secret plain, URL-encoded, in hex, and in base64 as a whole and wherever it may lie in what was encoded.
func formsOf(secret string) []string {
	forms := []string{secret, url.QueryEscape(secret), hex.EncodeToString([]byte(secret)),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(stack.ClientID + ":" + secret))}
	for shift := range 3 {
		whole := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), secret...))
		forms = append(forms, whole[4:len(whole)-4]) // without what depends on its neighbours
	}
	return forms
}

func onOwnKeyed(t *testing.T, worker []string, secret canarySecrets, encrypted bool) *kit {
	t.Helper()
	o := stack.Options{Worker: worker, Simulator: []string{"--job-duration", "300ms"}}
	if encrypted {
		o.Keys = "canary:" + secret.encryptionKey
	}
	return onOwnStack(t, o)
}

// livesOfEveryKind runs registrations through success and every kind of failure, with secrets where they do not belong,
// and returns what they left, by where it is.
func (k *kit) livesOfEveryKind(secret canarySecrets) map[string]string {
	k.t.Helper()
	seen := map[string]string{}
	live := func(kind string, change func(*schemas.Manifest), faults func(name string)) {
		m := k.Manifest(k.name("canary"))
		m.Probe.Model = "probe-of-" + m.Name
		if change != nil {
			change(&m)
		}
		if faults != nil {
			faults(m.Name)
		}
		result, stderr, _ := k.byStarter("register", k.file(m))
		where := kind + " of " + m.Name
		seen["what the starter says of "+where] = stderr + fmt.Sprintf("%+v", result)
		for _, event := range k.replay(m.Name) {
			seen["the history of "+where] += readable(k.t, event)
		}
		for _, w := range k.events(m.Name) {
			seen["the webhooks of "+where] += w.Body + fmt.Sprint(w.Headers)
		}
	}
	live("success", nil, nil)
	live("a probe that failed, whose answer echoes the token", nil, func(name string) {
		k.fault(control.OpProvider, "probe-of-"+name, 0, control.Action{Answer: "your token is " + stack.ProviderToken})
	})
	live("a provider that refuses, and echoes the token", nil, func(name string) {
		k.fault(control.OpProvider, "probe-of-"+name, 0, control.Action{Status: 401, Message: "bad key " + stack.ProviderToken})
	})
	for op, status := range map[control.Op]int{control.OpCreate: 400, control.OpList: 403, control.OpJob: 422, control.OpHealth: 409} {
		live(fmt.Sprintf("a platform that answers %s with %d, and echoes the secret", op, status), nil, func(name string) {
			k.fault(op, name, 0, control.Action{Status: status, Message: "refused: " + stack.ClientSecret + " " + stack.ClientID})
		})
	}
	live("a platform that fails at first", nil, func(name string) {
		k.fault(control.OpCreate, name, 1, control.Action{Status: 503, Message: "try again: " + stack.ClientSecret})
	})
	live("a job that failed", nil, func(name string) {
		k.fault(control.OpCreate, name, 0, control.Action{JobOutcome: control.OutcomeFailed})
	})
	live("a receiver that refuses", nil, func(name string) { k.fault(control.OpWebhook, name, 0, control.Action{Status: 410}) })
	live("an endpoint that is not there", func(m *schemas.Manifest) {
		m.EndpointURL, m.Probe.Timeout = "http://127.0.0.1:1/v1", schemas.Duration(time.Second)
	}, nil)

	// A manifest with a secret in a URL is refused before anything of it leaves.
	for _, hostile := range []string{"https://user:" + secret.userinfo + "@llm.example/v1", "https://llm.example/v1?api_key=" + secret.queryToken} {
		m := k.Manifest(k.name("canary"))
		m.EndpointURL = hostile
		file := k.file(m)
		for _, args := range [][]string{{"register", file}, {"validate", file}, {"probe", file}} {
			stdout, stderr, code := k.Run(k.ctx, args...)
			require.Equal(k.t, 2, code, stdout+stderr)
			seen["what the starter says of a secret in a URL"] += stdout + stderr
		}
	}
	// Nor does a decision, a cancellation or what the commands show.
	gate := k.atGate(0)
	said, more := k.order("reject", gate, "--approver", "approver", "--reason", "because")
	k.end(gate)
	for _, args := range [][]string{{"status", gate}, {"list"}, {"watch", gate}} {
		stdout, stderr, _ := k.Run(k.ctx, args...)
		seen["what `starter "+args[0]+"` shows"] = stdout + stderr + said + more
	}
	return seen
}

// metricsOf is what the worker that wrote this log serves to Prometheus.
func metricsOf(t *testing.T, p *stack.Process) string {
	t.Helper()
	found := regexp.MustCompile(`"health":"(http://[^"]+)/readyz"`).FindStringSubmatch(p.Log())
	require.NotEmpty(t, found, p.Log())
	resp, err := http.Get(found[1] + "/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Contains(t, string(text), "temporal_")
	return string(text)
}

var payloadData = regexp.MustCompile(`"data":\s?"([^"]+)"`)

// readable is an event as text, with what its payloads hold.
func readable(t *testing.T, event *historypb.HistoryEvent) string {
	t.Helper()
	text, err := protojson.Marshal(event)
	require.NoError(t, err)
	out := string(text)
	for _, match := range payloadData.FindAllStringSubmatch(out, -1) {
		data, err := base64.StdEncoding.DecodeString(match[1])
		require.NoError(t, err)
		out += "\n" + string(data)
	}
	return out
}
