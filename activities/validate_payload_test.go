package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/net/http/httpproxy"

	"model-registrar/internal/credentials"
	"model-registrar/internal/netguard"
	"model-registrar/internal/probe"
	"model-registrar/schemas"
	"model-registrar/testsuite/simulator/control"
)

func TestAValidManifestBecomesThePayloadAndItsHash(t *testing.T) {
	m := aManifest()
	out, err := run(t, (&Activities{}).ValidatePayload, schemas.ValidateInput{Manifest: m})
	require.NoError(t, err)
	hash, err := m.Payload().Hash()
	require.NoError(t, err)
	require.Equal(t, hash, out.Payload.Hash)
	require.Equal(t, schemas.ValidatedPayload{Payload: sealed(m.Payload()), Approval: schemas.ApproveNever, Required: 1, Gate: schemas.GateAfterProbe}, out)
	require.Len(t, out.Payload.Hash, 64)
}

// forgetful cannot say what was approved.
type forgetful struct{ owners }

func (forgetful) LastApproved(context.Context, string) (*schemas.Ownership, error) {
	return nil, errors.New("Temporal is down")
}

func TestApproversAreToldHowThePayloadDiffersFromWhatWasApprovedBefore(t *testing.T) {
	m := aManifest()
	before := m.Payload()
	before.RateLimits.MaxRequestsPerMinute++
	record := schemas.Ownership{Name: m.Name, Payload: sealed(before), PayloadHash: sealed(before).Hash, Since: time.Unix(1, 0).UTC()}
	validated := func(known Owners, operation string) *schemas.LastApproved {
		out, err := run(t, (&Activities{Owners: known}).ValidatePayload, schemas.ValidateInput{Manifest: m, Operation: operation})
		require.NoError(t, err)
		return out.LastApproved
	}
	for _, operation := range []string{"", schemas.RegisterModelWorkflow, schemas.AdoptModelWorkflow} {
		last := validated(owners{m.Name: record}, operation)
		require.Equal(t, record.PayloadHash, last.PayloadHash)
		require.Contains(t, last.String(), "1970-01-01 00:00 UTC; since then max_requests_per_minute: ")
	}
	require.Nil(t, validated(owners{m.Name: record}, schemas.ChangeModelWorkflow), "a change says what it changes by itself")
	require.Nil(t, validated(owners{}, ""))
	require.Nil(t, validated(forgetful{}, ""), "it holds nothing up")
	record.Payload = sealed(m.Payload())
	require.Contains(t, validated(owners{m.Name: record}, "").String(), "the same payload")
}

func TestTheLargerOfFloorAndManifestsNumberOfApprovalsHolds(t *testing.T) {
	for _, c := range []struct{ floor, asked, want int }{{0, 0, 1}, {0, 2, 2}, {2, 0, 2}, {2, 1, 2}, {2, 3, 3}} {
		m := aManifest()
		m.Approval.Required = c.asked
		out, err := run(t, (&Activities{RequiredFloor: c.floor}).ValidatePayload, schemas.ValidateInput{Manifest: m})
		require.NoError(t, err)
		require.Equal(t, c.want, out.Required)
	}
}

func TestTheStricterOfFloorAndManifestHolds(t *testing.T) {
	for _, c := range []struct{ floor, asked, holds schemas.ApprovalPolicy }{
		{"", "", schemas.ApproveNever},
		{"", schemas.ApproveAlways, schemas.ApproveAlways},
		{schemas.ApproveOnFailure, schemas.ApproveNever, schemas.ApproveOnFailure},
		{schemas.ApproveOnFailure, schemas.ApproveAlways, schemas.ApproveAlways},
		{schemas.ApproveAlways, "", schemas.ApproveAlways},
	} {
		m := aManifest()
		m.Approval.Policy = c.asked
		out, err := run(t, (&Activities{ApprovalFloor: c.floor}).ValidatePayload, schemas.ValidateInput{Manifest: m})
		require.NoError(t, err)
		require.Equal(t, c.holds, out.Approval, c)
	}
}

