package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
	"model-registrar/testsuite/stack"
)

// delivery waits until the workflow that goes on with a delivery has closed, replays it and returns what came of it.
func (k *kit) delivery(d *schemas.WebhookDelivery) (out schemas.WebhookDelivery) {
	k.t.Helper()
	require.True(k.t, d.Pending, "%+v", d)
	require.NoError(k.t, k.client.GetWorkflow(k.ctx, d.WorkflowID, "").Get(k.ctx, &out))
	h := k.replayed(d.WorkflowID)
	k.record("delivery", h)
	return out
}

// deliveryRecords are a model's audit entries about webhooks.
func (k *kit) deliveryRecords(name string) (out []schemas.AuditEntry) {
	k.t.Helper()
	for _, e := range k.trail(name) {
		if e.Event == schemas.AuditWebhook {
			out = append(out, e)
		}
	}
	return out
}

// requireOneEvent checks that all attempts were the same event, each signed for its own time, in the order of time.
func requireOneEvent(t *testing.T, attempts []control.Webhook) {
	t.Helper()
	last := int64(0)
	for _, w := range attempts {
		require.Equal(t, attempts[0].Headers["webhook-id"], w.Headers["webhook-id"])
		require.Equal(t, attempts[0].Body, w.Body)
		at, err := strconv.ParseInt(w.Headers["webhook-timestamp"], 10, 64)
		require.NoError(t, err)
		require.GreaterOrEqual(t, at, last)
		last = at
		requireSigned(t, w)
	}
}

// verifiedElsewhere asks the JavaScript library of the Standard Webhooks project about a delivery.
func verifiedElsewhere(t *testing.T, secret string, w control.Webhook) error {
	t.Helper()
	require.NoError(t, javascriptVerifier(), "npm ci in testsuite/e2e/standardwebhooks")
	in, err := json.Marshal(map[string]any{"secret": secret, "headers": w.Headers, "body": w.Body})
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "node", "verify.mjs")
	cmd.Dir, cmd.Stdin = "standardwebhooks", bytes.NewReader(in)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

var javascriptVerifier = sync.OnceValue(func() error {
	cmd := exec.Command("npm", "ci", "--silent")
	cmd.Dir = "standardwebhooks"
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
})

func TestSignaturesVerifyElsewhereAndWhileSecretsRotateByEither(t *testing.T) {
	const next = "whsec_dGhlLW5leHQtd2ViaG9vay1zZWNyZXQtb2YtMzItYnl0ZXM="
	t.Parallel()
	k := onOwnWith(t, []string{"REGISTRAR_WEBHOOK_SECRET=" + stack.WebhookSecret + " " + next})
	k.startWorker()
	m := k.Manifest(k.name("rotation"))
	k.completed(m)
	announced := k.announcements(m.Name)
	require.Len(t, announced, 1)
	require.Len(t, strings.Fields(announced[0].Headers["webhook-signature"]), 2)
	require.NoError(t, verifiedElsewhere(t, stack.WebhookSecret, announced[0]))
	require.NoError(t, verifiedElsewhere(t, next, announced[0]))
	require.ErrorContains(t, verifiedElsewhere(t, "whsec_YW5vdGhlci1zZWNyZXQtb2YtMzItYnl0ZXMtbG9uZyE=", announced[0]), "No matching signature found")
	changed := announced[0]
	changed.Body = strings.Replace(changed.Body, "COMPLETED", "FAILED", 1)
	require.ErrorContains(t, verifiedElsewhere(t, next, changed), "No matching signature found")
}

