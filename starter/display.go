package main

import (
	"sync"

	"model-registrar/starter/console"
)

// display is where progress is shown: redrawn in place on a terminal, as lines that are appended elsewhere.
type display struct {
	mu     sync.Mutex
	out    *console.Printer
	live   *console.Live // nil when lines are appended
	unmute func()
}

func newDisplay(out *console.Printer) *display {
	d := &display{out: out, unmute: out.Mute()}
	if out.Terminal() {
		d.live = &console.Live{Printer: out}
	}
	return d
}

// clear takes away what is redrawn, and lets others print again.
func (d *display) clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.live != nil {
		d.live.Update(nil, nil)
	}
	d.unmute()
}
