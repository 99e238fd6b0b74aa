package activities

import (
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
	trail, err := audit.Open(path)
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
	require.NoError(t, audit.Scan(t.Context(), path, func(e schemas.AuditEntry) error {
		entries = append(entries, e)
		return nil
	}))
	return entries
}

func TestAnEntryIsWrittenOnceHoweverOftenTheActivityRuns(t *testing.T) {
	a, path := auditing(t)
	for _, e := range []schemas.AuditEntry{entry("run-1/ended"), entry("run-1/ended"), entry("run-2/ended"), entry("run-1/ended")} {
		_, err := run(t, without(a.WriteAudit), e)
		require.NoError(t, err)
	}
	require.Equal(t, []schemas.AuditEntry{entry("run-1/ended"), entry("run-2/ended")}, written(t, path))
}

func TestATrailThatCannotBeWrittenIsTriedAgain(t *testing.T) {
	a, path := auditing(t)
	require.NoError(t, a.Audit.Close())
	_, err := run(t, without(a.WriteAudit), entry("run-1/ended"))
	require.Contains(t, wantRetried(t, err, schemas.ErrAuditUnavailable, 0).Message(), filepath.Base(path))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, text)
}

func TestAnEntryThatCanNeverBeWrittenIsFinal(t *testing.T) {
	a, path := auditing(t)
	_, err := run(t, without(a.WriteAudit), entry(""))
	wantFatal(t, err, schemas.ErrInternal)
	require.Empty(t, written(t, path))
}
