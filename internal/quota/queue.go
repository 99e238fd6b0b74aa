package quota

import "container/list"

// Class is what a call is for. Calls of both classes get their turn, and finishing goes first.
type Class int

// The classes.
const (
	Finish Class = iota // what a registration that has begun needs: polls, health checks, rollbacks
	Start               // what begins one
	classes
)

func (c Class) String() string { return [classes]string{"finish", "start"}[c] }

// finishTurns is how many calls that finish something go before one that starts something, while both wait.
const finishTurns = 3

// waiter is a caller in the queue.
type waiter struct {
	class Class
	n     int           // calls that it makes together
	ready chan struct{} // closed when it may go
	at    *list.Element
}

// queue is who waits, by class, first come first served within one.
type queue struct {
	waiting [classes]list.List
	calls   [classes]int // of the waiting
	turns   int          // calls that finish something since one that starts something, while both waited
}

func (q *queue) add(w *waiter) {
	w.at = q.waiting[w.class].PushBack(w)
	q.calls[w.class] += w.n
}

func (q *queue) remove(w *waiter) {
	if w.at == nil {
		return
	}
	q.waiting[w.class].Remove(w.at)
	w.at = nil
	q.calls[w.class] -= w.n
}

// next is whose turn it is, or nil.
func (q *queue) next() *waiter {
	finish, start := q.waiting[Finish].Front(), q.waiting[Start].Front()
	switch {
	case finish == nil && start == nil:
		return nil
	case start == nil || finish != nil && q.turns < finishTurns:
		return finish.Value.(*waiter)
	}
	return start.Value.(*waiter)
}

// take lets a waiter go, and counts its turn.
func (q *queue) take(w *waiter) {
	both := q.waiting[Finish].Len() > 0 && q.waiting[Start].Len() > 0
	switch {
	case !both:
		q.turns = 0
	case w.class == Finish:
		q.turns += w.n
	default:
		q.turns -= finishTurns * w.n
	}
	q.remove(w)
	close(w.ready)
}

func (q *queue) total() int { return q.calls[Finish] + q.calls[Start] }
