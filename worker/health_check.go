package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"model-registrar/internal/config"
)

// healthcheckTimeout leaves the worker's own check of Temporal its five seconds.
const healthcheckTimeout = 6 * time.Second

// healthcheck asks the worker that runs with this environment whether it is ready, and returns 0 if it is and 1 if
// not. A container's health check calls it, since the image holds no other program that could.
func healthcheck(ctx context.Context, environ []string, stderr io.Writer) int {
	// What else is wrong with the configuration, the running worker has said when it started.
	cfg, _, _ := config.LoadWorker(environ)
	if err := askReady(ctx, cfg.MetricsAddress); err != nil {
		fmt.Fprintln(stderr, "worker healthcheck:", err)
		return exitFailed
	}
	return exitOK
}

func askReady(ctx context.Context, listening string) error {
	host, port, err := net.SplitHostPort(listening)
	if err != nil || port == "0" {
		return errors.New("REGISTRAR_METRICS_ADDRESS must be host:port with a fixed port, so that the worker can be " +
			"asked there")
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1" // who listens everywhere is asked where no firewall is in between
	}
	ctx, cancel := context.WithTimeout(ctx, healthcheckTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	direct := &http.Client{Transport: &http.Transport{}} // never by way of a proxy
	resp, err := direct.Do(req)
	if err != nil {
		return fmt.Errorf("no worker answers: %w", err)
	}
	defer resp.Body.Close()
	reason, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the worker is not ready: %s", strings.TrimSpace(string(reason)))
	}
	return err
}
