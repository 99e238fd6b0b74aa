package quota

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"model-registrar/internal/retryafter"
)

const (
	// DefaultPerMinute is the platform's quota of an OAuth client, until it says otherwise.
	DefaultPerMinute = 300

	// MaxWait is how long a call waits for its turn at most. Who would wait longer is sent away and told when to come
	// back, so that it holds no slot of the worker meanwhile.
	MaxWait = 20 * time.Second

	// Who is expected to wait longer than this is sent away at once. The rest is for estimates that are wrong.
	patience = 12 * time.Second

	ownWindow = time.Minute // until the platform tells of its own

	// After so long without an answer others may have used any part of the quota: one call goes ahead to see.
	knowledgeLasts = 5 * time.Second
	// The next call that goes ahead, if the first one brings no answer or no news.
	nextScout   = time.Second
	afterNoNews = 250 * time.Millisecond

	noRetryAfter = 5 * time.Second // a 429 that does not say how long
)

// Busy refuses a call for which there is no room soon.
type Busy struct {
	RetryAfter time.Duration // when its turn may come
}

func (b *Busy) Error() string {
	return fmt.Sprintf("the request quota of the OAuth client is in use; its turn comes in about %s", b.RetryAfter)
}

// Pacer decides when calls may be made. It is safe for concurrent use; a nil one lets every call go at once.
type Pacer struct {
	ceiling int // never more than that in a window; 0: what the platform allows

	mu       sync.Mutex
	window   window
	length   time.Duration // of a window, as far as it is known
	inFlight int           // calls that may have been made and are in no reply's count yet
	answered time.Time     // the newest reply that told of the window; zero: none
	scout    time.Time     // not before then may the next call go ahead to see how things stand
	blocked  time.Time     // a 429 asked not to call before
	queue    queue
	timer    *time.Timer
	away     []appointment // by time
	stats    Stats
}

// appointment is when the turn of somebody who was sent away is likely to come, and for how many calls.
type appointment struct {
	at time.Time
	n  int
}

// New returns a pacer. It starts from perMinute calls a minute, and never makes more in one window than that; with 0 it
// starts from [DefaultPerMinute] and then does as the platform says.
func New(perMinute int) *Pacer {
	p := &Pacer{ceiling: perMinute}
	p.stats.PerOp = map[string]int64{}
	return p
}

// Call is leave to make one call. Its end must be told by Answered or Lost.
type Call struct {
	p    *Pacer
	sent time.Time
}

// Acquire waits until a call may be made. It returns [*Busy] if that would take too long, or the context's error.
func (p *Pacer) Acquire(ctx context.Context, class Class, op string) (*Call, error) {
	if p == nil {
		return nil, nil
	}
	n := 1
	if ctx.Value(finishingKey{}) != nil {
		class = Finish
	}
	together, _ := ctx.Value(togetherKey{}).(*together)
	if together != nil {
		class = Start
		if together.take(p) {
			return p.sending(op), nil
		}
		n = together.wanted()
	}
	if err := p.wait(ctx, class, n); err != nil {
		return nil, err
	}
	together.got(p, n)
	return p.sending(op), nil
}

func (p *Pacer) sending(op string) *Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.PerOp[op]++
	return &Call{p: p, sent: time.Now()}
}

// wait waits for the turn of n calls.
func (p *Pacer) wait(ctx context.Context, class Class, n int) error {
	now := time.Now()
	w := &waiter{class: class, n: n, ready: make(chan struct{})}
	p.mu.Lock()
	p.queue.add(w)
	p.dispatch(now)
	if w.at == nil {
		p.mu.Unlock()
		return nil
	}
	// Before the first answer there is nothing to estimate from.
	if !p.answered.IsZero() && p.eta(now, p.ahead(class)) > patience {
		err := p.sendAway(w, now)
		p.mu.Unlock()
		return err
	}
	p.stats.Waits[class]++
	p.mu.Unlock()

	limit := time.NewTimer(MaxWait)
	defer limit.Stop()
	select {
	case <-w.ready:
	case <-limit.C:
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Waited[class] += time.Since(now)
	if w.at == nil {
		if ctx.Err() == nil {
			return nil
		}
		p.inFlight -= n // its turn came, and it has gone
		p.dispatch(time.Now())
		return ctx.Err()
	}
	if ctx.Err() != nil {
		p.queue.remove(w)
		p.dispatch(time.Now())
		return ctx.Err()
	}
	return p.sendAway(w, time.Now())
}

// sendAway takes a waiter out of the queue. It is to come back some time before its turn, so that there is always
// somebody to take the turns that come. The caller holds the lock.
func (p *Pacer) sendAway(w *waiter, now time.Time) error {
	p.queue.remove(w)
	p.stats.SentAway++
	p.dispatch(now)
	return &Busy{RetryAfter: max(p.appoint(now, w.n)-patience/2, time.Second)}
}

// ahead is how many calls go before one that joins the queue of a class now, itself included. The caller holds the lock.
func (p *Pacer) ahead(class Class) int {
	if class == Finish {
		waiting := p.queue.calls[Finish]
		return waiting + waiting/finishTurns
	}
	return p.queue.calls[Finish] + brings*p.queue.calls[Start]
}

// brings is what a call that starts a registration amounts to, with those that finish it and go before other starts.
// An appointment does not reckon with them: to come back too early costs a retry, too late leaves quota unused.
const brings = 2

// appoint finds when there is room for so many calls more, after who waits and between who was sent away already, and
// keeps it. The caller holds the lock.
func (p *Pacer) appoint(now time.Time, n int) (in time.Duration) {
	p.away = slices.DeleteFunc(p.away, func(a appointment) bool { return !a.at.After(now) })
	before := p.queue.total() + n
	in = p.eta(now, before)
	place := 0
	for ; place < len(p.away) && !p.away[place].at.After(now.Add(in)); place++ {
		before += p.away[place].n
		in = p.eta(now, before)
	}
	p.away = slices.Insert(p.away, place, appointment{now.Add(in), n})
	return in
}

// eta estimates how long it takes until so many calls more have been made. The caller holds the lock.
func (p *Pacer) eta(now time.Time, calls int) time.Duration {
	perCall := float64(p.windowLength()) / float64(max(1, p.window.usable()))
	from := now
	if p.blocked.After(now) {
		from = p.blocked
	}
	left := 0
	if !p.window.over(from) {
		used := p.window.count + p.inFlight
		left = max(0, p.window.usable()-used)
		if calls <= left {
			return max(from.Sub(now), p.window.when(float64(used+calls)).Sub(now))
		}
		from = p.window.hi
	}
	return from.Sub(now) + time.Duration(perCall*float64(calls-left))
}

// dispatch lets everybody go whose turn has come, and sees to it that the next one is not forgotten. The caller holds
// the lock.
func (p *Pacer) dispatch(now time.Time) {
	for {
		w := p.queue.next()
		if w == nil {
			if p.timer != nil {
				p.timer.Stop()
			}
			return
		}
		at := p.opens(now, w.n)
		if at.After(now) {
			p.wake(at.Sub(now))
			return
		}
		if p.blind(now) {
			p.scout = now.Add(nextScout)
		}
		p.inFlight += w.n
		p.queue.take(w)
	}
}

func (p *Pacer) wake(after time.Duration) {
	if p.timer == nil {
		p.timer = time.AfterFunc(after, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.dispatch(time.Now())
		})
		return
	}
	p.timer.Reset(after)
}

