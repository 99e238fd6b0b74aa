package quota

import "container/list"

// Class is what a call is for. It decides whose turn comes first while calls wait.
type Class int

// The classes, from the most to the least important. Calls of the first three all get their turns; checks wait for
// everybody else, and leave a burst of the quota unused for whoever comes next.
const (
	Interactive Class = iota // of a single operation, which a person waits for
	Finish                   // what an operation of a fleet needs that has begun: polls, health checks, rollbacks
	Start                    // what begins one
	Check                    // of a model that is registered already
	classes
)

func (c Class) String() string { return [classes]string{"interactive", "finish", "start", "check"}[c] }

// turnsFirst is how many calls of the more important of two classes go before one of the other, while both wait.
const turnsFirst = 3

// waiter is a caller in the queue.
type waiter struct {
	class Class
	n     int           // calls that it is to make without waiting again
	ready chan struct{} // closed when it may go
	place *list.Element // nil once it has left the queue
}

// queue is who waits, by class, first come first served within one.
type queue struct {
	waiting [classes]list.List
	calls   [classes]int // of the waiting

	people  alternation // between single operations and fleets
	endings alternation // within fleets, between finishing and starting
}

// alternation divides turns between two classes while both wait.
type alternation struct{ first int } // calls of the first since one of the second

func (a *alternation) pick(first, second *waiter) *waiter {
	if second == nil || first != nil && a.first < turnsFirst {
		return first
	}
	return second
}

func (a *alternation) count(firstTaken, both bool, n int) {
	switch {
	case !both:
		a.first = 0
	case firstTaken:
		a.first += n
	default:
		a.first -= turnsFirst * n
	}
}

func (q *queue) add(w *waiter) {
	w.place = q.waiting[w.class].PushBack(w)
	q.calls[w.class] += w.n
}

func (q *queue) remove(w *waiter) {
	if w.place == nil {
		return
	}
	q.waiting[w.class].Remove(w.place)
	w.place = nil
	q.calls[w.class] -= w.n
}

func (q *queue) front(c Class) *waiter {
	if e := q.waiting[c].Front(); e != nil {
		return e.Value.(*waiter)
	}
	return nil
}

// next is whose turn it is, or nil.
func (q *queue) next() *waiter {
	fleets := q.endings.pick(q.front(Finish), q.front(Start))
	if w := q.people.pick(q.front(Interactive), fleets); w != nil {
		return w
	}
	return q.front(Check)
}

// take lets a waiter go, and counts its turn.
func (q *queue) take(w *waiter) {
	finishing, starting := q.waiting[Finish].Len() > 0, q.waiting[Start].Len() > 0
	if w.class == Finish || w.class == Start {
		q.endings.count(w.class == Finish, finishing && starting, w.n)
	}
	if w.class != Check {
		q.people.count(w.class == Interactive, q.waiting[Interactive].Len() > 0 && (finishing || starting), w.n)
	}
	q.remove(w)
	close(w.ready)
}

// total is how many calls wait, checks left out: nobody waits for those.
func (q *queue) total() int { return q.calls[Interactive] + q.calls[Finish] + q.calls[Start] }

// ahead is how many calls go before one that joins a class now, those of the class itself included.
func (q *queue) ahead(c Class) int {
	switch c {
	case Interactive:
		return q.calls[Interactive] + q.calls[Interactive]/turnsFirst
	case Finish:
		return q.calls[Interactive] + q.calls[Finish] + q.calls[Finish]/turnsFirst
	case Start:
		return q.calls[Interactive] + q.calls[Finish] + startWeight*q.calls[Start]
	}
	return q.total() + q.calls[Check]
}

// startWeight is what a waiting call that starts an operation amounts to, with those that then finish it and go before
// other starts. Reservations do not reckon with them: to come back too early costs a retry, too late leaves quota
// unused.
const startWeight = 2
