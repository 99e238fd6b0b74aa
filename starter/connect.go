package main

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"

	"model-registrar/internal/codec"
	"model-registrar/internal/config"
	"model-registrar/internal/follow"
	"model-registrar/internal/telemetry"
	"model-registrar/schemas"
)

const (
	dialTime = 4 * time.Second  // so that an unreachable Temporal is told within five
	callTime = 10 * time.Second // of one call
)

// connection is a Temporal client, and what there is to know of it for messages.
type connection struct {
	client.Client
	address   string
	namespace string
	taskQueue string
	uiURL     string // base of the Temporal UI; empty if unknown
	decoder   follow.Decoder
	unread    *unread
}

// connect reaches Temporal as the ecosystem's variables and profiles say (TEMPORAL_ADDRESS, TEMPORAL_PROFILE, …). Only
// commands that need it call it: the others work offline.
func (a *app) connect(ctx context.Context) (*connection, error) {
	logger, err := a.logger()
	if err != nil {
		return nil, err
	}
	env, err := a.env.withAPIKey()
	if err != nil {
		return nil, err
	}
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{EnvLookup: env})
	if err != nil {
		return nil, misused("the Temporal client configuration is not valid: %w", err).
			hinting("Check the TEMPORAL_* variables and the file that TEMPORAL_CONFIG_FILE names.")
	}
	keys, err := config.LoadEncryption(a.env.Environ())
	if err != nil {
		return nil, misused("%w", err)
	}
	converters := keys.Client()
	converters.Into(&options)
	options.Logger = sdklog.NewStructuredLogger(logger)
	options.ConnectionOptions.GetSystemInfoTimeout = dialTime
	c := &connection{
		address: options.HostPort, namespace: options.Namespace,
		taskQueue: a.env.Or("REGISTRAR_TASK_QUEUE", schemas.DefaultTaskQueue),
		uiURL:     a.env.Get("REGISTRAR_UI_URL"),
		unread:    &unread{},
	}
	c.decoder = follow.Decoder{Data: converters.Data, Failure: converters.Failure, Unread: c.unread.note}
	if c.address == "" {
		c.address = client.DefaultHostPort
	}
	if c.namespace == "" {
		c.namespace = client.DefaultNamespace
	}
	dialling, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	c.Client, err = client.DialContext(dialling, options)
	if err != nil {
		return nil, c.notDialled(ctx, err)
	}
	return c, nil
}

// unread keeps why something that Temporal stores could not be decrypted, for the end of the command: in the midst of it, what
// is shown would be overwritten.
type unread struct{ why atomic.Pointer[codec.Error] }

func (u *unread) note(err error) {
	var e *codec.Error
	if errors.As(err, &e) {
		u.why.Store(e)
	}
}

// notDialled explains why there is no connection. Whatever is wrong with what answers there, it is no Temporal that can be
// used, unless Temporal itself says what is.
func (c *connection) notDialled(ctx context.Context, err error) error {
	var denied *serviceerror.PermissionDenied
	if ctx.Err() == nil && !errors.As(err, &denied) {
		return c.unreachable(err)
	}
	return c.explain(ctx, err)
}

// logger writes the log of what works underneath to stderr: warnings and worse, unless REGISTRAR_LOG_LEVEL says otherwise.
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

// page is the address of a run's page in the Temporal UI; empty if the UI's address is unknown.
func (c *connection) page(workflowID, runID string) string {
	if c.uiURL == "" {
		return ""
	}
	return strings.TrimRight(c.uiURL, "/") + "/namespaces/" + url.PathEscape(c.namespace) +
		"/workflows/" + url.PathEscape(workflowID) + "/" + url.PathEscape(runID) + "/history"
}

// call runs one call with its time limit and explains its failure.
func (c *connection) call(ctx context.Context, do func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return c.explain(ctx, do(limited))
}
