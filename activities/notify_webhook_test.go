package activities

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http/httpproxy"

	"model-registrar/internal/netguard"
	"model-registrar/internal/webhook"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

// event is an announcement to the simulator's receiver, whose path is its password.
func (w *world) event() schemas.WebhookInput {
	latency := 420.5
	return withBody(schemas.WebhookInput{
		URL: w.url + "/webhooks/hush?token=hush", MessageID: "msg_run-1_ended",
		Event: schemas.Event{
			Event: schemas.RegistrationUpdated, Timestamp: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), ModelID: "model-1",
			Status: string(schemas.Completed), Metrics: schemas.EventMetrics{JobDurationMs: 2000, ValidationLatencyMs: &latency},
			Name: "production-llm-v2", WorkflowID: "register-model/production-llm-v2", RunID: "run-1",
		},
	})
}

func (w *world) deliveries() []control.Webhook {
	w.Helper()
	all, err := w.sim.Webhooks(w.Context(), control.WebhookFilter{})
	require.NoError(w, err)
	return all
}

func TestAnEventArrivesWithTheTutorialsFields(t *testing.T) {
	w := newWorld(t)
	out, err := run(t, w.NotifyWebhook, w.event())
	require.NoError(t, err)
	require.True(t, out.Delivered)
	require.Equal(t, "msg_run-1_ended", out.MessageID)
	require.Equal(t, 1, out.Attempts)
	require.Equal(t, http.StatusNoContent, out.ResponseCode)
	require.False(t, out.DeliveredAt.IsZero())

	got := w.deliveries()[0]
	require.Equal(t, "msg_run-1_ended", got.Headers["webhook-id"])
	var body map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.Body), &body))
	require.Equal(t, "llm_model_registration_updated", body["event"])
	require.Equal(t, "2026-03-01T12:00:00Z", body["timestamp"])
	require.Equal(t, "model-1", body["modelId"])
	require.Equal(t, "COMPLETED", body["status"])
	require.Equal(t, map[string]any{"jobDurationMs": 2000.0, "validationLatencyMs": 420.5}, body["metrics"])
}

func TestADeliveryIsRecordedByTheAttemptThatMadeItIfThatIsAskedFor(t *testing.T) {
	w := newWorld(t)
	in := w.event()
	out, err := run(t, w.NotifyWebhook, in)
	require.NoError(t, err)
	require.False(t, out.Recorded)

	in.Record = &schemas.DeliveryRecord{JobID: "job-1", Requester: "ann"}
	out, err = run(t, w.NotifyWebhook, in)
	require.NoError(t, err)
	require.True(t, out.Recorded)
	again, err := run(t, w.WriteAudit, schemas.DeliveryEntry(in, out.WebhookDelivery, *in.Record, time.Now()))
	require.NoError(t, err)
	require.EqualValues(t, 1, again.Seq, "the workflow would write the very same entry")
	require.False(t, again.Conflict)
}

func TestADeliveryThatCannotBeRecordedIsADeliveryNevertheless(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.Audit.Close())
	in := w.event()
	in.Record = &schemas.DeliveryRecord{Requester: "ann"}
	out, err := run(t, w.NotifyWebhook, in)
	require.NoError(t, err)
	require.True(t, out.Delivered)
	require.False(t, out.Recorded, "the workflow is to record it")
}

func TestAllAttemptsOfAnEventHaveOneIDAndOneBody(t *testing.T) {
	w := newWorld(t)
	w.order(control.OpWebhook, 2, control.Action{Status: http.StatusServiceUnavailable})
	out, errs := attempts(t, w.NotifyWebhook, w.event())
	require.Len(t, errs, 3)
	require.Equal(t, 3, out.Attempts)
	got := w.deliveries()
	require.Len(t, got, 3)
	for _, delivery := range got[1:] {
		require.Equal(t, got[0].Headers["webhook-id"], delivery.Headers["webhook-id"])
		require.Equal(t, got[0].Body, delivery.Body)
	}
}

func TestAReceiverThatIsGoneOrRedirectsIsNotAskedAgain(t *testing.T) {
	for _, status := range []int{http.StatusGone, http.StatusMovedPermanently, http.StatusTemporaryRedirect} {
		w := newWorld(t)
		w.order(control.OpWebhook, 0, control.Action{Status: status, Headers: map[string]string{"Location": w.url + "/webhooks/other"}})
		_, err := run(t, w.NotifyWebhook, w.event())
		app := wantFatal(t, err, schemas.ErrWebhookRefused)
		require.NotContains(t, app.Error(), "hush")
		require.Len(t, w.requests(control.OpWebhook), 1)
	}
}

func TestAReceiverThatFailsIsAskedAgainWhenItSays(t *testing.T) {
	for status, after := range map[int]int{
		http.StatusTooManyRequests: 13, http.StatusServiceUnavailable: 13, http.StatusBadGateway: 0, http.StatusNotFound: 0,
	} {
		w := newWorld(t)
		w.order(control.OpWebhook, 0, control.Action{Status: status, RetryAfterSeconds: after})
		_, err := run(t, w.NotifyWebhook, w.event())
		app := wantRetried(t, err, schemas.ErrWebhookUndelivered, time.Duration(after)*time.Second)
		require.NotContains(t, app.Error(), "hush")
	}
}

func TestAConnectionThatFailsIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	w.order(control.OpWebhook, 0, control.Action{Cut: control.CutBefore})
	_, err := run(t, w.NotifyWebhook, w.event())
	require.NotContains(t, wantRetried(t, err, schemas.ErrWebhookUndelivered, 0).Error(), "hush")
}

func TestAnAddressThatTheGuardRefusesIsNotCalledAndNotTriedAgain(t *testing.T) {
	w := newWorld(t)
	guard, err := netguard.New(netguard.Config{AllowNetworks: []netip.Prefix{}, Proxy: &httpproxy.Config{}})
	require.NoError(t, err)
	w.Webhooks, err = webhook.New(webhook.Config{HTTPClient: guard.Client(netguard.Options{})})
	require.NoError(t, err)
	for _, target := range []string{w.event().URL, "https://169.254.169.254/hush", "http://example.com/hush", "hush", "https://[::ffff:127.0.0.1]/hush"} {
		in := w.event()
		in.URL = target
		_, err := run(t, w.NotifyWebhook, in)
		require.NotContains(t, wantFatal(t, err, schemas.ErrWebhookRefused).Error(), "hush")
	}
	require.Empty(t, w.deliveries())
}

// withBody gives an event the bytes that are sent.
func withBody(in schemas.WebhookInput) schemas.WebhookInput {
	sealed, err := schemas.Seal(in.Event)
	if err != nil {
		panic(err)
	}
	in.Body = sealed.Canonical
	return in
}

func TestAnEventIsSentByTheBytesThatTheWorkflowMade(t *testing.T) {
	w := newWorld(t)
	in := w.event()
	in.Body = strings.Replace(in.Body, "{", `{"addedByANewerVersion":1,`, 1)
	_, err := run(t, w.NotifyWebhook, in)
	require.NoError(t, err)
	require.Equal(t, in.Body, w.deliveries()[0].Body)

	for _, body := range []string{"", "{}", strings.Replace(in.Body, "COMPLETED", "FAILED", 1)} {
		in.Body = body
		_, err := run(t, w.NotifyWebhook, in)
		wantFatal(t, err, schemas.ErrSealedInput)
	}
}
