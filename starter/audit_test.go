package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"model-registrar/internal/approvers"
	"model-registrar/internal/audit"
	"model-registrar/schemas"
)

// auditKey is a private key as REGISTRAR_AUDIT_KEY takes it.
var auditKey = base64.StdEncoding.EncodeToString([]byte("a seed of thirty-two bytes......"))

// recorded is a trail in which a model was asked for, refused a decision, approved and completed, beside another model.
func recorded(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "audit.log")
	trail, err := audit.Open(t.Context(), "file:"+path)
	require.NoError(t, err)
	defer trail.Close()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	latency := 123.5
	about := schemas.DecisionStatement{
		Name: "production-llm-v2", RunID: "run-1", PayloadHash: strings.Repeat("ab", 32), Decision: schemas.Approve, Approver: "alice", Reason: "=1+1 looks good",
	}
	entry := func(event schemas.AuditEvent, after time.Duration, change func(*schemas.AuditEntry)) {
		e := schemas.AuditEntry{
			EntryID: "run-1/" + string(event) + "/" + after.String(), Event: event, Timestamp: at.Add(after), Name: "production-llm-v2",
			Compliance: schemas.RecordStored, Requester: "alice", WorkflowID: "register-model/production-llm-v2", RunID: "run-1",
		}
		change(&e)
		_, err := trail.Append(t.Context(), e)
		require.NoError(t, err)
	}
	entry(schemas.AuditStarted, 0, func(*schemas.AuditEntry) {})
	entry(schemas.AuditStarted, time.Second, func(e *schemas.AuditEntry) { e.Name, e.RunID = "another", "run-2" })
	entry(schemas.AuditDecision, time.Minute, func(e *schemas.AuditEntry) {
		e.Decision = &schemas.AuditedDecision{DecisionStatement: about, Refusal: "alice asked for the registration and cannot approve it", DecidedAt: e.Timestamp}
	})
	about.Approver, about.Reason = "bob", "the probe passed \x1b[31m\nreally"
	signature, err := approvers.Sign(about, bobsKey(t))
	require.NoError(t, err)
	entry(schemas.AuditDecision, 2*time.Minute, func(e *schemas.AuditEntry) {
		e.Decision = &schemas.AuditedDecision{
			DecisionStatement: about, Accepted: true, Signature: signature,
			KeyFingerprint: ssh.FingerprintSHA256(bobsKey(t).PublicKey()), DecidedAt: e.Timestamp,
		}
		e.Probe = &schemas.AuditedProbe{Status: schemas.ProbePass, ResponseCode: 200, Samples: 3, Latency: &schemas.Distribution{Median: 123.5, Max: 200}}
	})
	entry(schemas.AuditEnded, 3*time.Minute, func(e *schemas.AuditEntry) {
		e.Outcome, e.ModelID, e.JobID, e.JobDurationMs, e.LatencyMs, e.ValidationStatus = schemas.Completed, "model-1", "job-1", 4200, &latency, schemas.ProbePass
		e.PayloadHash = about.PayloadHash
	})
	entry(schemas.AuditWebhook, 4*time.Minute, func(e *schemas.AuditEntry) {
		e.Webhook = &schemas.WebhookDelivery{Delivered: true, Attempts: 2, ResponseCode: 204, MessageID: "msg-1"}
	})
	return path
}

// bobsKey is what bob signs with.
func bobsKey(t *testing.T) ssh.Signer {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed([]byte("bob signs with a seed of 32 byte")))
	require.NoError(t, err)
	return signer
}

func TestSignedDecisionsAreCheckedAgainAndWithAnApproversFileWhoseKeyItWas(t *testing.T) {
	path := recorded(t)
	r := starter(t, "", nil, "audit", "verify", "--trail", path)
	require.Zero(t, r.code, r.out+r.errors)
	require.Contains(t, r.out, "1 signature on decisions, all right")

	key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(bobsKey(t).PublicKey())))
	r = starter(t, "", nil, "audit", "verify", "--trail", path, "--approvers", file(t, "approvers", "bob "+key+"\n"))
	require.Zero(t, r.code, r.out+r.errors)
	r = starter(t, "", []string{"REGISTRAR_APPROVERS_FILE=" + file(t, "approvers", "carol "+key+"\n")}, "audit", "verify", "--trail", path)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.out, "✗ entry 4, line 4 (run-1/decision/2m0s): the signature of this decision is not right")
}

