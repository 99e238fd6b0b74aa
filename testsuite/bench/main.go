// The benchmark measures the registrar on this machine, with real processes, and prints for each figure what was
// measured, what it was measured against in the same run, and whether the goal is met. docs/benchmarks.md explains the
// figures.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// command returns the exit code: 0 measured, 1 something could not be measured, or with --strict a goal was missed; 2
// wrong usage.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == engineCommand {
		return runEngine(ctx, stderr)
	}
	s, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	b := &bench{settings: s, progress: stderr, report: newReport(s)}
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	b.report.Ended = time.Now().UTC()
	if err := b.report.write(stdout, s); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	if b.report.failed() || s.strict && b.report.missed() {
		return 1
	}
	return 0
}

// settings are the command line.
type settings struct {
	parts    []part
	repeats  int
	quick    bool
	strict   bool
	markdown bool
	json     string
	bin      string
	dir      string
	profiles string
	worker   []string
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	var names, env string
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&names, "parts", "", "the `parts` to measure, separated by commas (default: all that are marked)")
	fs.IntVar(&s.repeats, "repeats", 0, "how often each part repeats its measurement; the median counts (default: as "+
		"each part needs)")
	fs.BoolVar(&s.quick, "quick", false, "few repeats and small numbers, to see that everything works; the figures "+
		"mean little")
	fs.BoolVar(&s.strict, "strict", false, "exit with 1 if a goal is missed")
	fs.BoolVar(&s.markdown, "markdown", false, "print the table as Markdown")
	fs.StringVar(&s.json, "json", ".run/bench.json", "`file` for the figures, with every sample")
	fs.StringVar(&s.bin, "bin", "bin", "`folder` with the built binaries")
	fs.StringVar(&s.dir, "dir", "", "`folder` for databases, audit trails and logs, which then stay (default: a "+
		"temporary one)")
	fs.StringVar(&s.profiles, "profiles", "", "`folder` for profiles of server and worker, taken in the parts rate, "+
		"fleets and memory; they slow them down a little")
	fs.StringVar(&env, "worker", "", "further `variables` of the workers, NAME=VALUE separated by commas")
	fs.Usage = func() {
		fmt.Fprintln(stderr, "Measures the registrar. Flags:")
		fs.PrintDefaults()
		fmt.Fprintln(stderr, "\nParts (* by default):")
		for _, p := range parts {
			fmt.Fprintf(stderr, "  %1s %-13s %s\n", map[bool]string{true: "*"}[!p.apart], p.name, p.what)
		}
	}
	if err := fs.Parse(args); err != nil {
		return s, err
	}
	if fs.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if env != "" {
		s.worker = strings.Split(env, ",")
	}
	var err error
	if s.parts, err = chosen(names); err != nil {
		return s, err
	}
	s.bin, err = filepath.Abs(s.bin)
	return s, err
}

// chosen are the parts of these names; for none, those that are measured by default.
func chosen(names string) (out []part, err error) {
	if names == "" {
		return slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return p.apart }), nil
	}
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no part %q; see --help", name)
		}
		out = append(out, parts[i])
	}
	return out, nil
}

// part measures one or more figures, on a server, a simulator and workers of its own.
type part struct {
	name, what string
	apart      bool // only when asked for
	run        func(context.Context, *bench) error
}

var parts = []part{
	{name: "one-1s", what: "one registration at a time, job of 1 s, against ideal", run: one(time.Second, 15)},
	{name: "one-10s", what: "the same with a job of 10 s, against ideal and tutorial", run: one(10*time.Second, 3)},
	{name: "rate", what: "registrations per second, 100 at a time, against engine", run: rate},
	{name: "quota", what: "a fleet of 300 under a quota, and the tutorial under the same", run: quota(1)},
	{name: "quota-3", what: "the same fleet with 3 workers", run: quota(3)},
	{name: "fleets", what: "time per model in fleets of 100 and 1,000", run: fleets("fleets", 100, 3, 1000, 3)},
	{name: "fleet-10000", what: "time per model in fleets of 1,000 and 10,000", apart: true,
		run: fleets("fleet-10000", 1000, 2, 10_000, 1)},
	{name: "plan-10000", what: "a plan of 10,000 manifests against 10,000 models, and applies of it", apart: true,
		run: planLarge},
	{name: "apply-1000", what: "an apply of 1,000 changes under a quota", apart: true, run: applyUnderQuota},
	{name: "sizes", what: "registrations per second with workers of other sizes, against the default", apart: true,
		run: sizes},
	{name: "checks-beside", what: "registrations per second against engine, with 1,000 models checked hourly beside " +
		"it and without", apart: true, run: checksBeside},
	{name: "priority", what: "one registration in the middle of a fleet of 1,000 under a quota, against alone",
		apart: true, run: priority},
	{name: "owned-10000", what: "a worker's memory with 10,000 models that are owned and at rest", apart: true,
		run: owned},
	{name: "memory", what: "a worker's memory with 2,000 registrations that wait for approval", run: memory},
}

// bench is one run.
type bench struct {
	settings
	progress io.Writer
	report   *report
}

func (b *bench) run(ctx context.Context) error {
	if b.dir == "" {
		dir, err := os.MkdirTemp("", "model-registrar-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		b.dir = dir
	}
	for _, p := range b.parts {
		b.say("%s: %s", p.name, p.what)
		err := p.run(ctx, b)
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		if err != nil {
			b.say("%s could not be measured: %v", p.name, err)
			b.report.Errors = append(b.report.Errors, fmt.Sprintf("%s: %v", p.name, err))
		}
	}
	return nil
}

// say tells a person what is going on.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// times is how often to measure: what the command line says, or what the part needs.
func (b *bench) times(usual int) int {
	switch {
	case b.repeats > 0:
		return b.repeats
	case b.quick:
		return 1
	}
	return usual
}

// size is how many to take: all of them, or few in a quick run.
func (b *bench) size(usual int) int {
	if b.quick {
		return max(10, usual/10)
	}
	return usual
}
