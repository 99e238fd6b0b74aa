package main

import (
	"fmt"
	"time"

	"model-registrar/internal/follow"
	"model-registrar/starter/console"
	"model-registrar/starter/view"
)

// progress shows how registrations go: redrawn in place on a terminal, as lines that are appended elsewhere. Its
// methods may be called concurrently.
type progress struct {
	*display
	names  []string // empty strings when there is only one registration
	logs   []view.Log
	views  []follow.View
	ticker *time.Ticker
	done   chan struct{}
	idle   chan struct{}
}

const (
	redraw    = 100 * time.Millisecond
	longName  = 28 // characters; longer names are shown in full, and shift what follows
	appending = time.Second
)

func newProgress(out *console.Printer, names []string) *progress {
	p := &progress{
		display: newDisplay(out), names: make([]string, len(names)), logs: make([]view.Log, len(names)),
		views: make([]follow.View, len(names)), done: make(chan struct{}), idle: make(chan struct{}),
		ticker: time.NewTicker(appending),
	}
	if p.live != nil {
		p.ticker.Reset(redraw)
	}
	width := 0
	for _, n := range names {
		width = max(width, min(console.Width(console.Clean(n)), longName))
	}
	for i, n := range names {
		p.logs[i].Brief = p.live != nil
		if len(names) > 1 {
			p.names[i] = fmt.Sprintf("%-*s  ", width, console.Clean(n))
		}
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
			for i := range p.views {
				p.advance(i)
			}
			p.draw(nil)
			p.mu.Unlock()
		}
	}
}

// update takes a registration's newest view.
func (p *progress) update(i int, v follow.View) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.views[i] = v
	p.advance(i)
}

// advance prints what the view of a registration adds.
func (p *progress) advance(i int) {
	if lines := p.logs[i].Next(p.views[i], time.Now()); len(lines) > 0 {
		p.draw(p.prefixed(i, lines))
	}
}

// say prints lines about a registration between those of its progress.
func (p *progress) say(i int, lines ...console.Line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draw(p.prefixed(i, lines))
}

// undecided reports whether a registration still waits for a person, as far as is known.
func (p *progress) undecided(i int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.views[i].Undecided()
}

func (p *progress) prefixed(i int, lines []console.Line) []console.Line {
	if p.names[i] == "" {
		return lines
	}
	out := make([]console.Line, len(lines))
	for n, l := range lines {
		out[n] = append(console.Styled(console.Strong, p.names[i]), l...)
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
	for i, v := range p.views {
		block = append(block, p.prefixed(i, view.Block(v, time.Now()))...)
	}
	p.live.Update(stay, block)
}

// close ends the display. What was going on is no longer shown.
func (p *progress) close() {
	p.ticker.Stop()
	close(p.done)
	<-p.idle
	p.clear()
}
