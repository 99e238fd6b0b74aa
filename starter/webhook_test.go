package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
)

const webhookSecret = "whsec_c2ltdWxhdG9yLXdlYmhvb2stc2VjcmV0LTMyYnl0ZXM="

// delivery is an event with a checkpoint as a receiver gets it.
func delivery(t *testing.T, at time.Time) (headers []string, body string) {
	t.Helper()
	event, err := json.Marshal(schemas.Event{
		Event: schemas.RegistrationUpdated, Status: "COMPLETED", Name: "production-llm-v2", RunID: "run-1",
		Checkpoint: &schemas.Checkpoint{Seq: 7, Hash: strings.Repeat("ab", 32), Time: at, KeyID: "0123456789abcdef", Signature: "c2ln"},
	})
	require.NoError(t, err)
	signer, err := standardwebhooks.NewWebhook(webhookSecret)
	require.NoError(t, err)
	signature, err := signer.Sign("msg_run-1_ended", at, event)
	require.NoError(t, err)
	return []string{
		"webhook-id: msg_run-1_ended", fmt.Sprintf("webhook-timestamp: %d", at.Unix()), "webhook-signature: " + signature,
	}, string(event)
}

func capture(headers []string, body string) string {
	return "POST /hook HTTP/1.1\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n" + body
}

func TestACapturedDeliveryVerifiesAndShowsItsCheckpoint(t *testing.T) {
	headers, body := delivery(t, time.Now())
	env := []string{"REGISTRAR_WEBHOOK_SECRET_FILE=" + file(t, "secret", "whsec_dGhlLW5leHQtd2ViaG9vay1zZWNyZXQtb2YtMzItYnl0ZXM= "+webhookSecret+"\n")}
	byParts := []string{"webhook", "verify", "--body", file(t, "body.json", body)}
	for _, h := range headers {
		byParts = append(byParts, "--header", h)
	}
	for name, r := range map[string]ran{
		"a file":  starter(t, "", env, "webhook", "verify", file(t, "capture.http", capture(headers, body))),
		"stdin":   starter(t, capture(headers, body), env, "webhook", "verify", "-"),
		"by part": starter(t, "", env, byParts...),
	} {
		require.Equal(t, 0, r.code, "%s: %s", name, r.errors)
		require.Contains(t, r.out, "genuine", name)
		require.Contains(t, r.out, "secret 2 of 2", name)
		require.Contains(t, r.out, "production-llm-v2 is COMPLETED", name)
		require.Contains(t, r.out, "entry 7 of the audit trail", name)
		require.NotContains(t, r.out+r.errors, "whsec_", name)
	}
	got := documents[verified](t, starter(t, capture(headers, body), env, "webhook", "verify", "-", "-o", "json"))
	require.Len(t, got, 1)
	require.True(t, got[0].Valid)
	require.Equal(t, int64(7), got[0].Checkpoint.Seq)
}

func TestADeliveryThatIsNotGenuineExits1AndSaysWhy(t *testing.T) {
	old := time.Now().Add(-time.Hour)
	headers, body := delivery(t, old)
	env := []string{"REGISTRAR_WEBHOOK_SECRET=" + webhookSecret}
	r := starter(t, capture(headers, body), env, "webhook", "verify", "-")
	require.Equal(t, 1, r.code)
	require.Contains(t, r.out, "NOT genuine")
	require.Contains(t, r.out, "its timestamp is 1h0m")
	for _, flag := range []string{"--any-time", "--at=" + old.Format(time.RFC3339), "--tolerance=2h"} {
		require.Equal(t, 0, starter(t, capture(headers, body), env, "webhook", "verify", flag, "-").code, flag)
	}
	r = starter(t, capture(headers, strings.Replace(body, "COMPLETED", "FAILED", 1)), env, "webhook", "verify", "--any-time", "-", "-o", "json")
	require.Equal(t, 1, r.code)
	got := documents[verified](t, r)[0]
	require.False(t, got.Valid)
	require.Zero(t, got.Secret)
	require.Contains(t, got.Problems[0], "no signature fits")
}

func TestWebhookVerifyMisusedExits2(t *testing.T) {
	headers, body := delivery(t, time.Now())
	whole := capture(headers, body)
	env := []string{"REGISTRAR_WEBHOOK_SECRET=" + webhookSecret}
	for want, c := range map[string]struct {
		env  []string
		args []string
	}{
		"there is no secret":                   {nil, []string{"-"}},
		"webhook secret 1 of 1":                {[]string{"REGISTRAR_WEBHOOK_SECRET=hush"}, []string{"-"}},
		"name a capture":                       {env, nil},
		"but not both":                         {env, []string{"-", "--body", "-"}},
		"--body is missing":                    {env, []string{"--header", headers[0]}},
		"--header must be":                     {env, []string{"--header", "webhook-id", "--body", "-"}},
		"no such file":                         {env, []string{"nowhere"}},
		"--at must be":                         {env, []string{"--at", "noon", "-"}},
		"--tolerance must be":                  {env, []string{"--tolerance", "0s", "-"}},
		"if any flags in the group [at any-ti": {env, []string{"--at", "2026-01-31T12:00:00Z", "--any-time", "-"}},
	} {
		r := starter(t, whole, c.env, append([]string{"webhook", "verify"}, c.args...)...)
		require.Equal(t, 2, r.code, "%s: %s%s", want, r.out, r.errors)
		require.Contains(t, r.errors, want)
		require.NotContains(t, r.errors, "hush")
	}
	r := starter(t, body, env, "webhook", "verify", "-")
	require.Equal(t, 2, r.code)
	require.Contains(t, r.errors, "does not begin with headers")
}
