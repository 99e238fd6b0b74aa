package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
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
	*fileTrail
	log *bytes.Buffer
}

func open(t *testing.T, path string) trail {
	t.Helper()
	var log bytes.Buffer
	tr, err := Open(t.Context(), "file:"+path, WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tr.Close() })
	return trail{tr.(*fileTrail), &log}
}

func (tr trail) append(t *testing.T, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if _, err := tr.Append(t.Context(), entryOf(id)); err != nil {
			t.Fatal(err)
		}
	}
}

func sourceOf(t *testing.T, target string) Source {
	t.Helper()
	parsed, err := ParseTarget(target)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Source()
}

func idsIn(t *testing.T, path string) []string {
	t.Helper()
	var ids []string
	if err := sourceOf(t, "file:"+path).Scan(t.Context(), func(e schemas.AuditEntry) error { ids = append(ids, e.EntryID); return nil }); err != nil {
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

// chain is the lines of a trail with these entries.
func chain(t testing.TB, ids ...string) (lines []string) {
	t.Helper()
	last := link{0, noHash}
	for _, id := range ids {
		text, at, err := seal(entryOf(id), last)
		if err != nil {
			t.Fatal(err)
		}
		lines, last = append(lines, string(text)+"\n"), at
	}
	return lines
}

// wantSound fails unless the trail is an unbroken chain of so many entries.
func wantSound(t *testing.T, s Source, entries int64) {
	t.Helper()
	report, err := Verify(t.Context(), s, Checks{})
	if err != nil || !report.OK() || report.Entries != entries {
		t.Errorf("%d entries, want %d; problems %v; %v", report.Entries, entries, report.Problems, err)
	}
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
				if _, err := trails[n%len(trails)].Append(t.Context(), entryOf(fmt.Sprintf("entry-%d", (i+n)%20))); err != nil {
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
	whole := chain(t, "a", "b", "c")
	third := whole[2]
	dir := t.TempDir()
	for cut := range len(third) + 1 {
		path := filepath.Join(dir, fmt.Sprintf("audit-%d.log", cut))
		write(t, path, whole[0]+whole[1]+third[:cut])
		tr := open(t, path)
		tr.append(t, "c", "d")
		wantIDs(t, path, "a", "b", "c", "d")
		wantSound(t, sourceOf(t, "file:"+path), 4)
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
	whole := chain(t, "a", "b")
	written := whole[0] + "garbage\n" + long + whole[1]
	write(t, path, written)
	tr := open(t, path)
	tr.append(t, "a", "b", "c")
	if log := tr.log.String(); !strings.Contains(log, "line=2") || !strings.Contains(log, "line=3") || strings.Contains(log, "line=4") {
		t.Errorf("log %q", log)
	}
	raw, _ := os.ReadFile(path)
	if added, ok := strings.CutPrefix(string(raw), written); !ok || !strings.HasPrefix(added, `{"seq":3,`) || strings.Count(added, "\n") != 1 {
		t.Errorf("added %q", added)
	}
	var bad *RecordError
	err := sourceOf(t, "file:"+path).Scan(t.Context(), func(schemas.AuditEntry) error { return nil })
	if !errors.As(err, &bad) || bad.Line != 2 {
		t.Errorf("scan: %v, want line 2", err)
	}
}

func TestTrailOfTheTutorialsProgramIsGoneOnWithAndItsLinesAreBoundByTheChain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "llm_model_audit.log")
	old := `{"timestamp": "2025-01-01T00:00:00+00:00", "modelId": "m", "payloadHash": "h", "jobDurationMs": 12, "validationStatus": "PASS", "latencyMs": 3.5, "compliance": "RECORD_STORED"}` + "\n"
	write(t, path, old+old)
	tr := open(t, path)
	tr.append(t, "a", "b")
	again := open(t, path)
	again.append(t, "b", "c")
	wantIDs(t, path, "", "", "a", "b", "c")
	if tr.log.Len()+again.log.Len() > 0 {
		t.Errorf("log %q %q", tr.log, again.log)
	}
	report := verified(t, sourceOf(t, "file:"+path), Checks{})
	if !report.OK() || report.Before != 2 || report.Entries != 3 {
		t.Errorf("%+v", report)
	}
	sum := sha256.Sum256([]byte(old + old))
	raw, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(raw), fmt.Sprintf(`"prevHash":"%x"`, sum)) {
		t.Errorf("the first entry is not bound to the lines before it: %v", err)
	}
	write(t, path, strings.Replace(string(raw), "12", "13", 1))
	wantProblem(t, verified(t, sourceOf(t, "file:"+path), Checks{}), Problem{Kind: Changed, Line: 1})
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

func TestTrailThatIsRotatedGoesOnForEveryoneInTheNewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	one, other := open(t, path), open(t, path)
	one.append(t, "a", "b")
	other.append(t, "c")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	one.append(t, "d")
	other.append(t, "e")
	wantIDs(t, path, "d", "e")
	wantSound(t, sourceOf(t, "file:"+path), 2)
	wantSound(t, sourceOf(t, "file:"+path+".1"), 3)
}

func TestEntriesThatVanishWhileSomebodyWritesLeaveAGapThatShows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	one, other := open(t, path), open(t, path)
	one.append(t, "a", "b", "c")
	other.append(t, "c")
	write(t, path, chain(t, "a")[0])
	one.append(t, "a", "d")
	other.append(t, "e")
	one.append(t, "f")
	wantIDs(t, path, "a", "d", "e", "f")
	if !strings.Contains(one.log.String(), "has lost entries") {
		t.Errorf("log %q", one.log)
	}
	report := verified(t, sourceOf(t, "file:"+path), Checks{})
	wantProblem(t, report, Problem{Kind: Missing, Seq: 2, Line: 2})
	if len(report.Problems) > 1 {
		t.Errorf("%v", report.Problems)
	}
}

