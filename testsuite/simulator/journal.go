package simulator

import (
	"context"
	"sync"
)

// maxJournalBytes bounds the weight of the entries that one weighed journal keeps.
const maxJournalBytes = 128 << 20

// journal keeps the newest entries, numbered from 1 without gaps, and lets readers wait for more.
type journal[T any] struct {
	mu      sync.Mutex
	entries []T // entries[i] has number last-len(entries)+1+i
	last    uint64
	keep    int
	weigh   func(T) int // nil: entries have no weight
	weight  int
	grown   signal
}

func newJournal[T any](keep int, weigh func(T) int) *journal[T] {
	return &journal[T]{keep: keep, weigh: weigh}
}

// add appends what build makes of the next number. It takes amortised constant time.
func (j *journal[T]) add(build func(seq uint64) T) {
	j.mu.Lock()
	j.last++
	entry := build(j.last)
	j.entries = append(j.entries, entry)
	if j.weigh != nil {
		j.weight += j.weigh(entry)
	}
	for len(j.entries) > j.keep || j.weight > maxJournalBytes {
		j.dropOldest()
	}
	j.mu.Unlock()
	j.grown.fire()
}

func (j *journal[T]) dropOldest() {
	if j.weigh != nil {
		j.weight -= j.weigh(j.entries[0])
	}
	var none T
	j.entries[0] = none // let go of what it points to: the array lives on until append moves it
	j.entries = j.entries[1:]
}

// seq is the number of the newest entry ever added.
func (j *journal[T]) seq() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

// clear forgets the entries; numbers go on.
func (j *journal[T]) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries, j.weight = nil, 0
}

// collect appends to found the entries after number since that match, and returns the newest number seen.
func (j *journal[T]) collect(since uint64, match func(*T) bool, found []T) ([]T, uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	before := j.last - uint64(len(j.entries))
	for i := max(since, before) - before; i < uint64(len(j.entries)); i++ {
		if match(&j.entries[i]) {
			found = append(found, j.entries[i])
		}
	}
	return found, max(since, j.last)
}

// await is collect until at least min entries were found or ctx ends.
func (j *journal[T]) await(ctx context.Context, since uint64, least int, match func(*T) bool) []T {
	found := []T{}
	for {
		grown := j.grown.next() // before collecting: what comes in between is not missed
		found, since = j.collect(since, match, found)
		if len(found) >= least {
			return found
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return found
		}
	}
}

// signal wakes everyone who waits for its next firing. It costs nothing while nobody does.
type signal struct {
	mu sync.Mutex
	ch chan struct{}
}

func (s *signal) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}