func TestAManifestWithEveryFieldWrongIsRefusedWithPathsAndWithoutValues(t *testing.T) {
	temperature, maxTokens := 99.0, -7
	m := schemas.Manifest{
		Name: "x\x00hush", EndpointURL: "http://hush.example/hush", AuthCredentialID: "sk-hush hush", ModelArchitecture: "hush",
		MaxRequestsPerMinute: 987654321, MaxTokensPerMinute: -987654321,
		Parameters:         schemas.Parameters{Temperature: &temperature, MaxTokens: &maxTokens, StopSequences: []string{""}},
		WebhookCallbackURL: "http://user:hush@hush.example/", JobTimeout: -1,
		Approval: schemas.ApprovalSpec{Policy: "hush"}, Probe: schemas.ProbeSpec{Samples: 987654321},
	}
	_, err := run(t, (&Activities{}).ValidatePayload, schemas.ValidateInput{Manifest: m})
	app := wantFatal(t, err, schemas.ErrPayloadValidation)

	var violations []schemas.Violation
	require.NoError(t, app.Details(&violations))
	paths := map[string]bool{}
	for _, v := range violations {
		paths[v.Path] = true
		require.NotEmpty(t, v.Message)
	}
	for _, path := range []string{
		"name", "endpoint_url", "auth_credential_id", "model_architecture", "max_requests_per_minute", "max_tokens_per_minute",
		"parameters.temperature", "parameters.max_tokens", "webhook_callback_url", "job_timeout", "approval.policy", "probe.samples",
	} {
		require.True(t, paths[path], "%s is missing among %v", path, paths)
	}
	said, err := json.Marshal(violations)
	require.NoError(t, err)
	for _, value := range []string{"hush", "987654321", "-7"} {
		require.NotContains(t, app.Error()+string(said), value)
	}
}

func TestAnEmptyManifestIsRefused(t *testing.T) {
	_, err := run(t, (&Activities{}).ValidatePayload, schemas.ValidateInput{})
	wantFatal(t, err, schemas.ErrPayloadValidation)
}

func TestAnIntegerThatTheHashCannotHoldIsRefused(t *testing.T) {
	m := aManifest()
	m.MaxTokensPerMinute = math.MaxInt64
	_, err := run(t, (&Activities{}).ValidatePayload, schemas.ValidateInput{Manifest: m})
	wantFatal(t, err, schemas.ErrPayloadValidation)
}

func TestWhatCanNeverWorkIsKnownBeforeAnythingIsSent(t *testing.T) {
	w := newWorld(t)
	host := strings.TrimPrefix(w.url, "http://")
	file := filepath.Join(t.TempDir(), "credentials.yaml")
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("hunter2hunter2"), 0o600))
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, "credentials:\n  known: {hosts: [%q, 10.1.2.3, api.example], token_file: %s}\n"+
		"  elsewhere: {hosts: [other.example], token_file: %s}\n  gone: {hosts: [%q], token_file: %s.gone}\n", host, token, token, host, token), 0o600))
	require.NoError(t, os.WriteFile(token+".gone", []byte("hunter2hunter2"), 0o600))
	store, err := credentials.Load(credentials.Config{File: file})
	require.NoError(t, err)
	require.NoError(t, os.Remove(token+".gone"))
	guard, err := netguard.New(netguard.Config{
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Proxy: &httpproxy.Config{},
	})
	require.NoError(t, err)
	w.Prober = probe.New(probe.Config{Guard: guard, Credentials: store})
	for name, c := range map[string]struct{ endpoint, credential, path, code string }{
		"all is well":            {w.url, "known", "", ""},
		"a name not known yet":   {"https://api.example", "known", "", ""},
		"an unknown credential":  {w.url, "nobody", "auth_credential_id", schemas.ReasonCredentialMissing},
		"another host's":         {w.url, "elsewhere", "auth_credential_id", schemas.ReasonCredentialHost},
		"a file that has gone":   {w.url, "gone", "auth_credential_id", schemas.ReasonCredentialUnusable},
		"an address not allowed": {"https://10.1.2.3", "known", "endpoint_url", schemas.ReasonAddressBlocked},
	} {
		t.Run(name, func(t *testing.T) {
			m := aManifest()
			m.EndpointURL, m.AuthCredentialID = c.endpoint, c.credential
			_, err := run(t, w.ValidatePayload, schemas.ValidateInput{Manifest: m})
			if c.code == "" {
				require.NoError(t, err)
				return
			}
			var app *temporal.ApplicationError
			require.ErrorAs(t, err, &app)
			require.Equal(t, string(schemas.ErrPayloadValidation), app.Type())
			var list []schemas.Violation
			require.NoError(t, app.Details(&list))
			require.Len(t, list, 1)
			require.Equal(t, c.path, list[0].Path)
			require.Equal(t, c.code, list[0].Code)
			for _, value := range []string{host, "10.1.2.3", "elsewhere", "nobody", "hunter2", token} {
				require.NotContains(t, list[0].Message, value)
			}
		})
	}
	require.Empty(t, w.requests(control.OpProvider), "the endpoint was called")
}
