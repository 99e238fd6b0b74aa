package quota

import (
	"context"
	"sync"
	"time"
)

// caller is what the calls under a context have in common.
type caller struct {
	finishing   bool
	priority    Priority
	reservation *reservation
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// Priority says who waits for a call. The zero value is an operation of a fleet.
type Priority int

// The priorities.
const (
	OfFleet  Priority = iota
	OfPerson          // of a single operation: [Interactive]
	OfCheck           // of a check: [Check]
)

// WithPriority has all calls under the returned context take turns by who waits for them.
func WithPriority(ctx context.Context, p Priority) context.Context {
	c := callerOf(ctx)
	c.priority = p
	return context.WithValue(ctx, callerKey{}, c)
}

// Finishing has all calls of a fleet's operation under the returned context take turns as [Finish], whatever they are.
func Finishing(ctx context.Context) context.Context {
	c := callerOf(ctx)
	c.finishing = true
	return context.WithValue(ctx, callerKey{}, c)
}

// class is that of a call which is of this class by itself.
func (c caller) class(own Class) Class {
	switch {
	case c.priority == OfPerson:
		return Interactive
	case c.priority == OfCheck:
		return Check
	case c.finishing:
		return Finish
	}
	return own
}

// reservation is leave for several calls that is waited for once.
type reservation struct {
	mu     sync.Mutex
	pacer  *Pacer
	n      int // asked for, with the first call
	left   int // granted and not used yet
	closed bool
}

// Reserve has the first call under the returned context wait until n calls may be made, so that the others need not
// wait: a look-up that no creation follows is a wasted call. What is not used is returned by release.
func Reserve(ctx context.Context, n int) (_ context.Context, release func()) {
	c := callerOf(ctx)
	c.reservation = &reservation{n: n}
	return context.WithValue(ctx, callerKey{}, c), c.reservation.close
}

// wanted is how many calls to ask for: all of them with the first call, one at a time when they are used up.
func (r *reservation) wanted() int {
	if r == nil {
		return 1
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(1, r.n)
}

func (r *reservation) grant(p *Pacer, n int) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pacer, r.n, r.left = p, 0, n-1
}

// use uses a call that was granted before, unless the platform has asked to be left alone since.
func (r *reservation) use(p *Pacer) bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left == 0 || r.closed {
		return false
	}
	r.left--
	if p.isBlocked() {
		p.giveBack(1)
		return false
	}
	return true
}

func (r *reservation) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.left == 0 {
		return
	}
	r.closed = true
	r.pacer.giveBack(r.left)
	r.left = 0
}

func (p *Pacer) isBlocked() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.blockedUntil.After(time.Now())
}

func (p *Pacer) giveBack(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight -= n
	p.dispatch(time.Now())
}
