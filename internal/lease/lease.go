// Package lease is the fence in front of calls that change something outside: an attempt of an activity may make them
// only while Temporal takes it for alive. Temporal gives up an attempt that has not heartbeat for the heartbeat
// time-out and starts its successor; a worker that was frozen meanwhile would otherwise go on where it stood.
package lease

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Lease is one attempt's. It is safe for concurrent use.
type Lease struct {
	length time.Duration
	now    func() time.Duration

	mu    sync.Mutex
	since time.Duration
	ended error
}

// New begins a lease now. It lasts length since the last heartbeat that Temporal accepted: the heartbeat time-out less
// a margin for what the call needs to get on its way.
func New(length time.Duration) *Lease { return newLease(length, sinceBoot) }

func newLease(length time.Duration, now func() time.Duration) *Lease {
	return &Lease{length: length, now: now, since: now()}
}

// Renew sends a heartbeat, and renews the lease from the moment before it was sent if it is accepted.
func (l *Lease) Renew(heartbeat func() error) error {
	before := l.now()
	if err := heartbeat(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since = max(l.since, before)
	return nil
}

// End ends the lease for good, for this reason.
func (l *Lease) End(reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended == nil {
		l.ended = reason
	}
}

// Left is how long the lease still lasts without a renewal.
func (l *Lease) Left() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.length - (l.now() - l.since)
}

// Check returns nil while the lease lasts.
func (l *Lease) Check() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	age := l.now() - l.since
	switch {
	case l.ended != nil:
		return &Over{Reason: l.ended.Error()}
	case age >= l.length:
		return &Over{Reason: fmt.Sprintf("Temporal has accepted no heartbeat for %s", age.Round(time.Millisecond))}
	}
	return nil
}

// Over is a lease that has ended: another attempt may be at work by now.
type Over struct{ Reason string }

// Error says why.
func (o *Over) Error() string {
	return "this attempt may have been given up, so that nothing may be changed any more: " + o.Reason
}

type key struct{}

// With returns a context under which changing calls check the lease first.
func With(ctx context.Context, l *Lease) context.Context { return context.WithValue(ctx, key{}, l) }

// Check checks the lease of the context. Without one there is nothing to check.
func Check(ctx context.Context) error {
	if l, ok := ctx.Value(key{}).(*Lease); ok {
		return l.Check()
	}
	return nil
}
