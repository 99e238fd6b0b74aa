package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"model-registrar/testsuite/simulator"
)

// overTLS serves a simulator with the certificate of dir, and returns its address.
func overTLS(t *testing.T, dir string) string {
	t.Helper()
	l, err := secured("127.0.0.1:0", dir, "simulator")
	if err != nil {
		t.Fatal(err)
	}
	sim := simulator.New(simulator.Options{})
	server := &http.Server{Handler: sim}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { sim.Close(); _ = server.Close() })
	return l.Addr().String()
}

// call asks for the health of the simulator that host names, trusting the certificates of a folder and nothing else.
func call(t *testing.T, host, address, trusted string) error {
	t.Helper()
	pem, err := os.ReadFile(filepath.Join(trusted, "cert.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}}
	defer client.CloseIdleConnections()
	resp, err := client.Get("https://" + host + "/_sim/health")
	if err != nil {
		return err
	}
	if resp.ProtoMajor != 1 || resp.StatusCode != http.StatusOK {
		t.Errorf("%s, %s", resp.Proto, resp.Status)
	}
	return resp.Body.Close()
}

func TestItCanBeCalledWithTLSUnderItsName(t *testing.T) {
	dir := t.TempDir()
	address := overTLS(t, dir)
	for _, host := range []string{"simulator", "localhost", "127.0.0.1"} {
		if err := call(t, host, address, dir); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	var wrong x509.HostnameError
	if err := call(t, "api.mypurecloud.com", address, dir); !errors.As(err, &wrong) {
		t.Errorf("its certificate is good for another name: %v", err)
	}
}

func TestWhoTrustsItsCertificateGoesOnDoingSoAfterARestart(t *testing.T) {
	dir := t.TempDir()
	overTLS(t, dir)
	if err := call(t, "simulator", overTLS(t, dir), dir); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(filepath.Join(dir, "cert.pem"))
	if _, err := certificateFor(dir, "another"); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.ReadFile(filepath.Join(dir, "cert.pem")); string(after) == string(before) {
		t.Error("a certificate for another name was kept")
	}
}

func TestItSaysWhereItCannotKeepItsCertificate(t *testing.T) {
	stderr := &output{}
	args := []string{"--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--tls-dir", "/nonexistent"}
	if code := run(t.Context(), args, &output{}, stderr); code != 1 || !strings.Contains(stderr.String(), "/nonexistent") {
		t.Fatalf("exit %d: %s", code, stderr)
	}
}

func TestAHealthCheckTellsASimulatorFromNone(t *testing.T) {
	sim := simulator.New(simulator.Options{})
	t.Cleanup(sim.Close)
	server := httptest.NewServer(sim)
	args := []string{"--healthcheck", "--listen", server.Listener.Addr().String()}
	if code := run(t.Context(), args, &output{}, &output{}); code != 0 {
		t.Errorf("exit %d while it answers", code)
	}
	server.Close()
	if code := run(t.Context(), args, &output{}, &output{}); code != 1 {
		t.Errorf("exit %d when it is gone", code)
	}
}
