// Package telemetry is how a process is observed from outside: its log, its metrics and whether it is well.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"
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

// module is what the names of this project's functions begin with.
const module = "model-registrar/"

// ofSDK drops the lines of Temporal's SDK that are below its level. What this project's own code says through the SDK's
// loggers is passed on: how an operation ends is of interest whatever the SDK may tell of itself.
type ofSDK struct {
	slog.Handler
	level slog.Level
}

// OfSDK returns the logger for Temporal's SDK, which drops the SDK's own lines below a level of zerolog's, whatever the
// logger's level is.
func OfSDK(log *slog.Logger, level string) *slog.Logger {
	l, err := zerolog.ParseLevel(level)
	if err != nil {
		l = zerolog.InfoLevel
	}
	// zerolog's levels are 1 apart and begin at debug with 0, slog's are 4 apart and begin there with -4.
	return slog.New(ofSDK{log.Handler(), slog.LevelDebug + 4*slog.Level(l)})
}

// Handle passes a record on, unless it is one of the SDK's below the level.
func (h ofSDK) Handle(ctx context.Context, record slog.Record) error {
	if record.Level < h.level && !isOwn(record.PC) {
		return nil
	}
	return h.Handler.Handle(ctx, record)
}

// isOwn reports whether a line comes from a function of this project.
func isOwn(pc uintptr) bool {
	caller, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return strings.HasPrefix(caller.Function, module)
}

// WithAttrs returns the handler with these attributes.
func (h ofSDK) WithAttrs(attrs []slog.Attr) slog.Handler {
	return ofSDK{h.Handler.WithAttrs(attrs), h.level}
}

// WithGroup returns the handler with a group.
func (h ofSDK) WithGroup(name string) slog.Handler { return ofSDK{h.Handler.WithGroup(name), h.level} }
