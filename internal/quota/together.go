package quota

import (
	"context"
	"sync"
	"time"
)

type togetherKey struct{}

type finishingKey struct{}

// Finishing has all calls under the returned context take turns as [Finish], whatever they are.
func Finishing(ctx context.Context) context.Context {
	return context.WithValue(ctx, finishingKey{}, true)
}

// together is leave for several calls, got at once.
type together struct {
	mu     sync.Mutex
	pacer  *Pacer
	n      int // asked for, with the first call
	left   int // got and not made yet
	closed bool
}

// Together has the first call under the returned context wait for the turns of n calls, so that the others need not
// wait: a look-up that is followed by no creation is a call thrown away. What is not used is given back by done.
func Together(ctx context.Context, n int) (_ context.Context, done func()) {
	t := &together{n: n}
	return context.WithValue(ctx, togetherKey{}, t), t.close
}

// wanted is how many turns to ask for: all of them with the first call, one at a time when they are used up.
func (t *together) wanted() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(1, t.n)
}

func (t *together) got(p *Pacer, n int) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pacer, t.n, t.left = p, 0, n-1
}

// take uses a turn that was got before, unless the platform has asked for silence since.
func (t *together) take(p *Pacer) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.left == 0 || t.closed {
		return false
	}
	t.left--
	if p.silent() {
		p.giveBack(1)
		return false
	}
	return true
}

func (t *together) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.left == 0 {
		return
	}
	t.closed = true
	t.pacer.giveBack(t.left)
	t.left = 0
}

func (p *Pacer) silent() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.blocked.After(time.Now())
}

func (p *Pacer) giveBack(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight -= n
	p.dispatch(time.Now())
}
