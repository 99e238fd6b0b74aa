package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"model-registrar/testsuite/simulator/control"
)

// output is a buffer that a test may read while the program writes.
type output struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.String()
}

func TestItSaysWhereItListensAndEndsGracefully(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ready := filepath.Join(t.TempDir(), "ready.json")
	stdout, stderr := &output{}, &output{}
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"--listen", "127.0.0.1:0", "--ready-file", ready, "--quota", "7"}, stdout, stderr)
	}()
	var announced struct {
		URL string `json:"url"`
		PID int    `json:"pid"`
	}
	waitFor(t, func() bool {
		raw, err := os.ReadFile(ready)
		return err == nil && json.Unmarshal(raw, &announced) == nil
	})
	if announced.PID != os.Getpid() || !strings.Contains(stdout.String(), "listening on "+announced.URL+"\n") {
		t.Fatalf("%+v, stdout %q", announced, stdout.String())
	}
	if set, err := control.New(announced.URL).Settings(t.Context()); err != nil || set.Quota != 7 || set.JobDurationMS != 2000 {
		t.Fatalf("%+v, %v", set, err)
	}
	stop()
	if c := <-code; c != 0 {
		t.Fatalf("exit %d: %s", c, stderr)
	}
	if err := control.New(announced.URL).Health(t.Context()); err == nil {
		t.Fatal("it still answers")
	}
}

func TestWrongUsageExits2AndATakenAddress1(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
	}{
		"unknown flag":        {[]string{"--lisen", "x"}, 2},
		"an argument":         {[]string{"now"}, 2},
		"negative quota":      {[]string{"--quota", "-1"}, 2},
		"help":                {[]string{"--help"}, 0},
		"no address":          {[]string{"--listen", "127.0.0.1:99999"}, 1},
		"no such folder":      {[]string{"--listen", "127.0.0.1:0", "--ready-file", "/nonexistent/x"}, 1},
		"token-ttl too short": {[]string{"--token-ttl", "1ms"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			stderr := &output{}
			if code := run(t.Context(), c.args, &output{}, stderr); code != c.code || stderr.String() == "" {
				t.Fatalf("exit %d, %q", code, stderr)
			}
		})
	}
}

func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}
