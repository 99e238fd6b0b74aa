package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"

	"model-registrar/internal/genesys"
	"model-registrar/schemas"
)

// The gaps between two looks at whether a refused login is accepted. They double.
const (
	firstLoginLook = 2 * time.Second
	lastLoginLook  = time.Minute
)

// login is whether the gateway accepts the worker's credentials.
type login struct {
	gateway *genesys.Client
	log     *slog.Logger

	mu     sync.Mutex
	since  time.Time // since when it is refused; zero: it is not
	reason error
}

// err says that the login is refused, or nothing.
func (l *login) err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.since.IsZero() {
		return nil
	}
	return fmt.Errorf("the worker's login is refused since %s, and it takes no tasks until it is accepted: %w; %s",
		l.since.UTC().Format(time.RFC3339), l.reason, schemas.ErrUnauthorized.Advice())
}

// set keeps what a check came to. Only a refusal counts: an outage says nothing of the credentials.
func (l *login) set(err error) (refused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !genesys.IsRefusedLogin(err) {
		l.since, l.reason = time.Time{}, nil
		return false
	}
	if l.since.IsZero() {
		l.since = time.Now()
	}
	l.reason = err
	return true
}

// await returns true when the login is not refused, and false when the context ends before that.
func (l *login) await(ctx context.Context, health string, check func(context.Context) error) bool {
	for gap := firstLoginLook; ctx.Err() == nil; gap = min(2*gap, lastLoginLook) {
		if !l.set(check(ctx)) {
			l.forget()
			return ctx.Err() == nil
		}
		l.log.Error("the worker's login is refused; operator action required; it takes no tasks until the login is "+
			"accepted",
			"error", l.err().Error(), "nextLook", gap.String(), "health", health)
		select {
		case <-ctx.Done():
		case <-time.After(gap):
		}
	}
	return false
}

// forget drops a refusal that came before the login was found to be accepted.
func (l *login) forget() {
	select {
	case <-l.gateway.Refused():
	default:
	}
}

// refused is closed when the context ends, or the login is refused: one refused call is a reason to look, and the look
// decides. A call can be refused for reasons of its own.
func (l *login) refused(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-l.gateway.Refused():
			}
			if l.set(l.gateway.CheckLogin(ctx)) {
				return
			}
			l.forget()
			select { // a look costs a call
			case <-ctx.Done():
				return
			case <-time.After(firstLoginLook):
			}
		}
	}()
	return done
}

// observe reports whether the login is refused as a metric.
func (l *login) observe(m metric.Meter) error {
	gauge, err := m.Int64ObservableGauge("registrar_login_refused",
		metric.WithDescription("1 while the gateway refuses the worker's login, and it takes no tasks; else 0."))
	if err != nil {
		return err
	}
	_, err = m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		var refused int64
		if l.err() != nil {
			refused = 1
		}
		o.ObserveInt64(gauge, refused)
		return nil
	}, gauge)
	return err
}
