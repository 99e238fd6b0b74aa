// Package telemetry is how a process is observed from outside: its log, its metrics and whether it is well.
package telemetry

import (
	"context"
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
		out = zerolog.ConsoleWriter{Out: out, TimeFormat: time.TimeOnly, NoColor: !isTerminal(out) ||
			os.Getenv("NO_COLOR") != ""}
	}
	return slog.New(zerolog.NewSlogHandler(zerolog.New(out).Level(l)))
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// atLeast drops what is below its level.
type atLeast struct {
	slog.Handler
	level slog.Level
}

// AtLeast returns the logger that drops what is below a level of zerolog's, whatever the logger's own level is.
func AtLeast(log *slog.Logger, level string) *slog.Logger {
	l, err := zerolog.ParseLevel(level)
	if err != nil {
		l = zerolog.InfoLevel
	}
	// zerolog's levels are 1 apart and begin at debug with 0, slog's are 4 apart and begin there with -4.
	return slog.New(atLeast{log.Handler(), slog.LevelDebug + 4*slog.Level(l)})
}

// Enabled reports whether a line of this level is written.
func (a atLeast) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= a.level && a.Handler.Enabled(ctx, level)
}

// WithAttrs returns the handler with these attributes.
func (a atLeast) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLeast{a.Handler.WithAttrs(attrs), a.level}
}

// WithGroup returns the handler with a group.
func (a atLeast) WithGroup(name string) slog.Handler {
	return atLeast{a.Handler.WithGroup(name), a.level}
}