// edit changes a file's text.
func edit(t *testing.T, path string, change func(string) string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(change(string(text))), 0o600))
}

func TestASoundTrailIsVerifiedAndADamagedOneNamesItsFirstEntryAndExitsWith1(t *testing.T) {
	path := recorded(t)
	r := starter(t, "", nil, "audit", "verify", "--trail", path)
	require.Zero(t, r.code, r.errors)
	require.Contains(t, r.out, "6 entries, unbroken from 1 to 6")
	require.Contains(t, r.out, "no checkpoint was given")

	edit(t, path, func(s string) string { return strings.Replace(s, `"accepted":false`, `"accepted":true`, 1) })
	for _, env := range [][]string{{"REGISTRAR_AUDIT=file:" + path}, {"REGISTRAR_AUDIT_FILE=" + file(t, "target", "file:"+path+"\n")}} {
		r = starter(t, "", env, "audit", "verify")
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.out, "✗ entry 3, line 3 (run-1/decision/1m0s): it was changed")
		require.Contains(t, r.errors, "is not as it was written")
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	r = starter(t, string(text), nil, "audit", "verify", "-o", "json", "--trail", "-")
	require.Equal(t, exitFailed, r.code)
	report := documents[audit.Report](t, r)[0]
	require.Len(t, report.Problems, 1)
	require.Equal(t, audit.Changed, report.Problems[0].Kind)
	require.EqualValues(t, 3, report.Problems[0].Seq)
}

func TestACheckpointFindsWhatTheTrailItselfCannotShow(t *testing.T) {
	path := recorded(t)
	signing := []string{"REGISTRAR_AUDIT_KEY=" + auditKey}
	signer, err := audit.ParseSigner(auditKey)
	require.NoError(t, err)
	public := base64.StdEncoding.EncodeToString(signer.Public())

	r := starter(t, "", signing, "audit", "checkpoint", "--trail", path)
	require.Zero(t, r.code, r.errors)
	require.Empty(t, r.errors)
	document := file(t, "checkpoint.json", r.out)
	webhook := file(t, "body.json", `{"event":"llm_model_registration_updated","name":"production-llm-v2","checkpoint":`+strings.TrimSpace(r.out)+`}`)
	unsigned := starter(t, "", nil, "audit", "checkpoint", "--trail", path)
	require.Contains(t, unsigned.errors, "not signed")

	for _, key := range []string{public, file(t, "audit.pub", public+"\n")} {
		r = starter(t, "", nil, "audit", "verify", "--trail", path, "--checkpoint", document, "--checkpoint", webhook, "--public-key", key)
		require.Zero(t, r.code, r.errors+r.out)
		require.Contains(t, r.out, "agrees with 2 checkpoints")
		require.NotContains(t, r.out, "!  no")
	}
	r = starter(t, "", nil, "audit", "verify", "--trail", path, "--checkpoint", file(t, "unsigned.json", unsigned.out), "--public-key", public)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.out, "it is not signed")

	edit(t, path, func(s string) string { return s[:strings.LastIndex(strings.TrimSpace(s), "\n")+1] })
	require.Zero(t, starter(t, "", nil, "audit", "verify", "--trail", path).code)
	r = starter(t, "", signing, "audit", "verify", "--trail", path, "--checkpoint", webhook)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.out, "✗ entry 6: the trail ends here")
}

