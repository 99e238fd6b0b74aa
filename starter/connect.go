package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/rs/zerolog"
	sdklog "go.temporal.io/sdk/log"

	"model-registrar/internal/codec"
	"model-registrar/internal/telemetry"
	"model-registrar/registrar"
	"model-registrar/starter/console"
)

// connection is the app with a client of the registrar, and what the starter wants to know of its connection beside
// that.
type connection struct {
	*app
	*registrar.Client
	uiURL  string // base of the Temporal UI; empty if unknown
	unread *unread
}

// connect reaches Temporal as the ecosystem's variables and profiles say (TEMPORAL_ADDRESS, TEMPORAL_PROFILE, …). Only
// commands that need it call it: the others work offline. Links are to the given UI, or else to REGISTRAR_UI_URL.
func (a *app) connect(ctx context.Context, uiURL string) (*connection, error) {
	logger, err := a.logger()
	if err != nil {
		return nil, err
	}
	options, err := registrar.FromEnvironment(a.env.Environ())
	if err != nil {
		return nil, explained(err)
	}
	options.Temporal.Logger = sdklog.NewStructuredLogger(logger)
	c := &connection{app: a, uiURL: cmp.Or(uiURL, a.env.Get("REGISTRAR_UI_URL")), unread: &unread{}}
	options.OnUnreadable = c.unread.note
	c.Client, err = registrar.Dial(ctx, options)
	return c, explained(err)
}

// connected does what needs Temporal, and says what of it could not be read.
func (a *app) connected(ctx context.Context, uiURL string, do func(*connection) error) error {
	c, err := a.connect(ctx, uiURL)
	if err != nil {
		return err
	}
	defer c.Close()
	err = do(c)
	c.unread.note(err)
	c.tellUnread()
	return explained(err)
}

// unread keeps why something that Temporal stores could not be decrypted, for the end of the command: in the midst of
// it, what is shown would be overwritten.
type unread struct{ why atomic.Pointer[codec.Error] }

func (u *unread) note(err error) {
	var e *codec.Error
	if errors.As(err, &e) {
		u.why.Store(e)
	}
}

// tellUnread says that something could not be decrypted.
func (c *connection) tellUnread() {
	if why := c.unread.why.Load(); why != nil {
		c.err.Print(console.Styled(console.Bad, "warning: ").
			And(console.Plain, "not all can be shown: "+why.Error()))
	}
}

// logger writes the log of what works underneath to stderr: warnings and worse, unless REGISTRAR_LOG_LEVEL says
// otherwise.
func (a *app) logger() (*slog.Logger, error) {
	level, format := a.env.Or("REGISTRAR_LOG_LEVEL", "warn"), a.env.Get("REGISTRAR_LOG_FORMAT")
	if _, err := zerolog.ParseLevel(level); err != nil {
		return nil, misused("REGISTRAR_LOG_LEVEL: %q is no level; use debug, info, warn or error", level)
	}
	if format != "" && format != "json" && format != "console" {
		return nil, misused("REGISTRAR_LOG_FORMAT must be json or console, not %q", format)
	}
	return telemetry.Logger(a.err.W, level, format), nil
}

// page is the address of a run's page in the Temporal UI, where its details are and not its raw history; empty if the
// UI's address is unknown.
func (c *connection) page(workflowID, runID string) string {
	if c.uiURL == "" {
		return ""
	}
	return strings.TrimRight(c.uiURL, "/") + "/namespaces/" + url.PathEscape(c.Namespace()) +
		"/workflows/" + url.PathEscape(workflowID) + "/" + url.PathEscape(runID) + "/user-metadata"
}