func TestTheReceiverOfTheDocumentationTakesEventsAndNothingElse(t *testing.T) {
	k := onShared(t)
	require.NoError(t, javascriptVerifier())
	code, err := os.ReadFile("standardwebhooks/receiver.mjs")
	require.NoError(t, err)
	documentation, err := os.ReadFile("../../docs/webhooks.md")
	require.NoError(t, err)
	require.Contains(t, string(documentation), string(code))

	cmd := exec.CommandContext(t.Context(), "node", "receiver.mjs")
	cmd.Dir, cmd.Env = "standardwebhooks", append(os.Environ(), "PORT=0", "WEBHOOK_SECRET="+stack.WebhookSecret)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	port := strings.TrimPrefix(lines.Text(), "listening on port ")

	m := k.Manifest(k.name("documented"))
	m.WebhookCallbackURL = "http://127.0.0.1:" + port + "/hook" // where the platform's own callback, unsigned, is refused
	result := k.completed(m)
	require.True(t, result.Webhook.Delivered, result.Webhook.Error)
	require.True(t, lines.Scan())
	require.Contains(t, lines.Text(), m.Name+" is COMPLETED")
	for signature, want := range map[string]int{
		"":          http.StatusNoContent, // as the platform's own callback: taken, and ignored
		"v1,forged": http.StatusUnauthorized,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.WebhookCallbackURL, strings.NewReader("{}"))
		require.NoError(t, err)
		if signature != "" {
			request.Header.Set("webhook-signature", signature)
		}
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, want, answer.StatusCode, signature)
	}
}

func TestAReceiverThatIsDownHoldsUpNeitherTheResultNorTheNextRegistration(t *testing.T) {
	k := onShared(t)
	r := newReceiver(t)
	m := k.Manifest(k.name("down"))
	m.WebhookCallbackURL = r.url
	m.Probe.Model = m.Name                                                                                           // for the order below, which goes by the model in the prompt
	_, err := k.Sim.Fault(k.ctx, control.Fault{Match: control.Match{Op: control.OpProvider, Name: m.Name}, Times: 2, // cold and warm
		Action: control.Action{Answer: "Hello!"}})
	require.NoError(t, err)

	first := k.register(m)
	require.Equal(t, schemas.RolledBack, first.Status)
	require.True(t, first.Webhook.Pending)
	require.Equal(t, "deliver-webhook/"+first.Webhook.MessageID, first.Webhook.WorkflowID)
	require.GreaterOrEqual(t, first.Webhook.Attempts, 1)
	require.Contains(t, first.Webhook.Error, "connection refused")

	second := k.completed(m)
	require.True(t, second.Webhook.Pending)
	require.NotEqual(t, first.Webhook.MessageID, second.Webhook.MessageID)
	require.Len(t, k.audited(m.Name), 2, "the endings are recorded")
	require.Empty(t, k.deliveryRecords(m.Name))

	out, _ := k.order("status", m.Name)
	require.Contains(t, out, "NOT delivered yet, ")
	require.Contains(t, out, "connection refused")

	r.up()
	for _, result := range []schemas.Result{first, second} {
		delivered := k.delivery(result.Webhook)
		require.True(t, delivered.Delivered)
		require.Greater(t, delivered.Attempts, 1)
		got := r.events(result.Webhook.MessageID)
		require.Len(t, got, 1)
		requireSigned(t, got[0])
	}
	require.Len(t, k.deliveryRecords(m.Name), 2)
	out, _ = k.order("status", m.Name)
	require.Contains(t, out, "delivered, HTTP 204")
}

func TestAReceiverThatIsSlowHoldsUpTheResultForSecondsOnly(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("slow"))
	k.fault(control.OpWebhook, m.Name, 1, control.Action{LatencyMS: limit.Milliseconds()})
	result := k.completed(m)
	require.True(t, result.Webhook.Pending)
	require.Contains(t, result.Webhook.Error, "there was no answer in time")
	require.True(t, k.delivery(result.Webhook).Delivered)
	requireOneEvent(t, k.announcements(m.Name))
}

func TestAReceiverThatResetsConnectionsGetsTheEventLater(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("reset"))
	k.fault(control.OpWebhook, m.Name, 3, control.Action{Cut: control.CutReset})
	result := k.completed(m)
	require.Contains(t, result.Webhook.Error, "connection reset by peer")
	require.True(t, k.delivery(result.Webhook).Delivered)
	requireOneEvent(t, k.announcements(m.Name))
}