func TestACheckpointThatAgreesWithAnyTrailOrIsOfAnotherIsRefused(t *testing.T) {
	path := recorded(t)
	own := starter(t, "", nil, "audit", "checkpoint", "--trail", path)
	require.Zero(t, own.code, own.errors)
	verify := func(checkpoint string) ran {
		return starter(t, "", nil, "audit", "verify", "--trail", path, "--checkpoint", file(t, "checkpoint.json", checkpoint))
	}
	whole := map[string]any{}
	require.NoError(t, json.Unmarshal([]byte(own.out), &whole))
	delete(whole, "seq")
	unnumbered, err := json.Marshal(whole)
	require.NoError(t, err)
	for _, document := range []string{string(unnumbered), `{"checkpoint":` + string(unnumbered) + `}`} {
		r := verify(document)
		require.Equal(t, exitUsage, r.code, r.out)
		require.Contains(t, r.errors, "no sequence number (seq)")
	}

	elsewhere := filepath.Join(t.TempDir(), "audit.log")
	trail, err := audit.Open(t.Context(), "file:"+elsewhere)
	require.NoError(t, err)
	_, err = trail.Append(t.Context(), schemas.AuditEntry{EntryID: "run-9/started", Event: schemas.AuditStarted, Name: "another"})
	require.NoError(t, errors.Join(err, trail.Close()))
	other := starter(t, "", nil, "audit", "checkpoint", "--trail", elsewhere)
	require.Zero(t, other.code, other.errors)
	r := verify(other.out)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.out, "is of another trail")

	delete(whole, "trail")
	whole["seq"] = 6
	older, err := json.Marshal(whole)
	require.NoError(t, err)
	r = verify(string(older))
	require.Zero(t, r.code, r.errors)
	require.Contains(t, r.out, "agrees with 1 checkpoint")
	require.Contains(t, r.out, "1 checkpoint of an older version, not naming the trail")
}

func TestThereIsNoCheckpointOfADamagedOrEmptyTrail(t *testing.T) {
	path := recorded(t)
	edit(t, path, func(s string) string { return strings.Replace(s, "model-1", "model-2", 1) })
	r := starter(t, "", nil, "audit", "checkpoint", "--trail", path)
	require.Equal(t, exitFailed, r.code)
	require.Empty(t, r.out)
	require.Contains(t, r.errors, "damaged: entry 5")
	require.Equal(t, exitFailed, starter(t, "", nil, "audit", "checkpoint", "--trail", file(t, "empty", "")).code)
}

func TestShowTellsTheStoryOfOneModel(t *testing.T) {
	r := starter(t, "", nil, "audit", "show", "production-llm-v2", "--trail", recorded(t))
	require.Zero(t, r.code, r.errors)
	require.Empty(t, r.errors)
	place := 0
	for _, want := range []string{
		"production-llm-v2", "alice asked for the registration", "#1",
		"alice would have approved it; it did not count", "alice asked for the registration and cannot approve it",
		"bob approved it", "#4", "the probe passed  really", "SHA256:", "PASS, HTTP 200, median 123ms",
		"the registration ended: COMPLETED", "model-1", "job-1 took 4.2s", "the webhook arrived", "#6", "HTTP 204, 2 attempts",
	} {
		at := strings.Index(r.out[place:], want)
		require.GreaterOrEqual(t, at, 0, "%q is not in the rest of\n%s", want, r.out)
		place += at
	}
	require.NotContains(t, r.out, "another")
	require.NotContains(t, r.out, "\x1b")

	r = starter(t, "", nil, "audit", "show", "nobody", "--trail", recorded(t))
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, `no entry of a model called "nobody"`)
}

func TestShowInJSONPrintsTheEntriesAsTheyAreKept(t *testing.T) {
	path := recorded(t)
	r := starter(t, "", nil, "audit", "show", "another", "-o", "json", "--trail", path)
	require.Zero(t, r.code, r.errors)
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, strings.SplitAfter(string(kept), "\n")[1], r.out)
}

func TestAnExportedTrailCanBeVerified(t *testing.T) {
	path := recorded(t)
	exported := starter(t, "", nil, "audit", "export", "--trail", path)
	require.Zero(t, exported.code, exported.errors)
	require.Len(t, documents[schemas.AuditEntry](t, exported), 6)
	require.Zero(t, starter(t, exported.out, nil, "audit", "verify", "--trail", "-").code)
}

