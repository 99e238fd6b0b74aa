package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"model-registrar/starter/console"
)

// app is one run of the starter: its environment and its streams.
type app struct {
	env      environment
	in       io.Reader
	out, err *console.Printer // results; and everything that is said on the way to them
	output   string           // text or json
	stopped  <-chan struct{}  // closed once somebody has interrupted it
}

// run executes the command line and returns the exit code.
func run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{env: environment(env), in: stdin, stopped: ctx.Done()}
	a.out, a.err = console.NewPrinter(stdout, a.env.Get), console.NewPrinter(stderr, a.env.Get)
	results := &written{to: stdout}
	a.out.W = results
	root := rootCommand(a)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(results)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if results.err != nil { // then whoever reads the results lacks some, whatever else came of it
		err = failed("the results could not be written to stdout: %w", results.err)
	}
	if err == nil {
		return exitDone
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{code: exitUsage, err: err, hint: "See `" + cmd.CommandPath() + " --help`."}
	}
	a.complain(f)
	if wantsJSON(a.output, args) && !results.any && results.err == nil {
		_ = a.print(errorDocument{f.document()})
	}
	return f.code
}

// complain prints a failure, unless what there is to say has been said.
func (a *app) complain(f *failure) {
	if f.err == nil {
		return
	}
	for i, text := range strings.Split(said(strings.TrimSpace(f.err.Error())), "\n") {
		if i == 0 {
			a.err.Print(console.Styled(console.Bad, "error: ").And(console.Plain, text))
		} else {
			a.err.Print(console.Text(text))
		}
	}
	if f.hint != "" {
		a.err.Print(console.Text(f.hint))
	}
}

// machine reports whether results are printed as JSON.
func (a *app) machine() bool { return a.output == outputJSON }

// print writes one JSON document, on one line, to stdout.
func (a *app) print(document any) error {
	enc := json.NewEncoder(a.out.W)
	enc.SetEscapeHTML(false)
	return enc.Encode(document)
}

// interactive reports whether a person can be asked.
func (a *app) interactive() bool {
	f, ok := a.in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && a.err.Terminal() && !a.machine()
}

// confirm asks a question on the terminal; anything but y is no.
func (a *app) confirm(ctx context.Context, question string) bool {
	a.err.Ask(question + " [y/N]")
	answer := make(chan string, 1)
	go func() {
		var s string
		_, _ = fmt.Fscanln(a.in, &s)
		answer <- s
	}()
	select {
	case <-ctx.Done():
		a.err.Print(nil)
		return false
	case s := <-answer:
		return strings.EqualFold(s, "y") || strings.EqualFold(s, "yes")
	}
}
