package main

import (
	"fmt"
	"sync"
	"time"

	"model-registrar/starter/console"
)

// progress shows how operations go: redrawn in place on a terminal, as lines that are appended elsewhere. Its methods
// and those of its rows may be called concurrently.
type progress struct {
	mu     sync.Mutex
	out    *console.Printer
	live   *console.Live // nil when lines are appended
	unmute func()
	rows   []*row
	ticker *time.Ticker
	done   chan struct{}
	idle   chan struct{}
}

// row is where one operation is shown.
type row struct {
	*progress
	name   string // empty when there is only one operation
	sketch sketch
}

// sketch is how far one operation is, as lines.
type sketch interface {
	next(now time.Time) []console.Line  // what is to be appended
	block(now time.Time) []console.Line // what goes on below that, on a terminal
}

const (
	redraw    = 100 * time.Millisecond
	longName  = 28 // characters; longer names are shown in full, and shift what follows
	appending = time.Second
)

func newProgress(out *console.Printer, names []string) *progress {
	p := &progress{out: out, unmute: out.Mute(), done: make(chan struct{}), idle: make(chan struct{})}
	pace, width := appending, 0
	if out.Terminal() {
		p.live, pace = &console.Live{Printer: out}, redraw
	}
	p.ticker = time.NewTicker(pace)
	for _, n := range names {
		width = max(width, min(console.Width(console.Clean(n)), longName))
	}
	for _, n := range names {
		r := &row{progress: p}
		if len(names) > 1 {
			r.name = fmt.Sprintf("%-*s  ", width, console.Clean(n))
		}
		p.rows = append(p.rows, r)
	}
	go p.tick()
	return p
}

// tick keeps durations going and tells of stages that last, without any event.
func (p *progress) tick() {
	defer close(p.idle)
	for {
		select {
		case <-p.done:
			return
		case <-p.ticker.C:
			p.mu.Lock()
			for _, r := range p.rows {
				r.advance()
			}
			p.draw(nil)
			p.mu.Unlock()
		}
	}
}

// show shows an operation by this sketch, from now on and after each change of it.
func (r *row) show(s sketch, change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sketch = s
	change()
	r.advance()
}

// advance prints what the operation's sketch adds.
func (r *row) advance() {
	if r.sketch == nil {
		return
	}
	if lines := r.sketch.next(time.Now()); len(lines) > 0 {
		r.draw(r.prefixed(lines))
	}
}

// say prints lines about an operation between those of its progress.
func (r *row) say(lines ...console.Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.draw(r.prefixed(lines))
}

func (r *row) prefixed(lines []console.Line) []console.Line {
	out := make([]console.Line, len(lines))
	for n, l := range lines {
		out[n] = append(console.Styled(console.Strong, r.name), l...)
	}
	return out
}

// draw appends lines and, on a terminal, redraws what goes on below them.
func (p *progress) draw(stay []console.Line) {
	if p.live == nil {
		p.out.Print(stay...)
		return
	}
	var block []console.Line
	for _, r := range p.rows {
		if r.sketch != nil {
			block = append(block, r.prefixed(r.sketch.block(time.Now()))...)
		}
	}
	p.live.Update(stay, block)
}

// close ends the display. What was going on is no longer shown.
func (p *progress) close() {
	p.ticker.Stop()
	close(p.done)
	<-p.idle
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live != nil {
		p.live.Update(nil, nil)
	}
	p.unmute()
}
