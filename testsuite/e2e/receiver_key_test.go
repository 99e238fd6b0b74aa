package e2e

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"model-registrar/schemas"
)

// A receiver's key is a setting of the worker, by host. Who writes a manifest gets it sent nowhere else.
func TestAReceiversKeyGoesToItsHostAloneAndIsShownNowhere(t *testing.T) {
	t.Parallel()
	const key = "canary-of-the-receivers-key"
	known, stranger := newReceiver(t), newReceiver(t)
	known.up()
	stranger.up()
	host, err := url.Parse(known.url)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "receivers.yaml")
	require.NoError(t, os.WriteFile(file, []byte("credentials:\n  orchestrator: {hosts: [\""+host.Host+"\"], token_env: RECEIVER_KEY, header: X-Api-Key}\n"), 0o600))
	k := onOwnWith(t, []string{"REGISTRAR_WEBHOOK_CREDENTIALS_FILE=" + file, "RECEIVER_KEY=" + key}, "--job-duration", "100ms")
	worker := k.worker()
	for at, keyed := range map[*receiver]bool{known: true, stranger: false} {
		m := k.Manifest(k.name("keyed"))
		m.WebhookCallbackURL = at.url
		m.AuthCredentialID = "orchestrator" // the name of the receiver's credential opens nothing
		result, stderr, code := k.byStarter("register", k.file(m))
		require.Equal(t, 0, code, stderr)
		deliveries := at.events(result.Webhook.MessageID)
		require.Len(t, deliveries, 1)
		require.Equal(t, map[bool]string{true: key}[keyed], deliveries[0].Headers["x-api-key"])
		var history strings.Builder
		for it := k.client.GetWorkflowHistory(k.ctx, schemas.RegisterModelWorkflowID(m.Name), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); it.HasNext(); {
			e, err := it.Next()
			require.NoError(t, err)
			text, err := protojson.Marshal(e)
			require.NoError(t, err)
			history.Write(text)
		}
		for _, form := range formsOf(key) {
			require.NotContains(t, history.String()+worker.Log()+stderr, form)
		}
	}
	trail, err := os.ReadFile(k.AuditFile)
	require.NoError(t, err)
	require.NotContains(t, string(trail), key)
}
