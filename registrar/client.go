package registrar

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"model-registrar/internal/config"
	"model-registrar/internal/follow"
	"model-registrar/schemas"
)

// Bounds of the calls to Temporal. The context of a call can only shorten them.
const (
	DialTimeout   = 4 * time.Second  // of [Dial]: an unreachable Temporal is reported within five seconds
	CallTimeout   = 10 * time.Second // of one call that Temporal answers by itself
	AnswerTimeout = 30 * time.Second // of one call that a worker has to answer: a decision, an order to a fleet
)

// Options configure a [Client]. The zero value reaches the namespace "default" of a Temporal server on 127.0.0.1:7233.
type Options struct {
	// Temporal are the options of the Temporal client: address (default 127.0.0.1:7233), namespace (default "default"),
	// TLS, API key, converters. Where the workers encrypt payloads, its converters have to hold the keys;
	// [FromEnvironment] sees to that.
	Temporal client.Options
	// TaskQueue is the task queue that the workers poll. Default: [schemas.DefaultTaskQueue].
	TaskQueue string
	// OnUnreadable is called with the reason whenever a stored payload cannot be decoded, for want of a key for
	// example. What cannot be read is left out of answers. Default: nothing is called.
	OnUnreadable func(error)
}

// FromEnvironment returns the options that an environment in the form of [os.Environ] asks for: the variables and
// profiles of Temporal's own tools (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_PROFILE, TEMPORAL_API_KEY,
// TEMPORAL_TLS_*), REGISTRAR_TASK_QUEUE and REGISTRAR_ENCRYPTION_KEYS. A secret may be in a file, which the variable
// with _FILE at its end names. The error is a [*Misconfigured].
func FromEnvironment(environ []string) (Options, error) {
	env, err := config.Read(environ, "TEMPORAL_API_KEY")
	if err != nil {
		return Options{}, &Misconfigured{Err: err}
	}
	keys, err := config.LoadEncryption(environ)
	if err != nil {
		return Options{}, &Misconfigured{Err: err}
	}
	temporal, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{EnvLookup: env})
	if err != nil {
		return Options{}, &Misconfigured{
			Err: fmt.Errorf("the Temporal client configuration is not valid: %w", err), Temporal: true,
		}
	}
	if err := config.CheckAddress(temporal.HostPort); err != nil {
		return Options{}, &Misconfigured{Err: err, Temporal: true}
	}
	keys.Client().Into(&temporal)
	return Options{Temporal: temporal, TaskQueue: env["REGISTRAR_TASK_QUEUE"]}, nil
}

// Client starts, finds, follows, decides, steers and lists registrations and fleets. Make one with [Dial] or [New].
type Client struct {
	temporal  client.Client
	address   string
	namespace string
	taskQueue string
	decoder   follow.Decoder

	encryption        sync.Mutex // of what follows
	encryptionChecked bool       // the client may write here, as far as encryption goes
}

// Dial connects to Temporal. Close the client when it is no longer needed. The error is [*Unreachable], [*Denied] or
// the context's.
func Dial(ctx context.Context, o Options) (*Client, error) {
	if o.Temporal.ConnectionOptions.GetSystemInfoTimeout == 0 {
		o.Temporal.ConnectionOptions.GetSystemInfoTimeout = DialTimeout
	}
	c := New(nil, o)
	limited, cancel := context.WithTimeout(ctx, DialTimeout)
	defer cancel()
	var err error
	c.temporal, err = client.DialContext(limited, o.Temporal)
	if err != nil {
		return nil, c.notDialled(ctx, err)
	}
	return c, nil
}

// New makes a client of a Temporal client that was made with the same options. Closing it closes that one.
func New(temporal client.Client, o Options) *Client {
	c := &Client{temporal: temporal, address: o.Temporal.HostPort, namespace: o.Temporal.Namespace,
		taskQueue: o.TaskQueue}
	c.decoder = follow.Decoder{
		Data: o.Temporal.DataConverter, Failure: o.Temporal.FailureConverter, Unread: o.OnUnreadable,
	}
	if c.address == "" {
		c.address = client.DefaultHostPort
	}
	if c.namespace == "" {
		c.namespace = client.DefaultNamespace
	}
	if c.taskQueue == "" {
		c.taskQueue = schemas.DefaultTaskQueue
	}
	return c
}

// Close closes the connection.
func (c *Client) Close() { c.temporal.Close() }

// Temporal is the Temporal client that this one works with, for what it has no method for.
func (c *Client) Temporal() client.Client { return c.temporal }

// Address is the address of Temporal, as host:port.
func (c *Client) Address() string { return c.address }

// Namespace is the Temporal namespace.
func (c *Client) Namespace() string { return c.namespace }

// TaskQueue is the task queue that the workers poll.
func (c *Client) TaskQueue() string { return c.taskQueue }

// notDialled says why there is no connection. Whatever is wrong with what answers at the address, it is no Temporal
// that can be used, unless Temporal itself says otherwise.
func (c *Client) notDialled(ctx context.Context, err error) error {
	var denied *serviceerror.PermissionDenied
	if ctx.Err() == nil && !errors.As(err, &denied) {
		return c.unreachable(err)
	}
	return c.Explain(ctx, err)
}

// call runs one call with its time limit, and gives its error a type.
func (c *Client) call(ctx context.Context, do func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	return c.Explain(ctx, do(limited))
}

// Decoder decodes histories with the client's converters.
func (c *Client) Decoder() follow.Decoder { return c.decoder }
