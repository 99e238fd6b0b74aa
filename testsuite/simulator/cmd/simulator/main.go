// Command simulator plays Genesys Cloud, LLM providers and a webhook receiver on one address.
// Its README, beside the package, documents every endpoint and how to order faults.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"model-registrar/testsuite/simulator"
	"model-registrar/testsuite/simulator/control"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// invocation is a command line, read.
type invocation struct {
	listen, readyFile          string
	tlsListen, tlsDir, tlsName string
	healthcheck                bool
	options                    simulator.Options
}

// run serves until ctx ends. It returns 0, 1 when it cannot listen or write, or 2 for wrong usage.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	in, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	do := serve
	if in.healthcheck {
		do = healthcheck
	}
	if err := do(ctx, in, stdout); err != nil {
		_, _ = fmt.Fprintln(stderr, "simulator:", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (invocation, error) {
	var in invocation
	o := &in.options
	fs := flag.NewFlagSet("simulator", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&in.listen, "listen", "127.0.0.1:9090", "`address` to listen on; port 0 takes a free one")
	fs.StringVar(&in.readyFile, "ready-file", "", "`path` of a file that gets {\"url\",\"pid\"} once the simulator "+
		"answers")
	fs.StringVar(&in.tlsListen, "tls-listen", "", "`address` to listen on with TLS as well")
	fs.StringVar(&in.tlsDir, "tls-dir", ".", "`folder` that keeps the TLS certificate, cert.pem, and its key")
	fs.StringVar(&in.tlsName, "tls-name", "simulator", "host `name` of the TLS certificate, beside localhost")
	fs.BoolVar(&in.healthcheck, "healthcheck", false, "ask the simulator at --listen whether it answers, and exit")
	fs.DurationVar(&o.JobDuration, "job-duration", 2*time.Second, "how long a registration job takes")
	fs.IntVar(&o.Quota, "quota", 300, "API calls in one window, over all tokens of the OAuth client")
	fs.DurationVar(&o.QuotaWindow, "quota-window", time.Minute, "how long such a window is")
	fs.DurationVar(&o.TokenTTL, "token-ttl", 24*time.Hour, "validity of an access token")
	fs.StringVar(&o.ClientID, "client-id", simulator.DefaultClientID, "OAuth client id")
	fs.StringVar(&o.ClientSecret, "client-secret", simulator.DefaultClientSecret, "OAuth client secret")
	fs.StringVar(&o.ProviderToken, "provider-token", simulator.DefaultProviderToken,
		"token that the LLM providers take")
	fs.BoolVar(&o.ConflictOnDuplicateName, "conflict-on-duplicate-name", false,
		"answer 409 when a model of that name exists")
	fs.BoolVar(&o.ControlFromAnywhere, "control-from-anywhere", false,
		"let other machines than this one use the control interface")
	if err := fs.Parse(args); err != nil {
		return in, err
	}
	if fs.NArg() > 0 || o.JobDuration <= 0 || o.Quota < 1 || o.QuotaWindow <= 0 || o.TokenTTL < time.Second {
		_, _ = fmt.Fprintln(stderr, "simulator: there are no arguments beside flags; durations and the quota must be "+
			"positive, --token-ttl at least 1s")
		return in, errors.New("wrong usage")
	}
	return in, nil
}

func serve(ctx context.Context, in invocation, stdout io.Writer) error {
	listener, err := net.Listen("tcp", in.listen)
	if err != nil {
		return fmt.Errorf("cannot listen on %s; take another address or port 0: %w", in.listen, err)
	}
	listeners := []net.Listener{listener}
	if in.tlsListen != "" {
		tlsListener, err := secured(in.tlsListen, in.tlsDir, in.tlsName)
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		listeners = append(listeners, tlsListener)
	}
	sim := simulator.New(in.options)
	server := &http.Server{
		Handler: sim, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- server.Serve(l) }()
	}
	if err := announce(in.readyFile, "http://"+listener.Addr().String(), stdout); err != nil {
		sim.Close()
		return errors.Join(err, server.Close())
	}
	select {
	case err = <-failed:
		sim.Close()
		return err
	case <-ctx.Done():
	}
	sim.Close() // ends delays, streams and waiting readers, so that the server can shut down
	limit, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if server.Shutdown(limit) != nil {
		return server.Close()
	}
	return nil
}

// healthcheck fails unless a simulator answers at the address that it would listen on.
func healthcheck(ctx context.Context, in invocation, _ io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return control.New("http://" + in.listen).Health(ctx)
}

// announce prints the URL and writes the ready file, whole or not at all.
func announce(readyFile, url string, stdout io.Writer) error {
	_, _ = fmt.Fprintf(stdout, "simulator listening on %s\n", url)
	if readyFile == "" {
		return nil
	}
	content, err := json.Marshal(map[string]any{"url": url, "pid": os.Getpid()})
	if err != nil {
		return err
	}
	temporary := filepath.Join(filepath.Dir(readyFile), fmt.Sprintf(".%s.%d", filepath.Base(readyFile), os.Getpid()))
	if err := os.WriteFile(temporary, append(content, '\n'), 0o644); err != nil {
		return fmt.Errorf("cannot write the ready file: %w", err)
	}
	if err := os.Rename(temporary, readyFile); err != nil {
		return fmt.Errorf("cannot write the ready file: %w", err)
	}
	return nil
}
