// The demo registers one model end to end on this machine: in a simulated Genesys Cloud, by a real Temporal server.
// With the argument "up" it runs the same stack until it is interrupted.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/term"

	"model-registrar/testsuite/stack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := demo
	if len(os.Args) > 1 && os.Args[1] == "up" {
		run = up
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// up runs the stack in the foreground, with its files in .run, until it is interrupted.
func up(ctx context.Context) error {
	dir, err := filepath.Abs(".run")
	if err != nil {
		return err
	}
	s, err := begin(ctx, stack.Options{Dir: dir, UsualPorts: true})
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Printf(`
Everything runs until you press Ctrl-C; data and logs are in .run/.

  Temporal UI   %s
  simulator     %s   (its state: %s/_sim/state)

In another terminal:

  export TEMPORAL_ADDRESS=%s
  bin/starter register .run/example.yaml
`, s.UI, s.SimURL, s.SimURL, s.Temporal)
	if _, err := exampleManifest(s, dir, "example.yaml"); err != nil {
		return err
	}
	<-ctx.Done()
	fmt.Println("\nStopping.")
	return nil
}

// begin starts a whole stack with one worker.
func begin(ctx context.Context, o stack.Options) (*stack.Stack, error) {
	bin, err := filepath.Abs("bin")
	if err != nil {
		return nil, err
	}
	o.Bin = bin
	fmt.Println("Starting a Temporal server, a simulated Genesys Cloud and a worker.")
	s, err := stack.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	if _, err := s.StartWorker(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func interactive() bool {
	return term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
}
