package e2e

import (
	"encoding/base64"
	"net/url"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

func TestNeitherPayloadNorTokensAreInLogs_NorSecretsInHistoriesAndRecords(t *testing.T) {
	t.Parallel()
	k := onOwnWith(t, []string{"REGISTRAR_LOG_LEVEL=trace"}, "--job-duration", "300ms")
	p, err := k.StartWorker()
	require.NoError(t, err)
	good, refused, unproven := k.Manifest(k.name("secrets")), k.Manifest(k.name("secrets")), k.Manifest(k.name("secrets"))
	k.fault(control.OpCreate, refused.Name, 0, control.Action{Status: 400, Message: "refused: " + stack.ClientSecret})
	unproven.Probe.Model = "probe-of-" + unproven.Name
	k.fault(control.OpProvider, unproven.Probe.Model, 0, control.Action{Answer: "your token is " + stack.ProviderToken})

	seen := map[string]string{}
	for _, m := range []schemas.Manifest{good, refused, unproven} {
		result, stderr, _ := k.register(m)
		seen["what the starter says of "+m.Name] = stderr + result.Reason
		for _, event := range k.replay(m.Name) {
			seen["the history of "+m.Name] += readable(t, event)
		}
		for _, w := range k.announcements(m.Name) {
			seen["the webhook about "+m.Name] += w.Body
		}
	}
	trail, err := os.ReadFile(k.AuditFile)
	require.NoError(t, err)
	seen["the audit trail"] = string(trail)
	seen["the worker's log"] = p.Log()
	require.Contains(t, p.Log(), `"level":"debug"`, "the log is as talkative as it gets")
	require.Contains(t, seen["the history of "+good.Name], good.AuthCredentialID, "payloads are read, not only their wrapping")

	for _, secret := range []string{stack.ClientSecret, stack.ProviderToken, stack.WebhookSecret, stack.WebhookSecret[6:]} {
		for _, form := range []string{
			secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)),
			base64.StdEncoding.EncodeToString([]byte(stack.ClientID + ":" + secret)),
		} {
			for where, text := range seen {
				require.NotContains(t, text, form, where)
			}
		}
	}
	for _, payload := range []string{"Bearer ", "maxRequestsPerMinute", "max_requests_per_minute", good.AuthCredentialID, "temperature"} {
		require.NotContains(t, p.Log(), payload)
	}
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
