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

	// MaxWait is how long a call waits for its turn at most. A caller that would wait longer is deferred, so that it
	// holds no slot of the worker meanwhile.
	MaxWait = 20 * time.Second

	// A caller that is expected to wait longer than this is deferred at once. The rest of MaxWait is for estimates that
	// are wrong.
	patience = 12 * time.Second

	ownWindow = time.Minute // length of a window until the platform tells of its own

	// After so long without an answer others may have used any part of the quota, and a scout goes ahead.
	knowledgeLasts = 5 * time.Second
	nextScout      = time.Second            // until the next scout, if the one before brings no answer
	afterNoNews    = 250 * time.Millisecond // likewise, if its answer has no news

	noRetryAfter = 5 * time.Second // how long a 429 blocks that does not say how long
)

// Deferred refuses a call for which there is no room soon. The caller holds nothing and is to come back.
type Deferred struct {
	RetryAfter time.Duration // until there may be room
}

func (d *Deferred) Error() string {
	return fmt.Sprintf("deferred for %s: the client's request quota is used up", d.RetryAfter.Round(time.Second))
}

// Pacer decides when calls may be made. It is safe for concurrent use; a nil one lets every call go at once.
//
// Everything below mu is guarded by it. The methods that begin with a lower-case letter, but for wait, isBlocked and
// giveBack, are called with the lock held.
type Pacer struct {
	ceiling int // never more than that in a window; 0: what the platform allows
	headers Headers

	mu           sync.Mutex
	window       window
	length       time.Duration // of a window, as far as it is known
	inFlight     int           // calls that may have been made and are in no reply's count yet
	answered     time.Time     // of the newest reply that reports the window; zero: none
	scoutAfter   time.Time     // the next scout goes no sooner
	blockedUntil time.Time     // a 429 asked for no call before
	queue        queue
	timer        *time.Timer // for the turn of the queue's front
	deferrals    []deferral  // of the callers that are to come back, by time
	stats        Stats
}

// deferral is when there is room for a caller that was deferred, and for how many calls.
type deferral struct {
	at time.Time
	n  int
}

// New returns a pacer. It starts from perMinute calls a minute, and never makes more in one window than that; with 0 it
// starts from [DefaultPerMinute] and then does as the platform says in these headers.
func New(perMinute int, headers Headers) *Pacer {
	p := &Pacer{ceiling: perMinute, headers: headers}
	p.stats.PerOp = map[string]int64{}
	return p
}

// Call is leave to make one call. Answered or Lost must report its end.
type Call struct {
	p    *Pacer
	sent time.Time
}

// Acquire waits until a call may be made, of this class unless the context says otherwise ([WithPriority], [Finishing],
// [Reserve]). It returns [*Deferred] if that would take too long, or the context's error.
func (p *Pacer) Acquire(ctx context.Context, class Class, op string) (*Call, error) {
	if p == nil {
		return nil, nil
	}
	c := callerOf(ctx)
	if c.reservation != nil {
		class = Start
		if c.reservation.use(p) {
			return p.sending(op), nil
		}
	}
	n := c.reservation.wanted()
	if err := p.wait(ctx, c.class(class), n); err != nil {
		return nil, err
	}
	c.reservation.grant(p, n)
	return p.sending(op), nil
}

func (p *Pacer) sending(op string) *Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.PerOp[op]++
	return &Call{p: p, sent: time.Now()}
}

