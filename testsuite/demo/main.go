// The demo registers one model end to end on this machine: in a simulated Genesys Cloud, by a real Temporal server.
// With the argument "up" it runs the same stack until it is interrupted.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
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

// up runs the stack in the foreground, with its logs in .run, until it is interrupted. A worker that dies is replaced, as a
// supervisor would. Nothing outlives the run: the simulator keeps its models in memory, so the server does too.
func up(ctx context.Context) error {
	dir, err := filepath.Abs(".run")
	if err != nil {
		return err
	}
	s, worker, err := begin(ctx, stack.Options{Dir: dir, UsualPorts: true, InMemory: true})
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := exampleManifest(s, dir, "example.yaml"); err != nil {
		return err
	}
	fmt.Printf(`
Everything runs until you press Ctrl-C; logs are in .run/.

  Temporal UI   %s
  simulator     %s   (its state: %s/_sim/state)

In another terminal:

  export TEMPORAL_ADDRESS=%s REGISTRAR_UI_URL=%s
  bin/starter register .run/example.yaml
  bin/starter approve production-llm-v2 --approver owner@example.com --reason "the probe passed"

and for bin/starter probe .run/example.yaml:

  export EXTERNAL_AI_TOKEN=%s EXTERNAL_AI_TOKEN_HOSTS=%s REGISTRAR_ALLOW_NETWORKS=127.0.0.0/8
`, s.UI, s.SimURL, s.SimURL, s.Temporal, s.UI, stack.ProviderToken, strings.TrimPrefix(s.SimURL, "http://"))
	for {
		worker.Wait(ctx)
		if ctx.Err() != nil {
			fmt.Println("\nStopping.")
			return nil
		}
		fmt.Println("\nThe worker ended (see .run/worker.log); another one is started.")
		if worker, err = s.StartWorker(); err != nil {
			return err
		}
	}
}

// begin starts a whole stack with one worker.
func begin(ctx context.Context, o stack.Options) (*stack.Stack, *stack.Process, error) {
	bin, err := filepath.Abs("bin")
	if err != nil {
		return nil, nil, err
	}
	o.Bin = bin
	fmt.Println("Starting a Temporal server, a simulated Genesys Cloud and a worker.")
	s, err := stack.Start(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	worker, err := s.StartWorker()
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	return s, worker, nil
}

func interactive() bool {
	return term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
}
