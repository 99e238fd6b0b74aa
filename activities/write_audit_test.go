package activities

import (
	"crypto/ed25519"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"model-registrar/internal/audit"
	"model-registrar/schemas"
)

func auditing(t *testing.T) (a *Activities, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "llm_model_audit.log")
	trail, err := audit.Open(t.Context(), "file:"+path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = trail.Close() })
	return &Activities{Audit: trail}, path
}

func entry(id string) schemas.AuditEntry {
	return schemas.AuditEntry{
		EntryID: id, Timestamp: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), ModelID: "model-1",
		Compliance: schemas.RecordStored, Name: "production-llm-v2", Outcome: schemas.Completed,
	}
}

func written(t *testing.T, path string) []schemas.AuditEntry {
	t.Helper()
	var entries []schemas.AuditEntry
	target, err := audit.ParseTarget("file:" + path)
	require.NoError(t, err)
	require.NoError(t, target.Source().Scan(t.Context(), func(e schemas.AuditEntry) error {
		entries = append(entries, e)
		return nil
	}))
	return entries
}

func TestAnEntryIsWrittenOnceHoweverOftenTheActivityRuns(t *testing.T) {
	a, path := auditing(t)
	var receipts []schemas.AuditReceipt
	for _, e := range []schemas.AuditEntry{entry("run-1/started"), entry("run-1/started"), entry("run-2/started"), entry("run-1/started")} {
		receipt, err := run(t, a.WriteAudit, e)
		require.NoError(t, err)
		receipts = append(receipts, receipt)
	}
	entries := written(t, path)
	require.Len(t, entries, 2)
	for i, r := range []int{0, 2} {
		require.Equal(t, receipts[r], schemas.AuditReceipt{Seq: entries[i].Seq, Hash: entries[i].Hash})
	}
	require.Equal(t, receipts[0], receipts[1])
	require.Equal(t, receipts[0], receipts[3])
}

func TestTheReceiptOfAnEndingHoldsACheckpointThatIsSignedIfThereIsAKey(t *testing.T) {
	a, _ := auditing(t)
	ending := entry("run-1/ended")
	ending.Event = schemas.AuditEnded
	unsigned, err := run(t, a.WriteAudit, ending)
	require.NoError(t, err)
	require.Equal(t, unsigned.Hash, unsigned.Checkpoint.Hash)
	require.Empty(t, unsigned.Checkpoint.Signature)

	a.Checkpoints, err = audit.ParseSigner(base64.StdEncoding.EncodeToString(make([]byte, ed25519.SeedSize)))
	require.NoError(t, err)
	signed, err := run(t, a.WriteAudit, ending)
	require.NoError(t, err)
	require.Equal(t, unsigned.Seq, signed.Checkpoint.Seq)
	require.NoError(t, audit.VerifyCheckpoint(*signed.Checkpoint, a.Checkpoints.Public()))

	for _, event := range []schemas.AuditEvent{schemas.AuditStarted, schemas.AuditDecision, schemas.AuditWebhook} {
		other := entry("run-1/" + string(event))
		other.Event = event
		receipt, err := run(t, a.WriteAudit, other)
		require.NoError(t, err)
		require.Nil(t, receipt.Checkpoint)
	}
}

func TestATrailThatCannotBeWrittenIsTriedAgain(t *testing.T) {
	a, path := auditing(t)
	require.NoError(t, a.Audit.Close())
	_, err := run(t, a.WriteAudit, entry("run-1/ended"))
	require.Contains(t, wantRetried(t, err, schemas.ErrAuditUnavailable, 0).Message(), filepath.Base(path))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, text)
}

func TestAnEntryThatCanNeverBeWrittenIsFinal(t *testing.T) {
	a, path := auditing(t)
	_, err := run(t, a.WriteAudit, entry(""))
	wantFatal(t, err, schemas.ErrInternal)
	require.Empty(t, written(t, path))
}
