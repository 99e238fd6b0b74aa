package containers_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheTemporalUIIsPublishedByItsFrontAlone(t *testing.T) {
	services := demo(t).Services
	assert.Empty(t, services["temporal-ui"].Ports)
	front := services["temporal-ui-front"]
	require.Len(t, front.Ports, 1)
	assert.EqualValues(t, 8080, front.Ports[0].Target)
	assert.Contains(t, front.Command, "/deploy/ui-front.conf")
}

func TestTheFrontOfTheTemporalUIServesTheNamesOfThisMachineAlone(t *testing.T) {
	ui := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Host + r.URL.String())) }))
	t.Cleanup(ui.Close)
	front := nginx(t, ui.Listener.Addr().String())
	ask := func(host string) (status int, said string, err error) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+front+"/api/v1/namespaces/default/workflows?a=b", nil)
		r.RequestURI, r.Host = "", host
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, "", err
		}
		defer answer.Body.Close()
		text := make([]byte, 200)
		n, _ := answer.Body.Read(text)
		return answer.StatusCode, string(text[:n]), nil
	}
	require.Eventually(t, func() bool { _, _, err := ask("localhost"); return err == nil }, time.Minute, 10*time.Millisecond)
	for _, host := range []string{"localhost", "localhost:8233", "127.0.0.1:8233", "[::1]:8233", "LOCALHOST"} {
		status, said, err := ask(host)
		require.NoError(t, err, host)
		assert.Equal(t, http.StatusOK, status, host)
		assert.Equal(t, host+"/api/v1/namespaces/default/workflows?a=b", said)
	}
	for _, host := range []string{
		"rebound.example", "rebound.example:8233", "localhost.example", "127.0.0.1.example", "127.0.0.2", "evil-localhost", "temporal-ui:8080",
	} {
		status, said, err := ask(host)
		require.NoError(t, err, host)
		assert.Equal(t, http.StatusMisdirectedRequest, status, host)
		assert.Contains(t, said, "not known by that name", host)
	}
}

// nginx runs with the configuration of the deployment, in front of another address, and returns its own.
func nginx(t *testing.T, ui string) (address string) {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx"
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address = free.Addr().String()
	require.NoError(t, free.Close())

	text, err := os.ReadFile(filepath.Join(repository, "deploy/temporal/ui-front.conf"))
	require.NoError(t, err)
	dir := t.TempDir()
	config := strings.NewReplacer("listen 8080", "listen "+address, "temporal-ui:8080", ui, "/tmp/", dir+"/").Replace(string(text))
	file := filepath.Join(dir, "nginx.conf")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	cmd := exec.CommandContext(t.Context(), program, "-e", "stderr", "-p", dir, "-c", file, "-g", "daemon off;")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	require.NoError(t, cmd.Start(), "install nginx (Debian: nginx-light); testsuite/install-tools.sh does")
	ctx, cancel := context.WithCancel(context.Background())
	go func() { _ = cmd.Wait(); cancel() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-ctx.Done()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	return address
}
