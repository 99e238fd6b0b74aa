// Package telemetry is how a process is observed from outside: its log, its metrics and whether it is well.
package telemetry

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"
)

// Logger returns a logger through zerolog. The level is one of zerolog's; an unknown one means info. The format is
// json, console, or empty: console on a terminal, json elsewhere.
func Logger(out io.Writer, level, format string) *slog.Logger {
	l, err := zerolog.ParseLevel(level)
	if err != nil || level == "" {
		l = zerolog.InfoLevel
	}
	if format == "console" || format == "" && isTerminal(out) {
		out = zerolog.ConsoleWriter{Out: out, TimeFormat: time.TimeOnly, NoColor: !isTerminal(out) || os.Getenv("NO_COLOR") != ""}
	}
	return slog.New(zerolog.NewSlogHandler(zerolog.New(out).Level(l)))
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
