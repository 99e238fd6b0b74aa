package quota

import (
	"maps"
	"time"
)

// Stats is what a pacer has done, and how things stand.
type Stats struct {
	PerOp       map[string]int64       // calls made, by operation
	RateLimited int64                  // answers with 429
	Deferred    int64                  // calls that were deferred
	Waits       [classes]int64         // calls that had to wait for their turn
	Waited      [classes]time.Duration // how long, in all
	Waiting     [classes]int           // calls that wait now
	Allowed     int                    // of the current window; 0: not known
	Used        int                    // of that, by everybody, as far as is known
}

// Stats returns a copy of the figures.
func (p *Pacer) Stats() Stats {
	if p == nil {
		return Stats{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.PerOp = maps.Clone(s.PerOp)
	s.Waiting = p.queue.calls
	s.Allowed, s.Used = p.window.allowed, p.window.count+p.inFlight
	if p.window.over(time.Now()) {
		s.Used = p.inFlight
	}
	return s
}

// Calls is how many calls were made in all.
func (s Stats) Calls() (n int64) {
	for _, calls := range s.PerOp {
		n += calls
	}
	return n
}
