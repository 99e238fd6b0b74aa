package main

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// options are the command line, checked.
type options struct {
	ip          string
	port        int
	uiPort      int
	headless    bool
	dbFile      string
	inMemory    bool
	synchronous string
	namespace   string
	logLevel    string
	readyFile   string
	longHistory int
	pprofPort   int
}

var (
	logLevels         = []string{"debug", "info", "warn", "error"}
	synchronousLevels = []string{"off", "normal", "full", "extra"}
)

// parseOptions reads args, and writes the usage to out when that is what was asked for (pflag.ErrHelp).
func parseOptions(args []string, out io.Writer) (options, error) {
	var o options
	flags := pflag.NewFlagSet("devserver", pflag.ContinueOnError)
	flags.SortFlags = false
	flags.SetOutput(out)
	flags.Usage = func() {
		fmt.Fprintf(out, "A Temporal server with its UI in one process, for one machine.\n\nUsage: devserver [flags]\n\n%s",
			flags.FlagUsages())
	}
	flags.StringVar(&o.ip, "ip", "127.0.0.1", "address to listen on, for the server and the UI")
	flags.IntVar(&o.port, "port", 7233, "port of the Temporal server, 0 picks a free one")
	flags.IntVar(&o.uiPort, "ui-port", 8233, "port of the Temporal UI, 0 picks a free one")
	flags.BoolVar(&o.headless, "headless", false, "start no UI")
	flags.StringVar(&o.dbFile, "db-file", "devserver.db", "SQLite file that holds everything, created when missing")
	flags.BoolVar(&o.inMemory, "in-memory", false, "keep nothing: the database lives and dies with the process")
	flags.StringVar(&o.synchronous, "sqlite-synchronous", "normal",
		"SQLite's synchronous pragma: off, normal, full or extra; in WAL mode normal loses nothing when the "+
			"process dies, full nothing when the machine does, and is slower")
	flags.StringVar(&o.namespace, "namespace", "default", "namespace to have ready, with the search attributes")
	flags.StringVar(&o.logLevel, "log-level", "warn", "what the server logs to stderr: debug, info, warn or error")
	flags.StringVar(&o.readyFile, "ready-file", "", "file to write when ready: JSON with address, uiUrl, namespace, pid")
	flags.IntVar(&o.longHistory, "suggest-continue-as-new-after", 4096,
		"events of a history after which a workflow is told to continue as new")
	flags.IntVar(&o.pprofPort, "pprof-port", 0, "serve Go's profiler on this port of 127.0.0.1; 0 serves none")

	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return o, o.check(flags.Changed("db-file"))
}

func (o options) check(dbFileGiven bool) error {
	switch {
	case net.ParseIP(o.ip) == nil:
		return fmt.Errorf("--ip %q is not an IP address", o.ip)
	case !isPort(o.port):
		return fmt.Errorf("--port %d is not between 0 and 65535", o.port)
	case !isPort(o.uiPort):
		return fmt.Errorf("--ui-port %d is not between 0 and 65535", o.uiPort)
	case !isPort(o.pprofPort):
		return fmt.Errorf("--pprof-port %d is not between 0 and 65535", o.pprofPort)
	case o.port != 0 && o.port == o.uiPort && !o.headless:
		return fmt.Errorf("--port and --ui-port are both %d", o.port)
	case o.inMemory && dbFileGiven:
		return fmt.Errorf("--in-memory and --db-file exclude each other")
	case o.dbFile == "":
		return fmt.Errorf("--db-file is empty")
	case o.longHistory < 50:
		return fmt.Errorf("--suggest-continue-as-new-after %d is less than 50, with which workflows would do nothing else", o.longHistory)
	case o.namespace == "":
		return fmt.Errorf("--namespace is empty")
	}
	if err := oneOf("--log-level", o.logLevel, logLevels); err != nil {
		return err
	}
	return oneOf("--sqlite-synchronous", o.synchronous, synchronousLevels)
}

func isPort(n int) bool { return n >= 0 && n <= 65535 }

func oneOf(flag, value string, allowed []string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s %q is none of %s", flag, value, strings.Join(allowed, ", "))
}

// storage says in words where the data is.
func (o options) storage() string {
	if o.inMemory {
		return "in memory"
	}
	return "SQLite file " + o.dbFile
}
