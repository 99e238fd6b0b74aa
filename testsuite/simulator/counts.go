package simulator

import (
	"maps"
	"net/http"
	"sync"

	"model-registrar/testsuite/simulator/control"
)

// counts are how many requests came, also those that the journal keeps no more.
type counts struct {
	mu   sync.Mutex
	byOp control.Counts
}

func newCounts() *counts { return &counts{byOp: control.Counts{}} }

func (c *counts) add(r control.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.byOp[r.Op]
	n.Requests++
	if r.Status == http.StatusTooManyRequests {
		n.RateLimited++
	}
	c.byOp[r.Op] = n
}

func (c *counts) get() control.Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.byOp)
}

func (c *counts) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.byOp)
}
