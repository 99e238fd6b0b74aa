package quota

import "time"

// window is what is known of the platform's current window: how many calls it allows, how many were made in it, and
// when it ends. The line is how many calls may have been made at a time: it begins a little above what was used when
// this process first saw the window, and reaches all that is usable at the window's end. Since it is compared with what
// everybody has used, processes that know nothing of each other follow one line together.
type window struct {
	learned bool // by the platform's headers; otherwise it is our own, of a minute
	allowed int  // calls that may be made until the end
	count   int  // calls known to have been made, by everybody
	// The end is after lo and not after hi: the platform tells it in whole seconds, and each reply narrows it down.
	lo, hi time.Time

	seen      time.Time // when this process first saw the window
	seenCount int       // and what had been used by then
	steady    bool      // no burst at the beginning: the platform may count its windows from another time than we do
}

const (
	reserveShare = 100 // a hundredth is kept back, for what other processes have sent and this one does not know of yet
	burstShare   = 10  // a tenth may be used at once
)

// usable is how many calls may be made in all before the end. A small quota is used to the last call.
func (w *window) usable() int { return w.allowed - w.allowed/reserveShare }

func (w *window) burst() float64 {
	if w.steady {
		return 1
	}
	return max(1, float64(w.usable())/burstShare)
}

// end is the likeliest end.
func (w *window) end() time.Time { return w.lo.Add(w.hi.Sub(w.lo) / 2) }

// over reports whether the window has certainly ended.
func (w *window) over(now time.Time) bool { return !now.Before(w.hi) }

// line is how many calls may have been made at a time.
func (w *window) line(at time.Time) float64 {
	top := float64(w.usable())
	from := min(float64(w.seenCount)+w.burst(), top)
	span := w.end().Sub(w.seen)
	if span <= 0 || !at.Before(w.end()) {
		return top
	}
	done := max(0, float64(at.Sub(w.seen))/float64(span))
	return from + (top-from)*done
}

// when is the time at which the line reaches n calls; the window's end if it never does.
func (w *window) when(n float64) time.Time {
	top := float64(w.usable())
	from := min(float64(w.seenCount)+w.burst(), top)
	switch {
	case n > top:
		return w.hi
	case n <= from || top == from:
		return w.seen
	}
	return w.seen.Add(time.Duration(float64(w.end().Sub(w.seen)) * (n - from) / (top - from)))
}

// report is a reply's account of the window: the end lies after lo and not after hi.
type report struct {
	allowed, count int
	lo, hi         time.Time
}

// learn takes in a reply and reports whether it speaks of another, later window than the one known.
func (w *window) learn(r report, now time.Time) (another bool) {
	if !w.learned || !r.lo.Before(w.hi) {
		*w = window{learned: true, allowed: r.allowed, count: r.count, lo: r.lo, hi: r.hi, seen: now,
			seenCount: r.count}
		return true
	}
	if !w.lo.Before(r.hi) {
		return false // a late answer, of a window that has ended
	}
	w.allowed = r.allowed
	w.count = max(w.count, r.count)
	if r.lo.After(w.lo) {
		w.lo = r.lo
	}
	if r.hi.Before(w.hi) {
		w.hi = r.hi
	}
	return false
}