func TestAnEntryThatWasChangedAtTheEndIsReportedWhenTheTrailIsOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	whole := chain(t, "a", "b")
	write(t, path, whole[0]+strings.Replace(whole[1], "model-1", "model-2", 1))
	tr := open(t, path)
	if !strings.Contains(tr.log.String(), "the last entry of the audit trail was changed") {
		t.Errorf("log %q", tr.log)
	}
	tr.append(t, "c")
	wantProblem(t, verified(t, sourceOf(t, "file:"+path), Checks{}), Problem{Kind: Changed, Seq: 2, Line: 2, EntryID: "b"})
}

func TestARepeatedAppendReturnsTheFirstReceipt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	one, other := open(t, path), open(t, path)
	first, err := one.Append(t.Context(), entryOf("a"))
	if err != nil || first.Seq != 1 || len(first.Hash) != 64 {
		t.Fatalf("%+v, %v", first, err)
	}
	one.append(t, "b")
	for _, tr := range []trail{one, other, open(t, path)} {
		if again, err := tr.Append(t.Context(), entryOf("a")); err != nil || again != first {
			t.Errorf("%+v, %v; want %+v", again, err, first)
		}
	}
}

func TestAppendsThatComeTogetherShareACommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	tr := open(t, path)
	other := flock.New(path + ".lock")
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 300 {
		wg.Go(func() {
			if _, err := tr.Append(t.Context(), entryOf(fmt.Sprintf("entry-%d", i%290))); err != nil {
				t.Error(err)
			}
		})
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		tr.group.mu.Lock()
		n := len(tr.group.waiting)
		tr.group.mu.Unlock()
		if n == 300 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d wait", n)
		}
	}
	if err := other.Unlock(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	wantSound(t, sourceOf(t, "file:"+path), 290)
}

func TestFailedWriteIsAnErrorAndTheNextAppendWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	tr := open(t, path)
	tr.append(t, "a")
	readOnly, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	_ = tr.open.Close()
	tr.open = readOnly
	var failed *Error
	if _, err := tr.Append(t.Context(), entryOf("b")); !errors.As(err, &failed) || !strings.Contains(err.Error(), "could not be written") {
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
	if _, err := tr.Append(ctx, entryOf("a")); !errors.Is(err, context.DeadlineExceeded) {
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
	for _, e := range []schemas.AuditEntry{entryOf(""), entryOf("a\x00b"), entryOf("\xff"), entryOf(strings.Repeat("x", maxEntryID+1)), long} {
		if _, err := tr.Append(t.Context(), e); !errors.Is(err, ErrEntry) {
			t.Errorf("got %v", err)
		}
	}
	wantIDs(t, path)
}

func TestTrailThatCannotBeMadeAndOneThatIsClosedAreErrors(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	write(t, blocked, "")
	var failed *Error
	if _, err := Open(t.Context(), "file:"+filepath.Join(blocked, "audit.log")); !errors.As(err, &failed) {
		t.Errorf("got %v", err)
	}
	tr := open(t, filepath.Join(t.TempDir(), "audit.log"))
	if err := tr.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Append(t.Context(), entryOf("a")); !errors.As(err, &failed) || !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestScanLeavesOutTheLineThatIsCutShortAndStopsWhenTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	write(t, path, strings.Join(chain(t, "a", "b"), "")+`{"entryId":"c"`)
	wantIDs(t, path, "a", "b")
	enough, calls := errors.New("enough"), 0
	err := sourceOf(t, "file:"+path).Scan(t.Context(), func(schemas.AuditEntry) error { calls++; return enough })
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
	var failed *Error
	if err := sourceOf(t, "file:"+path+".none").Scan(t.Context(), nil); !errors.As(err, &failed) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestParseTargetKnowsFilesAndDatabasesAndEchoesNoPassword(t *testing.T) {
	for target, want := range map[string]string{
		"file:llm_model_audit.log": "llm_model_audit.log", "file:/var/lib/a:b.log": "/var/lib/a:b.log",
		"postgres://u:hunter2@db.example.com/audit":                    "PostgreSQL database audit at db.example.com:5432",
		"postgresql://u:hunter2@127.0.0.1:6543/audit?pool_max_conns=9": "PostgreSQL database audit at 127.0.0.1:6543",
		"file:": "", "file:dir/": "", "audit.log": "", "https://u:hunter2@h": "", "": "",
		"postgres://u:hunter2@h:port/db": "", "postgres://u:hunter2@h/db?sslmode=hunter2": "", "postgres://u:hunter2%zz@h": "",
	} {
		got, err := ParseTarget(target)
		if (err == nil) != (want != "") || err == nil && got.String() != want || err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v, %v", target, got, err)
		}
	}
}

func TestALineThatCannotBeSetAsideWholeLeavesNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trail.log")
	trail, err := openTrail(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := trail.Close(); err != nil { // it cannot be read, as a disk that is full cannot be written
		t.Fatal(err)
	}
	if _, err := saveAside(trail, path, 0, time.Now()); err == nil {
		t.Error("it says that the line was set aside")
	}
	if left := setAside(t, path); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

func TestADeviceIsNoTrail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trail.log")
	if err := os.Symlink(os.DevNull, path); err != nil {
		t.Fatal(err)
	}
	trail, err := Open(t.Context(), "file:"+path)
	if err == nil {
		err = errors.Join(trail.Ready(t.Context()), trail.Close())
	}
	if !errors.Is(err, errNoFile) {
		t.Errorf("it was taken for one: %v", err)
	}
}
