// The demo registers one model end to end on this machine: in a simulated Genesys Cloud, by a real Temporal server.
// With the argument "up" it runs the same stack until it is interrupted.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/term"

	"model-registrar/testsuite/stack"
)

const usage = `usage: demo      register one model in a simulated Genesys Cloud, have it
                 approved, and show what came of it
       demo up   run the same stack until it is interrupted, for trying things
                 from other terminals

Both are run in the project's folder; make demo and make up build what they need
first. The Temporal server is the one of TEMPORAL_ADDRESS if that is set, or
else the development server of the temporal command if that is on the PATH and
recent enough, or else this project's own. DEVSERVER=build insists on the last.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := demo
	switch args := os.Args[1:]; {
	case len(args) == 0:
	case len(args) == 1 && args[0] == "up":
		run = up
	case slices.Contains([]string{"help", "--help", "-h"}, args[0]):
		fmt.Print(usage)
		return
	default:
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	server, err := chooseServer(ctx)
	if err == nil {
		err = run(ctx, server)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// begin starts a whole stack without a worker.
func begin(ctx context.Context, o stack.Options) (_ *stack.Stack, err error) {
	if o.Bin, err = filepath.Abs("bin"); err != nil {
		return nil, err
	}
	fmt.Println("Starting it, a simulated Genesys Cloud and a worker.")
	return stack.Start(ctx, o)
}

func interactive() bool {
	return term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
}
