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
func command(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	fail := func(code int, err error) int {
		fmt.Fprintln(stderr, "bench:", err)
		return code
	}
	if len(args) > 0 && args[0] == engineCommand {
		if err := runEngine(ctx, stderr); err != nil {
			return fail(1, err)
		}
		return 0
	}
	s, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return fail(2, err)
	}
	b := &bench{settings: s, progress: stderr}
	b.report = report{Started: time.Now().UTC(), Machine: thisMachine(), Quick: s.quick}
	if err := b.run(ctx); err != nil {
		return fail(1, err)
	}
	b.report.Ended = time.Now().UTC()
	if err := b.report.write(stdout, s); err != nil {
		return fail(1, err)
	}
	if len(b.report.Errors) > 0 || s.strict && b.report.missed() {
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
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	var names string
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
	s.parts, err = chosen(names)
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
	apart      bool          // only when asked for
	repeats    int           // how often it repeats its measurement
	size       int           // how many models, changes or registrations it takes at once; a tenth in a quick run
	job        time.Duration // how long jobs take
	quota      int           // calls in a shortened window; default unlimited
	workers    int           // default 1
	run        func(*bed)
}

var parts = []part{
	{name: "one-1s", what: "one registration at a time, job of 1 s, against ideal",
		repeats: 15, job: time.Second, run: one},
	{name: "one-10s", what: "the same with a job of 10 s, against ideal and tutorial",
		repeats: 3, job: 10 * time.Second, run: one},
	{name: "rate", what: "registrations per second, 100 at a time, against engine",
		repeats: 10, size: 200, run: rate},
	{name: "quota", what: "a fleet of 300 under a quota, and the tutorial under the same",
		repeats: 1, size: 300, job: time.Second, quota: quotaCalls, run: fleetUnderQuota},
	{name: "quota-3", what: "the same fleet with 3 workers",
		repeats: 1, size: 300, job: time.Second, quota: quotaCalls, workers: 3, run: fleetUnderQuota},
	{name: "fleets", what: "time per model in fleets of 100 and 1,000", repeats: 3, size: 1000, run: fleets},
	{name: "memory", what: "a worker's memory with 2,000 registrations that wait for approval",
		repeats: 1, size: 2000, run: memory},
	{name: "checks-beside", what: "registrations per second against engine, beside 1,000 models checked hourly and not",
		apart: true, repeats: 5, size: 200, run: checksBeside},
	{name: "priority", what: "one registration in the middle of a fleet of 1,000 under a quota, against alone",
		apart: true, repeats: 7, size: 1000, job: time.Second, quota: quotaCalls, run: priority},
	{name: "owned-10000", what: "a worker's memory with 10,000 models that are owned and at rest",
		apart: true, repeats: 1, size: 10_000, run: owned},
	{name: "plan-10000", what: "a plan of 10,000 manifests against 10,000 models, and applies of it",
		apart: true, repeats: 2, size: 10_000, run: plan},
	{name: "apply-1000", what: "an apply of 1,000 changes under a quota",
		apart: true, repeats: 1, size: 1000, run: apply},
	{name: "fleet-10000", what: "time per model in fleets of 1,000 and 10,000",
		apart: true, repeats: 1, size: 10_000, run: fleets},
}

// bench is one run.
type bench struct {
	settings
	bin      string // where the built binaries are
	folder   string // for databases, audit trails and logs
	progress io.Writer
	report   report
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.bin, err = filepath.Abs("bin"); err != nil {
		return err
	}
	if b.folder, err = os.MkdirTemp("", "model-registrar-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.folder)
	for _, p := range b.parts {
		b.say("%s: %s", p.name, p.what)
		err := b.measure(ctx, b.scaled(p))
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

// scaled is the part as this run measures it.
func (b *bench) scaled(p part) part {
	switch {
	case b.repeats > 0:
		p.repeats = b.repeats
	case b.quick:
		p.repeats = 1
	}
	if b.quick {
		p.size = max(10, p.size/10)
	}
	return p
}

// say tells a person what is going on.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}
