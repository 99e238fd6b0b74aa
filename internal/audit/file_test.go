package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"model-registrar/schemas"
)

func entryOf(id string) schemas.AuditEntry {
	return schemas.AuditEntry{
		EntryID: id, Timestamp: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), ModelID: "model-1",
		Compliance: schemas.RecordStored, Name: "production-llm-v2", Outcome: schemas.Completed,
	}
}

// trail is a trail under test with the log that it writes.
type trail struct {
	*File
	log *bytes.Buffer
}

func open(t *testing.T, path string) trail {
	t.Helper()
	var log bytes.Buffer
	f, err := Open(path, WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return trail{f, &log}
}

func (tr trail) append(t *testing.T, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := tr.Append(t.Context(), entryOf(id)); err != nil {
			t.Fatal(err)
		}
	}
}

func idsIn(t *testing.T, path string) []string {
	t.Helper()
	var ids []string
	if err := Scan(t.Context(), path, func(e schemas.AuditEntry) error { ids = append(ids, e.EntryID); return nil }); err != nil {
		t.Fatal(err)
	}
	return ids
}

func wantIDs(t *testing.T, path string, want ...string) {
	t.Helper()
	if got := idsIn(t, path); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the trail holds %v, want %v", got, want)
	}
}

func setAside(t *testing.T, path string) []string {
	t.Helper()
	files, err := filepath.Glob(path + ".torn-*")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func lineOf(t *testing.T, id string) string {
	t.Helper()
	text, err := encode(entryOf(id))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), fileMode); err != nil {
		t.Fatal(err)
	}
}

func TestEntriesAreLinesOfJSONInTheOrderOfTheirAppends(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "dir", "audit.log")
	open(t, path).append(t, "a", "b", "c")
	wantIDs(t, path, "a", "b", "c")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var first map[string]any
	if err := json.Unmarshal(bytes.SplitN(raw, []byte("\n"), 2)[0], &first); err != nil || first["compliance"] != "RECORD_STORED" {
		t.Errorf("%v, %v", first, err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm()&0o007 != 0 {
		t.Errorf("others may use it: %v", info.Mode())
	}
}

func TestRepeatedAppendChangesNothingNotEvenAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	first := open(t, path)
	first.append(t, "a", "b", "a")
	second := open(t, path)
	second.append(t, "b", "c")
	first.append(t, "c", "d", "a")
	wantIDs(t, path, "a", "b", "c", "d")
}

func TestManyGoroutinesAndSeveralOpenTrailsWriteEachEntryOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	trails := []trail{open(t, path), open(t, path), open(t, path)}
	var wg sync.WaitGroup
	for n := range 12 {
		wg.Go(func() {
			for i := range 20 {
				if err := trails[n%len(trails)].Append(t.Context(), entryOf(fmt.Sprintf("entry-%d", (i+n)%20))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]int{}
	for _, id := range idsIn(t, path) {
		seen[id]++
	}
	for i := range 20 {
		if id := fmt.Sprintf("entry-%d", i); seen[id] != 1 {
			t.Errorf("%s is there %d times", id, seen[id])
		}
	}
}

func TestLineCutShortAnywhereIsSetAsideAndItsEntryWrittenAnew(t *testing.T) {
	third := lineOf(t, "c")
	dir := t.TempDir()
	for cut := range len(third) + 1 {
		path := filepath.Join(dir, fmt.Sprintf("audit-%d.log", cut))
		write(t, path, lineOf(t, "a")+lineOf(t, "b")+third[:cut])
		tr := open(t, path)
		tr.append(t, "c", "d")
		wantIDs(t, path, "a", "b", "c", "d")
		aside := setAside(t, path)
		if torn := cut > 0 && cut < len(third)-1; !torn {
			if len(aside) != 0 {
				t.Errorf("cut at %d: %v was set aside from a whole line", cut, aside)
			}
			continue
		}
		if len(aside) != 1 || !strings.Contains(tr.log.String(), aside[0]) {
			t.Fatalf("cut at %d: set aside %v, log %q", cut, aside, tr.log)
		}
		if kept, _ := os.ReadFile(aside[0]); string(kept) != third[:cut] {
			t.Errorf("cut at %d: kept %q", cut, kept)
		}
	}
}

func TestTornLineOfAnotherProcessIsSetAsideWhileThisOneRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	tr := open(t, path)
	tr.append(t, "a")
	other, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.WriteString(`{"entryId":"b","mod`); err != nil {
		t.Fatal(err)
	}
	_ = other.Close()
	tr.append(t, "b")
	wantIDs(t, path, "a", "b")
	if len(setAside(t, path)) != 1 {
		t.Error("the torn line is gone")
	}
}

func TestLinesThatAreNoEntriesAreReportedAndLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	long := strings.Repeat("x", maxLine+10) + "\n"
	write(t, path, lineOf(t, "a")+"garbage\n"+long+lineOf(t, "b"))
	tr := open(t, path)
	tr.append(t, "a", "b", "c")
	if log := tr.log.String(); !strings.Contains(log, "line=2") || !strings.Contains(log, "line=3") || strings.Contains(log, "line=4") {
		t.Errorf("log %q", log)
	}
	raw, _ := os.ReadFile(path)
	if want := lineOf(t, "a") + "garbage\n" + long + lineOf(t, "b") + lineOf(t, "c"); string(raw) != want {
		t.Error("the trail has other lines than before and the new one")
	}
	var bad *LineError
	if err := Scan(t.Context(), path, func(schemas.AuditEntry) error { return nil }); !errors.As(err, &bad) || bad.Line != 2 {
		t.Errorf("scan: %v, want line 2", err)
	}
}

func TestTrailOfTheTutorialsProgramIsGoneOnWith(t *testing.T) {
	path := filepath.Join(t.TempDir(), "llm_model_audit.log")
	old := `{"timestamp": "2025-01-01T00:00:00+00:00", "modelId": "m", "payloadHash": "h", "jobDurationMs": 12, "validationStatus": "PASS", "latencyMs": 3.5, "compliance": "RECORD_STORED"}` + "\n"
	write(t, path, old+old)
	tr := open(t, path)
	tr.append(t, "a")
	wantIDs(t, path, "", "", "a")
	if tr.log.Len() > 0 {
		t.Errorf("log %q", tr.log)
	}
}

func TestTrailThatIsRotatedGoesOnInTheNewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	tr := open(t, path)
	tr.append(t, "a")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	tr.append(t, "b")
	wantIDs(t, path, "b")
	wantIDs(t, path+".1", "a")
	if !strings.Contains(tr.log.String(), "replaced or shortened") {
		t.Errorf("log %q", tr.log)
	}
}

func TestTrailThatWasShortenedIsReadAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	tr := open(t, path)
	tr.append(t, "a", "b")
	write(t, path, lineOf(t, "a"))
	tr.append(t, "a", "b")
	wantIDs(t, path, "a", "b")
}

func TestFailedWriteIsAnErrorAndTheNextAppendWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	tr := open(t, path)
	tr.append(t, "a")
	readOnly, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	_ = tr.file.Close()
	tr.file = readOnly
	var failed *Error
	if err := tr.Append(t.Context(), entryOf("b")); !errors.As(err, &failed) || !strings.Contains(err.Error(), "could not be written") {
		t.Fatalf("got %v", err)
	}
	wantIDs(t, path, "a")
	tr.append(t, "b")
	wantIDs(t, path, "a", "b")
}

func TestAppendWaitsForTheLockNoLongerThanItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	tr := open(t, path)
	other := flock.New(path + ".lock")
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := tr.Append(ctx, entryOf("a")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := other.Unlock(); err != nil {
		t.Fatal(err)
	}
	tr.append(t, "a")
	wantIDs(t, path, "a")
}

func TestEntriesThatCanNeverBeWrittenAreToldApart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	tr := open(t, path)
	long := entryOf("a")
	long.Reason = strings.Repeat("x", maxLine)
	for _, e := range []schemas.AuditEntry{entryOf(""), long} {
		if err := tr.Append(t.Context(), e); !errors.Is(err, ErrEntry) {
			t.Errorf("got %v", err)
		}
	}
	wantIDs(t, path)
}

func TestTrailThatCannotBeMadeAndOneThatIsClosedAreErrors(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	write(t, blocked, "")
	var failed *Error
	if _, err := Open(filepath.Join(blocked, "audit.log")); !errors.As(err, &failed) {
		t.Errorf("got %v", err)
	}
	tr := open(t, filepath.Join(t.TempDir(), "audit.log"))
	if err := tr.Close(); err != nil {
		t.Fatal(err)
	}
	if err := tr.Append(t.Context(), entryOf("a")); !errors.As(err, &failed) || !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestScanLeavesOutTheLineThatIsBeingWrittenAndStopsWhenTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	write(t, path, lineOf(t, "a")+lineOf(t, "b")+`{"entryId":"c"`)
	wantIDs(t, path, "a", "b")
	enough, calls := errors.New("enough"), 0
	err := Scan(t.Context(), path, func(schemas.AuditEntry) error { calls++; return enough })
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
	var failed *Error
	if err := Scan(t.Context(), path+".none", nil); !errors.As(err, &failed) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestParseTargetKnowsFilesAndEchoesNoPassword(t *testing.T) {
	for target, want := range map[string]string{
		"file:llm_model_audit.log": "llm_model_audit.log", "file:/var/lib/a:b.log": "/var/lib/a:b.log",
		"file:": "", "file:dir/": "", "audit.log": "", "postgres://u:hunter2@h/db": "", "https://u:hunter2@h": "", "": "",
	} {
		got, err := ParseTarget(target)
		if got != want || (err == nil) != (want != "") || (err != nil && strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%q: %q, %v", target, got, err)
		}
	}
}
