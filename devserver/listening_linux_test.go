package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.temporal.io/server/common/testing/freeport"
)

func TestNoPortOfTheDevserverAnswersAPageWhoseNameWasMadeToPointToThisMachine(t *testing.T) {
	t.Parallel()
	profiler := freeport.MustGetFreePort()
	p := start(t, "--in-memory", "--pprof-port="+strconv.Itoa(profiler))
	ports := listening(t, p.cmd.Process.Pid)
	if _, ui, _ := strings.Cut(p.UIURL, "127.0.0.1:"); !slices.Contains(ports, ui) || !slices.Contains(ports, strconv.Itoa(profiler)) {
		t.Fatalf("of the ports %v none is the UI's, or none the profiler's", ports)
	}
	for _, port := range ports {
		for _, path := range []string{"/", "/api/v1/settings", "/api/v1/namespaces", "/healthz", "/debug/pprof/cmdline"} {
			if status := asked(t, port, path, "rebound.example:"+port); status != 0 && status != http.StatusForbidden {
				t.Errorf("port %s answers %s with %d under a name that is not this machine's", port, path, status)
			}
		}
	}
	if status := asked(t, strconv.Itoa(profiler), "/debug/pprof/cmdline", "localhost"); status != http.StatusOK {
		t.Errorf("the profiler answers %d", status)
	}
}

// asked is the status of an answer; 0 is none, as of a port that speaks no HTTP.
func asked(t *testing.T, port, path, host string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+port+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

// listening are the TCP ports on which a process listens.
func listening(t *testing.T, pid int) (ports []string) {
	t.Helper()
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	sockets := map[string]bool{}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil {
			sockets[target] = true
		}
	}
	for _, table := range []string{"tcp", "tcp6"} {
		file, err := os.Open(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil {
			continue // there is no IPv6
		}
		defer file.Close()
		for lines := bufio.NewScanner(file); lines.Scan(); {
			const local, state, inode, listens = 1, 3, 9, "0A"
			fields := strings.Fields(lines.Text())
			if len(fields) <= inode || fields[state] != listens || !sockets["socket:["+fields[inode]+"]"] {
				continue
			}
			_, hex, _ := strings.Cut(fields[local], ":")
			port, err := strconv.ParseUint(hex, 16, 16)
			if err != nil {
				t.Fatal(err)
			}
			ports = append(ports, fmt.Sprint(port))
		}
	}
	return ports
}
