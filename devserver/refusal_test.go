package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAReadyFileLeftByAKilledOneIsReplacedBeforeAnythingElseCanFail(t *testing.T) {
	t.Parallel()
	readyFile := filepath.Join(t.TempDir(), "ready.json")
	if err := os.WriteFile(readyFile, []byte(`{"address":"127.0.0.1:1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	taken, port := takePort(t)
	defer taken.Close()
	expectRefusal(t, "--port", "--in-memory", "--ui-port=0", "--port="+port, "--ready-file="+readyFile)
	if fileExists(readyFile) {
		t.Error("the old ready file is still there")
	}
}

func TestASecondOneOnTheSameFileIsRefusedWhateverTheFileIsCalled(t *testing.T) {
	t.Parallel()
	file := dbFile(t)
	p := start(t, "--db-file="+file)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, link} {
		expectRefusal(t, "in use by another devserver", "--port=0", "--ui-port=0", "--db-file="+name)
	}
	if code := p.end(t, syscall.SIGTERM); code != exitOK {
		t.Errorf("the first one ended with %d", code)
	}
}

func TestAPortInUseIsNamedWithTheFlagToChange(t *testing.T) {
	t.Parallel()
	taken, port := takePort(t)
	defer taken.Close()
	expectRefusal(t, "choose another port with --port ", "--in-memory", "--ui-port=0", "--port="+port)
	expectRefusal(t, "choose another port with --ui-port ", "--in-memory", "--port=0", "--ui-port="+port)
}

func TestAnUnusableDatabaseIsOneSentence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noDatabase := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(noDatabase, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"folder missing": filepath.Join(dir, "missing", "x.db"),
		"is a folder":    dir,
		"other content":  noDatabase,
	} {
		t.Run(name, func(t *testing.T) {
			expectRefusal(t, "--db-file", "--port=0", "--ui-port=0", "--db-file="+path)
		})
	}
}

func takePort(t *testing.T) (net.Listener, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return listener, port
}

func expectRefusal(t *testing.T, want string, args ...string) {
	t.Helper()
	p := launch(t, args...)
	if code := p.wait(t); code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	stderr := p.stderr.String()
	if !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
		t.Errorf("stderr should be one line with %q, and is\n%s", want, stderr)
	}
	if out := p.stdout.String(); out != "" {
		t.Errorf("stdout should be empty, and is\n%s", out)
	}
}
