package main

import (
	"io"
	"strings"
	"testing"
)

func TestWithoutFlagsItIsTheUsualPortsOnLoopbackAndAFile(t *testing.T) {
	got, err := parseOptions(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := options{
		ip: "127.0.0.1", port: 7233, uiPort: 8233, dbFile: "devserver.db",
		synchronous: "normal", namespace: "default", logLevel: "warn",
		longHistory: 4096,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAWrongFlagIsNamed(t *testing.T) {
	for args, want := range map[string]string{
		"--ip=localhost":                    "--ip",
		"--port=70000":                      "--port",
		"--pprof-port=70000":                "--pprof-port",
		"--ui-port=-1":                      "--ui-port",
		"--port=8233":                       "--ui-port",
		"--in-memory --db-file=x.db":        "exclude",
		"--db-file=":                        "--db-file",
		"--namespace=":                      "--namespace",
		"--log-level=loud":                  "debug, info, warn, error",
		"--sqlite-synchronous=sometimes":    "off, normal, full, extra",
		"--suggest-continue-as-new-after=5": "less than 50",
		"--nonsense":                        "--nonsense",
		"start":                             `"start"`,
	} {
		_, err := parseOptions(strings.Fields(args), io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %s", args, err, want)
		}
	}
}

func TestPortsPickedFreeMayBothBeZeroAndAHeadlessServerNeedsNoUIPort(t *testing.T) {
	for _, args := range []string{"--port=0 --ui-port=0", "--headless --port=8233"} {
		if _, err := parseOptions(strings.Fields(args), io.Discard); err != nil {
			t.Errorf("%s: %v", args, err)
		}
	}
}
