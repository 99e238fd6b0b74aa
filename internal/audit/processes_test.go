package audit

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"model-registrar/schemas"
)

const (
	writerVariable = "AUDIT_TEST_WRITER" // the trail that a child process writes, and from which entry on
	startVariable  = "AUDIT_TEST_START"
	entries        = 500
)

// TestMain lets the test binary be a writer, so that tests can run and kill several of them.
func TestMain(m *testing.M) {
	if target := os.Getenv(writerVariable); target != "" {
		os.Exit(writeAll(target))
	}
	code := m.Run()
	if err := closeServer(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func entryName(i int) string { return fmt.Sprintf("entry-%d", i%entries) }

// writeAll appends every entry, several at a time, beginning at a place of its own, so that writers compete for all.
func writeAll(target string) int {
	start, _ := strconv.Atoi(os.Getenv(startVariable))
	trail, err := Open(context.Background(), target)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer trail.Close()
	var all errgroup.Group
	all.SetLimit(8)
	for i := range entries {
		all.Go(func() error {
			_, err := trail.Append(context.Background(), entryOf(entryName(start+i)))
			return err
		})
	}
	if err := all.Wait(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func startWriter(t *testing.T, target string, start int) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writerVariable+"="+target, startVariable+"="+strconv.Itoa(start))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}

// awaitEntries waits until the trail holds n entries, reading it as it is written.
func awaitEntries(t *testing.T, target string, n int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		count := 0
		err := sourceOf(t, target).Scan(t.Context(), func(schemas.AuditEntry) error { count++; return nil })
		if err == nil && count >= n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d entries, %v; want %d", count, err, n)
		}
	}
}

func TestFourProcessesThatAreKilledNowAndThenWriteOneUnbrokenChain(t *testing.T) {
	for kind, target := range bothKinds(t) {
		t.Run(kind, func(t *testing.T) {
			source := sourceOf(t, target)
			var running []*exec.Cmd
			for n := range 4 {
				running = append(running, startWriter(t, target, n*entries/4))
			}
			for round := range 4 {
				awaitEntries(t, target, (round+1)*entries/8)
				victim := running[0]
				if err := victim.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				_ = victim.Wait()
				running = append(running[1:], startWriter(t, target, round*entries/4))
			}
			for _, cmd := range running {
				if err := cmd.Wait(); err != nil {
					t.Errorf("a writer failed: %v", err)
				}
			}
			wantSound(t, source, entries)
			seen := map[string]int{}
			err := source.Scan(t.Context(), func(e schemas.AuditEntry) error { seen[e.EntryID]++; return nil })
			if err != nil || len(seen) != entries {
				t.Errorf("%d different entries, want %d: %v", len(seen), entries, err)
			}
			for i := range entries {
				if seen[entryName(i)] != 1 {
					t.Errorf("%s is there %d times", entryName(i), seen[entryName(i)])
				}
			}
		})
	}
}