func TestAReceiverThatIsGoneOrRedirectsGetsOneAttempt(t *testing.T) {
	t.Parallel()
	for name, action := range map[string]control.Action{
		"gone": {Status: http.StatusGone}, "redirect": {Status: http.StatusTemporaryRedirect},
	} {
		t.Run(name, func(t *testing.T) {
			k := onShared(t)
			m := k.Manifest(k.name(name))
			elsewhere := m.Name + "-elsewhere"
			action.Headers = map[string]string{"Location": k.SimURL + "/elsewhere/" + elsewhere}
			k.fault(control.OpWebhook, m.Name, 0, action)
			result := k.completed(m)
			require.False(t, result.Webhook.Delivered)
			require.False(t, result.Webhook.Pending)
			require.Equal(t, action.Status, result.Webhook.ResponseCode)
			require.Len(t, k.announcements(m.Name), 1)
			followed, err := k.Sim.Requests(k.ctx, control.RequestFilter{Path: elsewhere})
			require.NoError(t, err)
			require.Empty(t, followed)
			recorded := k.deliveryRecords(m.Name)
			require.Len(t, recorded, 1)
			require.Equal(t, 1, recorded[0].Webhook.Attempts)
			require.Contains(t, recorded[0].Reason, "given up at the first attempt")
		})
	}
}

func TestAReceiverIsAskedAgainNoSoonerThanItSays(t *testing.T) {
	const wait = 4
	k := onShared(t)
	m := k.Manifest(k.name("limited"))
	k.fault(control.OpWebhook, m.Name, 2, control.Action{Status: http.StatusTooManyRequests, RetryAfterSeconds: wait})
	result := k.completed(m)
	require.Equal(t, http.StatusTooManyRequests, result.Webhook.ResponseCode)
	require.Equal(t, 3, k.delivery(result.Webhook).Attempts)
	attempts := k.announcements(m.Name)
	require.Len(t, attempts, 3)
	for i := range attempts[1:] {
		require.GreaterOrEqual(t, attempts[i+1].Time.Sub(attempts[i].Time), wait*time.Second)
	}
}

func TestAPendingDeliveryIsShownAndMayBeCancelled(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("pending"))
	k.fault(control.OpWebhook, m.Name, 1, control.Action{Status: http.StatusServiceUnavailable, RetryAfterSeconds: 1})
	k.fault(control.OpWebhook, m.Name, 0, control.Action{Status: http.StatusBadGateway, RetryAfterSeconds: 1800})
	result := k.completed(m)
	var p schemas.Progress
	k.eventually(func() bool {
		stdout, _, code := k.Run(k.ctx, "status", m.Name, "-o", "json")
		return code == 0 && json.Unmarshal([]byte(stdout), &p) == nil && p.Result.Webhook.Attempts == 2
	}, "the status should tell of two attempts")
	require.True(t, p.Result.Webhook.Pending)
	require.Contains(t, p.Result.Webhook.Error, "answered 502")
	require.False(t, p.Result.Webhook.Since.IsZero())
	require.Greater(t, p.Result.Webhook.NextAttemptAt.Sub(p.Result.Webhook.Since), 29*time.Minute)
	for _, command := range []string{"status", "watch"} {
		out, _, _ := k.Run(k.ctx, command, m.Name)
		require.Contains(t, out, "NOT delivered yet, 2 attempts since ")
		require.Contains(t, out, "the next one at ")
	}

	require.NoError(t, k.client.CancelWorkflow(k.ctx, result.Webhook.WorkflowID, ""))
	k.eventually(func() bool { return len(k.deliveryRecords(m.Name)) == 1 }, "the end of the delivery should be recorded")
	require.Contains(t, k.deliveryRecords(m.Name)[0].Reason, "the delivery was cancelled")
	k.eventually(func() bool {
		out, _, _ := k.Run(k.ctx, "status", m.Name)
		return strings.Contains(out, "NOT delivered") && strings.Contains(out, "the delivery was cancelled")
	}, "the status should tell that it was cancelled")
	k.replayed(result.Webhook.WorkflowID)
}