// wait waits until n calls may be made.
func (p *Pacer) wait(ctx context.Context, class Class, n int) error {
	now := time.Now()
	w := &waiter{class: class, n: n, ready: make(chan struct{})}
	p.mu.Lock()
	p.queue.add(w)
	p.dispatch(now)
	if w.place == nil {
		p.mu.Unlock()
		return nil
	}
	// Before the first answer there is nothing to estimate from.
	if !p.answered.IsZero() && p.eta(now, p.queue.ahead(class)) > patience {
		err := p.deferCaller(w, now)
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
	switch {
	case w.place == nil && ctx.Err() == nil:
		return nil
	case w.place == nil: // its turn came, and the caller has gone
		p.inFlight -= n
	case ctx.Err() != nil:
		p.queue.remove(w)
	default:
		return p.deferCaller(w, time.Now())
	}
	p.dispatch(time.Now())
	return ctx.Err()
}

// deferCaller takes a waiter out of the queue. It is to come back some time before there is room, so that there is
// always a caller to take the turns that come.
func (p *Pacer) deferCaller(w *waiter, now time.Time) error {
	p.queue.remove(w)
	p.stats.Deferred++
	p.dispatch(now)
	return &Deferred{RetryAfter: max(p.reserve(now, w.n)-patience/2, time.Second)}
}

// reserve finds when there is room for n calls more, behind those that wait and between those that were deferred
// already, and notes the time.
func (p *Pacer) reserve(now time.Time, n int) (in time.Duration) {
	p.deferrals = slices.DeleteFunc(p.deferrals, func(d deferral) bool { return !d.at.After(now) })
	before := p.queue.total() + n
	in = p.eta(now, before)
	place := 0
	for ; place < len(p.deferrals) && !p.deferrals[place].at.After(now.Add(in)); place++ {
		before += p.deferrals[place].n
		in = p.eta(now, before)
	}
	p.deferrals = slices.Insert(p.deferrals, place, deferral{now.Add(in), n})
	return in
}

// eta estimates how long it takes until that many calls more have been made.
func (p *Pacer) eta(now time.Time, calls int) time.Duration {
	perCall := float64(p.windowLength()) / float64(max(1, p.window.usable()))
	from := now
	if p.blockedUntil.After(now) {
		from = p.blockedUntil
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

// dispatch lets every waiter go whose turn has come, and sets the timer for the next one.
func (p *Pacer) dispatch(now time.Time) {
	for {
		w := p.queue.next()
		if w == nil {
			if p.timer != nil {
				p.timer.Stop()
			}
			return
		}
		at := p.opens(now, w)
		if at.After(now) {
			p.wake(at.Sub(now))
			return
		}
		if p.blind(now) {
			p.scoutAfter = now.Add(nextScout)
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

// blind reports whether nothing is known of how much others have used: nobody has answered yet, or not lately, or the
// window has ended.
func (p *Pacer) blind(now time.Time) bool {
	return p.window.learned && p.window.over(now) || p.answered.IsZero() || now.Sub(p.answered) > knowledgeLasts
}

// opens is when a waiter's calls may be made: now, or a later time at which to ask again.
func (p *Pacer) opens(now time.Time, w *waiter) time.Time {
	if p.blockedUntil.After(now) {
		return p.blockedUntil
	}
	if !p.window.learned && p.window.over(now) {
		p.openOwnWindow(now)
	}
	if p.blind(now) {
		return p.scoutAfter // so that a wrong idea of the window costs one 429 at most
	}
	used := float64(p.window.count + p.inFlight + min(w.n, p.window.usable()))
	if w.class == Check {
		used += p.window.burst() // left unused, for a caller that matters more
	}
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

// Answered reports that a call was answered, and what the answer says of the quota.
func (c *Call) Answered(status int, h http.Header) {
	if c == nil {
		return
	}
	now := time.Now()
	p := c.p
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight--
	account, ok := p.headers.read(h, c.sent, now)
	if ok {
		p.learn(account, now)
	} else {
		p.window.count++
		if !p.window.learned {
			p.answered = now
		}
	}
	if p.scoutAfter.After(now.Add(afterNoNews)) {
		p.scoutAfter = now.Add(afterNoNews)
	}
	if status == http.StatusTooManyRequests {
		p.stats.RateLimited++
		wait := retryafter.Parse(h, now)
		if wait == 0 {
			wait = noRetryAfter
		}
		if until := now.Add(wait); until.After(p.blockedUntil) {
			p.blockedUntil = until
		}
	}
	p.dispatch(now)
}

func (p *Pacer) learn(r report, now time.Time) {
	if p.ceiling > 0 {
		r.allowed = min(r.allowed, p.ceiling)
	}
	first := !p.window.learned
	if p.window.learn(r, now) {
		length := r.hi.Sub(now)
		if first {
			p.length = 0
		}
		p.length = max(p.length, length)
	}
	p.answered = now
}

// Lost reports that a call had no answer. It may have counted.
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

// Spare is how many calls more could be made at once without delaying another; negative while calls wait.
func (p *Pacer) Spare() int {
	if p == nil {
		return 1 << 20
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	waiting := p.queue.total()
	switch {
	case p.blockedUntil.After(now):
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
