package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"model-registrar/internal/build"
)

// listening is a worker's health server that gives this answer, and the port that it has.
func listening(t *testing.T, status int, body string) (port string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, body, status) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	return port
}

func askedAt(t *testing.T, address string) (code int, said string) {
	t.Helper()
	var stderr bytes.Buffer
	// Nothing else is configured, and a proxy is: neither keeps a health check from asking.
	code = command(t.Context(), []string{"healthcheck"},
		[]string{"REGISTRAR_METRICS_ADDRESS=" + address, "HTTP_PROXY=http://127.0.0.1:1"}, io.Discard, &stderr)
	return code, stderr.String()
}

func TestAWorkerThatIsReadyIsHealthyWhereverItListens(t *testing.T) {
	port := listening(t, http.StatusOK, "ready")
	for _, host := range []string{"127.0.0.1", "0.0.0.0", "[::]", ""} {
		code, said := askedAt(t, host+":"+port)
		require.Equal(t, exitOK, code, "%q: %s", host, said)
		require.Empty(t, said)
	}
}

func TestAWorkerThatIsNotReadyIsUnhealthyAndSaysWhy(t *testing.T) {
	port := listening(t, http.StatusServiceUnavailable, "Temporal does not answer")
	code, said := askedAt(t, "127.0.0.1:"+port)
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "Temporal does not answer")
}

func TestAWorkerThatDoesNotRunIsUnhealthy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	code, said := askedAt(t, address)
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "no worker answers")
}

func TestAHealthCheckNeedsAPortThatItCanKnow(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "nonsense"} {
		code, said := askedAt(t, address)
		require.Equal(t, exitFailed, code)
		require.Contains(t, said, "REGISTRAR_METRICS_ADDRESS must be host:port")
	}
}

func TestTheWorkerRefusesArgumentsItDoesNotKnow(t *testing.T) {
	for _, args := range [][]string{{"healtcheck"}, {"healthcheck", "now"}} {
		var stderr bytes.Buffer
		require.Equal(t, exitMisconfigured, command(t.Context(), args, nil, io.Discard, &stderr))
		require.Contains(t, stderr.String(), "worker healthcheck")
	}
}

func TestTheWorkerExplainsItselfWhenAsked(t *testing.T) {
	for _, flag := range []string{"--help", "-h", "help"} {
		var stderr bytes.Buffer
		require.Equal(t, exitOK, command(t.Context(), []string{flag}, nil, io.Discard, &stderr))
		require.Contains(t, stderr.String(), "configured by environment variables")
	}
}

func TestTheWorkerSaysWhatItWasBuiltFrom(t *testing.T) {
	for _, flag := range []string{"--version", "version"} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, exitOK, command(t.Context(), []string{flag}, nil, &stdout, &stderr))
		require.Equal(t, "worker "+build.Version()+"\n", stdout.String())
		require.Empty(t, stderr.String())
	}
}