// Ten failures take an hour by the policy's own gaps; the receiver shortens them by asking for a second each time.
func TestAReceiverThatFailsTenTimesGetsTheEventOnceItIsMended(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("ten"))
	k.fault(control.OpWebhook, m.Name, 10, control.Action{Status: http.StatusInternalServerError, RetryAfterSeconds: 1})
	result := k.completed(m)
	require.True(t, result.Webhook.Pending)
	delivered := k.delivery(result.Webhook)
	require.True(t, delivered.Delivered)
	require.Equal(t, 11, delivered.Attempts)
	attempts := k.announcements(m.Name)
	require.Len(t, attempts, 11)
	requireOneEvent(t, attempts)
	recorded := k.deliveryRecords(m.Name)
	require.Len(t, recorded, 1)
	require.Equal(t, "the event COMPLETED was delivered after 11 attempts", recorded[0].Reason)
}

func TestAWorkerKilledBetweenAttemptsLosesNoDelivery(t *testing.T) {
	t.Parallel()
	k := onOwn(t)
	kill := k.startWorker()
	m := k.Manifest(k.name("killed"))
	k.fault(control.OpWebhook, m.Name, 4, control.Action{Status: http.StatusBadGateway})
	result := k.completed(m)
	k.eventually(func() bool { return len(k.announcements(m.Name)) >= 2 }, "there should be two attempts")
	kill()
	k.startWorker()
	require.True(t, k.delivery(result.Webhook).Delivered)
	attempts := k.announcements(m.Name)
	require.GreaterOrEqual(t, len(attempts), 5)
	requireOneEvent(t, attempts)
	require.Len(t, k.deliveryRecords(m.Name), 1)
}

func TestThatAPersonHasToDecideIsAnnounced(t *testing.T) {
	k := onShared(t)
	name := k.atGate(0)
	told, err := k.Sim.WaitWebhooks(k.ctx, control.WebhookFilter{Path: "/webhooks/" + name, Event: schemas.RegistrationUpdated}, 1)
	require.NoError(t, err)
	requireSigned(t, told[0])
	var event schemas.Event
	require.NoError(t, json.Unmarshal([]byte(told[0].Body), &event))
	require.Equal(t, string(schemas.StageApproval), event.Status)
	require.Equal(t, "msg_"+event.RunID+"_waiting", told[0].Headers["webhook-id"])
	require.NotEmpty(t, event.PayloadHash)
	require.NotNil(t, event.Metrics.ValidationLatencyMs)
	k.eventually(func() bool {
		p, err := k.progress(name)
		return err == nil && p.Approval.Announced != nil && p.Approval.Announced.Delivered
	}, "the status should tell that the event arrived")
	out, _ := k.order("status", name)
	require.Contains(t, out, "approvers told")

	k.decideBySignal(name, k.approval(name))
	require.True(t, k.end(name).Approval.Announced.Delivered)
	require.Len(t, k.announcements(name), 1)
}

func TestAReceiverThatIsSlowHoldsUpNoDecision(t *testing.T) {
	k := onShared(t)
	m := k.Manifest(k.name("slowgate"))
	m.Approval = schemas.ApprovalSpec{Policy: schemas.ApproveAlways}
	k.fault(control.OpWebhook, m.Name, 1, control.Action{LatencyMS: limit.Milliseconds()})
	k.start(m)
	_, err := k.Sim.WaitWebhooks(k.ctx, control.WebhookFilter{Path: "/webhooks/" + m.Name, Event: schemas.RegistrationUpdated}, 1)
	require.NoError(t, err)
	k.decideBySignal(m.Name, k.approval(m.Name))
	result := k.end(m.Name)
	require.Equal(t, schemas.Completed, result.Status)
	require.True(t, result.Webhook.Delivered)
	require.True(t, k.delivery(result.Approval.Announced).Delivered)
	require.Len(t, k.deliveryRecords(m.Name), 2)
}