// blind tells whether nothing is known of how much others have used: nobody has answered yet, or not lately, or the
// window has ended.
func (p *Pacer) blind(now time.Time) bool {
	return p.window.learned && p.window.over(now) || p.answered.IsZero() || now.Sub(p.answered) > knowledgeLasts
}

// opens is when n calls may be made: now, or at a later time when it is to be asked again.
func (p *Pacer) opens(now time.Time, n int) time.Time {
	if p.blocked.After(now) {
		return p.blocked
	}
	if !p.window.learned && p.window.over(now) {
		p.openOwnWindow(now)
	}
	if p.blind(now) {
		return p.scout // one call goes ahead, so that a wrong idea of the window costs one 429 at most
	}
	used := float64(p.window.count + p.inFlight + min(n, p.window.usable()))
	if used <= p.window.line(now) {
		return now
	}
	at := p.window.when(used)
	if !at.After(now) {
		at = now.Add(time.Millisecond) // what the arithmetic rounded off
	}
	return at
}

// openOwnWindow begins a window of our own.
func (p *Pacer) openOwnWindow(now time.Time) {
	allowed := p.ceiling
	if allowed == 0 {
		allowed = DefaultPerMinute
	}
	end := now.Add(ownWindow)
	p.window = window{allowed: allowed, lo: end, hi: end, seen: now, steady: now.Sub(p.window.hi) < ownWindow}
	p.length = ownWindow
}

func (p *Pacer) windowLength() time.Duration {
	if p.length == 0 {
		return ownWindow
	}
	return p.length
}

// Answered tells that a call was answered, and what the answer says of the quota.
func (c *Call) Answered(status int, h http.Header) {
	if c == nil {
		return
	}
	now := time.Now()
	p := c.p
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight--
	account, ok := readHeaders(h, c.sent, now)
	if ok {
		p.learn(account, now)
	} else {
		p.window.count++
		if !p.window.learned {
			p.answered = now
		}
	}
	if p.scout.After(now.Add(afterNoNews)) {
		p.scout = now.Add(afterNoNews)
	}
	if status == http.StatusTooManyRequests {
		p.stats.RateLimited++
		wait := retryafter.Parse(h, now)
		if wait == 0 {
			wait = noRetryAfter
		}
		if until := now.Add(wait); until.After(p.blocked) {
			p.blocked = until
		}
	}
	p.dispatch(now)
}

func (p *Pacer) learn(t told, now time.Time) {
	if p.ceiling > 0 {
		t.allowed = min(t.allowed, p.ceiling)
	}
	first := !p.window.learned
	if p.window.learn(t, now) {
		length := t.hi.Sub(now)
		if first {
			p.length = 0
		}
		p.length = max(p.length, length)
	}
	p.answered = now
}

// Lost tells that a call brought no answer. It may have counted.
func (c *Call) Lost() {
	if c == nil {
		return
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.p.inFlight--
	c.p.window.count++
	c.p.dispatch(time.Now())
}

// Spare is how many calls more could be made at once without anybody waiting for it; negative while calls wait.
func (p *Pacer) Spare() int {
	if p == nil {
		return 1 << 20
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	waiting := p.queue.total()
	switch {
	case p.blocked.After(now):
		return -max(1, waiting)
	case p.window.over(now):
		allowed := p.window.burst()
		if p.window.allowed == 0 {
			allowed = DefaultPerMinute / burstShare
		}
		return int(allowed) - p.inFlight - waiting
	}
	return int(p.window.line(now)) - p.window.count - p.inFlight - waiting
}

// Rate is how many calls a second the quota allows.
func (p *Pacer) Rate() float64 {
	if p == nil {
		return 1 << 20
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	usable := p.window.usable()
	if usable == 0 {
		usable = DefaultPerMinute
	}
	return float64(usable) / p.windowLength().Seconds()
}
