package e2e

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/schemas"
	"model-registrar/testsuite/stack"
)

// live takes a model through a plan, an apply, a check and a story, told with these keys, and returns what was shown.
func (c canaries) live(k *kit, keys string) string {
	k.t.Helper()
	var temperature float64
	require.NoError(k.t, json.Unmarshal([]byte("0.7"+digits(c.mark)), &temperature))
	m := k.Manifest(k.name("life"))
	m.AuthCredentialID, m.WebhookCallbackURL = c.text("credential"), k.SimURL+"/webhooks/"+c.text("webhook")
	m.Parameters.Temperature, m.Parameters.StopSequences = &temperature, schemas.StopSequences{c.text("stop")}
	m.Probe.Model = c.text("model")
	e := estate{k, k.t.TempDir()}
	shown := ""
	run := func(want int, args ...string) {
		k.t.Helper()
		stdout, stderr, code := k.RunWith(k.ctx, []string{keysVariable + keys}, args...)
		require.Equal(k.t, want, code, "%v: %s%s", args, stdout, stderr)
		shown += stdout
	}
	apply := []string{"apply", e.dir, "--yes", "--requester", c.text("requester")}
	e.write(m)
	run(2, "plan", e.dir, "--detailed-exitcode")
	run(0, apply...)
	require.NoError(k.t, k.Sim.EditModel(k.ctx, k.models(m.Name)[0].ID,
		map[string]any{"authCredentialId": c.text("platform")}))
	run(0, "check", m.Name, "--by", c.text("approver"), "--reason", c.text("reason"))
	m.EndpointURL = k.SimURL + "/providers/openai/" + c.text("endpoint")
	run(0, "plan", e.dir)
	m.EndpointURL, m.MaxRequestsPerMinute = k.SimURL+"/providers/openai", m.MaxRequestsPerMinute+1
	e.write(m)
	run(0, apply...)
	run(0, "models")
	run(0, "show", m.Name)
	run(0, "plan", e.dir, "--detailed-exitcode")
	return shown
}

func TestWithEncryptionPlansAppliesListsAndStoriesWorkAndLeaveNothingReadable(t *testing.T) {
	t.Parallel()
	k := onDisk(t, stack.Options{Keys: key1, Simulator: []string{"--job-duration", "100ms"}})
	p, err := k.StartWorkerWith(keysVariable)
	require.NoError(t, err)
	plain, secret := canaries{"c81f5e90a2"}, canaries{"3d7a04bb69"}
	plain.live(k, "")
	found := stored(t, k.Stack, plain)
	for _, what := range []string{"credential", "stop", "webhook", "requester", "approver", "model", "platform"} {
		require.Contains(t, found, plain.text(what), "without encryption it is found, so the search works")
	}
	require.Equal(t, 0, p.Stop())

	_, err = k.StartWorker()
	require.NoError(t, err)
	shown := secret.live(k, key1)
	for _, part := range []string{
		"auth_credential_id: " + secret.text("platform") +
			" → " + secret.text("credential"), "max_requests_per_minute: 500 → 501",
		"DRIFTED → ACTIVE", secret.text("requester"),
	} {
		require.Contains(t, shown, part)
	}
	require.Empty(t, stored(t, k.Stack, secret))
	k.KillDevserver() // what it has not written into its main file yet is in the other
	require.Empty(t, stored(t, k.Stack, secret))
}
