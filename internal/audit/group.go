package audit

import (
	"context"
	"os"
	"sync"
	"time"

	"model-registrar/schemas"
)

const (
	// commitTime bounds how long a group of appends may take, waiting for other processes included.
	commitTime = 15 * time.Second
	// maxGroup bounds how many entries one commit writes.
	maxGroup = 500
)

// append is an entry on its way into the trail.
type pending struct {
	ctx     context.Context
	entry   schemas.AuditEntry
	done    chan struct{} // closed once what follows is set
	receipt schemas.AuditReceipt
	err     error
}

func (p *pending) finish(err error) {
	p.err = err
	close(p.done)
}

// group lets the appends of a process share commits: while one is written, those that come gather for the next. With
// one fsync for each entry, hundreds of registrations that end at once would wait for the disk one after another.
type group struct {
	failed func(step string, err error) error

	mu      sync.Mutex
	waiting []*pending
	closed  bool
	wake    chan struct{}
	ended   chan struct{}
}

// newGroup starts a group. commit gets the exclusive right to write, takes the entries that wait, and writes them.
func newGroup(commit func(ctx context.Context, take func() []*pending) error, failed func(string, error) error) *group {
	g := &group{failed: failed, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go func() {
		defer close(g.ended)
		for range g.wake {
			for g.commit(commit) {
			}
		}
	}()
	return g
}

// commit commits what waits, and reports whether there was anything.
func (g *group) commit(commit func(ctx context.Context, take func() []*pending) error) bool {
	g.mu.Lock()
	nothing := len(g.waiting) == 0
	g.mu.Unlock()
	if nothing {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTime)
	defer cancel()
	// As late as possible, so that the group is large.
	take := sync.OnceValue(g.take)
	err := commit(ctx, take)
	for _, p := range take() {
		p.finish(err)
	}
	return true
}

// take takes the entries of the next commit, without those that nobody waits for any more.
func (g *group) take() []*pending {
	g.mu.Lock()
	defer g.mu.Unlock()
	var taken []*pending
	for n, p := range g.waiting {
		if len(taken) == maxGroup {
			g.waiting = g.waiting[n:]
			return taken
		}
		if err := p.ctx.Err(); err != nil {
			p.finish(err)
		} else {
			taken = append(taken, p)
		}
	}
	g.waiting = nil
	return taken
}

func (g *group) append(ctx context.Context, entry schemas.AuditEntry) (schemas.AuditReceipt, error) {
	if err := checkEntry(entry); err != nil {
		return schemas.AuditReceipt{}, err
	}
	p := &pending{ctx: ctx, entry: entry, done: make(chan struct{})}
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return schemas.AuditReceipt{}, g.failed("written", os.ErrClosed)
	}
	g.waiting = append(g.waiting, p)
	select {
	case g.wake <- struct{}{}:
	default:
	}
	g.mu.Unlock()
	select {
	case <-p.done:
		return p.receipt, p.err
	case <-ctx.Done():
		return schemas.AuditReceipt{}, ctx.Err()
	}
}

// close lets what waits be written, and refuses what comes.
func (g *group) close() {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		close(g.wake)
	}
	g.mu.Unlock()
	<-g.ended
}

// sealed is an entry that is to be written.
type sealed struct {
	id       string
	text     []byte
	at       link
	conflict bool // its id was taken by an entry that says something else
}

// stored is an entry as the trail holds it.
type stored struct {
	at   link
	text []byte
}

// sealAll seals those entries that are not known yet, one after another from prev, and gives every one its receipt.
// known is what the trail holds under their ids and under those of their conflicts, and is added to.
//
// An id that is known with other content is no repetition: somebody wrote that one before, or writes this one now,
// under an id that is not theirs. Nothing is thrown away: the entry is kept under an id of its own, which verify names.
func sealAll(taken []*pending, prev link, known map[string]stored) ([]sealed, error) {
	var all []sealed
	for _, p := range taken {
		entry := p.entry
		s, ok := known[entry.EntryID]
		conflict := ok && (s.at.seq > maxFollowed || !sameEntry(s.text, p.entry))
		if conflict {
			entry.EntryID = conflictID(p.entry)
			s, ok = known[entry.EntryID]
		}
		if !ok {
			text, next, err := seal(entry, prev)
			if err != nil {
				return nil, err
			}
			s, prev = stored{next, text}, next
			known[entry.EntryID] = s
			all = append(all, sealed{entry.EntryID, text, next, conflict})
		}
		p.receipt = s.at.receipt()
		p.receipt.Conflict = conflict
	}
	return all, nil
}

// nameTrail has the receipts say which trail they are of, by its first entry's hash.
func nameTrail(taken []*pending, first string) {
	for _, p := range taken {
		p.receipt.Trail = first
	}
}

// idsOf are the ids under which the trail may hold these entries.
func idsOf(taken []*pending) []string {
	ids := make([]string, 0, 2*len(taken))
	for _, p := range taken {
		ids = append(ids, p.entry.EntryID, conflictID(p.entry))
	}
	return ids
}