func TestCSVHasARowForEachEntryAndNoFormulas(t *testing.T) {
	for _, args := range [][]string{{"show", "production-llm-v2"}, {"export"}} {
		r := starter(t, "", nil, append([]string{"audit", "--trail", recorded(t), "-o", "csv"}, args...)...)
		require.Zero(t, r.code, r.errors)
		rows, err := csv.NewReader(strings.NewReader(r.out)).ReadAll()
		require.NoError(t, err)
		require.Equal(t, csvTitles, rows[0])
		require.Len(t, rows, map[string]int{"show": 6, "export": 7}[args[0]])
		require.Contains(t, r.out, ",'=1+1 looks good,")
		require.NotContains(t, r.out, "\x1b")
	}
	for text, want := range map[string]string{
		"": "", "plain": "plain", "-1.5": "-1.5", "-x": "'-x", "@SUM(A1)": "'@SUM(A1)", " \t=cmd|' /C calc'!A0": "'  =cmd|' /C calc'!A0",
		"+49 123": "'+49 123", "＝1": "'＝1", "a=b": "a=b",
	} {
		require.Equal(t, want, csvCell(text))
	}
}

func TestWrongUseOfAuditExitsWith2AndNothingSecretIsSaid(t *testing.T) {
	path := recorded(t)
	for want, args := range map[string][]string{
		"say what to do":                   {},
		"no valid URL":                     {"verify", "--trail", "postgres://u:hunter2@h:port/db"},
		"must be file:PATH":                {"verify", "--trail", "https://u:hunter2@h/db"},
		"holds no checkpoint":              {"verify", "--trail", path, "--checkpoint", path + ".lock"},
		"--checkpoint: open":               {"verify", "--trail", path, "--checkpoint", path + ".none"},
		"must be an ed25519 public key":    {"verify", "--trail", path, "--public-key", "hunter2"},
		"must be one of: text, json":       {"verify", "-o", "csv"},
		"must be one of: json, csv":        {"export", "-o", "text"},
		"name exactly one model":           {"show"},
		"an ed25519 private key":           {"checkpoint", "--trail", path},
		"set one of them":                  {"verify"},
		"the approvers file: ":             {"verify", "--trail", path, "--approvers", path + ".none"},
		`unknown command "now" for "start`: {"verify", "now"},
	} {
		var env []string
		switch want {
		case "an ed25519 private key":
			env = []string{"REGISTRAR_AUDIT_KEY=hunter2"}
		case "set one of them":
			env = []string{"REGISTRAR_AUDIT=file:x", "REGISTRAR_AUDIT_FILE=y"}
		}
		r := starter(t, "", env, append([]string{"audit"}, args...)...)
		require.Equal(t, exitUsage, r.code, "%v: %s", args, r.errors)
		require.Contains(t, r.errors, want)
		require.NotContains(t, r.errors, "hunter2")
		require.Empty(t, r.out)
	}
}

func TestATrailThatCannotBeReadExitsWith1(t *testing.T) {
	for _, target := range []string{filepath.Join(t.TempDir(), "none.log"), "postgres://u:hunter2@127.0.0.1:1/db"} {
		r := starter(t, "", nil, "audit", "verify", "--trail", target)
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.errors, "the audit trail ")
		require.NotContains(t, r.errors, "hunter2")
	}
}

func TestTheReportInJSONHasNoProblemsAsAnEmptyList(t *testing.T) {
	r := starter(t, "", nil, "audit", "verify", "-o", "json", "--trail", recorded(t))
	require.Zero(t, r.code)
	var report map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.out), &report))
	require.Equal(t, []any{}, report["problems"])
	require.EqualValues(t, 1, report["signatures"])
}

func TestATrailThatIsNotThereIsLookedForByItsVariableAndItsFlag(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, command := range []string{"verify", "export", "checkpoint", "show llm"} {
		r := starter(t, "", nil, append([]string{"audit"}, strings.Fields(command)...)...)
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.errors, "set REGISTRAR_AUDIT as it is set for them, or give --trail", command)
	}
}
