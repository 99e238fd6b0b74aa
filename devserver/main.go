// Package main is the devserver: a real Temporal server and its web UI in one process, kept in one
// SQLite file, with everything that Model Registrar needs of a Temporal service already registered.
// It is meant for one machine (the demo, the end-to-end tests, a developer's desk), not for production.
//
// # Usage
//
//	devserver                                   # 127.0.0.1:7233, UI on 127.0.0.1:8233, ./devserver.db
//	devserver --port 0 --ui-port 0 --ready-file ready.json --db-file /tmp/a/devserver.db
//	devserver --in-memory --headless
//
// When the server really answers (namespace, search attributes, history, matching, visibility and UI) it
// prints where it is on stdout and writes --ready-file; server logs go to stderr. SIGTERM or SIGINT stops
// it within seconds with exit code 0; it exits 1 when it cannot run and 2 when its flags are wrong.
//
// # Durability
//
// The database is in WAL mode. With --sqlite-synchronous normal, the default, nothing that the server has
// acknowledged is lost when the process dies, SIGKILL included: started again on the same file, on the same
// ports or others, every workflow goes on where it was. Only when the machine itself dies can the last
// moments be lost; full closes that gap at about a third of the throughput.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"
)

const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings as arguments; it returns the process's exit code.
func run(args []string, stdout, stderr io.Writer) int {
	opts, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "devserver: %v; see devserver --help\n", err)
		return exitUsage
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	// From the first signal on, a second one ends the process at once, the default way.
	context.AfterFunc(ctx, stop)

	if err := serve(ctx, opts, stdout); err != nil {
		fmt.Fprintf(stderr, "devserver: %v\n", err)
		return exitFailed
	}
	return exitOK
}

// serve runs database, server and UI until ctx ends. It returns nil when it was stopped by ctx.
func serve(ctx context.Context, opts options, stdout io.Writer) error {
	db, err := openDatabase(opts)
	if err != nil {
		return err
	}
	defer db.close()
	// Not before the database is ours: the file may be that of a devserver which runs and keeps us out.
	if err := removeReadyFile(opts.readyFile); err != nil {
		return err
	}

	addrs, err := chooseAddresses(opts)
	if err != nil {
		return err
	}
	server, err := startServer(opts, addrs, db)
	if err != nil {
		return err
	}
	defer server.stop()

	if opts.pprofPort != 0 {
		profiler, err := startProfiler(opts.pprofPort)
		if err != nil {
			return err
		}
		defer profiler.Close()
	}

	if !opts.headless {
		ui, err := startUI(opts, addrs)
		if err != nil {
			return err
		}
		defer ui.Close()
	}

	if err := awaitReady(ctx, opts, addrs); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	if err := announce(opts, addrs, stdout); err != nil {
		return err
	}
	defer removeReadyFile(opts.readyFile)

	server.logs.normal()
	<-ctx.Done()
	server.logs.calm()
	return nil
}
